/* What is read to believe a clone whose clusters are shared. */
#include <stdlib.h>
#include <wchar.h>

#include "core/verify/verify.h"
#include "core/base/session.h"
#include "core/errors.h"
#include "world.h"

TestSuite(verify, .timeout = 120);

enum { CLUSTER = 4096, LENGTH = 100 * CLUSTER + 1000, MIB = 1 << 20 };

/* In clusters, told of both files; DEST's may have a hole in its place. */
static uint64_t data_first;
static uint64_t data_end;
static bool dest_lacks_last;
static bool pair_is_dense; /* as far as is known */

static void tell(const wchar_t *path, uint64_t vcn, struct os_extent *extents,
                 size_t capacity, size_t *count, bool *more)
{
    bool dest = wcscmp(path, L"R:\\b") == 0;
    struct os_extent rows[] = {{0, data_first, OS_HOLE, 0},
                               {data_first, data_end, 500, 0},
                               {data_end, 101, dest ? OS_HOLE : 900, 0}};
    size_t used = dest_lacks_last ? 3 : 2;
    *count = 0;
    *more = false;
    for (size_t i = 0; i < used && *count < capacity; i++) {
        if (rows[i].next_vcn > vcn && rows[i].vcn < rows[i].next_vcn)
            extents[(*count)++] = rows[i];
    }
}

/* Spoils a byte of DEST, and says if a verification of the whole file sees it.
 */
static bool is_seen(uint64_t at, uint64_t *reads)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE,
                                        .cluster_size = CLUSTER};
    struct compare_pair pair = {.length = LENGTH,
                                .holes = data_first != 0 && !pair_is_dense};
    enum compare_side side = COMPARE_SOURCE;
    bool verified = false;
    w.volume->teller = tell;
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\a", data_first * CLUSTER,
                     (data_end < 101 ? data_end * CLUSTER : LENGTH) -
                         data_first * CLUSTER,
                     1);
    sim_set_size(L"R:\\a", LENGTH);
    sim_write_file(L"R:\\b", "", 0);
    sim_fill_pattern(L"R:\\b", data_first * CLUSTER,
                     (data_end < 101 ? data_end * CLUSTER : LENGTH) -
                         data_first * CLUSTER,
                     1);
    sim_set_size(L"R:\\b", LENGTH);
    sim_write_at(L"R:\\b", at, "\xa5\x5a", 2);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    *reads = sim_calls(SIM_OP_READ);
    cr_assert_eq(
        verify_clones(w.session, &verification, &pair, 1, &verified, &side), 0);
    *reads = sim_calls(SIM_OP_READ) - *reads;
    os_close(pair.dest);
    os_close(pair.source);
    world_end(&w);
    return !verified;
}

Test(verify, blocks_beside_equal_clusters)
{
    static const struct {
        uint64_t first;
        uint64_t end;
        uint64_t at;
        bool seen;
    } rows[] = {
        {0, 101, LENGTH - 2, true},
        {0, 101, LENGTH - CLUSTER, true},
        {0, 101, LENGTH - CLUSTER - 2, false},
        {0, 101, 0, false},
        /* where data ends, not the file */
        {10, 50, 50 * CLUSTER - 2, true},
        {10, 50, 49 * CLUSTER, true},
        {10, 50, 10 * CLUSTER, false},
        {10, 50, LENGTH - 2, false},
        {10, 11, 10 * CLUSTER + 1, true},
    };
    dest_lacks_last = false;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t reads = 0;
        data_first = rows[i].first;
        data_end = rows[i].end;
        cr_expect_eq(is_seen(rows[i].at, &reads), rows[i].seen, "row %zu", i);
        cr_expect_eq(reads, 2, "row %zu: %llu", i, (unsigned long long)reads);
    }
}

/* What is a hole in both is right as it is. */
Test(verify, holes_are_not_read)
{
    uint64_t reads = 0;
    data_first = 101;
    data_end = 101;
    dest_lacks_last = false;
    cr_expect_not(is_seen(0, &reads));
    cr_expect_eq(reads, 0);
}

/* Room that only SOURCE has, and that reads as zeros in both, is not where a
   clone can be seen. */
Test(verify, unwritten_room_is_no_data)
{
    uint64_t reads = 0;
    data_first = 10;
    data_end = 50;
    dest_lacks_last = true;
    cr_expect(is_seen(50 * CLUSTER - 2, &reads));
    cr_expect_not(is_seen(20 * CLUSTER, &reads));
}

/* --- extents that make no sense --------------------------------------------
 */

static struct os_extent senseless[2];

/* The same of both files, as if they had the same clusters. */
static void tell_senseless(const wchar_t *path, uint64_t vcn,
                           struct os_extent *extents, size_t capacity,
                           size_t *count, bool *more)
{
    (void)path;
    (void)vcn;
    *count = capacity < 2 ? capacity : 2;
    *more = false;
    for (size_t i = 0; i < *count; i++)
        extents[i] = senseless[i];
}

/* Spoils blocks that are read of a request whose clusters are not told, and not
   of one whose clusters are the same; whether that is seen. */
static bool is_seen_without_sense(void)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE,
                                        .cluster_size = CLUSTER};
    struct compare_pair pair = {.source_offset = CLUSTER,
                                .dest_offset = CLUSTER,
                                .length = LENGTH - CLUSTER,
                                .blank = true};
    enum compare_side side = COMPARE_SOURCE;
    bool verified = false;
    w.volume->teller = tell_senseless;
    sim_fill_pattern(L"R:\\a", 0, LENGTH, 1);
    sim_fill_pattern(L"R:\\b", 0, LENGTH, 1);
    sim_fill_pattern(L"R:\\b", 10 * CLUSTER, 80 * CLUSTER, 2);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    cr_assert_eq(
        verify_clones(w.session, &verification, &pair, 1, &verified, &side), 0);
    os_close(pair.dest);
    os_close(pair.source);
    world_end(&w);
    return !verified;
}

