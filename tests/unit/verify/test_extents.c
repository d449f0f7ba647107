/* SOURCE and DEST side by side, as the volume reports them. */
#include <stdio.h>
#include <string.h>

#include "core/base/session.h"
#include "core/errors.h"
#include "core/verify/extents.h"
#include "world.h"

TestSuite(extents, .timeout = 120);

enum { CLUSTER = 4096, ROWS = 3, MOST_RUNS = 64 };

/* What the volume reports for one file, in clusters; unused rows are zeros. */
struct report {
    struct os_extent extents[ROWS];
    uint64_t ranges[ROWS][2]; /* from, to */
};

static struct report reports[2]; /* of SOURCE and DEST */
static bool has_many;            /* both have these instead: single clusters */
static uint64_t many;
static int64_t lcn_of_last;
static uint64_t asked_up_to; /* in bytes, for ranges */

static const struct report *report_of(const wchar_t *path)
{
    return &reports[wcscmp(path, L"R:\\b") == 0];
}

static void report_extents(const wchar_t *path, uint64_t vcn,
                           struct os_extent *extents, size_t capacity,
                           size_t *count, bool *more)
{
    *count = 0;
    *more = false;
    for (uint64_t i = 0; i < (has_many ? many : ROWS); i++) {
        struct os_extent row = {
            i, i + 1, i + 1 == many ? lcn_of_last : 1000 + 2 * (int64_t)i, 0};
        if (!has_many)
            row = report_of(path)->extents[i];
        if (row.next_vcn <= vcn)
            continue;
        *more = *count == capacity;
        if (*more)
            return;
        extents[(*count)++] = row;
    }
}

static void report_ranges(const wchar_t *path, uint64_t offset, uint64_t length,
                          struct os_range *ranges, size_t capacity,
                          size_t *count, bool *more)
{
    *count = 0;
    *more = false;
    if (offset + length > asked_up_to)
        asked_up_to = offset + length;
    for (size_t i = 0; i < ROWS; i++) {
        uint64_t from = report_of(path)->ranges[i][0] * CLUSTER;
        uint64_t to = report_of(path)->ranges[i][1] * CLUSTER;
        from = from > offset ? from : offset;
        to = to < offset + length ? to : offset + length;
        if (from >= to)
            continue;
        *more = *count == capacity;
        if (*more)
            return;
        ranges[(*count)++] = (struct os_range){from, to - from};
    }
}

/* How the two files are asked about. */
struct setting {
    uint64_t source_at; /* clusters */
    uint64_t dest_at;
    uint64_t length;
    bool holes;
    bool blank;
    bool dest_sparse;
    os_error code; /* of the request for extents */
    uint64_t size; /* of SOURCE, bytes */
};

static struct world open_pair(const struct setting *setting,
                              struct compare_pair *pair)
{
    struct world w = world_make("refs-4k");
    w.volume->teller = report_extents;
    w.volume->range_teller = report_ranges;
    w.volume->extents = setting->code;
    sim_fill_pattern(L"R:\\a", 0, CLUSTER, 1);
    sim_fill_pattern(L"R:\\b", 0, CLUSTER, 1);
    sim_set_sparse(L"R:\\b", setting->dest_sparse);
    *pair = (struct compare_pair){
        .source_offset = setting->source_at * CLUSTER,
        .dest_offset = setting->dest_at * CLUSTER,
        .length = setting->length * CLUSTER,
        .holes = setting->holes,
        .blank = setting->blank,
    };
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair->source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair->dest), 0);
    return w;
}

static void close_pair(struct world *w, const struct compare_pair *pair)
{
    os_close(pair->dest);
    os_close(pair->source);
    world_end(w);
}

/* Adds the runs of a request to `text`: a letter and clusters for each. */
static void add_runs(struct extents *extents, const struct compare_pair *pair,
                     char *text)
{
    static const char letters[] = "SDAUH";
    struct extents_run run = {0};
    for (uint64_t at = 0; at < pair->length; at += run.length) {
        extents_next(extents, pair, at, &run);
        cr_assert_eq(run.at, at);
        cr_assert_gt(run.length, 0);
        cr_assert_leq(run.length, pair->length - at);
        sprintf(text + strlen(text), "%c%d ", letters[run.kind],
                (int)(run.length / CLUSTER));
        cr_assert_lt(strlen(text), MOST_RUNS);
    }
}

