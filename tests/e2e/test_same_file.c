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
