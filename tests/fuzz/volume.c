/*
 * Commands on volumes that answer queries with anything (garbage.h). Whatever
 * they answer: the program ends, with one of its exit codes; no SOURCE is
 * changed; what had a name has it, and nothing is written but DEST; DEST is
 * what it was before or, unless its size was not true, complete.
 */
#include <string.h>

#include "core/errors.h"
#include "fuzz.h"
#include "garbage.h"
#include "program.h"

enum { WORDS = 4, SIZE = 40000, OLD_SIZE = 9000, RANGE = 8192 };

struct command {
    const wchar_t *words[WORDS];
    const wchar_t *dest;   /* what may be created or changed, if anything; */
    const wchar_t *source; /* if it is one file, a copy of this one */
    bool full;             /* it compares all bytes */
    bool range;            /* it writes RANGE bytes to the start of OLD */
};

#define A L"R:\\a"
#define SPARSE L"R:\\sparse"
#define OLD L"R:\\old"
#define NEW L"R:\\new"
#define THERE L"S:\\new"

static const struct command commands[] = {
    {{A, NEW}, NEW, A, false, false},
    {{L"-f", A, OLD}, OLD, A, false, false},
    {{L"--verify", L"-f", A, OLD}, OLD, A, true, false},
    {{L"--reflink=always", A, NEW}, NEW, A, false, false},
    {{L"--reflink=never", A, THERE}, THERE, A, false, false},
    {{L"--verify", SPARSE, NEW}, NEW, SPARSE, true, false},
    {{SPARSE, NEW}, NEW, SPARSE, false, false},
    {{L"--verify", SPARSE, THERE}, THERE, SPARSE, true, false},
    {{L"-u", L"--security", A, OLD}, OLD, A, false, false},
    {{L"-r", L"R:\\t", NEW}, NEW, NULL, false, false},
    {{L"-rHf", L"R:\\t", L"R:\\d"}, L"R:\\d", NULL, false, false},
    {{L"-r", L"--retarget-links", L"R:\\t", THERE}, THERE, NULL, false, false},
    {{L"-r", L"R:\\t\\*", L"R:\\d"}, L"R:\\d", NULL, false, false},
    {{L"--length=8192", L"--source-offset=4096", A, OLD},
     OLD,
     NULL,
     false,
     true},
    {{L"--length=8192", A, NEW}, NEW, NULL, false, false},
    {{L"--dedupe", A, L"R:\\copy"}, NULL, NULL, false, false},
    {{L"--dedupe", L"-r", L"R:\\"}, NULL, NULL, false, false},
    {{L"--info", L"R:\\", L"S:\\"}, NULL, NULL, false, false},
    {{L"--extents", A, SPARSE}, NULL, NULL, false, false},
    {{L"--shared", A, L"R:\\copy"}, NULL, NULL, false, false},
    {{L"--dry-run", L"-r", L"R:\\t", NEW}, NULL, NULL, false, false},
    {{L"--dry-run", L"-f", SPARSE, OLD}, NULL, NULL, false, false},
};

/* What no command may change. */
static const wchar_t *const sources[] = {
    A, SPARSE, L"R:\\copy", L"R:\\t\\f", L"R:\\t\\s\\g", L"S:\\there"};

enum { SOURCES = sizeof sources / sizeof sources[0], MOST_SIZE = 100000 };

/* A clone request may do something else than it was asked for, */
static bool lies;
/* or does so by the rules of the volume's profile, too: neither. */
static bool honest;

static void make_files(struct fuzz_input *input)
{
    size_t profiles = 0;
    while (sim_profile(profiles) != NULL)
        profiles++;
    sim_reset();
    sim_fault_always(SIM_OP_THREAD, CODE_NOT_ENOUGH_MEMORY);
    uint8_t first = fuzz_byte(input);
    struct sim_volume *volume =
        sim_mount(L"R:\\", sim_profile(first % profiles));
    sim_mount(L"S:\\", sim_profile(fuzz_byte(input) % profiles));
    volume->lie = (enum sim_lie)(fuzz_byte(input) % (SIM_LIE_COPY + 1));
    lies = volume->lie != SIM_LIE_NONE;
    honest = !lies && !volume->needs_flush &&
             volume->past_end == SIM_PAST_END_REFUSED;
    sim_fill_pattern(A, 0, SIZE, 1);
    sim_fill_pattern(L"R:\\copy", 0, SIZE, 1);
    sim_fill_pattern(OLD, 0, OLD_SIZE, 2);
    sim_set_written(OLD, sim_written(A) - INT64_C(1000000000));
    sim_set_size(SPARSE, MOST_SIZE);
    sim_set_sparse(SPARSE, true);
    sim_write_at(SPARSE, 65536, "data", 4);
    sim_write_at(SPARSE, 90000, "more", 4);
    sim_set_stream(A, L"s", "stream", 6);
    sim_set_ea(A, "\0\0\0\0\0\1\1\0N\0V", 11);
    sim_mkdir(L"R:\\d");
    sim_mkdir(L"R:\\t");
    sim_mkdir(L"R:\\t\\s");
    sim_fill_pattern(L"R:\\t\\f", 0, 5000, 3);
    sim_fill_pattern(L"R:\\t\\s\\g", 0, 20000, 4);
    sim_link(L"R:\\t\\f", L"R:\\t\\h");
    sim_symlink(L"R:\\t\\s", L"R:\\t\\l");
    sim_write_file(L"S:\\there", "there", 5);
}

