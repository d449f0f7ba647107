/*
 * Real faults: killed at random moments, full and read-only volumes, sources
 * that change, files that others hold, folders without permission. After each
 * DEST is old or whole, and nothing is left beside it.
 */
#include <fcntl.h>
#include <glob.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "e2e_internal.h"

TestSuite(survival, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

/* --- killed --------------------------------------------------------------- */

enum { KILLS = 25 }; /* in each of eight rows: 200 */

struct kill_row {
    enum volume volume;
    bool replaces;
    const char *mode;
    unsigned most_us; /* the latest moment: about what a run takes */
};

static const struct kill_row kill_rows[] = {
    {XFS4K, false, "--reflink=auto", 90000},
    {XFS4K, true, "--reflink=auto", 90000},
    {XFS4K, false, "--reflink=never", 120000},
    {XFS4K, true, "--reflink=never", 120000},
    {BTRFS, false, "--reflink=auto", 90000},
    {BTRFS, true, "--reflink=auto", 90000},
    {PLAIN, false, "--reflink=auto", 100000},
    {PLAIN, true, "--reflink=auto", 100000},
};

/* What a kill may leave: a staging file that is empty, before it was marked for
   deletion, or complete, when the mark was gone and it had no other name yet.
   It is removed. */
static bool leaves_nothing_else(const char *complete, uint64_t other_size)
{
    glob_t found;
    bool right = true;
    if (glob("~reflink-*.tmp", 0, NULL, &found) != 0)
        return true;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *name = found.gl_pathv[i];
        uint64_t size = e2e_size(name);
        right = right && (size == 0 || size == other_size ||
                          e2e_same_bytes(complete, name));
        unlink(name);
    }
    globfree(&found);
    return right;
}

static void kill_once(const struct kill_row *row, unsigned moment,
                      uint64_t old_hash)
{
    const char *const arguments[] = {"-f", row->mode, "a", "b", NULL};
    e2e_begin(arguments);
    int code = e2e_kill(moment);
    const char *where = e2e_text("killed after %u us of %s", moment, row->mode);
    bool there = access("b", F_OK) == 0;
    bool whole = there && e2e_same_bytes("a", "b");
    bool old =
        row->replaces ? there && !whole && e2e_hash("b") == old_hash : !there;
    cr_expect(whole || old, "%s: DEST is neither old nor whole: %s", where,
              e2e_files());
    cr_expect(code != 0 || whole, "%s: done, but not whole", where);
    const char *files = e2e_files();
    cr_expect(leaves_nothing_else("a", 0), "%s: left behind: %s", where, files);
    unlink("b");
}

ParameterizedTestParameters(survival, killed)
{
    return e2e_numbers(ROWS(kill_rows));
}

ParameterizedTest(int *number, survival, killed)
{
    const struct kill_row *row = &kill_rows[*number];
    e2e_enter(row->volume);
    e2e_make("a", 24 * MIB + 5);
    srand(1000 + (unsigned)*number);
    for (unsigned i = 0; i < KILLS; i++) {
        uint64_t old_hash = 0;
        if (row->replaces) {
            e2e_make("b", 2 * MIB);
            old_hash = e2e_hash("b");
        }
        kill_once(row, (unsigned)rand() % row->most_us, old_hash);
    }
}

/* --- full ----------------------------------------------------------------- */

/* Fills the volume to its last byte, and then gives `left` bytes back. */
static void fill_up(uint64_t left)
{
    static char block[65536];
    uint64_t size = 0;
    ssize_t written = 0;
    int file = open("filler", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    cr_assert(file >= 0);
    while ((written = write(file, block, sizeof block)) > 0)
        size += (uint64_t)written;
    cr_assert(size > left);
    cr_assert_eq(ftruncate(file, (off_t)(size - left)), 0);
    cr_assert_eq(fsync(file), 0);
    close(file);
}

ParameterizedTestParameters(survival, disk_full)
{
    return e2e_numbers(6);
}

ParameterizedTest(int *number, survival, disk_full)
{
    static const uint64_t left[] = {0,       64 * KIB, MIB,
                                    2 * MIB, 3 * MIB,  3 * MIB + 512 * KIB};
    e2e_enter(TINY);
    e2e_make("a", 4 * MIB);
    e2e_make("b", 100);
    fill_up(left[*number]);
    const char *before = e2e_snapshot();
    struct result *result = RUN("a", "c");
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_like(result->err, "reflink: c: *(112)\n"));
    result = RUN("-f", "a", "b");
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_like(result->err, "reflink: b: *(112)\n"));
}