Test(verify, extents_that_make_no_sense_are_no_proof)
{
    const int64_t most = INT64_C(1) << 51; /* of 4 KiB, in 2^63 bytes */
    const struct os_extent rows[][2] = {
        {{0, 48, INT64_MAX, 0}, {48, 101, 5, 0}},
        {{0, 48, INT64_MAX - 47, 0}, {48, 101, 5, 0}},
        {{0, 48, 5, 0}, {48, 101, INT64_MAX - 1, 0}},
        {{0, 101, most, 0}, {101, 102, 5, 0}},
        {{0, 101, most - 100, 0}, {101, 102, 5, 0}},
        {{0, UINT64_MAX, 5, 0}, {UINT64_MAX, UINT64_MAX, 5, 0}},
        {{0, (uint64_t)most + 1, 5, 0}, {101, 102, 5, 0}},
        {{0, 101, 5, 0}, {101, 0, 5, 0}},
        {{0, 0, 5, 0}, {0, 101, 5, 0}},
        {{50, 20, 5, 0}, {0, 101, 5, 0}},
        {{0, 101, -2, 0}, {101, 102, 5, 0}}, /* no cluster lies there */
        {{0, 101, INT64_MIN, 0}, {101, 102, 5, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        senseless[0] = rows[i][0];
        senseless[1] = rows[i][1];
        cr_expect(is_seen_without_sense(), "row %zu", i);
    }
    senseless[0] = (struct os_extent){0, 48, most - 48, 0};
    senseless[1] = (struct os_extent){48, 101, 5, 0};
    cr_expect_not(is_seen_without_sense()); /* these do */
}

/* --- several requests at a time ------------------------------------------- */

enum { REQUESTS = 3, REQUEST = 10 * CLUSTER };

/* Spoils a byte of DEST; whether a verification of all requests sees it. */
static bool is_seen_in_one_of(uint64_t at)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE,
                                        .cluster_size = CLUSTER};
    struct compare_pair pairs[REQUESTS];
    struct os_file *source = NULL;
    struct os_file *dest = NULL;
    enum compare_side side = COMPARE_SOURCE;
    bool verified = false;
    w.volume->teller = tell;
    sim_fill_pattern(L"R:\\a", 0, REQUESTS * REQUEST, 1);
    sim_fill_pattern(L"R:\\b", 0, REQUESTS * REQUEST, 1);
    sim_write_at(L"R:\\b", at, "\xa5\x5a", 2);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &dest), 0);
    for (uint64_t i = 0; i < REQUESTS; i++)
        pairs[i] = (struct compare_pair){.source = source,
                                         .dest = dest,
                                         .source_offset = i * REQUEST,
                                         .dest_offset = i * REQUEST,
                                         .length = REQUEST};
    cr_assert_eq(verify_clones(w.session, &verification, pairs, REQUESTS,
                               &verified, &side),
                 0);
    cr_expect_leq(sim_calls(SIM_OP_READ), 2 * REQUESTS);
    cr_expect_eq(sim_calls(SIM_OP_EXTENTS), 2); /* not for each of them */
    os_close(dest);
    os_close(source);
    world_end(&w);
    return !verified;
}

Test(verify, every_request_has_its_block)
{
    data_first = 0;
    data_end = 101;
    dest_lacks_last = false;
    for (uint64_t i = 1; i <= REQUESTS; i++) {
        cr_expect(is_seen_in_one_of(i * REQUEST - 2));
        cr_expect(is_seen_in_one_of(i * REQUEST - CLUSTER));
        cr_expect_not(is_seen_in_one_of(i * REQUEST - CLUSTER - 2));
        cr_expect_not(is_seen_in_one_of((i - 1) * REQUEST));
    }
}

static int requests_seen;

/* The third request of the first attempt is spoilt when all are made. */
static void spoil_third(void *unused)
{
    (void)unused;
    wchar_t path[80];
    if (++requests_seen != 3)
        return;
    for (size_t i = 0; i < sim_file_count(L"R:\\"); i++) {
        swprintf(path, 80, L"R:\\%ls", sim_file_name(L"R:\\", i));
        if (wcsstr(path, L"~reflink-") != NULL)
            sim_write_at(path, UINT64_C(5) << 30, "x", 1);
    }
}

/* A file of several requests, of which one had no effect: begun anew. */
Test(verify, one_of_several_requests)
{
    struct world w = world_make("refs-4k");
    requests_seen = 0;
    sim_fill_pattern(L"R:\\a", 0, UINT64_C(9) << 30, 4);
    for (uint64_t i = 1; i <= 3; i++)
        sim_at_call(SIM_OP_CLONE, i, spoil_third, NULL);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w.outcome.requests, 6);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}

/* One block for each request of several, and no more. */
Test(verify, a_block_of_each_request)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, UINT64_C(9) << 30, 4);
    world_run(&w);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w.outcome.requests, 3);
    cr_expect_eq(sim_calls(SIM_OP_READ), 6);
    world_end(&w);
}