static void expect_runs(const struct setting *setting, const char *wanted)
{
    struct compare_pair pair;
    struct extents extents;
    char text[2 * MOST_RUNS] = "";
    struct world w = open_pair(setting, &pair);
    extents_begin(&extents, &pair, 1, CLUSTER, setting->size);
    add_runs(&extents, &pair, text);
    cr_expect_str_eq(text, wanted, "%s, not %s", text, wanted);
    close_pair(&w, &pair);
}

static void set_extents(int file, struct os_extent first,
                        struct os_extent second)
{
    has_many = false;
    memset(&reports[file], 0, sizeof reports[file]);
    reports[file].extents[0] = first;
    reports[file].extents[1] = second;
}

Test(extents, clusters_side_by_side)
{
    static const struct os_extent none = {0};
    struct setting all = {.length = 30, .holes = true, .blank = true};
    struct setting ten = {.length = 10, .holes = true, .blank = true};
    struct setting moved = {.source_at = 2, .dest_at = 5, .length = 8};
    set_extents(0, (struct os_extent){0, 10, 500, 0},
                (struct os_extent){20, 30, 700, 0});
    reports[1] = reports[0];
    expect_runs(&all, "S10 H10 S10 ");
    set_extents(1, (struct os_extent){0, 4, 500, 0},
                (struct os_extent){4, 10, 900, 0});
    expect_runs(&ten, "S4 D6 ");
    set_extents(1, none, none);
    expect_runs(&ten, "A10 ");
    set_extents(1, (struct os_extent){0, 10, OS_HOLE, 0}, none);
    expect_runs(&ten, "A10 ");
    set_extents(1, (struct os_extent){3, 30, 503, 0}, none);
    expect_runs(&ten, "A3 S7 ");
    set_extents(0, (struct os_extent){0, 10, OS_HOLE, 0}, none);
    set_extents(1, (struct os_extent){0, 10, 500, 0}, none);
    expect_runs(&ten, "D10 ");
    set_extents(0, (struct os_extent){0, 10, 500, 0}, none);
    set_extents(1, (struct os_extent){0, 5, 100, 0},
                (struct os_extent){5, 13, 502, 0});
    expect_runs(&moved, "S8 ");
    set_extents(1, (struct os_extent){0, 5, 100, 0},
                (struct os_extent){5, 13, 501, 0});
    expect_runs(&moved, "D8 ");
}

/* Where there are no clusters, SOURCE's ranges are asked for if it is sparse.
 */
Test(extents, clusters_and_ranges)
{
    struct setting setting = {.length = 30, .holes = true};
    set_extents(0, (struct os_extent){0, 10, 500, 0},
                (struct os_extent){20, 30, 700, 0});
    reports[1] = reports[0];
    memcpy(reports[0].ranges, (uint64_t[ROWS][2]){{0, 10}, {12, 14}, {20, 30}},
           sizeof reports[0].ranges);
    expect_runs(&setting, "S10 H2 U2 H6 S10 ");
    /* DEST's ranges are not: it has none yet for data without clusters */
    setting.blank = true;
    setting.dest_sparse = true;
    expect_runs(&setting, "S10 H2 U2 H6 S10 ");
    setting.holes = false;
    expect_runs(&setting, "S10 U10 S10 ");
}

Test(extents, ranges_alone)
{
    struct setting setting = {.length = 30,
                              .holes = true,
                              .blank = true,
                              .dest_sparse = true,
                              .code = CODE_NOT_SUPPORTED};
    memset(reports, 0, sizeof reports);
    memcpy(reports[0].ranges, (uint64_t[ROWS][2]){{0, 10}, {20, 30}},
           sizeof reports[0].ranges);
    memcpy(reports[1].ranges, (uint64_t[ROWS][2]){{0, 5}, {20, 30}},
           sizeof reports[1].ranges);
    expect_runs(&setting, "U5 A5 H10 U10 ");
    setting.holes = false;
    expect_runs(&setting, "U5 A15 U10 ");
    setting.dest_sparse = false;
    expect_runs(&setting, "U30 ");
    setting.holes = true;
    expect_runs(&setting, "U10 H10 U10 ");
    setting.dest_sparse = true;
    setting.source_at = 5;
    setting.dest_at = 15;
    setting.length = 20;
    asked_up_to = 0;
    expect_runs(&setting, "A5 H10 A5 ");
    cr_expect_eq(asked_up_to, 35 * CLUSTER); /* DEST's end */
    setting.dest_at = 5;
    asked_up_to = 0;
    expect_runs(&setting, "A5 H10 U5 ");
    cr_expect_eq(asked_up_to, 25 * CLUSTER);
    setting.blank = false; /* DEST may have had data there */
    expect_runs(&setting, "U20 ");
}