/* Every name at the top is one that was there, or DEST. */
static void expect_names(const wchar_t *root, const wchar_t *dest)
{
    static const wchar_t *const names[] = {L"a", L"sparse", L"copy", L"old",
                                           L"d", L"t",      L"there"};
    for (size_t i = 0; i < sim_file_count(root); i++) {
        const wchar_t *name = sim_file_name(root, i);
        bool known = dest != NULL && wcsncmp(dest, root, 3) == 0 &&
                     wcscmp(dest + 3, name) == 0;
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
            known |= wcscmp(names[n], name) == 0;
        fuzz_expect(known, "a name that nobody asked for");
    }
}

/* A file as it was. */
struct copy {
    bool exists;
    size_t size;
    uint8_t bytes[MOST_SIZE];
};

static void take_copy(const wchar_t *path, struct copy *copy)
{
    copy->exists = sim_exists(path);
    copy->size = 0;
    if (copy->exists && !sim_is_directory(path))
        copy->size = sim_read_file(path, copy->bytes, MOST_SIZE);
}

static bool has_bytes_of(const wchar_t *path, const struct copy *copy)
{
    if (!copy->exists || !sim_exists(path))
        return !copy->exists && !sim_exists(path);
    return sim_size(path) == copy->size &&
           sim_holds(path, copy->bytes, copy->size);
}

/*
 * Whether DEST has to be right. Nobody can see that a size is false. What is
 * said to be a hole is only read if all bytes are compared. A clone that is not
 * what was asked for is seen only if extents are true.
 */
static bool must_be_right(const struct command *command,
                          const struct garbage *told)
{
    return !told->sizes && (command->full || (!told->allocated && honest) ||
                            (!told->allocated && !told->extents && !lies));
}

static void expect_dest(const struct command *command, int code,
                        const struct garbage *told, const struct copy *old,
                        const struct copy *source)
{
    bool complete = has_bytes_of(command->dest, source);
    if (!must_be_right(command, told))
        return;
    fuzz_expect(complete || has_bytes_of(command->dest, old),
                "DEST is half of what it should be");
    fuzz_expect(code != 0 || complete || told->identity || told->times,
                "success without DEST");
}

/* A range within OLD: nothing outside of it changes, unless its size was not
   true. */
static void expect_range(const struct copy *old, const struct garbage *told)
{
    if (told->sizes)
        return;
    static struct copy now;
    take_copy(OLD, &now);
    fuzz_expect(now.size == old->size &&
                    memcmp(now.bytes + RANGE, old->bytes + RANGE,
                           old->size - RANGE) == 0,
                "bytes outside of the range are changed");
}

static int run(const struct command *command, uint8_t flags)
{
    static const wchar_t *const all[] = {L"--json", L"-v", L"-j1",
                                         L"--flush=always"};
    const wchar_t *words[WORDS + 4];
    int count = 0;
    for (unsigned i = 0; i < 4; i++) {
        if ((flags >> i & 1) != 0)
            words[count++] = all[i];
    }
    for (size_t i = 0; i < WORDS && command->words[i] != NULL; i++)
        words[count++] = command->words[i];
    return program_run(words, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    static struct copy before[SOURCES];
    static struct copy old;
    const struct command *command =
        &commands[fuzz_byte(&input) % (sizeof commands / sizeof commands[0])];
    uint8_t flags = fuzz_byte(&input);
    make_files(&input);
    for (size_t i = 0; i < SOURCES; i++)
        take_copy(sources[i], &before[i]);
    take_copy(command->dest != NULL ? command->dest : OLD, &old);
    size_t names = sim_count_below(L"R:\\t");
    /* a dry run lists every request */
    garbage_begin(&input,
                  command->dest == NULL ? UINT64_C(1) << 42 : UINT64_MAX);
    int code = run(command, flags);
    struct garbage told = garbage_end();
    for (size_t i = 0; i < SOURCES; i++)
        fuzz_expect(has_bytes_of(sources[i], &before[i]),
                    "a SOURCE is changed");
    expect_names(L"R:\\", command->dest);
    expect_names(L"S:\\", command->dest);
    fuzz_expect(sim_count_below(L"R:\\t") == names, "SOURCE's tree is changed");
    if (command->range)
        expect_range(&old, &told);
    else if (command->source != NULL)
        expect_dest(command, code, &told, &old,
                    &before[wcscmp(command->source, A) != 0]);
    return 0;
}