/* More requests than are verified at a time: none is left out. */
Test(verify, more_requests_than_at_a_time)
{
    enum { LENGTH_GIB = 4 * (VERIFY_MOST + 3) };
    uint64_t length = (uint64_t)LENGTH_GIB << 30;
    for (int spoilt = 0; spoilt < 2; spoilt++) {
        struct world w = world_make("refs-4k");
        sim_set_sparse(L"R:\\a", true);
        for (uint64_t at = 0; at < length; at += UINT64_C(1) << 32)
            sim_fill_pattern(L"R:\\a", at + MIB, CLUSTER, 4);
        sim_set_size(L"R:\\a", length);
        requests_seen = 0;
        if (spoilt)
            for (uint64_t i = 1; i <= 3; i++)
                sim_at_call(SIM_OP_CLONE, VERIFY_MOST - 3 + i, spoil_third,
                            NULL);
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
        cr_expect_geq(w.outcome.requests, VERIFY_MOST + 3);
        cr_expect_eq(w.outcome.requests > VERIFY_MOST + 10, spoilt);
        /* of equal clusters, 32 blocks are enough */
        cr_expect_leq(sim_calls(SIM_OP_READ), 2 * 2 * (32 + 3));
        cr_expect_geq(sim_calls(SIM_OP_READ), 2 * (26 + 3));
        world_end(&w);
    }
}

/* --- maps that do not tell all -----------------------------------------------
 */

/* The one extent that `tell_some` knows, and if it always tells it, again. */
static struct os_extent some;
static bool over_and_over;
static uint64_t end_in_dest; /* DEST's extent ends here, if it is not 0 */

static void tell_some(const wchar_t *path, uint64_t vcn,
                      struct os_extent *extents, size_t capacity, size_t *count,
                      bool *more)
{
    (void)capacity;
    extents[0] = some;
    if (end_in_dest != 0 && wcscmp(path, L"R:\\b") == 0)
        extents[0].next_vcn = end_in_dest;
    *count = over_and_over || extents[0].next_vcn > vcn;
    *more = over_and_over;
}

/* DEST lacks SOURCE's bytes from cluster 50 on; whether a verification of
   [from, 100) sees that. */
static bool is_lack_seen(uint64_t from, bool sparse, const uint64_t *first)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE,
                                        .cluster_size = CLUSTER};
    struct compare_pair pair = {.source_offset = from * CLUSTER,
                                .dest_offset = from * CLUSTER,
                                .length = (100 - from) * CLUSTER,
                                .holes = sparse,
                                .blank = true};
    enum compare_side side = COMPARE_SOURCE;
    bool verified = false;
    w.volume->teller = tell_some;
    sim_set_size(L"R:\\a", 0);
    sim_set_size(L"R:\\b", 0);
    sim_set_sparse(L"R:\\a", sparse);
    sim_set_sparse(L"R:\\b", true);
    sim_fill_pattern(L"R:\\a", *first * CLUSTER, (100 - *first) * CLUSTER, 1);
    if (*first < 50)
        sim_fill_pattern(L"R:\\b", *first * CLUSTER, (50 - *first) * CLUSTER,
                         1);
    sim_set_size(L"R:\\b", 100 * CLUSTER);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    cr_expect_eq(
        verify_clones(w.session, &verification, &pair, 1, &verified, &side), 0);
    os_close(pair.dest);
    os_close(pair.source);
    world_end(&w);
    return !verified;
}

/* What was written moments ago may have no clusters yet, and DEST a hole for
   it: the clusters that there are do not speak for it. */
Test(verify, data_that_has_no_clusters_yet)
{
    uint64_t first = 0;
    some = (struct os_extent){0, 50, 500, 0};
    over_and_over = false;
    cr_expect(is_lack_seen(0, false, &first));
    cr_expect(is_lack_seen(0, true, &first));
    first = 60;
    cr_expect(is_lack_seen(0, true, &first));
}

/* And the clusters that there are have their block read all the same. */
Test(verify, blocks_beside_clusters_that_may_not_be_all)
{
    uint64_t reads = 0;
    data_first = 0;
    data_end = 50;
    dest_lacks_last = false;
    pair_is_dense = true;
    cr_expect_not(is_seen(48 * CLUSTER, &reads));
    cr_expect(is_seen(50 * CLUSTER - 2, &reads));
    pair_is_dense = false;
}

/* Counted in other units than the cluster size that was told, all that the
   request has lies behind the last extent. */
Test(verify, extents_in_other_units)
{
    uint64_t first = 0;
    some = (struct os_extent){0, 12, 500, 0};
    over_and_over = false;
    cr_expect(is_lack_seen(40, false, &first));
    cr_expect(is_lack_seen(40, true, &first));
}

/* DEST has a hole where SOURCE has clusters: the last block is compared, too.
 */
Test(verify, clusters_that_dest_does_not_have)
{
    uint64_t first = 99;
    some = (struct os_extent){0, 100, 500, 0};
    over_and_over = false;
    end_in_dest = 10;
    cr_expect(is_lack_seen(0, true, &first));
    end_in_dest = 0;
}

/* Two runs of data with a hole between them, that is not listed; DEST may have
   one cluster of its own right in front of the second. */
static bool dest_has_more;

static void tell_two(const wchar_t *path, uint64_t vcn,
                     struct os_extent *extents, size_t capacity, size_t *count,
                     bool *more)
{
    bool extra = dest_has_more && wcscmp(path, L"R:\\b") == 0;
    struct os_extent rows[] = {{0, 10, 500, 0}, {60, 100, 700, 0}};
    if (extra)
        rows[1] = (struct os_extent){59, 100, 699, 0};
    *count = 0;
    *more = false;
    for (size_t i = 0; i < 2 && *count < capacity; i++) {
        if (rows[i].next_vcn > vcn)
            extents[(*count)++] = rows[i];
    }
}

