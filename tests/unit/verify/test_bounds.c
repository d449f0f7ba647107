/* What a verification reads and lists at most, and how likely it is to see that
   a volume lied. */
#include <wchar.h>

#include "core/base/session.h"
#include "core/errors.h"
#include "core/verify/verify.h"
#include "world.h"

TestSuite(bounds, .timeout = 300);

enum { CLUSTER = 4096, BLOCKS = 32, A_LIST = 256, MIB = 1 << 20 };

/* --- every profile -------------------------------------------------------- */

/* `count` islands of a MiB, the last one at the end of 11 GiB. */
static void make_islands(uint64_t count, bool sparse)
{
    const uint64_t size = UINT64_C(11) << 30;
    sim_set_size(L"R:\\a", 0);
    sim_set_sparse(L"R:\\a", sparse);
    sim_set_size(L"R:\\a", size);
    for (uint64_t i = 1; i <= count; i++)
        sim_fill_pattern(L"R:\\a", size / count / MIB * i * MIB - MIB, MIB, 5);
    sim_settle(L"R:\\a");
}

static void expect_bounded(const char *profile, uint64_t islands, bool sparse)
{
    struct world w = world_make(profile);
    w.policy.mode = REFLINK_ALWAYS; /* nothing is copied, which takes long */
    make_islands(islands, sparse);
    uint64_t lists = sim_calls(SIM_OP_EXTENTS) + sim_calls(SIM_OP_ALLOCATED);
    uint64_t reads = sim_calls(SIM_OP_READ);
    world_run(&w);
    lists = sim_calls(SIM_OP_EXTENTS) + sim_calls(SIM_OP_ALLOCATED) - lists;
    reads = sim_calls(SIM_OP_READ) - reads;
    if (w.outcome.method == REFLINK_METHOD_CLONE) {
        cr_expect_leq(reads, 2 * BLOCKS * w.outcome.requests, "%s, %u islands",
                      profile, (unsigned)islands);
        /* what is between the islands is listed, too, as extents are */
        cr_expect_leq(lists,
                      2 * (2 * islands / A_LIST + 1) +
                          2 * (islands / A_LIST + 1) + 1,
                      "%s: %u lists", profile, (unsigned)lists);
    } else {
        cr_expect_neq(w.outcome.reason, REFLINK_REASON_UNVERIFIED, "%s",
                      profile);
    }
    world_end(&w);
}

/* No island is copied because of a doubt, either. */
Test(bounds, every_profile)
{
    for (size_t i = 0; sim_profile(i) != NULL; i++) {
        for (int sparse = 0; sparse < 2; sparse++) {
            expect_bounded(sim_profile(i), 1, sparse);
            expect_bounded(sim_profile(i), 1000, sparse);
        }
    }
}

/* --- a million extents ---------------------------------------------------- */

enum { MILLION = 1000000 };

static bool dest_is_all_holes;

/* One cluster of data, one of none, and so on. */
static void report_comb(const wchar_t *path, uint64_t vcn,
                        struct os_extent *extents, size_t capacity,
                        size_t *count, bool *more)
{
    bool hole = dest_is_all_holes && wcscmp(path, L"R:\\b") == 0;
    *count = 0;
    for (uint64_t i = (vcn + 1) / 2; i < MILLION && *count < capacity; i++)
        extents[(*count)++] = (struct os_extent){
            2 * i, 2 * i + 1, hole ? OS_HOLE : (int64_t)i, 0};
    *more = *count == capacity;
}

static void report_ranges(const wchar_t *path, uint64_t offset, uint64_t length,
                          struct os_range *ranges, size_t capacity,
                          size_t *count, bool *more)
{
    const uint64_t end = offset + length;
    (void)path;
    *count = 0;
    for (uint64_t i = (offset / CLUSTER + 1) / 2;
         2 * i * CLUSTER < end && i < MILLION && *count < capacity; i++)
        ranges[(*count)++] = (struct os_range){2 * i * CLUSTER, CLUSTER};
    *more = *count == capacity;
}

