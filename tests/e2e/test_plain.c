/* Where nothing can be cloned: a plain volume, another one, a full one. */
#include "e2e.h"

TestSuite(plain, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

ParameterizedTestParameters(plain, sizes)
{
    return e2e_numbers(5);
}

ParameterizedTest(int *number, plain, sizes)
{
    static const uint64_t sizes[] = {1, 4095, 4096, 5 * MIB + 17, 40 * MIB};
    e2e_enter(PLAIN);
    e2e_make("a", sizes[*number]);
    struct result *result = RUN("a", "b");
    e2e_expect_copied(result, "a", "b", "a b");
    EXPECT(result, e2e_has(result->out, "cannot clone blocks"));
    EXPECT(result, e2e_like(result->out, "*): ?:\\ (*) cannot clone blocks\n"));
    result = RUN("--verify=full", "a", "c");
    e2e_expect_copied(result, "a", "c", "a b c");
}

Test(plain, holes)
{
    static const struct range data[] = {{64 * KIB, 5}, {50 * MIB, MIB}, {0, 0}};
    e2e_enter(PLAIN);
    e2e_make_sparse("a", 64 * MIB, data);
    struct result *result = RUN("a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_bytes("a", "b"));
}

Test(plain, always)
{
    e2e_enter(PLAIN);
    e2e_make("a", MIB);
    e2e_make("old", 3000);
    const char *before = e2e_snapshot();
    struct result *result = RUN("--reflink=always", "a", "b");
    e2e_expect_nothing_done(result, 3, before);
    EXPECT(result, e2e_like(result->err, "reflink: b: *cannot clone blocks\n"));
    result = RUN("--reflink=always", "-f", "a", "old");
    e2e_expect_nothing_done(result, 3, before);
    e2e_expect_nothing_done(RUN("--reflink=always", "a", "old"), 1, before);
}

static void check_other(enum volume from, enum volume to)
{
    e2e_enter(from);
    e2e_make("a", 2 * MIB + 9);
    const char *twin = e2e_twin(to);
    const char *b = e2e_text("%s/b", e2e_twin_folder(to));
    const char *before = e2e_snapshot();
    struct result *result =
        RUN("--reflink=always", "a", e2e_text("%s\\b", twin));
    e2e_expect_nothing_done(result, 3, before);
    EXPECT(result, e2e_size(b) == UINT64_MAX);
    result = RUN("a", e2e_text("%s\\b", twin));
    e2e_expect_copied(result, "a", b, "a");
    EXPECT(result, result->requests == 0);
    EXPECT(result, e2e_has(result->out, from == PLAIN || to == PLAIN
                                            ? "volume"
                                            : "different volume"));
    result = RUN("-f", "a", twin);
    e2e_expect_copied(result, "a", e2e_text("%s/a", e2e_twin_folder(to)), "a");
}

Test(plain, another_volume)
{
    check_other(XFS4K, OTHER);
}

Test(plain, another_kind_of_volume)
{
    check_other(BTRFS, XFS64K);
}

/* What the volume of DEST cannot do is the reason, not that it is another. */
Test(plain, to_a_volume_that_cannot)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    const char *twin = e2e_twin(PLAIN);
    struct result *result = RUN("a", e2e_text("%s\\b", twin));
    e2e_expect_copied(result, "a", e2e_text("%s/b", e2e_twin_folder(PLAIN)),
                      "a");
    EXPECT(result, e2e_has(result->out, "cannot clone blocks"));
}

/* The disk is full: that is an error, and DEST is as it was. */
Test(plain, disk_full)
{
    e2e_enter(TINY);
    e2e_make("a", 8 * MIB);
    e2e_make("old", 4000);
    const char *before = e2e_snapshot();
    struct result *result = RUN("a", "b");
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_like(result->err, "reflink: b: *(112)*\n"));
    result = RUN("-f", "a", "old");
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_like(result->err, "reflink: old: *(112)*\n"));
}