/* Of 100 clusters; all that DEST has is spoilt at `at`, if that is in it. */
static bool is_seen_beside_a_hole(uint64_t at)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE,
                                        .cluster_size = CLUSTER};
    struct compare_pair pair = {.length = 100 * CLUSTER, .holes = true};
    enum compare_side side = COMPARE_SOURCE;
    static const wchar_t *const names[] = {L"R:\\a", L"R:\\b"};
    bool verified = false;
    w.volume->teller = tell_two;
    for (size_t i = 0; i < 2; i++) {
        sim_set_size(names[i], 0);
        sim_set_sparse(names[i], true);
        sim_fill_pattern(names[i], 0, 10 * CLUSTER, 1);
        sim_fill_pattern(names[i], 60 * CLUSTER, 40 * CLUSTER, 1);
    }
    if (at < 100 * CLUSTER)
        sim_write_at(names[1], at, "\xa5\x5a", 2);
    cr_assert_eq(os_open(names[0], OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(names[1], OS_OPEN_SOURCE, &pair.dest), 0);
    cr_expect_eq(
        verify_clones(w.session, &verification, &pair, 1, &verified, &side), 0);
    os_close(pair.dest);
    os_close(pair.source);
    world_end(&w);
    return !verified;
}

Test(verify, holes_that_are_not_listed)
{
    dest_has_more = false;
    cr_expect_not(is_seen_beside_a_hole(UINT64_MAX));
    cr_expect(is_seen_beside_a_hole(100 * CLUSTER - 2));
    dest_has_more = true;
    cr_expect(is_seen_beside_a_hole(UINT64_MAX));
}

/* --- many holes --------------------------------------------------------------
 */

enum { TEETH = 200, TOOTH = 4 }; /* one cluster of data in four, so often */

static void tell_comb(const wchar_t *path, uint64_t vcn,
                      struct os_extent *extents, size_t capacity, size_t *count,
                      bool *more)
{
    (void)path;
    *count = 0;
    for (uint64_t tooth = vcn / TOOTH; tooth < TEETH && *count < capacity;
         tooth++) {
        uint64_t first = tooth * TOOTH;
        if (first + 1 > vcn)
            extents[(*count)++] =
                (struct os_extent){first, first + 1, 1000 + (int64_t)first, 0};
    }
    *more = *count == capacity;
}

/* A request for each tooth. SOURCE alone has a cluster more in the hole behind
   tooth `hidden`, which no extent tells; whether a verification sees that, and
   how often it asks for what is allocated. */
static bool is_seen_in_a_comb(uint64_t hidden, uint64_t *asked)
{
    static const wchar_t *const names[] = {L"R:\\a", L"R:\\b"};
    static struct compare_pair pairs[TEETH];
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE,
                                        .cluster_size = CLUSTER,
                                        .source_size = TEETH * TOOTH * CLUSTER};
    struct os_file *files[2];
    enum compare_side side = COMPARE_SOURCE;
    bool verified = false;
    w.volume->teller = tell_comb;
    for (size_t i = 0; i < 2; i++) {
        sim_set_size(names[i], 0);
        sim_set_sparse(names[i], true);
        for (uint64_t tooth = 0; tooth < TEETH; tooth++)
            sim_fill_pattern(names[i], tooth * TOOTH * CLUSTER, CLUSTER, 1);
        sim_set_size(names[i], TEETH * TOOTH * CLUSTER);
    }
    if (hidden < TEETH)
        sim_fill_pattern(names[0], (hidden * TOOTH + 2) * CLUSTER, CLUSTER, 2);
    cr_assert_eq(os_open(names[0], OS_OPEN_SOURCE, &files[0]), 0);
    cr_assert_eq(os_open(names[1], OS_OPEN_SOURCE, &files[1]), 0);
    for (uint64_t tooth = 0; tooth < TEETH; tooth++)
        pairs[tooth] =
            (struct compare_pair){.source = files[0],
                                  .dest = files[1],
                                  .source_offset = tooth * TOOTH * CLUSTER,
                                  .dest_offset = tooth * TOOTH * CLUSTER,
                                  .length = TOOTH * CLUSTER,
                                  .holes = true,
                                  .blank = true};
    *asked = sim_calls(SIM_OP_ALLOCATED);
    cr_expect_eq(
        verify_clones(w.session, &verification, pairs, TEETH, &verified, &side),
        0);
    *asked = sim_calls(SIM_OP_ALLOCATED) - *asked;
    os_close(files[1]);
    os_close(files[0]);
    world_end(&w);
    return !verified;
}

/* The first and the last of a list of 64, those beside its border, and more. */
Test(verify, data_in_any_of_many_holes)
{
    static const uint64_t hidden[] = {0,   1,   62,  63,  64,  65,  126,
                                      127, 128, 129, 150, 191, 192, TEETH - 1};
    uint64_t asked = 0;
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        cr_expect(is_seen_in_a_comb(hidden[i], &asked), "in hole %d",
                  (int)hidden[i]);
    cr_expect_not(is_seen_in_a_comb(TEETH, &asked));
    cr_expect_leq(asked, TEETH / 64 + 2);
}

/* Behind the last extent there is nothing to ask for. */
Test(verify, a_hole_at_the_end_is_not_asked_for)
{
    struct world w = world_make("refs-4k");
    w.volume->trailing_holes = false;
    sim_set_size(L"R:\\a", 0);
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\a", 0, MIB, 1);
    sim_set_size(L"R:\\a", UINT64_C(9) << 30);
    world_run(&w);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w.outcome.requests, 3);
    cr_expect_eq(sim_calls(SIM_OP_EXTENTS), 2);
    world_end(&w);
}

