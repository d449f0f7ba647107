/* The main job: a clone of every size on every volume that clones. */
#include <sys/xattr.h>

#include "e2e.h"

TestSuite(clone, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

struct size_row {
    uint64_t clusters; /* the size is this many of them */
    int64_t bytes;     /* and this many bytes more or less */
    bool clones;       /* below one cluster nothing is worth sharing */
};

static const struct size_row sizes[] = {
    {0, 1, false},    {1, -1, false}, {1, 0, true},
    {1, 1, true},     {2, -1, true},  {2, 0, true},
    {100, 511, true}, {768, 0, true}, {768, 1, true},
};

ParameterizedTestParameters(clone, sizes)
{
    return e2e_numbers(CLONING_VOLUMES * ROWS(sizes));
}

ParameterizedTest(int *number, clone, sizes)
{
    const struct size_row *row = &sizes[(size_t)*number % ROWS(sizes)];
    e2e_enter((enum volume)((size_t)*number / ROWS(sizes)));
    uint64_t size = row->clusters * e2e_cluster() + (uint64_t)row->bytes;
    e2e_make("a", size);
    struct result *result = RUN("a", "b");
    EXPECT(result, e2e_size("b") == size);
    if (!row->clones) {
        e2e_expect_copied(result, "a", "b", "a b");
        EXPECT(result, result->requests == 0);
        EXPECT(result, e2e_has(result->out, "smaller than one cluster"));
        return;
    }
    e2e_expect_cloned(result, "a", "b", "a b");
    EXPECT(result, result->requests == 1);
    EXPECT(result,
           e2e_like(result->out, "cloned  a -> b  (*, 1 request, *)\n"));
}

ParameterizedTestParameters(clone, empty)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, clone, empty)
{
    e2e_enter((enum volume) * number);
    e2e_make("a", 0);
    struct result *result = RUN("a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "* a -> b  (0 bytes, *\n"));
    EXPECT(result, e2e_is(result->err, ""));
    EXPECT(result, result->requests == 0);
    EXPECT(result, e2e_size("b") == 0);
    EXPECT(result, e2e_is(e2e_files(), "a b"));
}

/* Holes stay holes, and no request reaches 4 GiB. */
ParameterizedTestParameters(clone, five_gib)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, clone, five_gib)
{
    static const struct range data[] = {
        {0, MIB}, {4 * GIB - 2 * MIB, 4 * MIB}, {5 * GIB - MIB, MIB}, {0, 0}};
    e2e_enter((enum volume) * number);
    e2e_make_sparse("a", 5 * GIB, data);
    struct result *result = RUN("--reflink=always", "a", "b");
    e2e_expect_cloned(result, "a", "b", "a b");
    EXPECT(result, result->requests == 2);
    EXPECT(result,
           e2e_like(result->out, "cloned  a -> b  (5 GiB, 2 requests, *)\n"));
    EXPECT(result, e2e_shared_bytes("a", "b") == 6 * MIB);
}

ParameterizedTestParameters(clone, one_tib)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, clone, one_tib)
{
    static const struct range data[] = {{64 * KIB, 64 * KIB},
                                        {512 * GIB, 3 * MIB},
                                        {TIB - 64 * KIB, 64 * KIB},
                                        {0, 0}};
    e2e_enter((enum volume) * number);
    e2e_make_sparse("a", TIB, data);
    struct result *result = RUN("a", "b");
    e2e_expect_cloned(result, "a", "b", "a b");
    EXPECT(result, result->requests >= 256 && result->requests <= 1024);
    EXPECT(result,
           e2e_like(result->out, "cloned  a -> b  (1 TiB, * requests, *"));
    EXPECT(result, e2e_size("b") == TIB);
}

/* DEST is sparse if SOURCE is, and only then. */
Test(clone, keeps_sparse_flag)
{
    static const struct range data[] = {{0, MIB}, {8 * MIB, MIB}, {0, 0}};
    e2e_enter(XFS4K);
    e2e_make("a", 4 * MIB);
    e2e_make_sparse("s", 16 * MIB, data);
    struct result *result = RUN("a", "b");
    e2e_expect_cloned(result, "a", "b", "a b s");
    EXPECT(result, !e2e_is_sparse("b"));
    result = RUN("s", "t");
    e2e_expect_cloned(result, "s", "t", "a b s t");
    EXPECT(result, e2e_is_sparse("t"));
}

/* Room that was taken beforehand and never written to reads as zeros. */
ParameterizedTestParameters(clone, preallocated)
{
    return e2e_numbers(CLONING_VOLUMES);
}

