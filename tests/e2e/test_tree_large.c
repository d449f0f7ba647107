/*
 * Trees that are deep, long and large: levels by the hundred, paths beyond
 * what the system takes, thousands of files of all kinds, folders with very
 * many entries in flat memory.
 *
 * Wine 8 hands each path to Linux as a whole, so 4,095 bytes are its end, and
 * finds a file below N folders in a time that grows with N * N: thousands of
 * levels and 32,000 characters are for the simulated volume.
 */
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "e2e.h"
#include "trees.h"

TestSuite(tree_large, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

/* --- deep ----------------------------------------------------------------- */

/* Folders one in the other, each beside the files `a` and `z`; from inside, as
   Linux takes no such path either. */
static void make_chain(const char *top, const char *name, unsigned levels)
{
    int here = open(".", O_RDONLY | O_DIRECTORY);
    e2e_make_folder(top);
    cr_assert_eq(chdir(top), 0);
    for (unsigned i = 0; i < levels; i++) {
        e2e_make("a", 5000 + i);
        e2e_make("z", i);
        e2e_make_folder(name);
        cr_assert_eq(chdir(name), 0);
    }
    cr_assert_eq(fchdir(here), 0);
    close(here);
}

Test(tree_large, levels)
{
    e2e_enter(XFS4K);
    make_chain("deep", "d", 100);
    struct result *result = RUN("-r", "deep", "copy");
    EXPECT(result, result->exit_code == 0);
    tree_expect_equal(result, "deep", "copy");
}

enum { LEVELS = 26, NAME_LENGTH = 180 };

static const char *a_long_name(char letter)
{
    char name[NAME_LENGTH + 1];
    memset(name, letter, NAME_LENGTH);
    name[NAME_LENGTH] = '\0';
    return e2e_text("%s", name);
}

/* The path of a level's file. */
static const char *at_level(const char *top, const char *name, unsigned level,
                            const char *file)
{
    const char *path = top;
    for (unsigned i = 0; i < level; i++)
        path = e2e_text("%s/%s", path, name);
    return e2e_text("%s/%s", path, file);
}

static unsigned lines_in(const char *text)
{
    unsigned lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

/* Each line on stderr names an entry whose path is this long at least. */
static bool names_long_paths(const char *err, size_t least)
{
    for (const char *at = err; *at != '\0'; at += strcspn(at, "\n") + 1) {
        const char *path = at + strlen("reflink: ");
        if (strncmp(at, "reflink: ", strlen("reflink: ")) != 0 ||
            strcspn(path, ":\n") < least)
            return false;
    }
    return true;
}

/*
 * All above the end of what the system takes is done, before and behind the
 * entry that cannot be; what is below fails, each once, by its path.
 */
static void check_end(const char *source, const char *dest)
{
    enum { LEAST = 3600 };
    const char *name = a_long_name('n');
    unsigned done = 0;
    make_chain(source, name, LEVELS);
    struct result *result = RUN("-r", "--json", source, dest);
    while (done < LEVELS &&
           access(at_level(dest, name, done, "z"), F_OK) == 0) {
        EXPECT(result, e2e_same_bytes(at_level(source, name, done, "a"),
                                      at_level(dest, name, done, "a")));
        EXPECT(result, e2e_same_bytes(at_level(source, name, done, "z"),
                                      at_level(dest, name, done, "z")));
        done++;
    }
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, done * (NAME_LENGTH + 1) >= LEAST && done < LEVELS - 2);
    EXPECT(result, lines_in(result->err) != 0);
    EXPECT(result, lines_in(result->err) <= 4);
    EXPECT(result, names_long_paths(result->err, LEAST));
    EXPECT(result,
           tree_summary(result, "failed") == (long)lines_in(result->err));
    EXPECT(result, tree_shell(e2e_text("rm -r '%s' '%s'", source, dest)) == 0);
}

Test(tree_large, beyond_the_longest_path)
{
    e2e_enter(XFS4K);
    check_end("deep", "copy");
    check_end("deep", a_long_name('c')); /* DEST comes to the end first */
    check_end(a_long_name('s'), "copy"); /* SOURCE does */
}

/* --- files of all kinds --------------------------------------------------- */

static struct result *judged;
static unsigned cloned_files;

/* Files of a cluster and more share all of it. */
static int judge_sharing(const char *path, const struct stat *status, int kind,
                         struct FTW *walk)
{
    (void)walk;
    if (kind != FTW_F || (uint64_t)status->st_size < e2e_cluster())
        return 0;
    const char *dest = e2e_text("out/%s", path + strlen("in/"));
    if (!e2e_same_extents(path, dest))
        cr_expect(false, "%s",
                  e2e_story(judged, e2e_text("%s is shared", dest)));
    cloned_files++;
    return 0;
}

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
    const char *given = getenv(variable);
    return given != NULL ? strtoull(given, NULL, 0) : otherwise;
}

