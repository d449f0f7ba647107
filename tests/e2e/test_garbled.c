/*
 * Volumes and servers whose answers are malformed: too short, too long, full of
 * ones, zeros or anything, or without an end. The shipped program ends with one
 * of its exit codes, DEST is right or as it was, and SOURCE is not changed.
 */
#include <stdlib.h>

#include "smb.h"

TestSuite(garbled, .fini = smb_leave, .timeout = E2E_TEST_SECONDS);

static const char *const modes[] = {"nothing", "short",  "long", "ones",
                                    "zeros",   "random", "more"};

/* All requests at a time, and single ones, since a run that is given a false
   cluster size may never ask for more. OTHER is what a server is asked to copy
   with. */
static const char *const of_a_volume[] = {
    "", "GET_RETRIEVAL_POINTERS", "QUERY_ALLOCATED_RANGES", "GET_INTEGRITY"};
static const char *const of_a_server[] = {"", "QUERY_ALLOCATED_RANGES",
                                          "OTHER"};

/* A file of a share, or of the folder. */
static bool over_smb;

static const char *file(const char *name)
{
    return over_smb ? smb_path("one", name) : name;
}

static void make_files(void)
{
    static const struct range data[] = {
        {256 * KIB, 64 * KIB}, {768 * KIB, 100 * KIB}, {0, 0}};
    e2e_make("a", MIB + 5);
    e2e_make("old", 300 * KIB);
    e2e_make("twin", MIB);
    e2e_make_sparse("sparse", 2 * MIB, data);
}

static void expect_ended(struct result *result)
{
    EXPECT(result, result->exit_code == 0 || result->exit_code == 1 ||
                       result->exit_code == 3 || result->exit_code == 4);
    EXPECT(result, result->exit_code == 0 || !e2e_is(result->err, ""));
}

/* DEST is complete after success, or else not there. */
static void expect_new(struct result *result, const char *source)
{
    expect_ended(result);
    if (result->exit_code == 0)
        EXPECT(result, e2e_same_bytes(source, "new"));
    else
        EXPECT(result, !e2e_has(e2e_files(), "new"));
    remove("new");
}

static void clone_and_copy(void)
{
    expect_new(RUN(file("a"), file("new")), "a");
    expect_new(RUN("--reflink=always", file("a"), file("new")), "a");
    expect_new(RUN("--reflink=never", file("a"), file("new")), "a");
    expect_new(RUN("--verify", file("sparse"), file("new")), "sparse");
    expect_new(RUN("--verify", "--reflink=never", file("sparse"), file("new")),
               "sparse");
}

static void replace_and_splice(void)
{
    uint64_t old = e2e_hash("old");
    struct result *result = RUN("-f", file("a"), file("old"));
    expect_ended(result);
    EXPECT(result, result->exit_code == 0 ? e2e_same_bytes("a", "old")
                                          : e2e_hash("old") == old);
    e2e_make("old", 300 * KIB);
    result = RUN("--length=128K", file("a"), file("old"));
    expect_ended(result);
    EXPECT(result, e2e_size("old") == 300 * KIB);
}

static void share_and_look(void)
{
    uint64_t a = e2e_hash("a");
    uint64_t twin = e2e_hash("twin");
    e2e_make("a2", MIB + 5);
    expect_ended(RUN("--dedupe", file("a"), file("twin"), file("a2")));
    expect_ended(RUN("--info", file("a")));
    expect_ended(RUN("--extents", file("a"), file("sparse")));
    expect_ended(RUN("--json", "--extents", file("sparse")));
    expect_ended(RUN("--shared", file("a"), file("twin")));
    struct result *result = RUN("--dry-run", "-v", file("sparse"), file("new"));
    expect_ended(result);
    EXPECT(result, e2e_hash("a") == a && e2e_hash("twin") == twin);
}

static void run_all(const char *mode, const char *name)
{
    e2e_set("REFLINK_BRIDGE_GARBLE", e2e_text("%s@%s", mode, name));
    make_files();
    uint64_t sparse = e2e_hash("sparse");
    clone_and_copy();
    replace_and_splice();
    share_and_look();
    cr_expect(e2e_hash("sparse") == sparse);
    cr_expect(e2e_is(e2e_files(), "a a2 old sparse twin"), "%s@%s: %s", mode,
              name, e2e_files());
}

/* Every third of them, as in unit/world.h (world_step). */
static size_t step(void)
{
    return getenv("REFLINK_EVERY_CALL") != NULL ? 1 : 3;
}

static struct criterion_test_params every_third(size_t count)
{
    return e2e_numbers((count + step() - 1) / step());
}

ParameterizedTestParameters(garbled, by_a_volume)
{
    return every_third(ROWS(modes) * ROWS(of_a_volume));
}

ParameterizedTest(int *number, garbled, by_a_volume)
{
    e2e_enter(XFS4K);
    size_t row = (size_t)*number * step();
    run_all(modes[row % ROWS(modes)], of_a_volume[row / ROWS(modes)]);
}

ParameterizedTestParameters(garbled, by_a_server)
{
    return every_third(ROWS(modes) * ROWS(of_a_server));
}

ParameterizedTest(int *number, garbled, by_a_server)
{
    smb_enter();
    over_smb = true;
    size_t row = (size_t)*number * step();
    run_all(modes[row % ROWS(modes)], of_a_server[row / ROWS(modes)]);
}
