/*
 * Hostile surroundings: whole commands, and at each call of each command
 * something happens that the program did not ask for. Volumes that fill up, a
 * SOURCE that other programs write to, shorten, rename and replace, and a clock
 * that jumps. (Links that are put in the way: tree/test_dest_links.c and
 * tree/test_source_links.c.)
 */
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/run_dedupe.h"
#include "cli/run_files.h"
#include "core/errors.h"
#include "world.h"

TestSuite(surroundings, .timeout = 300);

enum {
    WORDS = 8,
    SIZE = 140 * 1024 + 77,
    OLD_SIZE = 90 * 1024,
    ROOM = 1 << 19
};

/* A command, on R: with this profile; what it reads, and where that goes. */
struct job {
    const wchar_t *words[WORDS];
    const char *profile;
    bool remote; /* the server copies, in small requests */
    bool range;  /* R:\b is written in place */
    bool tree;   /* R:\t becomes R:\u, */
    bool merges; /* which has a part of it already */
    bool dedupe;
};

static const struct job jobs[] = {
    {.words = {L"R:\\a", L"R:\\n"}, .profile = "refs-4k"},
    {.words = {L"-f", L"R:\\a", L"R:\\b"}, .profile = "refs-4k"},
    {.words = {L"-f", L"R:\\a", L"R:\\b"}, .profile = "refs-ws2016"},
    {.words = {L"-f", L"--verify", L"R:\\a", L"R:\\b"}, .profile = "samba"},
    {.words = {L"-f", L"R:\\a", L"R:\\b"}, .profile = "winbtrfs"},
    {.words = {L"R:\\a", L"R:\\n"}, .profile = "ntfs"},
    {.words = {L"-f", L"R:\\a", L"R:\\b"}, .profile = "ntfs"},
    {.words = {L"-f", L"R:\\a", L"R:\\b"}, .profile = "smb-refs"},
    {.words = {L"--offset=4K", L"--length=100K", L"R:\\a", L"R:\\b"},
     .profile = "refs-4k",
     .range = true},
    {.words = {L"--dest-offset=64K", L"R:\\a", L"R:\\b"},
     .profile = "ntfs",
     .range = true},
    {.words = {L"-r", L"-j1", L"R:\\t", L"R:\\u"},
     .profile = "refs-4k",
     .tree = true},
    {.words = {L"-r", L"-j4", L"-H", L"R:\\t", L"R:\\u"},
     .profile = "ntfs",
     .tree = true},
    {.words = {L"-rTf", L"-j1", L"-H", L"R:\\t", L"R:\\u"},
     .profile = "refs-4k",
     .tree = true,
     .merges = true},
    {.words = {L"-f", L"--verify=none", L"R:\\a", L"R:\\b"},
     .profile = "ntfs",
     .remote = true},
    {.words = {L"--dedupe", L"R:\\a", L"R:\\c"},
     .profile = "refs-4k",
     .dedupe = true},
    {.words = {L"--dedupe", L"-r", L"R:\\t"},
     .profile = "samba",
     .dedupe = true},
};

enum { JOBS = sizeof jobs / sizeof jobs[0] };

/* Of 11 bytes: N, which is V. */
#define EA "\0\0\0\0\0\1\1\0N\0V"

/* --- the world ------------------------------------------------------------ */

/* Every file that there may be, and what it had at first. */
static const wchar_t *const files[] = {
    L"R:\\a",       L"R:\\b",          L"R:\\c",
    L"R:\\t\\f",    L"R:\\t\\e",       L"R:\\t\\s\\g",
    L"R:\\t\\s\\h", L"R:\\t\\s\\d\\i", L"R:\\u\\s\\g"};

enum { FILES = sizeof files / sizeof files[0], B = 1, GOES = 8 };

struct copy {
    size_t size;
    uint8_t bytes[ROOM];
};

static struct copy before[FILES];

static void take_copy(const wchar_t *path, struct copy *copy)
{
    copy->size = sim_exists(path) ? sim_read_file(path, copy->bytes, ROOM) : 0;
}

static bool is_as_before(size_t file)
{
    return sim_exists(files[file]) &&
           sim_holds(files[file], before[file].bytes, before[file].size);
}

/* Cheaper than sim_fill_pattern, whose bytes are computed at each read. */
static void fill(const wchar_t *path, size_t size, unsigned seed)
{
    enum { SEEDS = 6 };
    static uint8_t bytes[SEEDS][SIZE];
    static bool made[SEEDS];
    uint8_t *own = bytes[seed];
    for (size_t i = 0; i < SIZE && !made[seed]; i++)
        own[i] = (uint8_t)(i * 31 + (i >> 8) * 7 + seed * 101);
    made[seed] = true;
    sim_write_file(path, own, size);
}

