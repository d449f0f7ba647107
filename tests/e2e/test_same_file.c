/* SOURCE and DEST are one file by two names: it is left alone. */
#include <unistd.h>

#include "e2e.h"

TestSuite(same_file, .fini = e2e_leave);

enum { WAYS = 7 };

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
    case 3:
        return e2e_windows_alias("a");
    case 4:
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

ParameterizedTestParameters(same_file, where_clusters_are_shared)
{
    return e2e_numbers(CLONING_VOLUMES * WAYS);
}

ParameterizedTest(int *number, same_file, where_clusters_are_shared)
{
    int way = *number % WAYS;
    e2e_enter((enum volume)(*number / WAYS));
    if (way == 3 && e2e_volume() != XFS4K)
        cr_skip_test("only xfs4k has two drive letters");
    check(way);
}

ParameterizedTestParameters(same_file, plain)
{
    return e2e_numbers(WAYS);
}

ParameterizedTest(int *number, same_file, plain)
{
    e2e_enter(PLAIN);
    if (*number == 3 || *number == 4)
        cr_skip_test("Wine alone takes two roots for two volumes");
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
