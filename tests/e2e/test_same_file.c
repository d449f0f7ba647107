/* SOURCE and DEST are one file by two names: it is left alone. */
#include <unistd.h>

#include "e2e.h"

TestSuite(same_file, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

enum { OTHER_LETTER = 3, UNC = 4, WAYS = 7 };

/* A second name of the file `a`. */
static const char *name_it(int way)
{
    switch (way) {
    case 0:
        return "a";
    case 1:
        cr_assert(link("a", "link") == 0);
        return "link";
    case 2:
        return "A";
    case OTHER_LETTER:
        return e2e_windows_alias("a");
    case UNC:
        return e2e_unc("a");
    case 5:
        cr_assert(symlink("a", "symbolic") == 0);
        return "symbolic";
    default:
        return e2e_text("\\\\?\\%s", e2e_windows("a"));
    }
}

static void check(int way)
{
    e2e_make("a", MIB);
    const char *name = name_it(way);
    const char *before = e2e_snapshot();
    struct result *result = RUN("-f", "a", name);
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_has(result->err, "same file"));
    EXPECT(result, result->requests == 0);
    e2e_expect_nothing_done(RUN("-f", name, "a"), 1, before);
    e2e_expect_nothing_done(RUN("a", name), 1, before);
    e2e_expect_nothing_done(RUN("-f", "--reflink=always", "a", name), 1,
                            before);
}

/* Only xfs4k has two drive letters. */
static bool has_way(int number)
{
    return number % WAYS != OTHER_LETTER || number / WAYS == XFS4K;
}

/* Wine alone takes two roots for two volumes. */
static bool has_way_without_bridge(int way)
{
    return way != OTHER_LETTER && way != UNC;
}

ParameterizedTestParameters(same_file, where_clusters_are_shared)
{
    return e2e_numbers_where(CLONING_VOLUMES * WAYS, has_way);
}

ParameterizedTest(int *number, same_file, where_clusters_are_shared)
{
    int way = *number % WAYS;
    e2e_enter((enum volume)(*number / WAYS));
    check(way);
}

ParameterizedTestParameters(same_file, plain)
{
    return e2e_numbers_where(WAYS, has_way_without_bridge);
}

ParameterizedTest(int *number, same_file, plain)
{
    e2e_enter(PLAIN);
    check(*number);
}

/* By its directory: the name in there is SOURCE's own. */
Test(same_file, directory)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    const char *before = e2e_snapshot();
    struct result *result = RUN("-f", "a", ".");
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_has(result->err, "same file"));
}

/*
 * A VHD and its copy, both attached: two volumes with one serial number, and
 * files with the same ID on them, which are not the same file.
 */
static const char *make_twins(void)
{
    e2e_enter(XFS4K);
    const char *folder = e2e_twin(OTHER);
    e2e_make("x", MIB);
    cr_assert_eq(system(e2e_text("tr '\\0-\\377' '\\200-\\377\\0-\\177' <x "
                                 ">'%s/x'",
                                 e2e_twin_folder(OTHER))),
                 0);
    e2e_set("REFLINK_BRIDGE_TWINS", "on");
    return folder;
}

static const char *twin_file(void)
{
    return e2e_text("%s/x", e2e_twin_folder(OTHER));
}

struct twins_row {
    const char *option;
    const char *second;
    unsigned bytes; /* that DEST has from SOURCE then */
};

static const struct twins_row twins_rows[] = {
    {"-f", "-v", MIB},
    {"--verify", "-f", MIB},
    {"--length=64K", "-v", 65536},
    {"--length=64K", "--verify", 65536},
    {"--offset=0", "-v", MIB},
    {"-f", "--dry-run", 0},
    {"--length=64K", "--dry-run", 0},
};

ParameterizedTestParameters(same_file, twins)
{
    return e2e_numbers(ROWS(twins_rows));
}

ParameterizedTest(int *number, same_file, twins)
{
    const struct twins_row *row = &twins_rows[*number];
    const char *dest = e2e_text("%s\\x", make_twins());
    const char *before = e2e_snapshot();
    struct result *result = RUN(row->option, row->second, "x", dest);
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, !e2e_has(result->err, "same file"));
    EXPECT(result, e2e_is(e2e_snapshot(), before));
    const char *head = e2e_text("cmp -s -n %u x '%s'", row->bytes, twin_file());
    EXPECT(result, system(head) == 0);
    EXPECT(result, e2e_same_bytes("x", twin_file()) == (row->bytes == MIB));
}

/* A tree is not taken for what it is copied into, either. */
Test(same_file, twin_trees)
{
    const char *dest = make_twins();
    e2e_make_folder("in");
    cr_assert_eq(rename("x", "in/x"), 0);
    struct result *result = RUN("-r", "in", dest);
    EXPECT(result, result->exit_code == 0);
    EXPECT(result,
           e2e_same_bytes("in/x", e2e_text("%s/in/x", e2e_twin_folder(OTHER))));
}
