/*
 * Trees that are deep, long and large: levels by the hundred, paths beyond
 * what the system takes, ten thousand real files, folders with very many
 * entries in flat memory.
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

TestSuite(tree_large, .fini = e2e_leave);

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

/* --- real ----------------------------------------------------------------- */

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

static long number_of(const char *variable, long otherwise)
{
    const char *given = getenv(variable);
    return given != NULL ? strtol(given, NULL, 10) : otherwise;
}

/* Names that only differ in case cannot both be there on Windows, and some
   cannot be there at all: such are left out. */
static void take_real_files(long count)
{
    const char *names =
        e2e_text("find include share/doc share/perl* share/man -type f "
                 "2>/dev/null | grep -v '[:*?\"<>|\\\\]' | sort -f | "
                 "awk '!seen[tolower($0)]++' | head -n %ld",
                 count);
    cr_assert_eq(tree_shell("mkdir in"), 0);
    cr_assert_eq(tree_shell(e2e_text("here=$PWD; cd /usr && %s | "
                                     "tar -cf - -T - | "
                                     "tar -xf - -C \"$here/in\" -o -m",
                                     names)),
                 0);
    cr_assert_eq(tree_shell("find in -type d -exec touch -d "
                            "'2020-01-02 03:04:05.1234567' {} +"),
                 0);
}

static long files_in(const char *folder)
{
    e2e_write("count", "");
    cr_assert_eq(
        tree_shell(e2e_text("find '%s' -type f | wc -l >count", folder)), 0);
    long count = strtol(e2e_read("count"), NULL, 10);
    unlink("count");
    return count;
}

Test(tree_large, real_files)
{
    e2e_enter(XFS4K);
    take_real_files(number_of("E2E_REAL_FILES", 10000));
    long files = files_in("in");
    judged = RUN("-r", "--json", "--reflink=always", "in", "out");
    EXPECT(judged, judged->exit_code == 0);
    tree_expect_equal(judged, "in", "out");
    nftw("in", judge_sharing, 16, FTW_PHYS);
    EXPECT(judged, files > 100 && tree_summary(judged, "files") == files);
    EXPECT(judged, tree_summary(judged, "cloned") == (long)cloned_files);
    EXPECT(judged, cloned_files > files / 20);
    fprintf(stderr, "real_files: %ld files, %u shared\n", files, cloned_files);
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

/* E2E_FILES=1000000 E2E_SECONDS=9999 does a million of them by hand. */
Test(tree_large, memory_is_flat)
{
    e2e_enter(PLAIN);
    long few = peak_for(1000);
    long many = peak_for(number_of("E2E_FILES", PER_FOLDER));
    fprintf(stderr, "memory_is_flat: %ld KiB, then %ld KiB\n", few, many);
    cr_expect(few > 1000, "the peak was not seen: %ld KiB", few);
    cr_expect(many < MOST_KIB, "%ld KiB for many files", many);
    cr_expect(many - few < 4096, "%ld KiB for 1,000 files, %ld for many", few,
              many);
}
