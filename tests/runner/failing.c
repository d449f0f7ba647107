/*
 * Tests that fail on purpose, in each way that a test can. check.cmake has what
 * a runner must make of them.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>

TestSuite(passing, .timeout = 60);
TestSuite(failing, .timeout = 2);
TestSuite(leaving, .timeout = 60);

static int prepared;

static void prepare(void)
{
    prepared = 1;
}

static void fail_early(void)
{
    cr_expect(false, "before the test");
}

/* In a message, which is evaluated only where a check fails. */
static int never(void)
{
    exit(EXIT_FAILURE);
    return 0;
}

Test(passing, checks)
{
    const char *nothing = NULL;
    int bytes[] = {1, 2};
    int same[] = {1, 2};
    cr_expect(1 < 2, "%d", never());
    cr_expect_not(2 < 1);
    cr_expect_null(nothing);
    cr_expect_not_null(bytes, "%d", never());
    cr_expect_eq(1 + 1, 2);
    cr_expect_neq(1, 2, "%d", never());
    cr_expect_lt(1, 2);
    cr_expect_leq(2, 2);
    cr_expect_gt(2, 1);
    cr_expect_geq(2, 2);
    cr_expect_arr_eq(bytes, same, sizeof bytes);
    cr_expect_str_eq("same", "same");
    cr_assert(1 < 2);
    cr_assert_eq(1, 1, "%d", never());
}

Test(passing, init, .init = prepare)
{
    cr_expect_eq(prepared, 1);
}

Test(passing, no_init)
{
    cr_expect_eq(prepared, 0);
}

Test(passing, signal, .signal = SIGABRT)
{
    abort();
}

/* One check in each, so that each is seen to fail. */
#define FAILING(name, check)                                                   \
    Test(failing, name)                                                        \
    {                                                                          \
        check;                                                                 \
    }
FAILING(expect, cr_expect(2 < 1))
FAILING(expect_not, cr_expect_not(1 < 2))
FAILING(expect_null, cr_expect_null("text"))
FAILING(expect_not_null, cr_expect_not_null(NULL))
FAILING(expect_eq, cr_expect_eq(1, 2, "a message with %s and %d", "text", 42))
FAILING(expect_neq, cr_expect_neq(2, 2))
FAILING(expect_lt, cr_expect_lt(2, 2))
FAILING(expect_leq, cr_expect_leq(3, 2))
FAILING(expect_gt, cr_expect_gt(2, 2))
FAILING(expect_geq, cr_expect_geq(1, 2))
FAILING(expect_arr_eq, cr_expect_arr_eq("ab", "ac", 2))
FAILING(expect_str_eq, cr_expect_str_eq("ab", "ac"))
FAILING(expect_fail, cr_expect_fail("always"))
FAILING(assert, cr_assert(2 < 1))
FAILING(assert_fail, cr_assert_fail("always"))

Test(failing, goes_on_after_expect)
{
    cr_expect(false, "first");
    cr_expect(false, "second");
}

Test(failing, ends_with_assert)
{
    cr_assert(false, "the last one");
    cr_expect(false, "never printed");
}

Test(failing, in_init, .init = fail_early)
{
}

Test(failing, crash)
{
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
}

Test(failing, abort)
{
    abort();
}

Test(failing, exit_code)
{
    exit(3);
}

Test(failing, no_signal, .signal = SIGABRT)
{
}

Test(failing, check_before_signal, .signal = SIGABRT)
{
    cr_expect(false);
    abort();
}

Test(failing, hangs)
{
    volatile int forever = 1;
    while (forever)
        ;
}

/* Criterion takes this for the end of the test. */
Test(leaving, exit)
{
    exit(0);
}