/* --- SOURCE --------------------------------------------------------------- */

/* Cut short by somebody whom no lock keeps out, in the middle of the copy. */
Test(survival, source_cut_short)
{
    unsigned failures = 0;
    e2e_enter(PLAIN);
    e2e_make("b", 1000);
    uint64_t old_hash = e2e_hash("b");
    for (unsigned i = 0; i < 30; i++) {
        const char *const arguments[] = {"-f", "a", "b", NULL};
        e2e_make("a", 64 * MIB);
        e2e_begin(arguments);
        usleep(30000 + i * 2000);
        cr_assert_eq(truncate("a", 5), 0);
        usleep(300000);
        int code = e2e_kill(0);
        bool old = e2e_hash("b") == old_hash;
        uint64_t size = e2e_size("b");
        failures += code == 1;
        /* it may be over before the cut, or be killed behind the last step */
        cr_expect(code != 0 || !old, "run %u", i);
        cr_expect(code != 1 || old, "run %u", i);
        cr_expect(old || size == 64 * MIB || size == 5, "run %u", i);
        cr_expect(leaves_nothing_else("a", 64 * MIB), "run %u", i);
        if (!old)
            e2e_make("b", 1000);
        cr_expect_str_eq(e2e_files(), "a b");
    }
    cr_log_info("%u runs met the cut", failures);
}

Test(survival, source_held_by_a_writer)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    e2e_hold("a", "rw", "rwd");
    e2e_expect_cloned_in_use(RUN("a", "b"), "a", "b", "a b");
    e2e_release();
    e2e_hold("a", "rw", "");
    const char *before = e2e_snapshot();
    struct result *result = RUN("a", "c");
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_like(result->err, "reflink: a: *(32)*open*\n"));
    e2e_release();
}

/* --- DEST ----------------------------------------------------------------- */

/* However somebody holds DEST: it is replaced, or as it was. */
ParameterizedTestParameters(survival, dest_held)
{
    return e2e_numbers(2 * 8);
}

ParameterizedTest(int *number, survival, dest_held)
{
    static const char *const shares[] = {"",   "r",  "w",  "d",
                                         "rw", "rd", "wd", "rwd"};
    e2e_enter(*number < 8 ? XFS4K : PLAIN);
    e2e_make("a", MIB);
    e2e_make("b", 3000);
    uint64_t old_hash = e2e_hash("b");
    e2e_hold("b", "r", shares[*number % 8]);
    struct result *result = RUN("-f", "a", "b");
    EXPECT(result, result->exit_code == 0 || result->exit_code == 1);
    if (result->exit_code == 0)
        EXPECT(result, e2e_same_bytes("a", "b"));
    else
        EXPECT(result, e2e_hash("b") == old_hash);
    EXPECT(result,
           (result->exit_code == 1) == e2e_like(result->err, "reflink: b: *"));
    EXPECT(result, e2e_is(e2e_files(), "a b"));
    e2e_release();
}

Test(survival, folder_without_permission)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    e2e_make_folder("shut");
    cr_assert_eq(chmod("shut", 0555), 0);
    struct result *result = RUN("a", "shut/b");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_like(result->err, "reflink: shut*b: *(5)*\n"));
    cr_assert_eq(chmod("shut", 0755), 0);
    EXPECT(result, e2e_is(e2e_files(), "a shut"));
}

/* A folder on a volume that cannot be written: the code is the system's. */
Test(survival, read_only_volume)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    e2e_make_folder("fixed");
    if (mount("fixed", "fixed", NULL, MS_BIND, NULL) != 0)
        cr_skip_test("no bind mount here");
    bool fixed =
        mount(NULL, "fixed", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0;
    struct result *result = RUN("a", "fixed/b");
    umount("fixed");
    EXPECT(result, fixed);
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_like(result->err, "reflink: fixed*b: creating it: *"));
    EXPECT(result, e2e_is(e2e_files(), "a fixed"));
}

/* Somebody may plant a link where DEST is to be: it is replaced with -f, and
   what it points to stays. */
Test(survival, planted_links)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    e2e_make("victim", 5000);
    uint64_t hash = e2e_hash("victim");
    cr_assert_eq(symlink("victim", "b"), 0);
    cr_assert_eq(symlink("nowhere", "c"), 0);
    struct result *result = RUN("a", "b");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_hash("victim") == hash);
    result = RUN("-f", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_hash("victim") == hash);
    EXPECT(result, e2e_same_bytes("a", "b"));
    result = RUN("a", "c");
    EXPECT(result, access("nowhere", F_OK) != 0);
    result = RUN("-n", "a", "c");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, access("nowhere", F_OK) != 0);
}