static struct world make_world(const struct job *job)
{
    static const struct job *last; /* each world of a job begins alike */
    struct world w = world_make(job->profile);
    w.volume->remote |= job->remote;
    if (job->remote)
        w.volume->copy_limits = (struct os_copy_answer){2, 65536, 131072};
    fill(L"R:\\a", SIZE, 1);
    fill(L"R:\\b", OLD_SIZE, 2);
    fill(L"R:\\c", SIZE, 1);
    sim_set_stream(L"R:\\a", L"note", "a stream", 8);
    /* not everywhere: it fails after the stream, and would hide that */
    if ((job - jobs) % 2 == 0)
        sim_set_ea(L"R:\\a", EA, 11);
    sim_mkdir(L"R:\\t");
    sim_mkdir(L"R:\\t\\s");
    sim_mkdir(L"R:\\t\\s\\d");
    fill(L"R:\\t\\f", SIZE, 3);
    sim_write_file(L"R:\\t\\e", "", 0);
    fill(L"R:\\t\\s\\g", 20000, 4);
    fill(L"R:\\t\\s\\d\\i", 20000, 4);
    if (sim_link(L"R:\\t\\s\\g", L"R:\\t\\s\\h") != 0)
        fill(L"R:\\t\\s\\h", 20000, 4);
    if (job->merges) {
        sim_mkdir(L"R:\\u");
        sim_mkdir(L"R:\\u\\s");
        fill(L"R:\\u\\s\\g", 5000, 5);
    }
    for (size_t i = 0; i < FILES && job != last; i++)
        take_copy(files[i], &before[i]);
    last = job;
    return w;
}

static int run_words(const struct job *job, const wchar_t *first)
{
    wchar_t *argv[WORDS + 2] = {L"reflink", (wchar_t *)first};
    struct options options;
    struct text error = {0};
    int argc = 2;
    for (; argc - 2 < WORDS && job->words[argc - 2] != NULL; argc++)
        argv[argc] = (wchar_t *)job->words[argc - 2];
    cr_assert(options_parse(argc, argv, &options, &error), "%ls",
              text_words(&error));
    cr_assert(run_files_check(&options, &error), "%ls", text_words(&error));
    int code = job->dedupe ? run_dedupe(&options) : run_files(&options);
    options_free(&options);
    text_free(&error);
    return code;
}

static int run(const struct job *job)
{
    return run_words(job, L"-v");
}

/* --- what may be found afterwards ----------------------------------------- */

static const char *what; /* is happening, in this test */

#define EXPECT(condition)                                                      \
    cr_assert(condition, "%s: job %zu, call %llu: %ls", what, job,             \
              (unsigned long long)nth, sim_printed(OS_STDERR))

static const wchar_t *dest_of(const struct job *job)
{
    for (size_t i = WORDS; i-- > 0;) {
        if (job->words[i] != NULL)
            return job->words[i];
    }
    return NULL;
}

static void expect_no_staging_file(const wchar_t *directory, size_t job,
                                   uint64_t nth)
{
    for (size_t i = 0;
         sim_is_directory(directory) && i < sim_file_count(directory); i++)
        EXPECT(wcsstr(sim_file_name(directory, i), L"~reflink-") == NULL);
}

static void expect_clean(size_t job, uint64_t nth)
{
    static const wchar_t *const directories[] = {
        L"R:\\", L"R:\\u", L"R:\\u\\s", L"R:\\u\\s\\d", L"R:\\t", L"R:\\t\\s"};
    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
        expect_no_staging_file(directories[i], job, nth);
}

/* --- a volume that is full from some call on ------------------------------ */

static bool reached;

static void fill_up(void *volume)
{
    reached = true;
    ((struct sim_volume *)volume)->capacity = 0;
    sim_fault_always(SIM_OP_SET_EA, CODE_DISK_FULL);
    sim_fault_always(SIM_OP_HARD_LINK, CODE_DISK_FULL);
}

