/*
 * Random trees of files, many of them equal or nearly so, on honest volumes and
 * on those that lie at a random moment. Whatever --dedupe makes of them: every
 * file has the same bytes, size and time afterwards. On honest volumes all
 * equal files share all clusters. On these, the process is also killed.
 *
 *   REFLINK_DEDUPE_SEED   the seed of the first tree
 *   REFLINK_DEDUPE_TREES  how many trees
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run_dedupe.h"
#include "world.h"

TestSuite(dedupe_random, .timeout = 600);

enum { MOST_FILES = 14, MOST_BYTES = 40 * 4096, WORLDS = 500, UNIT = 4096 };

struct file {
    wchar_t path[32];
    uint8_t *bytes;
    size_t size;
    int64_t written;
    bool sparse;
    int name_of; /* the file that it is a hard link to; or its own number */
};

static struct file files[MOST_FILES];
static int file_count;
static uint64_t state;

/* xorshift64*, so that a seed means the same everywhere */
static uint32_t below(uint32_t limit)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % limit;
}

static size_t random_size(void)
{
    static const size_t sizes[] = {0,
                                   100,
                                   UNIT,
                                   5 * UNIT,
                                   5 * UNIT + 9,
                                   20 * UNIT,
                                   33 * UNIT + 4000,
                                   40 * UNIT - 1};
    return sizes[below(sizeof sizes / sizeof sizes[0])];
}

static void make_file(int number)
{
    struct file *file = &files[number];
    swprintf(file->path, 32, L"R:\\t\\%d\\f%02d", (int)below(2), number);
    file->name_of = number;
    file->size = random_size();
    file->sparse = below(5) == 0;
    uint32_t seed = below(2);
    sim_set_size(file->path, 0);
    if (file->sparse)
        sim_set_sparse(file->path, true);
    sim_fill_pattern(file->path, 0, file->size, seed);
    for (uint32_t i = below(4) * below(2); i != 0 && file->size > UNIT; i--)
        sim_write_at(file->path, below((uint32_t)file->size / UNIT) * UNIT,
                     "changed", 7);
    if (file->sparse && file->size > 20 * UNIT) {
        sim_set_size(file->path, 12 * UNIT); /* a hole from there on */
        sim_set_size(file->path, file->size);
    }
}

/* Another name, or a clone, of a file before it. */
static void make_relative(struct world *w, int number)
{
    struct file *file = &files[number];
    int other = files[below((uint32_t)number)].name_of;
    *file = files[other];
    swprintf(file->path, 32, L"R:\\t\\%d\\f%02d", (int)below(2), number);
    file->name_of = number;
    if (below(2) && sim_link(files[other].path, file->path) == 0)
        file->name_of = other;
    else
        world_run_paths(w, files[other].path, file->path);
}

static struct world make_world(const char *profile)
{
    struct world w = world_make(profile);
    sim_mkdir(L"R:\\t");
    sim_mkdir(L"R:\\t\\0");
    sim_mkdir(L"R:\\t\\1");
    file_count = 2 + (int)below(MOST_FILES - 1);
    for (int i = 0; i < file_count; i++) {
        if (i != 0 && below(4) == 0)
            make_relative(&w, i);
        else
            make_file(i);
    }
    for (int i = 0; i < file_count; i++) {
        struct file *file = &files[i];
        file->bytes = malloc(MOST_BYTES);
        file->size = sim_read_file(file->path, file->bytes, MOST_BYTES);
        file->written = sim_written(file->path);
    }
    return w;
}

static int run(bool tree)
{
    struct options options;
    struct text error = {0};
    wchar_t *argv[MOST_FILES + 4] = {L"reflink", L"--dedupe"};
    int argc = 2;
    if (tree) {
        argv[argc++] = L"-r";
        argv[argc++] = L"R:\\t";
    }
    for (int i = 0; i < file_count && !tree; i++)
        argv[argc++] = files[i].path;
    cr_assert(options_parse(argc, argv, &options, &error));
    int code = run_dedupe(&options);
    options_free(&options);
    return code;
}

