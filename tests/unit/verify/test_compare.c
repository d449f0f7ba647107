/* Blocks that are compared: a file that ends early is never equal, whatever
   the buffers held before. */
#include <string.h>

#include "core/base/zeros.h"
#include "core/errors.h"
#include "core/verify/compare.h"
#include "core/copy/copy.h"
#include "world.h"

TestSuite(compare, .timeout = 120);

enum { BLOCK = 4096 };

/* Two blocks that are same_before in SOURCE, of which DEST has the first only.
 */
static struct compare_pair make_pair(struct world *w, uint8_t *block)
{
    struct compare_pair pair = {.length = 2 * BLOCK};
    *w = world_make("refs-4k");
    memset(block, 0x5a, BLOCK);
    sim_write_file(L"R:\\a", block, BLOCK);
    sim_write_at(L"R:\\a", BLOCK, block, BLOCK);
    sim_write_file(L"R:\\b", block, BLOCK);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    return pair;
}

static void end_pair(struct world *w, const struct compare_pair *pair)
{
    os_close(pair->dest);
    os_close(pair->source);
    world_end(w);
}

Test(compare, a_file_that_ends_early)
{
    struct world w;
    uint8_t block[BLOCK];
    struct compare_pair pair = make_pair(&w, block);
    enum compare_side side = COMPARE_SOURCE;
    bool equal = false;
    cr_expect_eq(compare_block(w.session, &pair, 0, BLOCK, &equal, &side), 0);
    cr_expect(equal);
    cr_expect_eq(compare_block(w.session, &pair, BLOCK, BLOCK, &equal, &side),
                 0);
    cr_expect_not(equal);
    end_pair(&w, &pair);
}

/* An error is returned, with the side that could not be read. */
Test(compare, a_file_that_cannot_be_read)
{
    for (int dest = 0; dest < 2; dest++) {
        struct world w;
        uint8_t block[BLOCK];
        struct compare_pair pair = make_pair(&w, block);
        enum compare_side side = dest ? COMPARE_SOURCE : COMPARE_DEST;
        enum compare_side other = side;
        bool equal = false;
        sim_fault(SIM_OP_READ, dest ? 2 : 1, CODE_CRC);
        cr_expect_eq(compare_block(w.session, &pair, 0, BLOCK, &equal, &side),
                     CODE_CRC);
        cr_expect_neq(side, other, "%d", dest);
        side = other;
        sim_fault(SIM_OP_READ, dest ? 2 : 1, CODE_CRC);
        cr_expect_eq(compare_all(w.session, &pair, &equal, &side), CODE_CRC);
        cr_expect_neq(side, other, "all, %d", dest);
        end_pair(&w, &pair);
    }
}

/* --- holes ---------------------------------------------------------------- */

enum {
    MIB = 1 << 20,
    FROM_SOURCE = BLOCK, /* where the pair begins in the files */
    FROM_DEST = 2 * BLOCK,
    LENGTH = 5 * MIB + 1000
};

/* Where the hole ends that begins a MiB into the pair, in bytes of the pair. */
static uint64_t source_hole_end;
static uint64_t dest_hole_end;

static void report_hole(const wchar_t *path, uint64_t offset, uint64_t length,
                        struct os_range *ranges, size_t capacity, size_t *count,
                        bool *more)
{
    bool dest = wcscmp(path, L"R:\\b") == 0;
    uint64_t from = dest ? FROM_DEST : FROM_SOURCE;
    uint64_t data[][2] = {
        {from, from + MIB},
        {from + (dest ? dest_hole_end : source_hole_end), from + LENGTH}};
    *count = 0;
    *more = false;
    for (size_t i = 0; i < 2 && *count < capacity; i++) {
        uint64_t at = data[i][0] > offset ? data[i][0] : offset;
        uint64_t end =
            data[i][1] < offset + length ? data[i][1] : offset + length;
        if (at < end)
            ranges[(*count)++] = (struct os_range){at, end - at};
    }
}

