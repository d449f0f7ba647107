/* DEST made ready: what is asked of it, what is set, and what a lost
   connection means meanwhile. */
#include "core/errors.h"
#include "core/os.h"
#include "world.h"

TestSuite(dest, .timeout = 120);

enum { CLUSTER = 4096, LENGTH = 16 * CLUSTER };

static struct world make(const char *profile)
{
    struct world w = world_make(profile);
    sim_fill_pattern(L"R:\\a", 0, LENGTH, 1);
    return w;
}

/* A lost connection says nothing of what the volume can: it is tried anew. */
Test(dest, a_lost_connection_is_no_lack_of_sparse_files)
{
    struct world w = make("refs-4k");
    sim_fault(SIM_OP_SET_SPARSE, 1, CODE_NETNAME_DELETED);
    world_run(&w);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w.outcome.retries, 1);
    cr_expect_not(sim_is_sparse(L"R:\\b"));
    world_end(&w);
}

Test(dest, a_lost_connection_is_no_lack_of_integrity)
{
    struct world w = make("refs-4k");
    sim_set_integrity(L"R:\\a", 1, 0);
    sim_fault(SIM_OP_SET_INTEGRITY, 1, CODE_NETNAME_DELETED);
    world_run(&w);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w.outcome.retries, 1);
    cr_expect_eq(w.outcome.lost, 0u);
    cr_expect_neq(sim_integrity(L"R:\\b"), 0);
    world_end(&w);
}

Test(dest, a_lost_connection_in_place)
{
    struct world w = make("refs-4k");
    struct reflink_range range = {0, 0, 0, true};
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\b", 0, LENGTH, 2);
    sim_fault(SIM_OP_SET_SPARSE, 1, CODE_NETNAME_DELETED);
    reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &range, &w.outcome);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w.outcome.retries, 1);
    world_end(&w);
}

/* "No enforcement" differs alone: it is set, and if it cannot be, it is no
   hindrance to cloning, which asks for the same checksums only. */
Test(dest, a_flag_of_integrity)
{
    for (int refused = 0; refused <= 1; refused++) {
        struct world w = make("refs-4k");
        struct os_file *file = NULL;
        struct os_integrity there = {0};
        w.volume->default_integrity = true;
        sim_set_integrity(L"R:\\a", 1, 1);
        if (refused)
            w.volume->set_integrity = CODE_ACCESS_DENIED;
        world_run(&w);
        cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE, "%d", refused);
        cr_expect_eq(w.outcome.lost, 0u);
        cr_assert_eq(os_open(L"R:\\b", OS_OPEN_SOURCE, &file), 0);
        cr_expect_eq(os_get_integrity(file, &there), 0);
        cr_expect_eq(there.flags, refused ? 0u : 1u);
        os_close(file);
        world_end(&w);
    }
}

/* Neither goes with the other: a flag of a file without checksums is not
   handed on, as it would be refused. */
Test(dest, a_flag_without_checksums_is_left_out)
{
    struct world w = make("refs-4k");
    w.volume->default_integrity = true;
    sim_set_integrity(L"R:\\a", 0, 1);
    world_run(&w);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(sim_integrity(L"R:\\b"), 0);
    world_end(&w);
}

/* What is as it has to be is not set: each is a call, and a change. */
Test(dest, what_is_right_is_left_alone)
{
    struct world w = make("refs-4k");
    struct reflink_range range = {0, 0, 0, false};
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\b", 0, 2 * LENGTH, 2);
    sim_set_sparse(L"R:\\b", true);
    range.length = LENGTH;
    reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &range, &w.outcome);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(sim_calls(SIM_OP_SET_SIZE), 0);
    cr_expect_eq(sim_calls(SIM_OP_SET_SPARSE), 0);
    sim_set_size(L"R:\\b", 0);
    range.length = 0;
    reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &range, &w.outcome);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(sim_calls(SIM_OP_SET_SIZE), 0);
    world_end(&w);
}

/* A server that has no such request is asked once a run. */
Test(dest, no_integrity_is_asked_for_once)
{
    static const char *const profiles[] = {"smb-refs", "samba"};
    for (size_t i = 0; i < 2; i++) {
        struct world w = make(profiles[i]);
        world_run(&w);
        world_run_paths(&w, L"R:\\a", L"R:\\c");
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(sim_calls(SIM_OP_GET_INTEGRITY), 1, "%s", profiles[i]);
        world_end(&w);
    }
}

/* Nor for extents. */
Test(dest, no_extents_are_asked_for_once)
{
    struct world w = make("samba");
    world_run(&w);
    world_run_paths(&w, L"R:\\a", L"R:\\c");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.bytes_copied, 0);
    cr_expect_eq(sim_calls(SIM_OP_EXTENTS), 1);
    world_end(&w);
}
