/*
 * How DEST is replaced, by NTFS' rules, which the bridge holds renames to: with
 * POSIX semantics where the volume knows them, by the older request where it
 * refuses them, in each of the ways that file systems refuse what they do not
 * know.
 */
#include <sys/stat.h>

#include "e2e.h"

TestSuite(rename, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

struct rename_row {
    const char *profile;
    const char *status; /* of FileRenameInformationEx, class 65 */
    bool posix;
    bool clones;
};

static const struct rename_row rows[] = {
    {"ntfs", "00000000", true, false},
    {"winbtrfs", "00000000", true, true},
    {"refs", "C00000BB", false, true},
    {"refs-4k", "C00000BB", false, true},
    {"refs-64k", "C000000D", false, true},
    {"refs-ws2016", "C000000D", false, true},
    {"samba", "C0000003", false, true},
};

/* SOURCE `a` and an old DEST `b`, which stays unless it is replaced. */
static const struct rename_row *set_up(int number)
{
    const struct rename_row *row = &rows[number];
    e2e_enter(XFS4K);
    e2e_set("REFLINK_BRIDGE_PROFILE", row->profile);
    e2e_make("a", MIB + 5);
    e2e_make("b", 3000);
    return row;
}

static bool read_only(const char *name)
{
    struct stat status;
    return stat(name, &status) == 0 && (status.st_mode & 0222) == 0;
}

static void expect_replaced(struct result *result, const struct rename_row *row)
{
    if (row->clones)
        e2e_expect_cloned(result, "a", "b", "a b");
    else
        e2e_expect_copied(result, "a", "b", "a b");
}

/* One message about DEST with the error's number, and nothing else. */
static void expect_refused(struct result *result, int error, const char *before)
{
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result,
           e2e_like(result->err, e2e_text("reflink: b: *(%d)*\n", error)));
}

ParameterizedTestParameters(rename, over_a_file)
{
    return e2e_numbers(ROWS(rows));
}

ParameterizedTest(int *number, rename, over_a_file)
{
    const struct rename_row *row = set_up(*number);
    struct result *result = RUN("-f", "a", "b");
    expect_replaced(result, row);
    const char *asked = e2e_text("*NAME class=65 status=%s\n*", row->status);
    EXPECT(result, e2e_like(result->log, asked));
    EXPECT(result, row->posix != e2e_like(result->log,
                                          "*NAME class=10 status=00000000\n*"));
}

/* Nothing is to be replaced, so there is nothing to refuse. */
ParameterizedTestParameters(rename, to_a_free_name)
{
    return e2e_numbers(ROWS(rows));
}

ParameterizedTest(int *number, rename, to_a_free_name)
{
    set_up(*number);
    struct result *result = RUN("a", "c");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_bytes("a", "c"));
    EXPECT(result, e2e_is(e2e_files(), "a b c"));
    EXPECT(result, e2e_like(result->log, "*NAME class=10 status=00000000\n*"));
    EXPECT(result, !e2e_has(result->log, "class=65"));
}

/* Others who have DEST open, and share DELETE, keep the old file; the older
   request replaces nothing that is open. */
ParameterizedTestParameters(rename, over_a_shared_file)
{
    return e2e_numbers(3 * ROWS(rows));
}

ParameterizedTest(int *number, rename, over_a_shared_file)
{
    static const char *const access[] = {"r", "rw", "d"};
    const struct rename_row *row = set_up(*number / 3);
    e2e_hold("b", access[*number % 3], "rwd");
    const char *before = e2e_snapshot();
    struct result *result = RUN("-f", "a", "b");
    if (!row->posix) {
        expect_refused(result, 5, before);
        e2e_release();
        result = RUN("-f", "a", "b");
    }
    expect_replaced(result, row);
    e2e_release();
    EXPECT(result, e2e_same_bytes("a", "b"));
    EXPECT(result, e2e_is(e2e_files(), "a b"));
}

ParameterizedTestParameters(rename, over_an_unshared_file)
{
    return e2e_numbers(3 * ROWS(rows));
}

ParameterizedTest(int *number, rename, over_an_unshared_file)
{
    static const char *const access[] = {"r", "rw", "d"};
    const struct rename_row *row = set_up(*number / 3);
    e2e_hold("b", access[*number % 3], "rw");
    const char *before = e2e_snapshot();
    expect_refused(RUN("-f", "a", "b"), row->posix ? 32 : 5, before);
    e2e_release();
    expect_replaced(RUN("-f", "a", "b"), row);
}

/* What is read-only is replaced, with -f, on every volume. */
ParameterizedTestParameters(rename, over_a_read_only_file)
{
    return e2e_numbers(ROWS(rows));
}

ParameterizedTest(int *number, rename, over_a_read_only_file)
{
    const struct rename_row *row = set_up(*number);
    cr_assert(chmod("b", 0444) == 0);
    const char *before = e2e_snapshot();
    struct result *result = RUN("a", "b");
    e2e_expect_nothing_done(result, 1, before);
    result = RUN("-f", "a", "b");
    expect_replaced(result, row);
    EXPECT(result, !read_only("b"));
    /* the older request is refused until the attribute is removed */
    EXPECT(result, row->posix != e2e_like(result->log,
                                          "*NAME class=10 status=C0000022\n"
                                          "*class=10 status=00000000\n*"));
    EXPECT(result, row->posix != e2e_has(result->log, "status=C0000022"));
}

/* ... but while it is open, it stays, and stays read-only, where nothing that
   is open is replaced. */
ParameterizedTestParameters(rename, over_an_open_read_only_file)
{
    return e2e_numbers(ROWS(rows));
}

ParameterizedTest(int *number, rename, over_an_open_read_only_file)
{
    const struct rename_row *row = set_up(*number);
    cr_assert(chmod("b", 0444) == 0);
    e2e_hold("b", "r", "rwd");
    const char *before = e2e_snapshot();
    struct result *result = RUN("-f", "a", "b");
    if (row->posix) {
        expect_replaced(result, row);
    } else {
        expect_refused(result, 5, before);
        EXPECT(result, read_only("b"));
    }
    e2e_release();
}

/* The same in a tree: one file that cannot be replaced, and all others are. */
ParameterizedTestParameters(rename, in_a_tree)
{
    return e2e_numbers(ROWS(rows));
}

ParameterizedTest(int *number, rename, in_a_tree)
{
    const struct rename_row *row = set_up(*number);
    e2e_make_folder("tree");
    e2e_make_folder("into");
    e2e_make("tree/1", MIB);
    e2e_make("tree/2", MIB + 4096);
    e2e_make("tree/3", MIB + 8192);
    struct result *result = RUN("-r", "tree", "into");
    EXPECT(result, result->exit_code == 0);
    e2e_make("into/tree/1", 10);
    e2e_make("into/tree/2", 20);
    e2e_make("into/tree/3", 30);
    uint64_t old = e2e_hash("into/tree/2");
    e2e_hold("into/tree/2", "r", "rwd");
    result = RUN("-rf", "tree", "into");
    EXPECT(result, result->exit_code == !row->posix);
    EXPECT(result, e2e_same_bytes("tree/1", "into/tree/1"));
    EXPECT(result, e2e_same_bytes("tree/3", "into/tree/3"));
    if (row->posix)
        EXPECT(result, e2e_same_bytes("tree/2", "into/tree/2"));
    else
        EXPECT(result,
               e2e_hash("into/tree/2") == old && e2e_has(result->err, "(5)"));
    EXPECT(result, !e2e_has(e2e_snapshot(), "~reflink-"));
    e2e_release();
}