/* Equal data, and zeros from a MiB into the pair on, to 3 MiB. */
static struct compare_pair make_hole(struct world *w)
{
    static const uint8_t zeros[MIB];
    struct compare_pair pair = {.source_offset = FROM_SOURCE,
                                .dest_offset = FROM_DEST,
                                .length = LENGTH,
                                .holes = true};
    *w = world_make("refs-4k");
    w->volume->range_teller = report_hole;
    source_hole_end = 3 * MIB + MIB / 2;
    dest_hole_end = 3 * MIB;
    for (int dest = 0; dest < 2; dest++) {
        const wchar_t *path = dest ? L"R:\\b" : L"R:\\a";
        uint64_t from = dest ? FROM_DEST : FROM_SOURCE;
        for (uint64_t at = 0; at <= 5; at++)
            sim_write_at(path, from + at * MIB, zeros, MIB);
        for (uint64_t at = 0; at < LENGTH; at += 1000)
            if (at < MIB - 1000 || at >= 3 * MIB)
                sim_write_at(path, from + at, "data", 4);
    }
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &pair.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &pair.dest), 0);
    return pair;
}

/* Compares all of it; returns whether it is equal, and how many reads that
   took. */
static bool is_equal(struct world *w, const struct compare_pair *pair,
                     uint64_t *reads)
{
    enum compare_side side = COMPARE_SOURCE;
    bool equal = false;
    *reads = sim_calls(SIM_OP_READ);
    cr_expect_eq(compare_all(w->session, pair, &equal, &side), 0);
    *reads = sim_calls(SIM_OP_READ) - *reads;
    return equal;
}

/* What is different, and how many reads see it; 0: none does. */
Test(compare, holes)
{
    enum { NOWHERE = LENGTH + MIB, END = LENGTH };
    static const struct {
        uint64_t source; /* where there is another byte */
        uint64_t dest;
        unsigned seen_after;
        unsigned in_doubt; /* the same with `doubts` */
    } rows[] = {
        {NOWHERE, NOWHERE, 0, 0},
        {NOWHERE, 0, 2, 2},
        {NOWHERE, MIB - 1, 2, 2},
        {NOWHERE, MIB, 0, 0}, /* nobody wrote there */
        {NOWHERE, 3 * MIB - 1, 0, 0},
        {NOWHERE, 3 * MIB, 4, 6},
        {NOWHERE, END - 1, 8, 10},
        {NOWHERE, END, 0, 0},
        {MIB, NOWHERE, 0, 5},
        {MIB, MIB, 0, 0},
        {2 * MIB, NOWHERE, 0, 6},
        {3 * MIB - 1, NOWHERE, 0, 6},
        {3 * MIB + MIB / 2 - 1, NOWHERE, 4, 6}, /* a hole in SOURCE only */
        {END - 1, NOWHERE, 8, 10},
    };
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        struct world w;
        struct compare_pair pair = make_hole(&w);
        size_t row = i / 2;
        unsigned seen = i % 2 != 0 ? rows[row].in_doubt : rows[row].seen_after;
        uint64_t reads = 0;
        pair.doubts = i % 2 != 0;
        sim_write_at(L"R:\\a", FROM_SOURCE + rows[row].source, "x", 1);
        sim_write_at(L"R:\\b", FROM_DEST + rows[row].dest, "x", 1);
        cr_expect_eq(is_equal(&w, &pair, &reads), seen == 0, "row %zu", i);
        if (seen != 0)
            cr_expect_eq(reads, seen, "row %zu: %d reads", i, (int)reads);
        end_pair(&w, &pair);
    }
}

/* Holes are read if SOURCE is not sparse, and if the volume does not list the
   ranges. */
Test(compare, holes_that_are_not_reported)
{
    for (int i = 0; i < 2; i++) {
        struct world w;
        struct compare_pair pair = make_hole(&w);
        uint64_t reads = 0;
        pair.holes = i == 0;
        w.volume->allocated = i == 0 ? CODE_NOT_SUPPORTED : 0;
        sim_write_at(L"R:\\b", FROM_DEST + MIB, "x", 1);
        cr_expect_not(is_equal(&w, &pair, &reads));
        cr_expect_eq(reads, 4);
        cr_expect_eq(sim_calls(SIM_OP_ALLOCATED), i == 0 ? 2 : 0);
        end_pair(&w, &pair);
    }
}

