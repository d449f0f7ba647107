/* Files and volumes that have the same numbers: a VHD and its copy. */
#include "core/errors.h"
#include "core/base/identity.h"
#include "world.h"

TestSuite(identity, .timeout = 120);

enum { MI = 1 << 20 };

Test(identity, what_is_one_and_what_is_not)
{
    static const struct {
        struct os_identity a;
        struct os_identity b;
        bool same_volume;
        bool same_file;
    } rows[] = {
        {{1, 7, {3}}, {1, 7, {3}}, true, true},
        {{1, 7, {3}}, {1, 7, {4}}, true, false},
        {{1, 7, {3}}, {2, 7, {3}}, false, false},
        {{1, 7, {3}}, {1, 8, {3}}, false, false},
        /* a device that is not known is no other one */
        {{1, 0, {3}}, {1, 8, {3}}, true, true},
        {{1, 7, {3}}, {1, 0, {3}}, true, true},
        {{1, 0, {3}}, {1, 0, {3}}, true, true},
        {{1, 0, {3}}, {2, 0, {3}}, false, false},
        /* all of a file's 128 bits count */
        {{1, 7, {[15] = 3}}, {1, 7, {[15] = 4}}, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(identity_same_volume(&rows[i].a, &rows[i].b),
                     rows[i].same_volume, "row %zu", i);
        cr_expect_eq(identity_same_file(&rows[i].a, &rows[i].b),
                     rows[i].same_file, "row %zu", i);
    }
}

/* R: and T: have one serial number, and T:\\a has R:\\a's number, too. */
static struct sim_volume *twin;

static struct world make_twins(void)
{
    struct world w = world_make("refs-4k");
    struct os_info a;
    struct os_info b;
    struct os_file *file = NULL;
    twin = sim_mount(L"T:\\", "refs-4k");
    twin->serial = w.volume->serial;
    sim_fill_pattern(L"R:\\a", 0, MI, 5);
    sim_fill_pattern(L"T:\\a", 0, MI, 6);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_LOOK, &file), 0);
    cr_assert_eq(os_query(file, &a), 0);
    os_close(file);
    cr_assert_eq(os_open(L"T:\\a", OS_OPEN_LOOK, &file), 0);
    cr_assert_eq(os_query(file, &b), 0);
    os_close(file);
    cr_assert_eq(a.identity.volume, b.identity.volume);
    cr_assert_arr_eq(a.identity.file, b.identity.file, sizeof a.identity.file);
    return w;
}

static void expect_copied(struct world *w)
{
    cr_expect_eq(w->outcome.status, REFLINK_OK);
    cr_expect_eq(w->outcome.method, REFLINK_METHOD_COPY);
    cr_expect_eq(w->outcome.reason, REFLINK_REASON_OTHER_VOLUME);
    cr_expect_eq(world_requests(), 0);
    cr_expect(sim_same_bytes(L"R:\\a", L"T:\\a"));
    world_end(w);
}

Test(identity, a_twin_is_replaced)
{
    struct world w = make_twins();
    w.policy.existing = REFLINK_EXISTING_REPLACE;
    world_run_paths(&w, L"R:\\a", L"T:\\a");
    expect_copied(&w);
}

/* A range is not "moved" within DEST. */
Test(identity, a_range_goes_into_a_twin)
{
    struct world w = make_twins();
    struct reflink_range all = {.to_end = true};
    reflink_range(w.session, &w.policy, L"R:\\a", L"T:\\a", &all, &w.outcome);
    expect_copied(&w);
}

Test(identity, a_twin_refuses_before_anything_changes)
{
    struct world w = make_twins();
    w.policy.mode = REFLINK_ALWAYS;
    world_run_paths(&w, L"R:\\a", L"T:\\b");
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_OTHER_VOLUME);
    cr_expect_not(sim_exists(L"T:\\b"));
    world_end(&w);
}

/* What one twin teaches is not believed of the other. */
Test(identity, twins_are_asked_each)
{
    struct world w = make_twins();
    twin->clone = CODE_INVALID_FUNCTION;
    world_run(&w);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    world_run_paths(&w, L"T:\\a", L"T:\\b");
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_COPY);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_NO_CLONING);
    world_run_paths(&w, L"R:\\a", L"R:\\c");
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    world_end(&w);
}
