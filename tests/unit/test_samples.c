/* Blocks compared several at a time. */
#include "../../src/core/codes.h"
#include "../../src/core/samples.h"
#include "world.h"

TestSuite(samples, .timeout = 120);

enum { COUNT = 40, STEP = 8192 };

static struct sample samples[COUNT];
static struct os_file *source;
static struct os_file *dest;

static struct world make_world(size_t count)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, COUNT * STEP, 1);
    sim_fill_pattern(L"R:\\b", 0, COUNT * STEP, 1);
    for (size_t i = 0; i < count; i++)
        samples[i] = (struct sample){
            .source_at = i * STEP, .dest_at = i * STEP, .length = SAMPLE_SIZE};
    return w;
}

static void run(size_t count)
{
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &dest), 0);
    samples_compare(source, dest, samples, count);
    os_close(dest);
    os_close(source);
}

Test(samples, each_has_its_own_result)
{
    struct world w = make_world(COUNT);
    sim_write_at(L"R:\\b", 7 * STEP, "\xa5\x5a", 2);
    sim_write_at(L"R:\\a", 33 * STEP + SAMPLE_SIZE - 2, "\xa5\x5a", 2);
    sim_write_at(L"R:\\b", 20 * STEP + SAMPLE_SIZE, "\xa5\x5a", 2); /* beside */
    samples[12].dest_at = 13 * STEP;
    samples[39].length = 100;
    run(COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        cr_expect_eq(samples[i].equal, i != 7 && i != 33 && i != 12, "%zu", i);
        cr_expect_eq(samples[i].error, 0);
    }
    cr_expect_eq(sim_calls(SIM_OP_READ), 2 * COUNT);
    cr_expect_eq(sim_calls(SIM_OP_THREAD), 7);
    world_end(&w);
}

Test(samples, few_start_no_thread)
{
    struct world w = make_world(16);
    run(16);
    for (size_t i = 0; i < 16; i++)
        cr_expect(samples[i].equal);
    cr_expect_eq(sim_calls(SIM_OP_THREAD), 0);
    cr_expect_eq(sim_calls(SIM_OP_GATE), 0);
    world_end(&w);
}

Test(samples, without_threads)
{
    static const enum sim_op ops[] = {SIM_OP_THREAD, SIM_OP_GATE};
    for (size_t i = 0; i < 2; i++) {
        struct world w = make_world(COUNT);
        sim_fault_always(ops[i], CODE_NOT_ENOUGH_MEMORY);
        run(COUNT);
        for (size_t j = 0; j < COUNT; j++)
            cr_expect(samples[j].equal);
        world_end(&w);
    }
}

Test(samples, an_error_is_of_one_file)
{
    for (int in_dest = 0; in_dest < 2; in_dest++) {
        struct world w = make_world(3);
        sim_fault(SIM_OP_READ, in_dest ? 4 : 3, CODE_CRC);
        run(3);
        cr_expect(samples[0].equal && samples[2].equal);
        cr_expect_eq(samples[1].error, CODE_CRC);
        cr_expect_eq(samples[1].side, in_dest ? COMPARE_DEST : COMPARE_SOURCE);
        cr_expect_not(samples[1].equal);
        world_end(&w);
    }
}

/* A file that ends early differs. */
Test(samples, an_early_end)
{
    struct world w = make_world(COUNT);
    sim_set_size(L"R:\\b", 39 * STEP + 10);
    run(COUNT);
    cr_expect(samples[38].equal);
    cr_expect_not(samples[39].equal);
    cr_expect_eq(samples[39].error, 0);
    world_end(&w);
}
