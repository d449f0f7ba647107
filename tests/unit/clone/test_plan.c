/* Plans are exact: pieces tile the range, requests are aligned and few. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/clone/plan.h"

TestSuite(plan, .timeout = 120);

static const uint64_t KI = 1024;
static const uint64_t MI = 1024 * 1024;
static const uint64_t GI = 1024 * 1024 * 1024;

static struct plan_input whole(uint64_t size, uint32_t unit)
{
    struct plan_input in = {.length = size,
                            .source_size = size,
                            .dest_size = size,
                            .unit = unit,
                            .cluster = unit,
                            .limit = PLAN_LIMIT};
    return in;
}

static struct plan make(struct plan_input in)
{
    struct plan plan;
    plan_make(&in, &plan);
    return plan;
}

Test(plan, limit_suits_every_cluster_size)
{
    cr_assert_lt(PLAN_LIMIT, 4 * GI);
    cr_assert_eq(PLAN_LIMIT % MI, 0);
}

Test(plan, requests_of_whole_files_are_as_few_as_can_be)
{
    static const struct {
        uint64_t size;
        uint64_t requests;
    } rows[] = {
        {4096, 1},
        {4097, 1},
        {1048576, 1},
        {PLAN_LIMIT - 1, 1},
        {PLAN_LIMIT, 1},
        {PLAN_LIMIT + 1, 2},
        {UINT64_C(5) << 30, 2},
        {UINT64_C(40) << 30, 11}, /* the README's example */
        {UINT64_C(1) << 40, 257},
        {UINT64_C(16) << 40, 4098},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan plan = make(whole(rows[i].size, 4096));
        cr_expect_eq(plan.requests, rows[i].requests, "size %llu: %llu",
                     (unsigned long long)rows[i].size,
                     (unsigned long long)plan.requests);
        cr_expect_eq(plan_count(&plan), rows[i].requests);
    }
}

Test(plan, tail_is_rounded_up_in_the_last_request)
{
    struct plan plan = make(whole(10 * KI + 1, 4096));
    struct plan_piece piece = plan_piece(&plan, 0);
    cr_assert_eq(plan_count(&plan), 1);
    cr_assert(piece.clone);
    cr_assert_eq(piece.length, 10 * KI + 1);
    cr_assert_eq(piece.request, 12 * KI);
    cr_assert_eq(plan.reason, REFLINK_REASON_NONE);
}

Test(plan, exact_tail_is_a_request_of_its_own)
{
    struct plan_input in = whole(10 * KI + 1, 4096);
    in.tail = VOLUME_TAIL_EXACT;
    struct plan plan = make(in);
    cr_assert_eq(plan_count(&plan), 2);
    struct plan_piece body = plan_piece(&plan, 0);
    struct plan_piece tail = plan_piece(&plan, 1);
    cr_assert_eq(body.request, 8 * KI);
    cr_assert_eq(tail.source_offset, 8 * KI);
    cr_assert_eq(tail.request, 2 * KI + 1);
    cr_assert_eq(tail.length, 2 * KI + 1);
}

Test(plan, copied_tail_says_why)
{
    struct plan_input in = whole(10 * KI + 1, 4096);
    in.tail = VOLUME_TAIL_COPIED;
    struct plan plan = make(in);
    cr_assert_eq(plan_count(&plan), 2);
    cr_assert_not(plan_piece(&plan, 1).clone);
    cr_assert_eq(plan.reason, REFLINK_REASON_PARTIAL_CLUSTER);
}

Test(plan, below_a_cluster_is_copied)
{
    for (uint64_t size = 1; size < 4096; size += 1365) {
        struct plan plan = make(whole(size, 4096));
        cr_assert_eq(plan_count(&plan), 1);
        cr_assert_not(plan_piece(&plan, 0).clone);
        cr_assert_eq(plan.reason, REFLINK_REASON_BELOW_CLUSTER);
    }
}

Test(plan, nothing_has_no_pieces)
{
    struct plan plan = make(whole(0, 4096));
    cr_assert_eq(plan_count(&plan), 0);
    struct plan_input in = whole(MI, 4096);
    in.same_file = true;
    plan = make(in);
    cr_assert(plan.nothing);
    cr_assert_eq(plan_count(&plan), 0);
}