ParameterizedTest(int *number, clone, preallocated)
{
    e2e_enter((enum volume) * number);
    e2e_make("a", MIB);
    e2e_preallocate("a", 4 * MIB);
    struct result *result = RUN("a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "cloned *1 request*\n"));
    EXPECT(result, e2e_size("b") == 4 * MIB);
    EXPECT(result, e2e_same_bytes("a", "b"));
    EXPECT(result, e2e_is(e2e_files(), "a b"));
}

/* Every request asks for less than 4 GiB, on cluster borders. */
Test(clone, requests_are_aligned)
{
    static const struct range data[] = {{9 * GIB, MIB}, {0, 0}};
    e2e_enter(XFS64K);
    e2e_make_sparse("a", 9 * GIB + MIB + 7, data);
    struct result *result = RUN("a", "b");
    e2e_expect_cloned(result, "a", "b", "a b");
    EXPECT(result, result->requests == 3);
    for (char *line = strstr(result->log, "DUP"); line != NULL;
         line = strstr(line + 1, "DUP")) {
        unsigned long long from = 0, to = 0, length = 0;
        EXPECT(result, sscanf(line, "DUP source=%llu target=%llu length=%llu",
                              &from, &to, &length) == 3);
        EXPECT(result, from == to && from % (64 * KIB) == 0);
        EXPECT(result, length % (64 * KIB) == 0 && length < 4 * GIB);
    }
}

/* What one writes later does not show in the other. */
Test(clone, is_independent)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    struct result *result = RUN("a", "b");
    e2e_expect_cloned(result, "a", "b", "a b");
    uint64_t before = e2e_hash("a");
    FILE *file = fopen("b", "r+b");
    cr_assert(file != NULL && fseek(file, 5000, SEEK_SET) == 0 &&
              fputs("changed", file) > 0 && fclose(file) == 0);
    EXPECT(result, !e2e_same_bytes("a", "b"));
    EXPECT(result, e2e_hash("a") == before);
}

/* A full volume has room for a clone, since it takes none. */
Test(clone, takes_no_space)
{
    e2e_enter(OTHER);
    uint64_t size = e2e_free_bytes() / 8 * 5;
    e2e_make("a", size / MIB * MIB);
    struct result *result = RUN("a", "b");
    e2e_expect_cloned(result, "a", "b", "a b");
}

/* Clusters referenced as often as the volume allows are copied, no others. */
Test(clone, saturated_clusters)
{
    e2e_enter(XFS4K);
    e2e_make("a", 2 * MIB);
    e2e_set("REFLINK_BRIDGE_SATURATED", "1048576+65536");
    struct result *result = RUN("a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "mixed   a -> b  (1.9 MiB cloned, "
                                         "64 KiB copied): *\n"));
    EXPECT(result, e2e_same_bytes("a", "b"));
    EXPECT(result, e2e_shared_bytes("a", "b") == 2 * MIB - 64 * KIB);
    EXPECT(result, e2e_is(e2e_files(), "a b"));
    const char *before = e2e_snapshot();
    result = RUN("--reflink=always", "a", "c");
    e2e_expect_nothing_done(result, 3, before);
}

/* --- flushes ----------------------------------------------------------------
 */

static unsigned count_flushes(const struct result *result)
{
    unsigned count = 0;
    for (const char *at = result->log;
         (at = strstr(at, "FLUSH status=00000000\n")) != NULL; at++)
        count++;
    return count;
}

/* Only what replaces a file is flushed, unless another word is given. */
Test(clone, flushes)
{
    static const struct {
        const char *word;
        unsigned new_file;
        unsigned replaced;
        unsigned range;
    } rows[] = {{"--flush=auto", 0, 1, 0},
                {"--flush=always", 1, 1, 1},
                {"--flush=never", 0, 0, 0}};
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *dest = e2e_text("b%zu", i);
        struct result *result = RUN(rows[i].word, "-f", "a", dest);
        EXPECT(result, result->exit_code == 0);
        EXPECT(result, count_flushes(result) == rows[i].new_file);
        result = RUN(rows[i].word, "-f", "a", dest);
        EXPECT(result, result->exit_code == 0);
        EXPECT(result, count_flushes(result) == rows[i].replaced);
        result = RUN(rows[i].word, "--offset=0", "a", dest);
        EXPECT(result, result->exit_code == 0);
        EXPECT(result, count_flushes(result) == rows[i].range);
        EXPECT(result, e2e_same_bytes("a", dest));
    }
}

/*
 * What `compact /exe` compressed is sparse and has no clusters below the filter
 * that decompresses it, which hides the reparse point: it is read.
 */
Test(clone, what_a_filter_hides_is_no_hole)
{
    static const struct range data[] = {{0, MIB}, {0, 0}};
    e2e_enter(XFS4K);
    e2e_make_sparse("a", MIB, data);
    struct result *result = RUN("a", "b");
    e2e_expect_cloned(result, "a", "b", "a b");
    EXPECT(result,
           e2e_has(result->log, "GET_EXTERNAL_BACKING status=C000046D"));
    EXPECT(result, setxattr("a", "user.reflink.backed", "1", 1, 0) == 0);
    result = RUN("a", "c");
    e2e_expect_copied(result, "a", "c", "a b c");
    EXPECT(result,
           e2e_has(result->log, "GET_EXTERNAL_BACKING status=00000000"));
    EXPECT(result, result->requests == 0);
    const char *before = e2e_snapshot();
    result = RUN("--reflink=always", "a", "d");
    e2e_expect_nothing_done(result, 3, before);
}
