/* Policies: --reflink, --verify, -f, -n, and what of SOURCE is kept. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "e2e.h"

TestSuite(modes, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

ParameterizedTestParameters(modes, auto_always_never)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, modes, auto_always_never)
{
    e2e_enter((enum volume) * number);
    e2e_make("a", 2 * MIB + 100);
    e2e_expect_cloned(RUN("--reflink=auto", "a", "b"), "a", "b", "a b");
    e2e_expect_cloned(RUN("--reflink=always", "a", "c"), "a", "c", "a b c");
    e2e_expect_cloned(RUN("--reflink", "a", "d"), "a", "d", "a b c d");
    struct result *result = RUN("--reflink=never", "a", "e");
    e2e_expect_copied(result, "a", "e", "a b c d e");
    EXPECT(result, result->requests == 0);
    EXPECT(result, e2e_has(result->out, "not asked for"));
}

/* A file below one cluster is copied, and that is no refusal. */
Test(modes, always_below_a_cluster)
{
    e2e_enter(XFS4K);
    e2e_make("a", 4095);
    e2e_make("empty", 0);
    struct result *result = RUN("--reflink=always", "a", "b");
    e2e_expect_copied(result, "a", "b", "a b empty");
    EXPECT(result, result->requests == 0);
    result = RUN("--reflink=always", "empty", "c");
    EXPECT(result, result->exit_code == 0 && e2e_size("c") == 0);
}

Test(modes, never_keeps_holes)
{
    static const struct range data[] = {
        {MIB, MIB}, {300 * GIB, 64 * KIB}, {0, 0}};
    e2e_enter(XFS4K);
    e2e_make_sparse("a", 400 * GIB, data);
    struct result *result = RUN("--reflink=never", "a", "b");
    e2e_expect_copied(result, "a", "b", "a b");
    EXPECT(result, e2e_allocated("b") <= 2 * MIB);
}

ParameterizedTestParameters(modes, verify)
{
    return e2e_numbers(4);
}

ParameterizedTest(int *number, modes, verify)
{
    static const char *const ways[] = {"--verify=none", "--verify=sample",
                                       "--verify=full", "--verify"};
    e2e_enter(BTRFS);
    e2e_make("a", 3 * MIB + 5);
    e2e_expect_cloned(RUN(ways[*number], "a", "b"), "a", "b", "a b");
    e2e_expect_copied(RUN(ways[*number], "--reflink=never", "a", "c"), "a", "c",
                      "a b c");
}

static void make_both(void)
{
    e2e_make("a", MIB);
    e2e_make("b", 3 * MIB + 3);
}

static void check_existing(void)
{
    make_both();
    const char *before = e2e_snapshot();
    struct result *result = RUN("a", "b");
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_like(result->err, "reflink: b: *exists*-f*\n"));
    result = RUN("-n", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_is(result->out, "") && e2e_is(result->err, ""));
    EXPECT(result, e2e_is(e2e_snapshot(), before));
    result = RUN("-n", "-v", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "skipped *a -> b*\n"));
    EXPECT(result, e2e_is(e2e_snapshot(), before));
}

Test(modes, dest_exists)
{
    e2e_enter(XFS4K);
    check_existing();
}

Test(modes, dest_exists_plain)
{
    e2e_enter(PLAIN);
    check_existing();
}

ParameterizedTestParameters(modes, force)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, modes, force)
{
    e2e_enter((enum volume) * number);
    make_both();
    e2e_expect_cloned(RUN("-f", "a", "b"), "a", "b", "a b");
    e2e_make("c", 10);
    e2e_expect_cloned(RUN("--force", "b", "c"), "a", "c", "a b c");
    e2e_expect_cloned(RUN("-f", "a", "new"), "a", "new", "a b c new");
    e2e_make("below", 100);
    e2e_expect_copied(RUN("-f", "below", "c"), "below", "c", "a b below c new");
}

Test(modes, force_plain)
{
    e2e_enter(PLAIN);
    make_both();
    e2e_expect_copied(RUN("-f", "a", "b"), "a", "b", "a b");
}

/* The last one of the options that contradict each other holds. */
Test(modes, last_option_holds)
{
    e2e_enter(XFS4K);
    make_both();
    const char *before = e2e_snapshot();
    struct result *result = RUN("-fn", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_is(e2e_snapshot(), before));
    e2e_expect_cloned(RUN("-nf", "a", "b"), "a", "b", "a b");
    result = RUN("--reflink=always", "--reflink=never", "a", "c");
    e2e_expect_copied(result, "a", "c", "a b c");
}

static void set_times(const char *name)
{
    const struct timespec times[2] = {{1000000000, 0}, {981173106, 123456700}};
    cr_assert(utimensat(AT_FDCWD, name, times, 0) == 0);
}