/* The tail's cluster in DEST has bytes behind the range: they survive. */
Test(plan, tail_in_the_middle_of_dest_is_copied)
{
    struct plan_input in = whole(10 * KI, 4096);
    in.dest_size = MI;
    struct plan plan = make(in);
    cr_assert_eq(plan.requests, 1);
    cr_assert_eq(plan_piece(&plan, 0).request, 8 * KI);
    cr_assert_not(plan_piece(&plan, 1).clone);
    cr_assert_eq(plan.reason, REFLINK_REASON_PARTIAL_CLUSTER);
}

/* SOURCE has bytes behind the range: they must not come along. */
Test(plan, tail_in_the_middle_of_source_is_copied)
{
    struct plan_input in = whole(10 * KI, 4096);
    in.source_size = MI;
    struct plan plan = make(in);
    cr_assert_eq(plan_piece(&plan, 0).request, 8 * KI);
    cr_assert_not(plan_piece(&plan, 1).clone);
    cr_assert_eq(plan.reason, REFLINK_REASON_UNALIGNED);
}

Test(plan, congruent_offsets_have_a_head)
{
    struct plan_input in = {.source_offset = 1000,
                            .dest_offset = 1000 + 8 * KI,
                            .length = 100 * KI,
                            .source_size = MI,
                            .dest_size = MI,
                            .unit = 4096,
                            .cluster = 4096,
                            .limit = PLAN_LIMIT};
    struct plan plan = make(in);
    cr_assert_eq(plan.head, 4096 - 1000);
    cr_assert_eq(plan.body, 96 * KI);
    cr_assert_eq(plan.tail, 100 * KI - plan.head - plan.body);
    cr_assert_eq(plan.reason, REFLINK_REASON_UNALIGNED);
}

/* Nothing but a head, which is no longer than the range. */
Test(plan, within_one_cluster)
{
    struct plan_input in = whole(MI, 4096);
    in.source_offset = in.dest_offset = 100;
    for (in.length = 1; in.length < 4096 - 100; in.length += 5) {
        struct plan plan = make(in);
        struct plan_piece piece = plan_piece(&plan, 0);
        cr_assert_eq(plan_count(&plan), 1);
        cr_assert_not(piece.clone);
        cr_assert_eq(piece.length, in.length);
        cr_assert_eq(plan.reason, REFLINK_REASON_UNALIGNED);
    }
}

Test(plan, other_offsets_go_by_bytes)
{
    struct plan_input in = whole(MI, 4096);
    in.source_size = 2 * MI;
    in.source_offset = 512;
    struct plan plan = make(in);
    cr_assert_eq(plan_count(&plan), 1);
    cr_assert_eq(plan_piece(&plan, 0).length, MI);
    cr_assert_eq(plan.reason, REFLINK_REASON_UNALIGNED);
}

Test(plan, overlap_goes_no_farther_than_the_distance)
{
    struct plan_input in = {.source_offset = 0,
                            .dest_offset = 8 * KI,
                            .length = 20 * KI,
                            .source_size = MI,
                            .dest_size = MI,
                            .unit = 4096,
                            .cluster = 4096,
                            .limit = PLAN_LIMIT,
                            .same_file = true};
    struct plan plan = make(in);
    cr_assert(plan.backward);
    cr_assert_eq(plan.requests, 3);
    cr_assert_eq(plan_piece(&plan, 0).source_offset, 16 * KI);
    cr_assert_eq(plan_piece(&plan, 0).length, 4 * KI);
    cr_assert_eq(plan_piece(&plan, 2).source_offset, 0);
    in.same_file = false;
    plan = make(in);
    cr_assert_not(plan.backward);
    cr_assert_eq(plan.requests, 1);
}

Test(plan, close_overlap_goes_by_bytes)
{
    struct plan_input in = whole(MI, 4096);
    in.same_file = true;
    in.source_offset = 100;
    in.source_size = in.dest_size = 2 * MI;
    struct plan plan = make(in);
    cr_assert_eq(plan.reason, REFLINK_REASON_CLOSE_OVERLAP);
    cr_assert_eq(plan.requests, 0);
}

static uint64_t random_bits(unsigned bits)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 5; i++)
        value = value << 15 ^ (uint64_t)(rand() & 0x7fff);
    return value & ((UINT64_C(1) << bits) - 1);
}