/* By bytes alone; both may be sparse. SOURCE has a cluster in each MiB, and
   DEST those of `parts` only. */
static bool is_lack_seen_by_bytes(const char *parts, bool sparse,
                                  uint64_t spoilt)
{
    enum { LONG = 8 * MIB + 1234 };
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE};
    struct compare_pair pair = {.length = LONG, .holes = sparse, .blank = true};
    enum compare_side side = COMPARE_SOURCE;
    bool verified = false;
    sim_set_size(L"R:\\a", 0);
    sim_set_sparse(L"R:\\a", sparse);
    sim_set_size(L"R:\\a", LONG);
    sim_set_size(L"R:\\b", 0);
    sim_set_sparse(L"R:\\b", sparse);
    sim_set_size(L"R:\\b", LONG);
    for (uint64_t i = 0; parts[i] != 0; i++) {
        uint64_t at = i * MIB + 64 * CLUSTER;
        if (parts[i] != '0') /* there are zeros in SOURCE, and room for them */
            sim_fill_pattern(L"R:\\a", at, CLUSTER, 7);
        if (parts[i] == 'x')
            sim_fill_pattern(L"R:\\b", at, CLUSTER, 7);
    }
    if (spoilt < LONG)
        sim_write_at(L"R:\\b", spoilt, "x", 1);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    cr_expect_eq(
        verify_clones(w.session, &verification, &pair, 1, &verified, &side), 0);
    os_close(pair.dest);
    os_close(pair.source);
    world_end(&w);
    return !verified;
}

/* Two requests of 8 MiB by bytes alone, written zeros in both files, but for
   what `data` is the seed of in the second. Whether they are verified. */
static bool are_zeros_believed(uint64_t data, bool worked, bool sparse,
                               uint64_t *reads)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE,
                                        .worked = worked};
    struct compare_pair pairs[2] = {{.length = 8 * MIB, .blank = true}};
    enum compare_side side = COMPARE_SOURCE;
    bool verified = false;
    sim_set_size(L"R:\\a", 16 * MIB);
    sim_set_size(L"R:\\b", 0);
    sim_set_sparse(L"R:\\b", sparse);
    for (uint64_t at = 0; at < 16 * MIB; at += MIB) {
        static const uint8_t zeros[MIB];
        sim_write_at(L"R:\\b", at, zeros, MIB);
    }
    if (data != 0) {
        sim_fill_pattern(L"R:\\a", 8 * MIB, CLUSTER, data);
        sim_fill_pattern(L"R:\\b", 8 * MIB, CLUSTER, data);
    }
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pairs[0].source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pairs[0].dest), 0);
    pairs[1] = pairs[0];
    pairs[1].source_offset = 8 * MIB;
    pairs[1].dest_offset = 8 * MIB;
    *reads = sim_calls(SIM_OP_READ);
    cr_expect_eq(
        verify_clones(w.session, &verification, pairs, 2, &verified, &side), 0);
    *reads = sim_calls(SIM_OP_READ) - *reads;
    cr_expect_eq(verification.worked, worked || data != 0 || sparse);
    os_close(pairs[0].dest);
    os_close(pairs[0].source);
    world_end(&w);
    return verified;
}

/* At most 32 blocks of each file for a request. */
Test(verify, zeros_need_a_request_that_has_worked)
{
    uint64_t reads = 0;
    cr_expect_not(are_zeros_believed(0, false, false, &reads));
    cr_expect_eq(reads, 2 * 2 * 14, "%llu", (unsigned long long)reads);
    cr_expect(are_zeros_believed(0, true, false, &reads));
    cr_expect_leq(reads, 2 * 2 * 32);
    cr_expect(are_zeros_believed(7, false, false, &reads));
    cr_expect_eq(reads, 2 * (14 + 3), "%llu", (unsigned long long)reads);
    /* space that was allocated where DEST had a hole shows it, too */
    cr_expect(are_zeros_believed(0, false, true, &reads));
    cr_expect_eq(reads, 2 * 2 * 14, "%llu", (unsigned long long)reads);
}

/* Holes of SOURCE are compared in place, too: DEST may have had data there. */
Test(verify, holes_of_source_in_place)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE};
    struct compare_pair pair = {.length = 8 * MIB, .holes = true};
    enum compare_side side = COMPARE_SOURCE;
    bool verified = true;
    w.volume->extents = CODE_NOT_SUPPORTED;
    sim_set_size(L"R:\\a", 0);
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\a", 0, MIB, 7);
    sim_set_size(L"R:\\a", 8 * MIB);
    sim_fill_pattern(L"R:\\b", 0, MIB, 7);
    sim_fill_pattern(L"R:\\b", MIB, 7 * MIB, 8);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    cr_expect_eq(
        verify_clones(w.session, &verification, &pair, 1, &verified, &side), 0);
    cr_expect_not(verified);
    cr_expect_eq(sim_calls(SIM_OP_ALLOCATED), 0);
    os_close(pair.dest);
    os_close(pair.source);
    world_end(&w);
}

/* DEST is equal to SOURCE, but for one byte at `at`. Before the request, the
   blocks of `same_before` were equal, too. */