/* Both files are of zeros. How they are listed, and how often they are read. */
static void expect_bounded_comb(bool has_extents, bool sparse)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE,
                                        .cluster_size = CLUSTER};
    struct compare_pair pair = {.length = UINT64_C(2) * MILLION * CLUSTER,
                                .holes = sparse,
                                .blank = true};
    enum compare_side side = COMPARE_SOURCE;
    bool verified = false;
    for (int i = 0; i < 2; i++) {
        const wchar_t *name = i == 0 ? L"R:\\a" : L"R:\\b";
        sim_set_size(name, 0);
        sim_set_sparse(name, true);
        sim_set_size(name, pair.length);
    }
    w.volume->extents = has_extents ? 0 : CODE_NOT_SUPPORTED;
    w.volume->teller = report_comb;
    w.volume->range_teller = report_ranges;
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    uint64_t reads = sim_calls(SIM_OP_READ);
    cr_expect_eq(
        verify_clones(w.session, &verification, &pair, 1, &verified, &side), 0);
    reads = sim_calls(SIM_OP_READ) - reads;
    cr_expect_leq(reads, 2 * BLOCKS);
    cr_expect_geq(reads, 2);
    cr_expect_eq(verified, !(has_extents && dest_is_all_holes));
    cr_expect_leq(sim_calls(SIM_OP_EXTENTS), 2 * (MILLION / A_LIST + 1) + 1);
    cr_expect_leq(sim_calls(SIM_OP_ALLOCATED), 2 * (MILLION / A_LIST + 1));
    os_close(pair.dest);
    os_close(pair.source);
    world_end(&w);
}

Test(bounds, a_million_extents)
{
    for (int i = 0; i < 8; i++) {
        dest_is_all_holes = i / 4 != 0;
        expect_bounded_comb(i % 2 != 0, i / 2 % 2 != 0);
    }
}

/* DEST's list is the same whatever is asked for. */
static void report_stuck(const wchar_t *path, uint64_t vcn,
                         struct os_extent *extents, size_t capacity,
                         size_t *count, bool *more)
{
    if (wcscmp(path, L"R:\\b") != 0) {
        report_comb(path, vcn, extents, capacity, count, more);
        return;
    }
    extents[0] = (struct os_extent){0, 1, 0, 0};
    *count = 1;
    *more = true;
}

/* Verifies two files of `clusters` as a volume with that list reports them. */
static void verify_listed(sim_teller *list, uint64_t clusters, uint64_t lists)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE,
                                        .cluster_size = CLUSTER,
                                        .source_size = clusters * CLUSTER};
    struct compare_pair pair = {
        .length = clusters * CLUSTER, .holes = true, .blank = true};
    enum compare_side side = COMPARE_SOURCE;
    bool verified = false;
    dest_is_all_holes = false;
    sim_fill_pattern(L"R:\\a", 0, pair.length, 5);
    sim_fill_pattern(L"R:\\b", 0, pair.length, 5);
    w.volume->teller = list;
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    cr_expect_eq(
        verify_clones(w.session, &verification, &pair, 1, &verified, &side), 0);
    cr_expect(verified);
    cr_expect_eq(sim_calls(SIM_OP_EXTENTS), lists);
    cr_expect_eq(sim_calls(SIM_OP_ALLOCATED), 1);
    os_close(pair.dest);
    os_close(pair.source);
    world_end(&w);
}

/* One that does not go on, and one that goes on past the end of the file: the
   allocated ranges are asked for instead. */
Test(bounds, lists_that_are_not_used)
{
    verify_listed(report_stuck, 2 * MILLION, 4);
    verify_listed(report_comb, 1000, 2);
}

/* --- how likely a lie is to be seen --------------------------------------- */

enum { TRIALS = 100, SIZE = 64 * MIB, PIECE = 64 * 1024 };

/* Where SOURCE has data. */
enum content {
    ALL_DATA,
    ISLANDS, /* sparse, with 64 pieces of data */
    IMAGE,   /* not sparse: zeros, with 10 pieces of data */
    CONTENTS
};

/* What DEST got. */
enum lie { NOTHING, HALF, PREFIX, ZEROS, ONE_CLUSTER, LIES };

/* What the volume reports. */
enum report { EXTENTS, RANGES, NEITHER, REPORTS };

