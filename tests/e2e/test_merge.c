/*
 * Trees and files that meet what is there already: which name a tree gets,
 * what is replaced, and what is refused before anything is created.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "e2e.h"
#include "trees.h"

TestSuite(merge, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

static void set_time(const char *name, time_t seconds)
{
    const struct timespec times[2] = {{seconds, 0}, {seconds, 12345600}};
    cr_assert_eq(utimensat(AT_FDCWD, name, times, 0), 0);
}

static void make_base(void)
{
    e2e_make_folder("base");
    e2e_make("base/a", 100000);
    e2e_make_folder("base/sub");
    e2e_make("base/sub/b", 5000);
}

/* In scripts: the same command does the same the first and the second time. */
Test(merge, the_same_command_twice)
{
    static const char *const sources[] = {"base", "base\\.", "base"};
    static const char *const options[] = {"-rT", "-r", "-r"};
    for (size_t i = 0; i < 3; i++) {
        e2e_enter(XFS4K);
        make_base();
        struct result *result = RUN("-f", options[i], sources[i], "job");
        EXPECT(result, result->exit_code == 0);
        tree_expect_equal(result, "base", "job");
        result = RUN("-f", options[i], sources[i], "job");
        EXPECT(result, result->exit_code == 0);
        EXPECT(result, e2e_same_bytes("base/a", "job/a"));
        EXPECT(result, e2e_same_bytes("base/sub/b", "job/sub/b"));
        EXPECT(result, e2e_is(e2e_files(), "base job"));
        EXPECT(result, (access("job/base", F_OK) == 0) == (i == 2));
        e2e_leave();
    }
}

Test(merge, a_separator_creates_dest)
{
    e2e_enter(XFS4K);
    make_base();
    struct result *result = RUN("-r", "base\\*", "new\\");
    EXPECT(result, result->exit_code == 0);
    tree_expect_equal(result, "base/sub", "new/sub");
    EXPECT(result, e2e_same_bytes("base/a", "new/a"));
    result = RUN("-r", "base\\*", "none");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_like(result->err, "reflink: none: *does not exist*"));
    result = RUN("-r", "base\\*", "none\\deep\\");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, access("none", F_OK) != 0);
}

Test(merge, update)
{
    static const struct {
        time_t source;
        time_t dest;
        bool done;
    } rows[] = {{1700000000, 1600000000, true},
                {1600000000, 1700000000, false},
                {1600000000, 1600000000, false}};
    for (size_t i = 0; i < ROWS(rows); i++) {
        e2e_enter(XFS4K);
        e2e_make("a", 70000);
        e2e_make("b", 5000);
        set_time("a", rows[i].source);
        set_time("b", rows[i].dest);
        struct result *result = RUN("-v", "-u", "a", "b");
        EXPECT(result, result->exit_code == 0);
        EXPECT(result, e2e_same_bytes("a", "b") == rows[i].done);
        EXPECT(result, e2e_has(result->out, "skipped") != rows[i].done);
        e2e_leave();
    }
}

/* Nothing is created, and the exit code says that nothing was touched. */
Test(merge, two_sources_of_one_name)
{
    e2e_enter(XFS4K);
    make_base();
    e2e_make("A", 7000);
    e2e_make_folder("out");
    struct result *result = RUN("base\\a", "A", "base\\sub\\b", "out");
    EXPECT(result, result->exit_code == 2);
    EXPECT(result, e2e_like(result->err, "reflink: out\\A: *this name*"));
    EXPECT(result, access("out/b", F_OK) != 0);
    result = RUN("-v", "base\\a", "BASE\\A", "base\\*", "out");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_bytes("base/a", "out/a"));
}

Test(merge, writable)
{
    e2e_enter(XFS4K);
    e2e_make("golden", 70000);
    cr_assert_eq(chmod("golden", 0444), 0);
    struct result *result = RUN("golden", "job-1");
    EXPECT(result, access("job-1", F_OK) == 0);
    result = RUN("--writable", "golden", "job-2");
    struct stat status;
    cr_assert_eq(stat("job-2", &status), 0);
    EXPECT(result, (status.st_mode & 0200) != 0);
    cr_assert_eq(stat("job-1", &status), 0);
    EXPECT(result, (status.st_mode & 0222) == 0);
}

/* What another run works on, or a power cut left, is no user's file. */
Test(merge, staging_files_are_passed_over)
{
    e2e_enter(XFS4K);
    make_base();
    e2e_make("base/~reflink-0123456789abcdef.tmp", 7000);
    e2e_make_folder("out");
    struct result *result = RUN("-rv", "base", "new");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, access("new/~reflink-0123456789abcdef.tmp", F_OK) != 0);
    EXPECT(result, e2e_has(result->out, "~reflink-0123456789abcdef.tmp") ||
                       e2e_has(result->err, "~reflink-0123456789abcdef.tmp"));
    result = RUN("base\\*", "out");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, access("out/~reflink-0123456789abcdef.tmp", F_OK) != 0);
    result = RUN("base\\~reflink-0123456789abcdef.tmp", "out");
    EXPECT(result, access("out/~reflink-0123456789abcdef.tmp", F_OK) == 0);
}

/* The whole tree, or nothing. */
Test(merge, always_needs_one_volume_that_clones)
{
    e2e_enter(XFS4K);
    make_base();
    const char *other = e2e_twin(OTHER);
    struct result *result =
        RUN("-r", "--reflink=always", "base", e2e_text("%s\\new", other));
    EXPECT(result, result->exit_code == 3);
    EXPECT(result, e2e_like(result->err, "reflink: *different volume*"));
    result = RUN("-r", "--reflink=always", "base", "new");
    EXPECT(result, result->exit_code == 0);
    e2e_leave();
    e2e_enter(PLAIN);
    make_base();
    result = RUN("-r", "--reflink=always", "base", "new");
    EXPECT(result, result->exit_code == 3);
    EXPECT(result, e2e_is(e2e_files(), "base"));
}

/* Thousands of small files are one number. */
Test(merge, small_files_are_counted)
{
    e2e_enter(XFS4K);
    e2e_make_folder("small");
    for (int i = 0; i < 30; i++)
        e2e_make(e2e_text("small/%d", i), (uint64_t)i * 10);
    e2e_make("small/large", 100000);
    struct result *result = RUN("-r", "small", "new");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "31 files: 1 cloned (97.6 KiB), 30 "
                                         "copied (4.2 KiB: 29 smaller than a "
                                         "cluster, 1 empty), 0 failed\n"));
    EXPECT(result, e2e_is(result->err, ""));
}
