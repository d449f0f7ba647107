/*
 * The frame of a test of the simulator itself: a fresh system before it, and
 * behind it the checks that nothing is open and all counts add up. Define
 * SIM_SUITE, the suite's name, before including this.
 */
#ifndef REFLINK_TESTS_SIM_TEST_H
#define REFLINK_TESTS_SIM_TEST_H

#include <criterion/criterion.h>

#include "sim/sim.h"

static void sim_test_start(void)
{
    sim_reset();
}

static void sim_test_finish(void)
{
    cr_expect(sim_check());
    cr_expect_eq(sim_open_handles(), 0);
    sim_reset();
}

/*
 * A test that ends with these checks. They are no .fini of the suite, since
 * Criterion does not count what fails there.
 */
#define SIM_TEST_IN(suite, name)                                               \
    static void name##_body(void);                                             \
    Test(suite, name, .init = sim_test_start)                                  \
    {                                                                          \
        name##_body();                                                         \
        sim_test_finish();                                                     \
    }                                                                          \
    static void name##_body(void)
#define SIM_TEST_OF(suite, name) SIM_TEST_IN(suite, name)
#define SIM_TEST(name) SIM_TEST_OF(SIM_SUITE, name)

#define SIM_SUITE_OF(suite) TestSuite(suite, .timeout = 120)
SIM_SUITE_OF(SIM_SUITE);

#endif