/* Bytes outside of the range are as before; within, old or new. */
static void expect_range(size_t job, uint64_t nth, bool done)
{
    static struct copy now;
    uint64_t from = job == 8 ? 4096 : 65536;
    uint64_t start = job == 8 ? 4096 : 0;
    uint64_t length = job == 8 ? 102400 : SIZE;
    take_copy(L"R:\\b", &now);
    EXPECT(now.size == OLD_SIZE || now.size == from + length);
    EXPECT(!done || now.size == from + length);
    for (uint64_t i = 0; i < now.size; i++) {
        bool inside = i >= from && i < from + length;
        uint8_t old = i < OLD_SIZE ? before[B].bytes[i] : 0;
        uint8_t new = inside ? before[0].bytes[i - from + start] : old;
        EXPECT(now.bytes[i] == new || (!done && now.bytes[i] == old));
    }
}

static void expect_tree(size_t job, uint64_t nth, bool done)
{
    static const wchar_t *const pairs[][2] = {
        {L"R:\\t\\f", L"R:\\u\\f"},
        {L"R:\\t\\e", L"R:\\u\\e"},
        {L"R:\\t\\s\\g", L"R:\\u\\s\\g"},
        {L"R:\\t\\s\\h", L"R:\\u\\s\\h"},
        {L"R:\\t\\s\\d\\i", L"R:\\u\\s\\d\\i"}};
    for (size_t i = 0; i < 5; i++) {
        const wchar_t *dest = pairs[i][1];
        bool whole = sim_exists(dest) && sim_same_bytes(pairs[i][0], dest);
        bool old = jobs[job].merges && i == 2
                       ? sim_holds(dest, before[GOES].bytes, before[GOES].size)
                       : !sim_exists(dest);
        EXPECT(whole || (!done && old));
    }
}

/* Stream and extended attribute, too, where the volume has them. */
static bool is_complete(size_t job, const wchar_t *dest)
{
    return sim_exists(dest) && sim_same_bytes(L"R:\\a", dest) &&
           (strcmp(jobs[job].profile, "samba") == 0 ||
            (sim_stream_holds(dest, L"note", "a stream", 8) &&
             (job % 2 == 1 || sim_ea_holds(dest, EA, 11))));
}

static void expect_result(size_t job, uint64_t nth, bool done)
{
    if (jobs[job].tree) {
        expect_tree(job, nth, done);
    } else if (jobs[job].range) {
        expect_range(job, nth, done);
    } else if (!jobs[job].dedupe) {
        const wchar_t *dest = dest_of(&jobs[job]);
        bool whole = is_complete(job, dest);
        bool old =
            wcscmp(dest, L"R:\\b") == 0 ? is_as_before(B) : !sim_exists(dest);
        EXPECT(whole || (!done && old));
    }
}

/* No SOURCE is changed; of --dedupe, no file. */
static void expect_sources(size_t job, uint64_t nth)
{
    for (size_t i = 0; i < FILES; i++) {
        if (i != B && i != GOES)
            EXPECT(is_as_before(i));
    }
}

Test(surroundings, a_volume_that_fills_up)
{
    uint64_t points = 0;
    uint64_t failed = 0;
    what = "full";
    for (size_t job = 0; job < JOBS; job++) {
        reached = true;
        for (uint64_t nth = 1 + job % world_step(); reached;
             nth += world_step()) {
            struct world w = make_world(&jobs[job]);
            reached = false;
            sim_at_call(SIM_OP_ANY, nth, fill_up, w.volume);
            int code = run(&jobs[job]);
            EXPECT(code == 0 || code == 1);
            EXPECT(code == 0 || wcsstr(sim_printed(OS_STDERR), L"(112)"));
            expect_result(job, nth, code == 0);
            expect_sources(job, nth);
            expect_clean(job, nth);
            sim_clear_faults();
            w.volume->capacity = 1 << 20;
            world_end(&w);
            points += reached;
            failed += code != 0;
        }
    }
    printf("surroundings: full at %llu calls, %llu commands failed\n",
           (unsigned long long)points, (unsigned long long)failed);
    cr_assert_gt(points * world_step(), 500);
    cr_assert_gt(failed * world_step(), 100);
}

/* --- a clock that jumps --------------------------------------------------- */

#define YEAR_US (UINT64_C(365) * 24 * 3600 * 1000000)

static void jump_back(void *arg)
{
    (void)arg;
    reached = true;
    sim_advance_us(0 - 10 * YEAR_US);
}

static void jump_ahead(void *arg)
{
    (void)arg;
    reached = true;
    sim_advance_us(10 * YEAR_US);
}