enum { MADE_FILES = 3000, MADE_FOLDERS = 150 };

static uint64_t made_state;

static uint64_t made_below(uint64_t limit)
{
    made_state ^= made_state << 13;
    made_state ^= made_state >> 7;
    made_state ^= made_state << 17;
    return (made_state >> 11) % limit;
}

/* A third of a tree as it is on a disk is below a cluster, and a few are large
   and have holes. */
static void make_one(const char *path)
{
    const struct range islands[] = {
        {made_below(8) * 64 * KIB, made_below(100 * KIB) + 1},
        {2 * MIB + made_below(8) * 64 * KIB, made_below(100 * KIB) + 1},
        {0, 0}};
    uint64_t kind = made_below(20);
    if (kind == 0)
        e2e_make(path, 0);
    else if (kind < 7)
        e2e_make(path, made_below(e2e_cluster()));
    else if (kind < 10)
        e2e_make(path, (made_below(8) + 1) * e2e_cluster());
    else if (kind < 19)
        e2e_make(path, made_below(100 * KIB));
    else
        e2e_make_sparse(path, 3 * MIB + made_below(MIB), islands);
}

/* Odd names, no two of them alike; some files have two names. */
static void make_files(uint64_t count)
{
    static const char *folders[MADE_FOLDERS];
    const char *last = NULL;
    e2e_make_folder(folders[0] = "in");
    for (unsigned i = 1; i < MADE_FOLDERS; i++) {
        folders[i] = e2e_text("%s/%s-%u", folders[made_below(i)],
                              tree_odd_name(made_below(UINT16_MAX)), i);
        e2e_make_folder(folders[i]);
    }
    for (uint64_t i = 0; i < count; i++) {
        const char *path = e2e_text(
            "%s/%s-%llu", folders[made_below(MADE_FOLDERS)],
            tree_odd_name(made_below(UINT16_MAX)), (unsigned long long)i);
        if (last != NULL && made_below(30) == 0)
            cr_assert_eq(link(last, path), 0);
        else
            make_one(path);
        last = path;
    }
    cr_assert_eq(tree_shell("find in -type d -exec touch -d "
                            "'2020-01-02 03:04:05.1234567' {} +"),
                 0);
}

/* E2E_SEED makes other files, E2E_FILES more of them. */
Test(tree_large, made_files)
{
    uint64_t seed = number_of("E2E_SEED", 20261128);
    long files = (long)number_of("E2E_FILES", MADE_FILES);
    e2e_enter(XFS4K);
    made_state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    make_files((uint64_t)files);
    judged = RUN("-r", "--json", "--reflink=always", "in", "out");
    fprintf(stderr, "made_files: E2E_SEED=%llu\n", (unsigned long long)seed);
    EXPECT(judged, judged->exit_code == 0);
    tree_expect_equal(judged, "in", "out");
    nftw("in", judge_sharing, 16, FTW_PHYS);
    EXPECT(judged, tree_summary(judged, "files") == files);
    EXPECT(judged, tree_summary(judged, "cloned") == (long)cloned_files);
    EXPECT(judged, cloned_files > files / 3);
}