static void expect_same(const char *profile, uint64_t seed)
{
    for (int i = 0; i < file_count; i++) {
        const struct file *file = &files[i];
        cr_assert(sim_holds(file->path, file->bytes, file->size),
                  "%s, seed %llu: %ls", profile, (unsigned long long)seed,
                  file->path);
        cr_assert_eq(sim_written(file->path), file->written,
                     "%s, seed %llu: %ls", profile, (unsigned long long)seed,
                     file->path);
    }
}

static void expect_shared(const char *profile, uint64_t seed)
{
    for (int i = 0; i < file_count; i++) {
        for (int k = 0; k < i; k++) {
            const struct file *a = &files[i];
            const struct file *b = &files[k];
            if (a->size != b->size || a->size < 65536 || a->sparse ||
                b->sparse || a->name_of == b->name_of ||
                memcmp(a->bytes, b->bytes, a->size) != 0)
                continue;
            cr_assert_eq(sim_shared_bytes(a->path, b->path), a->size,
                         "%s, seed %llu: %ls, %ls", profile,
                         (unsigned long long)seed, a->path, b->path);
        }
    }
}

static void free_files(void)
{
    for (int i = 0; i < file_count; i++)
        free(files[i].bytes);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 0) : otherwise;
}

/* Never 0, which would stay 0. */
static void set_state(uint64_t seed)
{
    state = (seed * 2 + 1) * UINT64_C(0x9E3779B97F4A7C15);
}

static const char *const profiles[] = {"refs-4k", "refs-64k", "refs-ws2016",
                                       "smb-refs", "samba"};

Test(dedupe_random, files_stay_the_same)
{
    static const enum sim_lie lies[] = {SIM_LIE_NOTHING, SIM_LIE_HALF,
                                        SIM_LIE_ZEROS, SIM_LIE_COPY};
    uint64_t first = number_from("REFLINK_DEDUPE_SEED", 1);
    uint64_t trees = number_from("REFLINK_DEDUPE_TREES", WORLDS);
    for (uint64_t seed = first; seed - first < trees; seed++) {
        set_state(seed);
        const char *profile = profiles[below(5)];
        struct world w = make_world(profile);
        bool honest = below(2) == 0;
        bool tree = below(4) != 0;
        if (!honest) {
            w.volume->lie = lies[below(4)];
            w.volume->lie_skip = below(8);
            w.volume->lie_times = below(3);
        }
        int code = run(tree);
        cr_assert_eq(code, 0, "%s, seed %llu: %d, %.300ls", profile,
                     (unsigned long long)seed, code, sim_printed(OS_STDERR));
        expect_same(profile, seed);
        if (honest && tree)
            expect_shared(profile, seed);
        w.volume->lie = SIM_LIE_NONE;
        world_end(&w);
        free_files();
    }
}

static jmp_buf killed;

static void kill(void *reached)
{
    *(bool *)reached = true;
    sim_kill_process();
    longjmp(killed, 1);
}

/* True if the process was killed before its end. */
static bool run_and_kill(uint64_t seed)
{
    static bool reached;
    reached = false;
    set_state(seed);
    const char *profile = profiles[below(5)];
    struct world w = make_world(profile);
    sim_at_call(SIM_OP_ANY, 1 + below(400), kill, &reached);
    if (setjmp(killed) == 0)
        (void)run(false); /* in this thread: another one cannot jump here */
    expect_same(profile, seed);
    cr_assert(sim_check(), "%s, seed %llu", profile, (unsigned long long)seed);
    free_files();
    (void)w;
    return reached;
}

Test(dedupe_random, killed)
{
    uint64_t first = number_from("REFLINK_DEDUPE_SEED", 1);
    uint64_t trees = number_from("REFLINK_DEDUPE_TREES", WORLDS);
    uint64_t kills = 0;
    for (uint64_t seed = first; seed - first < trees; seed++)
        kills += run_and_kill(seed);
    printf("dedupe: %llu trees, %llu kills\n", (unsigned long long)trees * 2,
           (unsigned long long)kills);
    cr_expect_gt(kills, trees / 10);
}