/* The longest of all times that the output has, in milliseconds. */
static uint64_t longest_time(void)
{
    static const wchar_t key[] = L"\"elapsed_ms\":";
    uint64_t longest = 0;
    const wchar_t *at = wcsstr(sim_printed(OS_STDOUT), key);
    for (; at != NULL; at = wcsstr(at + 1, key)) {
        uint64_t time = wcstoull(at + wcslen(key), NULL, 10);
        longest = time > longest ? time : longest;
    }
    return longest;
}

static uint64_t jump_at_each_call(size_t job, enum sim_op op, bool ahead)
{
    uint64_t points = 0;
    reached = true;
    for (uint64_t nth = 1 + job % world_step(); reached; nth += world_step()) {
        struct world w = make_world(&jobs[job]);
        sim_advance_us(100 * YEAR_US);
        reached = false;
        sim_at_call(op, nth, ahead ? jump_ahead : jump_back, NULL);
        sim_fault(SIM_OP_CLONE, 1, CODE_NETNAME_DELETED);
        int code = run_words(&jobs[job], L"--json");
        EXPECT(code == 0);
        expect_result(job, nth, true);
        EXPECT(longest_time() <= (ahead ? 10 * YEAR_US / 1000 + 60000 : 60000));
        EXPECT(sim_slept_ms() < 60000);
        world_end(&w);
        points += reached;
    }
    return points;
}

Test(surroundings, a_clock_that_jumps)
{
    uint64_t points = 0;
    what = "clock";
    for (size_t job = 0; job < JOBS; job++) {
        for (int ahead = 0; ahead < 2; ahead++) {
            points += jump_at_each_call(job, SIM_OP_ANY, ahead != 0);
            points += jump_at_each_call(job, SIM_OP_CLOCK_US, ahead != 0);
        }
    }
    printf("surroundings: the clock jumps at %llu calls\n",
           (unsigned long long)points);
    cr_assert_gt(points * world_step(), 500);
}

/* --- a SOURCE that others change ------------------------------------------ */

enum change {
    GROWS,
    SHRINKS,
    IS_WRITTEN_TO,
    IS_RENAMED,
    IS_REPLACED, /* by another file of the same size and time */
    IS_DELETED,
    CHANGES
};

static const char *const changes[] = {"grows",       "shrinks",
                                      "is written",  "is renamed",
                                      "is replaced", "is deleted"};

/* Another program, which keeps to the rules of sharing, or is on the server and
   need not. */
struct other {
    const wchar_t *path;
    enum change change;
    bool polite;
    bool reached;
    bool was_let_in;
};

/* Returns false if the program, or something else, is against it. */
static bool give_other_name(const wchar_t *path)
{
    struct os_file *file = NULL;
    if (os_open(path, OS_OPEN_DELETE, &file) != 0)
        return false;
    os_error error = os_rename(file, NULL, L"R:\\elsewhere", false);
    os_close(file);
    return error == 0;
}

static bool is_shared(const struct other *other)
{
    if (!other->polite)
        return true;
    struct os_file *file = sim_open_as(other->path, SIM_READ | SIM_WRITE,
                                       SIM_READ | SIM_WRITE | SIM_DELETE);
    os_close(file);
    return file != NULL;
}

static void replace_source(const wchar_t *path)
{
    int64_t written = sim_written(path);
    bool noted = sim_stream_count(path) != 0;
    uint64_t size = sim_size(path);
    if (!give_other_name(path))
        return;
    sim_fill_pattern(path, 0, size, 77);
    if (noted)
        sim_set_stream(path, L"note", "B stream", 8);
    sim_set_written(path, written);
}

static void change_source(void *arg)
{
    struct other *other = arg;
    const wchar_t *path = other->path;
    other->reached = true;
    if (!sim_exists(path))
        return;
    uint64_t size = sim_size(path);
    if (other->change <= IS_WRITTEN_TO && !is_shared(other))
        return;
    other->was_let_in = true;
    sim_advance_us(5000000);
    if (other->change == GROWS) {
        sim_fill_pattern(path, size, 70000, 78);
    } else if (other->change == SHRINKS) {
        sim_set_size(path, size / 2 + 5);
    } else if (other->change == IS_WRITTEN_TO) {
        sim_write_at(path, 10, "written", 7);
        sim_write_at(path, size - 10, "written", 7);
    } else if (other->change == IS_RENAMED) {
        (void)give_other_name(path);
    } else if (other->change == IS_REPLACED) {
        replace_source(path);
    } else {
        (void)os_remove(NULL, path);
    }
}