/* Nothing counts that is behind the end, in a hole or not. */
Test(compare, a_hole_at_the_end)
{
    for (int doubts = 0; doubts < 2; doubts++) {
        struct world w;
        struct compare_pair pair = make_hole(&w);
        uint64_t reads = 0;
        pair.doubts = doubts;
        pair.length = 2 * MIB + MIB / 2;
        sim_write_at(L"R:\\a", FROM_SOURCE + pair.length, "x", 1);
        cr_expect(is_equal(&w, &pair, &reads));
        cr_expect_eq(reads, doubts ? 4 : 2);
        end_pair(&w, &pair);
    }
}

/* Zeros that an earlier read has left behind are not SOURCE's. */
Test(compare, a_source_that_ends_in_a_hole)
{
    struct world w;
    struct compare_pair pair = make_hole(&w);
    uint64_t reads = 0;
    pair.doubts = true;
    sim_set_size(L"R:\\a", FROM_SOURCE + 2 * MIB + MIB / 2);
    cr_expect_not(is_equal(&w, &pair, &reads));
    cr_expect_eq(reads, 6);
    end_pair(&w, &pair);
}

/* An error of any read is returned, with its file. */
Test(compare, reads_that_fail_beside_holes)
{
    static const enum compare_side sides[] = {
        COMPARE_SOURCE, COMPARE_DEST, COMPARE_SOURCE, COMPARE_SOURCE,
        COMPARE_SOURCE, COMPARE_DEST, COMPARE_SOURCE, COMPARE_DEST,
        COMPARE_SOURCE, COMPARE_DEST};
    for (unsigned i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        struct world w;
        struct compare_pair pair = make_hole(&w);
        enum compare_side side =
            sides[i] == COMPARE_DEST ? COMPARE_SOURCE : COMPARE_DEST;
        bool equal = false;
        pair.doubts = true;
        if (i == 3)
            pair.length = 3 * MIB; /* the hole is the end */
        sim_fault(SIM_OP_READ, i + 1, CODE_CRC);
        cr_expect_eq(compare_all(w.session, &pair, &equal, &side), CODE_CRC,
                     "read %u", i + 1);
        cr_expect_eq(side, sides[i], "read %u", i + 1);
        end_pair(&w, &pair);
    }
}

static void cancel(void *unused)
{
    (void)unused;
    sim_cancel();
}

/* Ctrl-C ends it within a MiB, in a hole as well; not when all is compared. */
Test(compare, cancelled)
{
    static const unsigned most[] = {2, 2, 3, 6, 6, 6, 8, 8, 10, 10};
    for (unsigned i = 0; i < sizeof most / sizeof most[0]; i++) {
        struct world w;
        struct compare_pair pair = make_hole(&w);
        enum compare_side side = COMPARE_SOURCE;
        bool equal = false;
        uint64_t reads = sim_calls(SIM_OP_READ);
        pair.doubts = true;
        sim_at_call(SIM_OP_READ, i + 1, cancel, NULL);
        cr_expect_eq(compare_all(w.session, &pair, &equal, &side),
                     most[i] < 10 ? CODE_CANCELLED : 0, "read %u", i + 1);
        cr_expect_eq(sim_calls(SIM_OP_READ) - reads, most[i], "read %u", i + 1);
        end_pair(&w, &pair);
    }
}

Test(compare, cut_at_the_end)
{
    const struct compare_pair pair = {.length = 2 * BLOCK};
    cr_expect_eq(compare_cut(&pair, 0, BLOCK), BLOCK);
    cr_expect_eq(compare_cut(&pair, BLOCK, BLOCK), BLOCK);
    cr_expect_eq(compare_cut(&pair, BLOCK + 1, BLOCK), BLOCK - 1);
    cr_expect_eq(compare_cut(&pair, 2 * BLOCK, BLOCK), 0);
}

/* --- zeros ---------------------------------------------------------------- */

Test(compare, zeros_only_are_zero)
{
    uint8_t block[BLOCK];
    memset(block, 1, BLOCK);
    cr_expect_not(zeros_only(block, BLOCK));
    memset(block, 0, BLOCK);
    cr_expect(zeros_only(block, BLOCK));
    block[BLOCK - 1] = 1;
    cr_expect_not(zeros_only(block, BLOCK));
    cr_expect(zeros_only(block, BLOCK - 1));
    cr_expect(zeros_only(block, 0));
}
