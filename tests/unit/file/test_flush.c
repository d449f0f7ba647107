/* What is flushed to disk, and when: --flush. */
#include "core/errors.h"
#include "world.h"

TestSuite(flush, .timeout = 120);

enum { MI = 1 << 20 };

static struct world make_world(enum reflink_flush flush)
{
    struct world w = world_make("ntfs");
    w.policy.flush = flush;
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    return w;
}

/* A file that was there, and what it was. */
static struct world make_old(enum reflink_flush flush)
{
    struct world w = make_world(flush);
    w.policy.existing = REFLINK_EXISTING_REPLACE;
    sim_fill_pattern(L"R:\\b", 0, MI, 2);
    sim_fill_pattern(L"R:\\old", 0, MI, 2);
    return w;
}

static const struct {
    enum reflink_flush flush;
    uint64_t new_file;
    uint64_t replaced;
    uint64_t range;
} rows[] = {
    {REFLINK_FLUSH_AUTO, 0, 1, 0},
    {REFLINK_FLUSH_ALWAYS, 1, 1, 1},
    {REFLINK_FLUSH_NEVER, 0, 0, 0},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void expect_flushes(struct world *w, uint64_t count)
{
    cr_expect_eq(w->outcome.status, REFLINK_OK);
    cr_expect_eq(sim_calls(SIM_OP_FLUSH), count);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(w);
}

Test(flush, each_word_for_a_new_file)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct world w = make_world(rows[i].flush);
        world_run(&w);
        expect_flushes(&w, rows[i].new_file);
    }
}

/* -f alone replaces nothing. */
Test(flush, each_word_for_a_new_file_with_force)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct world w = make_world(rows[i].flush);
        w.policy.existing = REFLINK_EXISTING_REPLACE;
        world_run(&w);
        expect_flushes(&w, rows[i].new_file);
    }
}

Test(flush, each_word_for_a_file_that_is_replaced)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct world w = make_old(rows[i].flush);
        world_run(&w);
        expect_flushes(&w, rows[i].replaced);
    }
}

Test(flush, each_word_for_a_range)
{
    struct reflink_range all = {.to_end = true};
    for (size_t i = 0; i < 2 * ROWS; i++) {
        bool there = i % 2 != 0;
        struct world w =
            there ? make_old(rows[i / 2].flush) : make_world(rows[i / 2].flush);
        reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &all,
                      &w.outcome);
        expect_flushes(&w, rows[i / 2].range);
    }
}

/* What it replaces is on the disk, even if it was not there to be seen. */
static void come_meanwhile(void *arg)
{
    (void)arg;
    sim_fill_pattern(L"R:\\b", 0, MI, 2);
}

Test(flush, what_came_meanwhile_is_replaced_by_what_is_flushed)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct world w = make_world(rows[i].flush);
        w.policy.existing = REFLINK_EXISTING_REPLACE;
        sim_at_call(SIM_OP_SET_METADATA, 1, come_meanwhile, NULL);
        world_run(&w);
        cr_expect_eq(sim_calls(SIM_OP_RENAME), 2);
        expect_flushes(
            &w, rows[i].flush == REFLINK_FLUSH_ALWAYS ? 2 : rows[i].replaced);
    }
}

/* The system reports a write that was lost here, if anywhere: DEST stays. */
Test(flush, a_failure_leaves_the_old_dest)
{
    struct world w = make_old(REFLINK_FLUSH_AUTO);
    sim_fault(SIM_OP_FLUSH, 1, CODE_IO_DEVICE);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.step, REFLINK_STEP_FLUSH);
    cr_expect_eq(w.outcome.error.code, CODE_IO_DEVICE);
    cr_expect(sim_same_bytes(L"R:\\old", L"R:\\b"));
    cr_expect_eq(sim_file_count(L"R:\\"), 3);
    world_end(&w);
}

Test(flush, a_failure_leaves_no_new_dest)
{
    struct world w = make_world(REFLINK_FLUSH_ALWAYS);
    sim_fault(SIM_OP_FLUSH, 1, CODE_DISK_FULL);
    world_run(&w);
    cr_expect_eq(w.outcome.error.step, REFLINK_STEP_FLUSH);
    cr_expect_eq(sim_file_count(L"R:\\"), 1);
    world_end(&w);
}

Test(flush, a_failure_after_a_range_is_one)
{
    struct world w = make_world(REFLINK_FLUSH_ALWAYS);
    struct reflink_range all = {.to_end = true};
    sim_fault(SIM_OP_FLUSH, 1, CODE_IO_DEVICE);
    reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &all, &w.outcome);
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.step, REFLINK_STEP_FLUSH);
    cr_expect_eq(sim_file_count(L"R:\\"), 1); /* it was made by this run */
    world_end(&w);
}

/* A volume that knows no flush needs none. */
Test(flush, a_volume_without_a_flush_needs_none)
{
    static const os_error codes[] = {CODE_INVALID_FUNCTION, CODE_NOT_SUPPORTED};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct world w = make_old(REFLINK_FLUSH_ALWAYS);
        sim_fault_always(SIM_OP_FLUSH, codes[i]);
        world_run(&w);
        expect_flushes(&w, 1);
    }
}

/* What is no answer to a flush that is not there is a failure: a lost handle
   is answered with 6. */
Test(flush, other_codes_are_failures)
{
    static const os_error codes[] = {CODE_ACCESS_DENIED, CODE_INVALID_HANDLE,
                                     CODE_NOT_SAME_DEVICE,
                                     CODE_INVALID_PARAMETER};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct world w = make_old(REFLINK_FLUSH_AUTO);
        sim_fault(SIM_OP_FLUSH, 1, codes[i]);
        world_run(&w);
        cr_expect_eq(w.outcome.error.step, REFLINK_STEP_FLUSH);
        cr_expect_eq(w.outcome.error.code, codes[i]);
        cr_expect(sim_same_bytes(L"R:\\old", L"R:\\b"));
        world_end(&w);
    }
}

/* A stream is on the disk with its file. */
Test(flush, each_word_for_streams)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct world w = make_old(rows[i].flush);
        sim_set_stream(L"R:\\a", L"one", "1", 1);
        sim_set_stream(L"R:\\a", L"two", "2", 1);
        world_run(&w);
        expect_flushes(&w, 3 * rows[i].replaced);
    }
}

Test(flush, a_stream_that_cannot_be_flushed)
{
    struct world w = make_old(REFLINK_FLUSH_AUTO);
    sim_set_stream(L"R:\\a", L"one", "1", 1);
    sim_fault(SIM_OP_FLUSH, 1, CODE_IO_DEVICE);
    world_run(&w);
    cr_expect_eq(w.outcome.error.step, REFLINK_STEP_FLUSH);
    cr_expect(sim_same_bytes(L"R:\\old", L"R:\\b"));
    world_end(&w);
}