static bool is_verified_in_place(uint32_t same_before, uint64_t at,
                                 uint64_t *reads)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE};
    struct compare_pair pair = {.length = 8 * MIB, .same_before = same_before};
    enum compare_side side = COMPARE_SOURCE;
    bool verified = false;
    sim_fill_pattern(L"R:\\a", 0, 8 * MIB, 7);
    sim_fill_pattern(L"R:\\b", 0, 8 * MIB, 7);
    if (at < 8 * MIB)
        sim_write_at(L"R:\\b", at, "\xa5\x5a", 2);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    *reads = sim_calls(SIM_OP_READ);
    cr_expect_eq(
        verify_clones(w.session, &verification, &pair, 1, &verified, &side), 0);
    *reads = sim_calls(SIM_OP_READ) - *reads;
    os_close(pair.dest);
    os_close(pair.source);
    world_end(&w);
    return verified;
}

/* A block shows something if it was different before: the first three, or the
   others one by one. */
Test(verify, a_block_that_was_equal_before)
{
    enum { STEP = 8 * MIB / 13 + 1 };
    uint64_t reads = 0;
    cr_expect(is_verified_in_place(0, UINT64_MAX, &reads));
    cr_expect_eq(reads, 2 * 3);
    cr_expect(is_verified_in_place(0x7, UINT64_MAX, &reads));
    cr_expect_eq(reads, 2 * 4);
    cr_expect(is_verified_in_place(0x7ff, UINT64_MAX, &reads));
    cr_expect_eq(reads, 2 * 12);
    cr_expect_not(is_verified_in_place(UINT32_MAX, UINT64_MAX, &reads));
    cr_expect_eq(reads, 2 * 14);
    cr_expect_not(is_verified_in_place(0, 7 * STEP, &reads));
    cr_expect_not(is_verified_in_place(0x7, STEP, &reads));
}

/* Each of the first holes of DEST is looked at, not only the first. */
Test(verify, holes_without_extents)
{
    cr_expect_not(is_lack_seen_by_bytes("xxxxxxxx", true, UINT64_MAX));
    cr_expect_not(is_lack_seen_by_bytes("0x0x0000", true, UINT64_MAX));
    cr_expect(is_lack_seen_by_bytes("-xxxxxxx", true, UINT64_MAX));
    cr_expect(is_lack_seen_by_bytes("0x-x0x0x", true, UINT64_MAX));
    cr_expect(is_lack_seen_by_bytes("xxxx-xxx", true, UINT64_MAX));
}

/* The last byte is in the last block, whatever the length. */
Test(verify, the_last_byte_without_extents)
{
    cr_expect(is_lack_seen_by_bytes("xxxxxxxx", false, 8 * MIB + 1233));
    cr_expect(is_lack_seen_by_bytes("xxxxxxxx", true, 64 * CLUSTER));
}

/* A volume that tells the same extents whatever it is asked. */
Test(verify, extents_that_do_not_get_on)
{
    uint64_t first = 0;
    some = (struct os_extent){0, 12, 500, 0};
    over_and_over = true;
    cr_expect(is_lack_seen(0, false, &first));
    cr_expect(is_lack_seen(40, true, &first));
}

/* --- which requests are sampled, and when bytes are ------------------------
 */

/* Of so many requests of one shared cluster each; returns the reads of DEST. */
static uint64_t reads_of_requests(size_t count, enum reflink_verify verify)
{
    static struct compare_pair pairs[VERIFY_MOST];
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = verify,
                                        .cluster_size = CLUSTER};
    struct os_file *source = NULL;
    struct os_file *dest = NULL;
    enum compare_side side = COMPARE_SOURCE;
    bool verified = false;
    data_first = 0;
    data_end = VERIFY_MOST;
    dest_lacks_last = false;
    w.volume->teller = tell;
    sim_fill_pattern(L"R:\\a", 0, VERIFY_MOST * CLUSTER, 1);
    sim_fill_pattern(L"R:\\b", 0, VERIFY_MOST * CLUSTER, 1);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &dest), 0);
    for (size_t i = 0; i < count; i++)
        pairs[i] = (struct compare_pair){.source = source,
                                         .dest = dest,
                                         .source_offset = i * CLUSTER,
                                         .dest_offset = i * CLUSTER,
                                         .length = CLUSTER};
    cr_expect_eq(
        verify_clones(w.session, &verification, pairs, count, &verified, &side),
        0);
    cr_expect(verified);
    cr_expect_eq(verification.worked, verify == REFLINK_VERIFY_SAMPLE);
    os_close(dest);
    os_close(source);
    uint64_t reads = sim_calls(SIM_OP_READ);
    world_end(&w);
    cr_expect_eq(reads % 2, 0);
    return reads / 2;
}

/* Of many requests up to 32 are, the last one among them. */
Test(verify, a_sample_of_many_requests)
{
    static const struct {
        size_t count;
        uint64_t reads;
    } rows[] = {{1, 1},   {2, 2},   {31, 31}, {32, 32},          {33, 17},
                {64, 32}, {65, 22}, {96, 32}, {VERIFY_MOST, 32}, {97, 25}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(reads_of_requests(rows[i].count, REFLINK_VERIFY_SAMPLE),
                     rows[i].reads, "%zu requests", rows[i].count);
    cr_expect_eq(reads_of_requests(33, REFLINK_VERIFY_FULL), 33);
    cr_expect_eq(reads_of_requests(33, REFLINK_VERIFY_NONE), 0);
}

/* Whether a request whose bytes alone can verify it is, and the reads of both
   files. DEST has `same` bytes of SOURCE's, and then others. */
static bool is_verified_by_bytes(uint64_t length, uint64_t same,
                                 uint64_t *reads)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE};
    struct compare_pair pair = {.length = length, .blank = true};
    enum compare_side side = COMPARE_SOURCE;
    bool verified = false;
    sim_fill_pattern(L"R:\\a", 0, MIB, 7);
    sim_fill_pattern(L"R:\\b", 0, MIB, 7);
    sim_write_at(L"R:\\b", same, "\xa5\x5a", 2);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    cr_expect_eq(
        verify_clones(w.session, &verification, &pair, 1, &verified, &side), 0);
    os_close(pair.dest);
    os_close(pair.source);
    *reads = sim_calls(SIM_OP_READ);
    world_end(&w);
    return verified;
}