/* Whoever looks at DEST while it is replaced sees the old file or the new one,
   complete. */
ParameterizedTestParameters(survival, dest_is_never_missing)
{
    return e2e_numbers(PLAIN + 1);
}

ParameterizedTest(int *number, survival, dest_is_never_missing)
{
    e2e_enter((enum volume) * number);
    e2e_make("a", 2 * MIB);
    e2e_make("b", 3 * MIB);
    e2e_make("c", 3 * MIB);
    e2e_look("b", 2 * MIB, 3 * MIB);
    for (int i = 0; i < 12; i++) {
        struct result *result = RUN("-f", i % 2 ? "c" : "a", "b");
        EXPECT(result, result->exit_code == 0);
    }
    e2e_looked();
}

/* Killed between the last two steps: DEST is the old one, or still missing.
   The complete file is there under its staging name, and in nobody's way. */
ParameterizedTestParameters(survival, killed_before_the_rename)
{
    return e2e_numbers(2 * CLONING_VOLUMES);
}

ParameterizedTest(int *number, survival, killed_before_the_rename)
{
    bool replaces = *number % 2 != 0;
    e2e_enter((enum volume)(*number / 2));
    e2e_make("a", MIB + 5);
    if (replaces)
        e2e_make("b", 3000);
    uint64_t old = e2e_hash("b");
    e2e_set("REFLINK_BRIDGE_KILL", "rename");
    struct result *result = RUN("-f", "a", "b");
    unsetenv("REFLINK_BRIDGE_KILL");
    EXPECT(result, result->exit_code == 137);
    EXPECT(result, e2e_hash("b") == old);
    const char *staging = e2e_newest_temporary();
    EXPECT(result, staging != NULL && e2e_same_bytes("a", staging));
    e2e_expect_cloned(RUN("-f", "a", "b"), "a", "b",
                      e2e_text("a b %s", staging));
}

/*
 * DEST is replaced in one step by POSIX semantics where the system has them, by
 * the older request where not. Wine has them from 9.0 on: which of the two was
 * run through is in the log. Here Wine answers by itself; test_rename.c has
 * what real volumes answer.
 */
Test(survival, replaces_by_posix_semantics)
{
    const char *version = getenv("E2E_WINE_VERSION");
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    e2e_make("b", 100);
    e2e_set("REFLINK_BRIDGE_NTFS_RULES", "off");
    long number = strtol(version + strcspn(version, "0123456789"), NULL, 10);
    struct result *result = RUN("-f", "a", "b");
    e2e_expect_cloned(result, "a", "b", "a b");
    bool posix = e2e_like(result->log, "*NAME class=[67][25] status=00000000*");
    bool older = e2e_like(result->log, "*NAME class=[67][25] status=C000000?\n*"
                                       "NAME class=1[01] status=00000000*");
    EXPECT(result, number >= 9 ? posix && !older : older && !posix);
    fprintf(stderr, "%s: DEST was replaced by %s\n", version,
            posix ? "POSIX semantics" : "the older request");
}

/* --- a reader meanwhile --------------------------------------------------- */

/* Reads `b` again and again until `stop` is there; exits with how many times
   it was neither of the two, 100 if it was never read. */
static void read_on(uint64_t first, uint64_t second)
{
    unsigned bad = 0;
    unsigned read = 0;
    while (access("stop", F_OK) != 0 && bad < 90) {
        uint64_t hash = e2e_hash("b");
        bad += hash != first && hash != second;
        read++;
    }
    _exit(read == 0 ? 100 : (int)bad);
}

Test(survival, a_reader_sees_old_or_new)
{
    int status = 0;
    e2e_enter(XFS4K);
    e2e_make("a", 2 * MIB);
    e2e_make("c", 3 * MIB + 5);
    e2e_make("b", 10);
    struct result *result = RUN("-f", "a", "b");
    pid_t reader = fork();
    if (reader == 0)
        read_on(e2e_hash("a"), e2e_hash("c"));
    for (int i = 0; i < 20; i++) {
        result = RUN("-f", i % 4 < 2 ? "--reflink=auto" : "--reflink=never",
                     i % 2 ? "a" : "c", "b");
        EXPECT(result, result->exit_code == 0);
    }
    e2e_write("stop", "");
    cr_assert_eq(waitpid(reader, &status, 0), reader);
    EXPECT(result, WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