static struct plan_input random_input(void)
{
    struct plan_input in = {.unit = 512u << rand() % 12};
    in.cluster = in.unit >> rand() % 3;
    if (in.cluster < 512)
        in.cluster = 512;
    in.length = random_bits(1 + (unsigned)rand() % 40);
    in.source_offset = random_bits(1 + (unsigned)rand() % 40);
    in.dest_offset = random_bits(1 + (unsigned)rand() % 40);
    if (rand() % 4 != 0)
        in.source_offset -= in.source_offset % in.unit;
    if (rand() % 4 != 0)
        in.dest_offset -= in.dest_offset % in.unit;
    if (rand() % 4 == 0)
        in.dest_offset = in.source_offset + random_bits(20);
    in.source_size = in.source_offset + in.length;
    in.dest_size = in.dest_offset + in.length;
    if (rand() % 2 != 0)
        in.source_size += random_bits(30);
    if (rand() % 2 != 0)
        in.dest_size += random_bits(30);
    in.limit = rand() % 2 != 0 ? PLAN_LIMIT : in.unit << rand() % 8;
    in.tail = (enum volume_tail)(rand() % 3);
    in.same_file = rand() % 2 != 0;
    in.tail_alone = rand() % 2 != 0;
    if (in.same_file && in.dest_size < in.source_size)
        in.dest_size = in.source_size;
    if (in.same_file)
        in.source_size = in.dest_size;
    return in;
}

static void expect_request_in_order(const struct plan *plan,
                                    const struct plan_piece *piece)
{
    const struct plan_input *in = &plan->in;
    uint64_t end = piece->source_offset + piece->length;
    cr_assert_eq(piece->source_offset % in->unit, 0);
    cr_assert_eq(piece->dest_offset % in->unit, 0);
    cr_assert_geq(piece->request, piece->length);
    cr_assert_leq(piece->request, in->limit);
    if (piece->request % in->unit != 0 || piece->request != piece->length) {
        /* a tail: the end of both files, and only there */
        cr_assert_eq(end, in->source_size);
        cr_assert_eq(piece->dest_offset + piece->length, in->dest_size);
        cr_assert_lt(piece->request - piece->length, in->cluster);
    }
    if (in->same_file) {
        uint64_t apart = piece->source_offset > piece->dest_offset
                             ? piece->source_offset - piece->dest_offset
                             : piece->dest_offset - piece->source_offset;
        cr_assert_geq(apart, piece->length);
    }
}

/* No more requests than it takes to be slower than copying. */
Test(plan, a_short_distance_takes_no_end_of_requests)
{
    enum { K4 = 4096, MANY = PLAN_MANY_REQUESTS };
    static const struct {
        uint64_t distance;
        uint64_t length;
        uint64_t requests; /* 0: by bytes */
    } rows[] = {
        {K4, MANY * K4, MANY},
        {K4, MANY * K4 + K4 - 1, MANY},
        {K4, (MANY + 1) * K4, 0},
        {PLAN_SHORT_DISTANCE - K4, MANY * (PLAN_SHORT_DISTANCE - K4), MANY},
        {PLAN_SHORT_DISTANCE - K4, (MANY + 1) * (PLAN_SHORT_DISTANCE - K4), 0},
        {PLAN_SHORT_DISTANCE, (MANY + 1) * PLAN_SHORT_DISTANCE, MANY + 1},
    };
    for (size_t i = 0; i < 4 * sizeof rows / sizeof rows[0]; i++) {
        bool up = i % 2 != 0;
        bool sparing = i / 2 % 2 != 0;
        uint64_t distance = rows[i / 4].distance;
        struct plan_input in = {
            .source_offset = up ? 0 : distance,
            .dest_offset = up ? distance : 0,
            .length = rows[i / 4].length,
            .source_size = OS_MAX_FILE_SIZE,
            .dest_size = OS_MAX_FILE_SIZE,
            .unit = K4,
            .cluster = K4,
            .limit = PLAN_LIMIT,
            .same_file = true,
            .sparing = sparing,
        };
        struct plan plan;
        plan_make(&in, &plan);
        bool bytes = sparing && rows[i / 4].requests == 0;
        if (bytes) {
            cr_expect_eq(plan.reason, REFLINK_REASON_CLOSE_OVERLAP);
            cr_expect_eq(plan.requests, 0);
            cr_expect_eq(plan.head + plan.body + plan.tail, rows[i / 4].length);
            cr_expect_eq(plan_count(&plan), 1);
            cr_expect_eq(plan_piece(&plan, 0).length, rows[i / 4].length);
        } else {
            cr_expect_neq(plan.reason, REFLINK_REASON_CLOSE_OVERLAP);
            cr_expect_eq(plan.requests, rows[i / 4].requests != 0
                                            ? rows[i / 4].requests
                                            : MANY + 1);
        }
    }
}