/* Up to 128 KiB all bytes are compared, at once; of more, blocks. */
Test(verify, short_requests_are_compared_whole)
{
    enum { WHOLE = 128 * 1024 };
    uint64_t reads = 0;
    cr_expect(is_verified_by_bytes(0, 0, &reads));
    cr_expect_eq(reads, 0);
    cr_expect_not(is_verified_by_bytes(1, 0, &reads));
    cr_expect(is_verified_by_bytes(1, 1, &reads));
    cr_expect_eq(reads, 2);
    cr_expect_not(is_verified_by_bytes(WHOLE, 5000, &reads));
    cr_expect_eq(reads, 2);
    cr_expect(is_verified_by_bytes(WHOLE, WHOLE, &reads));
    cr_expect_eq(reads, 2);
    cr_expect(is_verified_by_bytes(WHOLE + 1, 5000, &reads));
    cr_expect_eq(reads, 2 * 3);
}

/* What is equal before a request, and in how many reads of both files that is
   found. DEST is equal to SOURCE in a number of blocks of a MiB. */
static uint32_t same_before(uint64_t length, bool blank,
                            enum reflink_verify verify, const char *blocks,
                            uint64_t *reads)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = verify};
    struct compare_pair pair = {.length = length, .blank = blank};
    uint64_t size = 0;
    for (; blocks[size] != 0; size++) {
        sim_fill_pattern(L"R:\\a", size * MIB, MIB, 7);
        sim_fill_pattern(L"R:\\b", size * MIB, MIB,
                         blocks[size] == 's' ? 7 : 8);
    }
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    if (blocks[0] == 'e')
        sim_fault(SIM_OP_READ, 1, CODE_CRC);
    uint32_t same = verify_sample_before(w.session, &verification, &pair);
    os_close(pair.dest);
    os_close(pair.source);
    *reads = sim_calls(SIM_OP_READ);
    world_end(&w);
    return same;
}

/* In 14 MiB, the blocks are about one in each, in the order 0, 7, 13, 1, 2...
 */
Test(verify, what_was_equal_before)
{
    static const struct {
        const char *blocks;
        uint32_t same;
        unsigned reads;
    } rows[] = {
        {"dddddddddddddd", ~UINT32_C(0) << 3, 3},
        {"ssssssssssssss", 0x3fff, 14},
        {"sddddddddddddd", 1 | ~UINT32_C(0) << 3, 3},
        {"sssssssdssssss", 5 | ~UINT32_C(0) << 3, 3},
        {"ssdsssssssssss", 0xf | ~UINT32_C(0) << 5, 5},
        {"sdssssssssssss", 7 | ~UINT32_C(0) << 4, 4},
    };
    uint64_t reads = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(same_before(14 * MIB, false, REFLINK_VERIFY_SAMPLE,
                                 rows[i].blocks, &reads),
                     rows[i].same, "row %zu", i);
        cr_expect_eq(reads, 2 * rows[i].reads, "row %zu: %d", i, (int)reads);
    }
    /* what cannot be read may have been equal */
    cr_expect_eq(same_before(14 * MIB, false, REFLINK_VERIFY_SAMPLE,
                             "eddddddddddddd", &reads),
                 1 | ~UINT32_C(0) << 3);
}

/* Where it does not matter, nothing is read. */
Test(verify, what_was_equal_before_does_not_matter)
{
    enum { WHOLE = 128 * 1024 };
    static const struct {
        uint64_t length;
        bool blank;
        enum reflink_verify verify;
        bool read;
    } rows[] = {
        {WHOLE, false, REFLINK_VERIFY_SAMPLE, false},
        {WHOLE + 1, false, REFLINK_VERIFY_SAMPLE, true},
        {MIB, true, REFLINK_VERIFY_SAMPLE, false},
        {MIB, false, REFLINK_VERIFY_FULL, false},
        {MIB, false, REFLINK_VERIFY_NONE, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t reads = 0;
        uint32_t same = same_before(rows[i].length, rows[i].blank,
                                    rows[i].verify, "d", &reads);
        cr_expect_eq(reads != 0, rows[i].read, "row %zu", i);
        cr_expect_eq(same != 0, rows[i].read, "row %zu", i);
    }
}

/* If the volume stops reporting extents later, nothing is known. */
Test(verify, what_was_equal_before_where_extents_are_reported)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE,
                                        .cluster_size = CLUSTER,
                                        .source_size = MIB};
    struct compare_pair pair = {.length = MIB};
    sim_fill_pattern(L"R:\\a", 0, MIB, 1);
    sim_fill_pattern(L"R:\\b", 0, MIB, 2);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    cr_expect_eq(verify_sample_before(w.session, &verification, &pair),
                 UINT32_MAX);
    cr_expect_eq(sim_calls(SIM_OP_READ), 0);
    os_close(pair.dest);
    os_close(pair.source);
    world_end(&w);
}

/* --- files that cannot be read ---------------------------------------------
 */