/* Extents past the end of the file, in its last cluster or behind it: they are
   counted in other units, and are not used. */
Test(extents, past_the_end_of_the_file)
{
    static const struct os_extent none = {0};
    struct setting setting = {.length = 10};
    set_extents(0, (struct os_extent){0, 11, 500, 0}, none);
    reports[1] = reports[0];
    expect_runs(&setting, "S10 ");
    setting.size = 10 * CLUSTER;
    expect_runs(&setting, "U10 ");
    setting.size = 10 * CLUSTER + 1;
    expect_runs(&setting, "S10 ");
    set_extents(0, (struct os_extent){0, 10, 500, 0},
                (struct os_extent){10, 11, OS_HOLE, 0});
    setting.size = 10 * CLUSTER;
    expect_runs(&setting, "S10 ");
    set_extents(0, none, none);
    expect_runs(&setting, "D10 ");
}

/* --- long lists ----------------------------------------------------------- */

static bool are_many_reported(uint64_t size)
{
    struct setting setting = {.length = many};
    struct compare_pair pair;
    struct world w = open_pair(&setting, &pair);
    bool reported = extents_are_reported(pair.source, CLUSTER, size);
    close_pair(&w, &pair);
    return reported;
}

Test(extents, end_of_a_list)
{
    has_many = true;
    many = 300;
    lcn_of_last = 5;
    cr_expect(are_many_reported(300 * CLUSTER));
    cr_expect(are_many_reported(299 * CLUSTER + 1));
    cr_expect_not(are_many_reported(299 * CLUSTER));
    cr_expect_not(are_many_reported(200 * CLUSTER));
    cr_expect(are_many_reported(0));
    lcn_of_last = OS_HOLE;
    cr_expect(are_many_reported(299 * CLUSTER));
}

Test(extents, a_list_that_cannot_be_had)
{
    static const struct {
        os_error code;
        bool unsupported;
    } rows[] = {{CODE_NOT_SUPPORTED, true},
                {CODE_INVALID_FUNCTION, true},
                {CODE_CRC, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct setting setting = {.length = 1, .code = rows[i].code};
        struct compare_pair pair;
        struct extents extents;
        struct world w = open_pair(&setting, &pair);
        cr_expect_not(extents_are_reported(pair.source, CLUSTER, CLUSTER));
        cr_expect_not(extents_are_reported(pair.source, CLUSTER, 0));
        extents_begin(&extents, &pair, 1, CLUSTER, CLUSTER);
        cr_expect_not(extents.has_extents);
        cr_expect_eq(extents.source.unsupported, rows[i].unsupported);
        close_pair(&w, &pair);
    }
}

/* With a cluster size that is not known, nothing is asked for. */
Test(extents, no_cluster_size)
{
    struct setting setting = {.length = 1};
    struct compare_pair pair;
    struct extents extents;
    struct world w = open_pair(&setting, &pair);
    cr_expect_not(extents_are_reported(pair.source, 0, CLUSTER));
    extents_begin(&extents, &pair, 1, 0, CLUSTER);
    cr_expect_not(extents.has_extents);
    cr_expect_eq(sim_calls(SIM_OP_EXTENTS), 0);
    close_pair(&w, &pair);
}

/* Each list is read once, whatever the requests, and no further than needed. */
Test(extents, many_of_two_requests)
{
    struct setting setting = {.source_at = 10, .dest_at = 10, .length = 20};
    struct compare_pair pairs[2];
    struct extents extents;
    struct extents_run run;
    struct world w = open_pair(&setting, &pairs[0]);
    has_many = true;
    many = 700;
    lcn_of_last = 5;
    pairs[1] = pairs[0];
    pairs[1].source_offset = 200 * CLUSTER;
    pairs[1].dest_offset = 200 * CLUSTER;
    pairs[1].length = 500 * CLUSTER;
    extents_begin(&extents, pairs, 2, CLUSTER, 700 * CLUSTER);
    cr_expect(extents.has_extents);
    cr_expect_eq(sim_calls(SIM_OP_EXTENTS), 2); /* and what is behind the end */
    for (int i = 0; i < 2; i++) {
        for (uint64_t at = 0; at < pairs[i].length; at += run.length) {
            extents_next(&extents, &pairs[i], at, &run);
            cr_assert_eq(run.kind, EXTENTS_SHARED);
            cr_assert_eq(run.length, CLUSTER);
        }
        cr_expect_eq(sim_calls(SIM_OP_EXTENTS), i == 0 ? 3 : 7);
    }
    close_pair(&w, &pairs[0]);
}