/* The one of two names that is there, with SOURCE's bytes; NULL: not one. */
static const char *only_one(const char *first, const char *second)
{
    bool has_first = access(e2e_text("out/%s", first), F_OK) == 0;
    bool has_second = access(e2e_text("out/%s", second), F_OK) == 0;
    const char *name = has_first ? first : second;
    bool same =
        e2e_same_bytes(e2e_text("in/%s", name), e2e_text("out/%s", name));
    return has_first != has_second && same ? name : NULL;
}

/* A directory can be case-sensitive, on Windows too (`fsutil file
   setCaseSensitiveInfo`). Of two entries whose names differ in case only, the
   one that comes first is done, whichever it is. The other one fails by its
   name, with -f too: nothing replaces what this run made. */
Test(tree_large, case_twins)
{
    e2e_enter(XFS4K);
    e2e_make_folder("in");
    e2e_make_folder("in/Pod");
    e2e_make_folder("in/pod");
    e2e_make("in/Pod/one", 5000);
    e2e_make("in/pod/two", 6000);
    e2e_make("in/Name", 7000);
    e2e_make("in/name", 8000);
    struct result *result = RUN("-r", "--json", "-f", "in", "out");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result,
           e2e_like(result->err, "reflink: out\\[Nn]ame: two sources *\n"
                                 "reflink: out\\[Pp]od: two sources *\n"));
    EXPECT(result, only_one("Name", "name") != NULL);
    EXPECT(result, only_one("Pod/one", "pod/two") != NULL);
    EXPECT(result, tree_summary(result, "cloned") == 2);
    EXPECT(result, tree_summary(result, "failed") == 2);
}

/* --- many ----------------------------------------------------------------- */

/* Wine 8 reads a whole folder into memory, 140 bytes an entry: the program's
   own share in what grows is what is left of the limit below. */
enum { PER_FOLDER = 20000, MISSING = 2000, MOST_KIB = 32 * 1024 };

/* Wine looks through a whole folder for a name that is not there, so DEST has
   most of them already. */
static void make_many(const char *top, long count, bool dest)
{
    const char *folder = "";
    e2e_make_folder(top);
    for (long i = 0; i < count; i++) {
        if (i % PER_FOLDER == 0)
            e2e_make_folder(folder = e2e_text("%s/%ld", top, i / PER_FOLDER));
        if (dest && i % MISSING == 0)
            continue;
        char path[64];
        snprintf(path, sizeof path, "%s/entry number %07ld", folder, i);
        int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
        cr_assert(file >= 0);
        close(file);
    }
}

/* The program's peak for a tree of so many files. */
static long peak_for(long count)
{
    static const char *const arguments[] = {"-r", "-n",  "--json",
                                            "in", "out", NULL};
    make_many("in", count, false);
    make_many("out", count, true);
    cr_assert_eq(rename("out", "in.new"), 0);
    e2e_make_folder("out");
    cr_assert_eq(rename("in.new", "out/in"), 0);
    e2e_begin(arguments);
    long peak = e2e_peak_kib();
    struct result *result = e2e_finish();
    long copied = (count + MISSING - 1) / MISSING;
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, tree_summary(result, "files") == count);
    EXPECT(result, tree_summary(result, "copied") == copied);
    EXPECT(result, tree_summary(result, "skipped") == count - copied);
    cr_assert_eq(tree_shell("rm -r in out"), 0);
    return peak;
}

/* E2E_MANY=1000000 E2E_SECONDS=9999 does a million of them by hand. */
Test(tree_large, memory_is_flat)
{
    e2e_enter(PLAIN);
    long few = peak_for(1000);
    long many = peak_for((long)number_of("E2E_MANY", PER_FOLDER));
    fprintf(stderr, "memory_is_flat: %ld KiB, then %ld KiB\n", few, many);
    cr_expect(few > 1000, "the peak was not seen: %ld KiB", few);
    cr_expect(many < MOST_KIB, "%ld KiB for many files", many);
    cr_expect(many - few < 4096, "%ld KiB for 1,000 files, %ld for many", few,
              many);
}