/* Verifies a request while a read fails; the error must be returned, with the
   side of the file. `how`: shared clusters, no extents, or DEST lacks all. */
static void expect_read_error(char how, uint64_t nth)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE,
                                        .cluster_size =
                                            how == 'n' ? 0 : CLUSTER};
    struct compare_pair pair = {.length = MIB, .blank = true};
    enum compare_side side = nth % 2 != 0 ? COMPARE_DEST : COMPARE_SOURCE;
    bool verified = false;
    data_first = 0;
    data_end = how == 'a' ? 0 : MIB / CLUSTER;
    dest_lacks_last = how == 'a';
    w.volume->teller = tell;
    sim_fill_pattern(L"R:\\a", 0, MIB, 1);
    sim_fill_pattern(L"R:\\b", 0, MIB, 1);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    sim_fault(SIM_OP_READ, nth, CODE_CRC);
    cr_expect_eq(
        verify_clones(w.session, &verification, &pair, 1, &verified, &side),
        CODE_CRC, "%c: read %d", how, (int)nth);
    cr_expect_eq(side, nth % 2 != 0 ? COMPARE_SOURCE : COMPARE_DEST,
                 "%c: read %d", how, (int)nth);
    cr_expect_eq(sim_calls(SIM_OP_READ), nth);
    os_close(pair.dest);
    os_close(pair.source);
    world_end(&w);
}

Test(verify, a_file_that_cannot_be_read)
{
    for (uint64_t nth = 1; nth <= 2; nth++)
        expect_read_error('s', nth);
    for (uint64_t nth = 1; nth <= 6; nth++)
        expect_read_error('n', nth);
    for (uint64_t nth = 1; nth <= 12; nth++)
        expect_read_error('a', nth);
}

/* --- many requests that show something, and that do not --------------------
 */

enum { SHOWING = 33, SHOWING_CLUSTERS = 34 }; /* requests, and of each */

/* Of each request, the first cluster. */
static void tell_first(const wchar_t *path, uint64_t vcn,
                       struct os_extent *extents, size_t capacity,
                       size_t *count, bool *more)
{
    (void)path;
    *count = 0;
    for (uint64_t i = 0; i < SHOWING && *count < capacity; i++) {
        uint64_t first = i * SHOWING_CLUSTERS;
        if (first + 1 > vcn)
            extents[(*count)++] =
                (struct os_extent){first, first + 1, 500 + (int64_t)i, 0};
    }
    *more = *count == capacity;
}

/* Returns how many blocks of DEST are read. */
static uint64_t reads_of_showing(bool has_extents, bool *no_extents)
{
    enum { SPAN = SHOWING_CLUSTERS * CLUSTER };
    static struct compare_pair pairs[SHOWING];
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE,
                                        .cluster_size = CLUSTER};
    struct os_file *source = NULL;
    struct os_file *dest = NULL;
    enum compare_side side = COMPARE_SOURCE;
    bool verified = false;
    w.volume->teller = tell_first;
    w.volume->extents = has_extents ? 0 : CODE_NOT_SUPPORTED;
    sim_fill_pattern(L"R:\\a", 0, SHOWING * SPAN, 1);
    sim_fill_pattern(L"R:\\b", 0, SHOWING * SPAN, 1);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &dest), 0);
    for (uint64_t i = 0; i < SHOWING; i++)
        pairs[i] = (struct compare_pair){.source = source,
                                         .dest = dest,
                                         .source_offset = i * SPAN,
                                         .dest_offset = i * SPAN,
                                         .length = SPAN,
                                         .blank = true};
    cr_expect_eq(verify_clones(w.session, &verification, pairs, SHOWING,
                               &verified, &side),
                 0);
    cr_expect(verified);
    *no_extents = verification.no_extents;
    os_close(dest);
    os_close(source);
    uint64_t reads = sim_calls(SIM_OP_READ) / 2;
    world_end(&w);
    return reads;
}

/* Where clusters show that a request was served, it is read only if it is in
   the sample; where bytes have to, always. */
Test(verify, requests_outside_the_sample)
{
    bool no_extents = true;
    cr_expect_eq(reads_of_showing(true, &no_extents), 17 * (1 + 3));
    cr_expect_not(no_extents);
    cr_expect_eq(reads_of_showing(false, &no_extents), SHOWING * 3);
    cr_expect(no_extents);
}

static void tell_no_ranges(const wchar_t *path, uint64_t offset,
                           uint64_t length, struct os_range *ranges,
                           size_t capacity, size_t *count, bool *more)
{
    (void)path;
    (void)offset;
    (void)length;
    (void)ranges;
    (void)capacity;
    *count = 0;
    *more = false;
}

/* A hole that both files are said to have, and SOURCE has data there. */
Test(verify, all_bytes_of_a_false_hole)
{
    for (int full = 0; full < 2; full++) {
        struct world w = world_make("refs-4k");
        struct verification verification = {
            .verify = full ? REFLINK_VERIFY_FULL : REFLINK_VERIFY_SAMPLE};
        struct compare_pair pair = {
            .length = MIB, .holes = true, .blank = true};
        enum compare_side side = COMPARE_SOURCE;
        bool verified = false;
        w.volume->range_teller = tell_no_ranges;
        sim_fill_pattern(L"R:\\a", 0, MIB, 1);
        sim_set_size(L"R:\\b", MIB);
        cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
        cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
        cr_expect_eq(
            verify_clones(w.session, &verification, &pair, 1, &verified, &side),
            0);
        cr_expect_eq(verified, !full);
        os_close(pair.dest);
        os_close(pair.source);
        world_end(&w);
    }
}