static bool same_time(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 &&
           x.st_mtim.tv_sec == y.st_mtim.tv_sec &&
           x.st_mtim.tv_nsec / 100 == y.st_mtim.tv_nsec / 100;
}

/* Wine keeps hidden and system in an extended attribute. */
static const char *dos_attributes(const char *name)
{
    char text[32] = "";
    return getxattr(name, "user.DOSATTRIB", text, sizeof text - 1) > 0
               ? e2e_text("%s", text)
               : "";
}

static void check_metadata(const char *option)
{
    e2e_make("a", MIB);
    set_times("a");
    cr_assert(setxattr("a", "user.DOSATTRIB", "0x26", 4, 0) == 0);
    struct result *result = RUN(option, "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, same_time("a", "b"));
    EXPECT(result, strtol(dos_attributes("b"), NULL, 16) % 0x20 == 0x06);
    result = RUN(option, "-f", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, same_time("a", "b"));
    EXPECT(result, strtol(dos_attributes("b"), NULL, 16) % 0x20 == 0x06);
}

Test(modes, clone_keeps_time_and_attributes)
{
    e2e_enter(XFS4K);
    check_metadata("--reflink=always");
}

Test(modes, copy_keeps_time_and_attributes)
{
    e2e_enter(XFS4K);
    check_metadata("--reflink=never");
}

Test(modes, plain_keeps_time_and_attributes)
{
    e2e_enter(PLAIN);
    check_metadata("--reflink=auto");
}

static bool read_only(const char *name)
{
    struct stat status;
    return stat(name, &status) == 0 && (status.st_mode & 0222) == 0;
}

ParameterizedTestParameters(modes, read_only_source)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, modes, read_only_source)
{
    e2e_enter((enum volume) * number);
    e2e_make("a", MIB + 1);
    e2e_make("c", 5);
    set_times("a");
    cr_assert(chmod("a", 0444) == 0);
    struct result *result = RUN("a", "b");
    e2e_expect_cloned(result, "a", "b", "a b c");
    EXPECT(result, read_only("b") && same_time("a", "b"));
    result = RUN("-f", "a", "c");
    e2e_expect_cloned(result, "a", "c", "a b c");
    EXPECT(result, read_only("c") && same_time("a", "c"));
}

/* As `cp -f` does: -f replaces what is read-only; without it nothing does. */
Test(modes, read_only_dest)
{
    e2e_enter(XFS4K);
    make_both();
    cr_assert(chmod("b", 0444) == 0);
    const char *before = e2e_snapshot();
    e2e_expect_nothing_done(RUN("a", "b"), 1, before);
    e2e_expect_cloned(RUN("-f", "a", "b"), "a", "b", "a b");
}

/* A directory as DEST, however it is written. */
ParameterizedTestParameters(modes, into_directory)
{
    return e2e_numbers(4);
}

ParameterizedTest(int *number, modes, into_directory)
{
    static const char *const ways[] = {"d", "d\\", "d/", ".\\d\\.\\"};
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    e2e_make_folder("d");
    struct result *result = RUN("a", ways[*number]);
    e2e_expect_cloned(result, "a", "d/a", "a d");
    EXPECT(result, e2e_has(result->out, "a -> "));
    EXPECT(result, e2e_like(result->out, "*?a  (1 MiB*"));
    const char *before = e2e_snapshot();
    e2e_expect_nothing_done(RUN("a", ways[*number]), 1, before);
}

/* Somebody who writes to SOURCE does not keep it from being cloned. */
Test(modes, source_open_elsewhere)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    e2e_hold("a", "rw", "rwd");
    e2e_expect_cloned_in_use(RUN("a", "b"), "a", "b", "a b");
    struct result *result = RUN("--json", "a", "c");
    EXPECT(result, e2e_like(result->out,
                            "{\"type\":\"file\",*\"warnings\":?{\"reason\":"
                            "\"source-in-use\",*}?,*}\n*"));
}

Test(modes, source_locked_elsewhere)
{
    e2e_enter(XFS4K);
    make_both();
    e2e_hold("a", "rw", "");
    const char *before = e2e_snapshot();
    struct result *result = RUN("a", "c");
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_like(result->err, "reflink: a: *(32)*\n"));
    e2e_expect_nothing_done(RUN("-f", "a", "b"), 1, before);
}

Test(modes, dest_open_elsewhere)
{
    e2e_enter(XFS4K);
    make_both();
    e2e_hold("b", "r", "rw");
    const char *before = e2e_snapshot();
    struct result *result = RUN("-f", "a", "b");
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_like(result->err, "reflink: b: *\n"));
}
