/*
 * Long copies: a thread reads ahead. Of each failure the first is told, and
 * nothing is left behind.
 */
#include "core/errors.h"
#include "core/copy/read_ahead.h"
#include "world.h"

TestSuite(copy, .timeout = 120);

enum { BLOCKS = 17, BLOCK = SESSION_BUFFER, SIZE = BLOCKS * BLOCK + 77 };

_Static_assert(SIZE >= READ_AHEAD_LEAST, "these copies have a reader");

static struct world make_world(void)
{
    struct world w = world_make("ntfs");
    sim_fill_pattern(L"R:\\a", 0, SIZE, 9);
    return w;
}

static void expect_copy(struct world *w)
{
    cr_expect_eq(w->outcome.status, REFLINK_OK);
    cr_expect_eq(w->outcome.bytes_copied, SIZE);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(w);
}

static void expect_failure(struct world *w, os_error code,
                           enum reflink_step step, bool in_source)
{
    cr_expect_eq(w->outcome.status, REFLINK_FAILED);
    cr_expect_eq(w->outcome.error.code, code);
    cr_expect_eq(w->outcome.error.step, step);
    cr_expect_eq(w->outcome.error.in_source, in_source);
    cr_expect_not(sim_exists(L"R:\\b"));
    world_end(w);
}

Test(copy, is_read_ahead)
{
    struct world w = make_world();
    world_run(&w);
    cr_expect_eq(sim_calls(SIM_OP_THREAD), 1);
    cr_expect_eq(sim_calls(SIM_OP_READ), BLOCKS + 1);
    expect_copy(&w);
}

Test(copy, is_compared_as_it_goes)
{
    struct world w = make_world();
    w.policy.verify = REFLINK_VERIFY_FULL;
    world_run(&w);
    cr_expect_eq(sim_calls(SIM_OP_THREAD), 0); /* its buffer is needed */
    expect_copy(&w);
}

Test(copy, small_files_start_no_thread)
{
    struct world w = world_make("ntfs");
    sim_fill_pattern(L"R:\\a", 0, READ_AHEAD_LEAST - 1, 9);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(sim_calls(SIM_OP_THREAD), 0);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}

Test(copy, does_without_a_thread)
{
    static const enum sim_op lacking[] = {SIM_OP_THREAD, SIM_OP_MONITOR};
    for (size_t i = 0; i < 2; i++) {
        struct world w = make_world();
        sim_fault_always(lacking[i], CODE_NOT_ENOUGH_MEMORY);
        world_run(&w);
        cr_expect_gt(sim_faults_met(), 0);
        expect_copy(&w);
    }
}

Test(copy, every_read_fails_in_turn)
{
    for (uint64_t nth = 1; nth <= BLOCKS + 1; nth++) {
        struct world w = make_world();
        sim_fault(SIM_OP_READ, nth, CODE_CRC);
        world_run(&w);
        cr_expect_eq(sim_calls(SIM_OP_READ), nth);
        expect_failure(&w, CODE_CRC, REFLINK_STEP_READ, true);
    }
}

Test(copy, every_write_fails_in_turn)
{
    for (uint64_t nth = 1; nth <= BLOCKS + 1; nth++) {
        struct world w = make_world();
        sim_fault(SIM_OP_WRITE, nth, CODE_DISK_FULL);
        world_run(&w);
        expect_failure(&w, CODE_DISK_FULL, REFLINK_STEP_WRITE, false);
    }
}

/* The reader may have met its failure before: but it lies further on. */
Test(copy, the_first_failure_in_the_file_is_told)
{
    struct world w = make_world();
    sim_fault(SIM_OP_READ, 4, CODE_CRC);
    sim_fault(SIM_OP_WRITE, 3, CODE_DISK_FULL);
    world_run(&w);
    expect_failure(&w, CODE_DISK_FULL, REFLINK_STEP_WRITE, false);
}

static void cut_source(void *arg)
{
    (void)arg;
    sim_set_size(L"R:\\a", 12 * BLOCK + 5);
}

Test(copy, a_source_that_ends_early_was_changed)
{
    struct world w = make_world();
    sim_at_call(SIM_OP_READ, 2, cut_source, NULL);
    world_run(&w);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_SOURCE_CHANGED);
    cr_expect_eq(sim_calls(SIM_OP_READ), 13); /* and not past the end */
    expect_failure(&w, CODE_HANDLE_EOF, REFLINK_STEP_READ, true);
}

static void cancel(void *arg)
{
    (void)arg;
    sim_cancel();
}

/* No block is written once an end is wanted, but for the one at hand. */
Test(copy, is_interrupted_between_blocks)
{
    for (uint64_t nth = 1; nth <= BLOCKS + 1; nth++) {
        struct world w = make_world();
        sim_at_call(SIM_OP_WRITE, nth, cancel, NULL);
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_INTERRUPTED);
        cr_expect_eq(sim_calls(SIM_OP_WRITE), nth);
        cr_expect_not(sim_exists(L"R:\\b"));
        world_end(&w);
    }
}

/* Within one file nothing is read ahead: it may be about to be written. */
Test(copy, within_one_file_is_not_read_ahead)
{
    struct world w = make_world();
    struct reflink_range up = {0, 100, SIZE, false};
    struct reflink_range down = {100, 0, SIZE - 100, false};
    reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\a", &up, &w.outcome);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\a", &down, &w.outcome);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(sim_calls(SIM_OP_THREAD), 0);
    world_end(&w);
}