/* Whether `path` has just these bytes from `offset` on. */
static bool has_range_of(const struct copy *dest, const struct copy *source,
                         uint64_t start, uint64_t from, uint64_t length)
{
    return dest->size == from + length && start + length <= source->size &&
           memcmp(dest->bytes + from, source->bytes + start, length) == 0;
}

static bool is_one_range(size_t job, const struct copy *source)
{
    static struct copy now;
    take_copy(L"R:\\b", &now);
    return job == 8 ? has_range_of(&now, source, 4096, 4096, 102400)
                    : has_range_of(&now, source, 0, 65536, source->size);
}

/* DEST is SOURCE as it was, or as it is now, with the stream of that one. */
static bool is_one_of(const wchar_t *dest, const struct copy *old,
                      const struct copy *now, bool noted, bool has_streams)
{
    if (!sim_exists(dest))
        return false;
    bool is_old = sim_holds(dest, old->bytes, old->size) &&
                  (!noted || !has_streams ||
                   sim_stream_holds(dest, L"note", "a stream", 8));
    bool is_now = sim_holds(dest, now->bytes, now->size) &&
                  (!noted || !has_streams ||
                   sim_stream_holds(dest, L"note", "B stream", 8) ||
                   sim_stream_holds(dest, L"note", "a stream", 8));
    bool is_new_file = memcmp(old->bytes + 4096, now->bytes + 4096, 4096) != 0;
    if (is_new_file && noted && has_streams)
        is_now = is_now && sim_stream_holds(dest, L"note", "B stream", 8);
    return is_old || is_now;
}

static void expect_one_of(size_t job, uint64_t nth, int code,
                          const struct other *other)
{
    static struct copy now;
    bool tree = jobs[job].tree;
    size_t source = tree ? 3 : 0;
    const wchar_t *dest = tree ? L"R:\\u\\f" : dest_of(&jobs[job]);
    take_copy(other->path, &now);
    EXPECT(code == 0 || code == 1);
    if (jobs[job].range) {
        EXPECT(code == 1 || is_one_range(job, &before[0]) ||
               is_one_range(job, &now));
        return;
    }
    bool old =
        wcscmp(dest, L"R:\\b") == 0 ? is_as_before(B) : !sim_exists(dest);
    bool has_streams = strcmp(jobs[job].profile, "samba") != 0;
    bool whole = is_one_of(dest, &before[source], &now, !tree, has_streams);
    EXPECT(whole || (old && (code == 1 || (tree && !sim_exists(other->path)))));
    if (tree)
        EXPECT(code != 0 || sim_same_bytes(L"R:\\t\\s\\g", L"R:\\u\\s\\g"));
}

static void change_at_each_call(size_t job, struct other *other,
                                uint64_t *let_in, uint64_t *failed)
{
    other->reached = true;
    what = changes[other->change];
    for (uint64_t nth = 1 + job % world_step(); other->reached;
         nth += world_step()) {
        struct world w = make_world(&jobs[job]);
        other->reached = false;
        other->was_let_in = false;
        sim_at_call(SIM_OP_ANY, nth, change_source, other);
        int code = run(&jobs[job]);
        if (jobs[job].dedupe)
            EXPECT(code == 0 || code == 1);
        else
            expect_one_of(job, nth, code, other);
        expect_clean(job, nth);
        world_end(&w);
        *let_in += other->was_let_in;
        *failed += code == 1;
    }
}

/* Names are given and taken away without a look at what is shared; and jobs
   that differ in other things than how they read are left out. */
Test(surroundings, a_source_that_others_change)
{
    uint64_t let_in = 0;
    uint64_t failed = 0;
    for (size_t job = 0; job < JOBS; job++) {
        bool in_tree = jobs[job].tree || job == JOBS - 1;
        struct other other = {.path = in_tree ? L"R:\\t\\f" : L"R:\\a"};
        if (job == 2 || job == 3 || job == 4 || job == 12)
            continue;
        for (int change = 0; change < CHANGES; change++) {
            other.change = (enum change)change;
            other.polite = true;
            change_at_each_call(job, &other, &let_in, &failed);
            other.polite = false;
            if (!jobs[job].dedupe && change <= IS_WRITTEN_TO)
                change_at_each_call(job, &other, &let_in, &failed);
        }
    }
    printf("surroundings: a source was changed at %llu calls, %llu failed\n",
           (unsigned long long)let_in, (unsigned long long)failed);
    cr_assert_gt(let_in * world_step(), 2000);
    cr_assert_gt(failed * world_step(), 500);
}