/* Of TRIALS lies of each kind; the same table is in tests/README.md. */
static const int expected[REPORTS * CONTENTS][LIES] = {
    {100, 100, 100, 100, 100}, /* extents: all data */
    {100, 100, 100, 100, 100}, /* islands */
    {100, 8, 100, 100, 100},   /* an image */
    {100, 100, 100, 100, 0},   /* ranges: all data */
    {100, 100, 100, 100, 94},  /* islands */
    {100, 8, 100, 16, 100},    /* an image */
    {100, 100, 100, 100, 0},   /* neither: all data */
    {100, 64, 100, 100, 96},   /* islands */
    {100, 94, 100, 100, 100},  /* an image */
};

static const char *const content_names[] = {"all data", "islands", "an image"};
static const char *const lie_names[] = {"nothing", "half", "prefix", "zeros",
                                        "one cluster"};
static const char *const report_names[] = {"extents", "ranges", "neither"};

/* Below `end`, by a linear congruential generator. */
static uint64_t random_below(uint64_t *state, uint64_t end)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (*state >> 33) % end;
}

static void make_source(enum content content, uint64_t *state)
{
    int pieces = content == ISLANDS ? 64 : 10;
    sim_set_size(L"R:\\a", 0);
    sim_set_sparse(L"R:\\a", content == ISLANDS);
    sim_set_size(L"R:\\a", SIZE);
    if (content == ALL_DATA)
        sim_fill_pattern(L"R:\\a", 0, SIZE, 5);
    for (int i = 0; content != ALL_DATA && i < pieces; i++)
        sim_fill_pattern(L"R:\\a", random_below(state, SIZE / PIECE) * PIECE,
                         PIECE, 5);
    sim_settle(L"R:\\a");
}

static void make_clone(struct sim_volume *volume,
                       const struct compare_pair *pair, enum lie lie,
                       uint64_t *state)
{
    static const uint8_t zeros[CLUSTER];
    if (lie == NOTHING || lie == HALF || lie == ZEROS)
        volume->lie = lie == NOTHING ? SIM_LIE_NOTHING
                      : lie == HALF  ? SIM_LIE_HALF
                                     : SIM_LIE_ZEROS;
    cr_assert_eq(os_clone(pair->source, 0, pair->dest, 0,
                          lie == PREFIX ? SIZE - CLUSTER : SIZE),
                 0);
    if (lie == ONE_CLUSTER)
        sim_write_at(L"R:\\b", random_below(state, SIZE / CLUSTER) * CLUSTER,
                     zeros, sizeof zeros);
}

/* Whether the lie is seen, or has done no harm. */
static bool is_seen(enum report report, enum content content, enum lie lie,
                    uint64_t *state)
{
    struct world w = world_make("refs-4k");
    struct verification verification = {.verify = REFLINK_VERIFY_SAMPLE,
                                        .cluster_size = CLUSTER};
    struct compare_pair pair = {
        .length = SIZE, .holes = content == ISLANDS, .blank = true};
    enum compare_side side = COMPARE_SOURCE;
    bool verified = false;
    make_source(content, state);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    sim_set_size(L"R:\\b", 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_IN_PLACE, &pair.dest), 0);
    cr_assert_eq(os_set_sparse(pair.dest, true), 0);
    cr_assert_eq(os_set_size(pair.dest, SIZE), 0);
    make_clone(w.volume, &pair, lie, state);
    w.volume->extents = report == EXTENTS ? 0 : CODE_NOT_SUPPORTED;
    w.volume->allocated = report == NEITHER ? CODE_NOT_SUPPORTED : 0;
    cr_assert_eq(
        verify_clones(w.session, &verification, &pair, 1, &verified, &side), 0);
    os_close(pair.dest);
    os_close(pair.source);
    bool harmless = sim_same_bytes(L"R:\\a", L"R:\\b");
    world_end(&w);
    return !verified || harmless;
}

Test(bounds, how_many_lies_are_seen)
{
    for (int row = 0; row < REPORTS * CONTENTS; row++) {
        int report = row / CONTENTS;
        int content = row % CONTENTS;
        for (int lie = 0; lie < LIES; lie++) {
            uint64_t state = 7;
            int seen = 0;
            for (int i = 0; i < TRIALS; i++)
                seen += is_seen((enum report)report, (enum content)content,
                                (enum lie)lie, &state);
            cr_expect_eq(seen, expected[row][lie], "%s, %s, %s: %d",
                         report_names[report], content_names[content],
                         lie_names[lie], seen);
        }
    }
}