/* Whatever is planned, its pieces lie end to end over the whole range. */
Test(plan, pieces_tile_the_range)
{
    srand(20261122);
    for (int round = 0; round < 200000; round++) {
        struct plan_input in = random_input();
        struct plan plan = make(in);
        uint64_t count = plan_count(&plan);
        if (plan.nothing || in.length == 0) {
            cr_assert_eq(count, 0);
            continue;
        }
        cr_assert_eq(plan.head + plan.body + plan.tail, in.length);
        if (count > 2000)
            continue; /* as a whole; their number is checked elsewhere */
        uint64_t at = 0;
        for (uint64_t i = 0; i < count; i++) {
            struct plan_piece piece =
                plan_piece(&plan, plan.backward ? count - 1 - i : i);
            cr_assert_eq(piece.source_offset, in.source_offset + at);
            cr_assert_eq(piece.dest_offset, in.dest_offset + at);
            cr_assert_neq(piece.length, 0);
            if (piece.clone)
                expect_request_in_order(&plan, &piece);
            at += piece.length;
        }
        cr_assert_eq(at, in.length);
    }
}

static uint64_t up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit;
}

/* No plan of a whole file has a request more than it needs. */
Test(plan, whole_files_need_no_request_more)
{
    srand(4711);
    for (int round = 0; round < 100000; round++) {
        uint32_t unit = 512u << rand() % 12;
        uint64_t size = unit + random_bits(1 + (unsigned)rand() % 45);
        struct plan_input in = whole(size, unit);
        in.tail = (enum volume_tail)(rand() % 3);
        struct plan plan = make(in);
        uint64_t least = up(size, PLAN_LIMIT);
        if (in.tail == VOLUME_TAIL_ROUNDED || size % unit == 0)
            cr_assert_eq(plan.requests, least);
        else
            cr_assert_leq(plan.requests, least + 1);
        cr_assert_eq(plan.head, 0);
    }
}

Test(plan, of_nothing)
{
    struct plan_input in = whole(0, 4096);
    in.tail = VOLUME_TAIL_EXACT;
    for (int alone = 0; alone < 2; alone++) {
        in.tail_alone = alone;
        struct plan plan = make(in);
        cr_expect_eq(plan_count(&plan), 0);
        cr_expect_eq(plan.requests, 0);
        cr_expect_neq(plan.reason, REFLINK_REASON_NONE);
        cr_expect(alone || plan.reason == REFLINK_REASON_EMPTY);
    }
}

Test(plan, a_tail_of_one_byte_alone)
{
    struct plan_input in = whole(1, 4096);
    in.tail = VOLUME_TAIL_EXACT;
    in.tail_alone = true;
    struct plan plan = make(in);
    cr_assert_eq(plan_count(&plan), 1);
    cr_expect(plan_piece(&plan, 0).clone);
}

/* No file can be long enough for a request that is rounded up beyond the end of
   the longest one. */
Test(plan, the_tail_at_the_largest_offset)
{
    static const struct {
        enum volume_tail tail;
        uint64_t end;
        bool cloned;
    } rows[] = {
        {VOLUME_TAIL_ROUNDED, OS_MAX_FILE_SIZE - 4097, true},
        {VOLUME_TAIL_ROUNDED, OS_MAX_FILE_SIZE - 4095, false},
        {VOLUME_TAIL_EXACT, OS_MAX_FILE_SIZE - 4095, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t end = rows[i].end;
        uint64_t start = end - end % 4096 - 4096;
        struct plan_input in = whole(end, 4096);
        in.source_offset = start;
        in.dest_offset = start;
        in.length = end - start;
        in.tail = rows[i].tail;
        struct plan plan = make(in);
        uint64_t last = plan_count(&plan) - 1;
        cr_assert_neq(plan.tail, 0, "row %zu", i);
        cr_expect_eq(plan_piece(&plan, last).clone, rows[i].cloned, "row %zu",
                     i);
    }
}

/* Ranges that only touch do not overlap: they are cloned from the front. */
Test(plan, ranges_that_touch)
{
    struct plan_input in = whole(64 * KI, 4096);
    in.same_file = true;
    in.length = 32 * KI;
    in.dest_offset = 32 * KI;
    cr_expect_not(make(in).backward);
    in.length += 4096;
    cr_expect(make(in).backward);
}
