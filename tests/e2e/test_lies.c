/*
 * A volume that answers success and does nothing, or not all, or leaves
 * zeros, must never yield a wrong DEST.
 */
#include "e2e.h"

TestSuite(lies, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

static const char *const lies[] = {"nothing", "half", "zeros", "prefix"};
static const char *const pointers[] = {"on", "off"};

enum { COMBINATIONS = CLONING_VOLUMES * ROWS(lies) * ROWS(pointers) };

/* The volume, the lie, and whether the volume tells where clusters lie. */
static void set_up(int number)
{
    size_t n = (size_t)number;
    e2e_enter((enum volume)(n / ROWS(lies) / ROWS(pointers)));
    e2e_set("REFLINK_BRIDGE_LIE", lies[n % ROWS(lies)]);
    e2e_set("REFLINK_BRIDGE_POINTERS",
            pointers[n / ROWS(lies) % ROWS(pointers)]);
    e2e_make("a", 2 * MIB);
    e2e_make("old", 9000);
}

ParameterizedTestParameters(lies, auto_copies)
{
    return e2e_numbers(COMBINATIONS);
}

ParameterizedTest(int *number, lies, auto_copies)
{
    set_up(*number);
    struct result *result = RUN("a", "b");
    e2e_expect_copied(result, "a", "b", "a b old");
    EXPECT(result, result->granted >= 1);
    result = RUN("-f", "a", "old");
    e2e_expect_copied(result, "a", "old", "a b old");
    result = RUN("--verify=full", "a", "c");
    e2e_expect_copied(result, "a", "c", "a b c old");
}

/* How it came to a copy, for who wants to know. */
Test(lies, are_told_with_v)
{
    e2e_enter(XFS4K);
    e2e_set("REFLINK_BRIDGE_LIE", "zeros");
    e2e_make("a", 2 * MIB);
    struct result *result = RUN("-v", "a", "b");
    EXPECT(result, result->exit_code == 0 && e2e_same_bytes("a", "b"));
    EXPECT(result, e2e_like(result->out, "copied  a -> b *\n"));
    EXPECT(result, e2e_is(result->err, "reflink: b: 2 clones failed "
                                       "verification and were discarded\n"));
}

ParameterizedTestParameters(lies, always_fails)
{
    return e2e_numbers(COMBINATIONS);
}

ParameterizedTest(int *number, lies, always_fails)
{
    set_up(*number);
    const char *before = e2e_snapshot();
    struct result *result = RUN("--reflink=always", "a", "b");
    e2e_expect_nothing_done(result, 3, before);
    EXPECT(result, result->granted >= 1);
    result = RUN("--reflink=always", "-f", "a", "old");
    e2e_expect_nothing_done(result, 3, before);
    result = RUN("--reflink=always", "--verify=full", "a", "b");
    e2e_expect_nothing_done(result, 3, before);
}

/* Sizes at which a proof by samples could look past the gap. */
ParameterizedTestParameters(lies, last_cluster)
{
    return e2e_numbers(CLONING_VOLUMES * 2);
}

ParameterizedTest(int *number, lies, last_cluster)
{
    e2e_enter((enum volume)(*number / 2));
    e2e_set("REFLINK_BRIDGE_LIE", "prefix");
    e2e_set("REFLINK_BRIDGE_POINTERS", pointers[*number % 2]);
    e2e_make("a", 33 * e2e_cluster() + 1);
    e2e_expect_copied(RUN("a", "b"), "a", "b", "a b");
    e2e_make("c", 3 * e2e_cluster());
    e2e_expect_copied(RUN("c", "d"), "c", "d", "a b c d");
}

/* The bridge does lie: with no proof asked for, DEST is wrong. Without this
   the tests above would prove nothing. */
ParameterizedTestParameters(lies, are_lies)
{
    return e2e_numbers(ROWS(lies));
}

ParameterizedTest(int *number, lies, are_lies)
{
    set_up(*number);
    struct result *result = RUN("--verify=none", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, result->granted == 1);
    EXPECT(result, !e2e_same_bytes("a", "b"));
}
