/*
 * What one file of 1 GiB costs beside its clone request: calls of the seam, of
 * which each is a call of the system. They are printed by name, so that
 * whoever raises a number here sees what came. Each is needed: leaving any one
 * of them out fails a test.
 */
#include <stdio.h>

#include "world.h"

TestSuite(calls, .timeout = 120);

/* The first file on a volume asks what the others know. The samples of the
   proof are reads: 4 beside equal extents, 16 where none are told. */
enum { FIRST = 28, SECOND = 26, ON_A_SERVER = 41, UNPROVED = 22 };

static struct world make_gibibyte(const char *profile)
{
    struct world w = world_make(profile);
    sim_fill_pattern(L"R:\\a", 0, UINT64_C(1) << 30, 3);
    return w;
}

struct count {
    uint64_t of[SIM_OP_COUNT];
};

static struct count count_calls(void)
{
    struct count now;
    for (int op = 0; op < SIM_OP_COUNT; op++)
        now.of[op] = sim_calls((enum sim_op)op);
    return now;
}

/* The clock and chance come out of the process's own memory. */
static bool is_beside_requests(int op)
{
    return op != SIM_OP_ANY && op != SIM_OP_CLONE && op != SIM_OP_CLOCK_US &&
           op != SIM_OP_RANDOM;
}

/* What came since `before`, printed, and its sum. */
static uint64_t tell_calls(const char *what, const struct count *before)
{
    struct count now = count_calls();
    uint64_t sum = 0;
    printf("%s:", what);
    for (int op = 0; op < SIM_OP_COUNT; op++) {
        uint64_t calls = now.of[op] - before->of[op];
        if (!is_beside_requests(op) || calls == 0)
            continue;
        printf(" %s %u", sim_op_name((enum sim_op)op), (unsigned)calls);
        sum += calls;
    }
    printf(", %u in all\n", (unsigned)sum);
    return sum;
}

static uint64_t run_counted(struct world *w, const char *what,
                            const wchar_t *dest)
{
    struct count before = count_calls();
    world_run_paths(w, L"R:\\a", dest);
    cr_assert_eq(w->outcome.status, REFLINK_OK);
    cr_assert_eq(w->outcome.method, REFLINK_METHOD_CLONE);
    return tell_calls(what, &before);
}

Test(calls, first_and_second_file)
{
    struct world w = make_gibibyte("refs-4k");
    cr_expect_leq(run_counted(&w, "first file", L"R:\\b"), FIRST);
    /* what the first taught is not asked again */
    cr_expect_leq(run_counted(&w, "second file", L"R:\\c"), SECOND);
    cr_expect_eq(world_requests(), 2);
    world_end(&w);
}

Test(calls, a_server_without_extents)
{
    struct world w = make_gibibyte("samba");
    cr_expect_leq(run_counted(&w, "on a server", L"R:\\b"), ON_A_SERVER);
    /* only DEST is sparse, for now */
    cr_expect_eq(sim_calls(SIM_OP_ALLOCATED), 1);
    world_end(&w);
}

Test(calls, without_a_proof)
{
    struct world w = make_gibibyte("refs-4k");
    w.policy.verify = REFLINK_VERIFY_NONE;
    cr_expect_leq(run_counted(&w, "no proof", L"R:\\b"), UNPROVED);
    world_end(&w);
}
