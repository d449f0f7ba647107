/*
 * What a file keeps of the one that it replaces, and when it is replaced at
 * all.
 */
#include "core/errors.h"
#include "world.h"

TestSuite(replaced, .timeout = 120);
TestSuite(in_use, .timeout = 120);
TestSuite(writable, .timeout = 120);
TestSuite(update, .timeout = 120);

enum { RESTRICTED = 7, STRANGER = 3, DAY = 864000000 };

static struct world make(const char *profile)
{
    struct world w = world_make(profile);
    sim_fill_pattern(L"R:\\a", 0, 100000, 1);
    sim_fill_pattern(L"R:\\b", 0, 50000, 2);
    sim_set_created(L"R:\\b", 4 * (int64_t)DAY * 1000);
    w.policy.existing = REFLINK_EXISTING_REPLACE;
    return w;
}

static void expect_replaced(struct world *w)
{
    world_run(w);
    cr_expect_eq(w->outcome.status, REFLINK_OK, "error %u",
                 w->outcome.error.code);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    cr_expect_eq(sim_created(L"R:\\b"), 4 * (int64_t)DAY * 1000);
    cr_expect_eq(sim_file_count(L"R:\\"), 2);
}

static void expect_left_alone(struct world *w, os_error code)
{
    uint8_t old[4];
    uint8_t now[4];
    sim_read_at(L"R:\\b", 0, old, sizeof old);
    world_run(w);
    cr_expect_eq(w->outcome.status, REFLINK_FAILED);
    cr_expect_eq(w->outcome.error.code, code);
    sim_read_at(L"R:\\b", 0, now, sizeof now);
    cr_expect_arr_eq(old, now, sizeof old);
    cr_expect_eq(sim_size(L"R:\\b"), 50000);
    cr_expect_eq(sim_file_count(L"R:\\"), 2);
    cr_expect_eq(sim_open_handles(), 0);
}

Test(replaced, its_dacl_and_creation_time_are_kept)
{
    static const char *const profiles[] = {"refs-4k", "refs-ws2016", "samba",
                                           "ntfs"};
    for (size_t i = 0; i < 4; i++) {
        struct world w = make(profiles[i]);
        sim_set_security(L"R:\\b", RESTRICTED);
        expect_replaced(&w);
        cr_expect_eq(sim_security(L"R:\\b"), RESTRICTED, "%s", profiles[i]);
        cr_expect_eq(w.outcome.warnings, 0);
        world_end(&w);
    }
}

/* Where the directory gives the new file the same, no right is asked for. */
Test(replaced, an_inherited_dacl_is_not_set)
{
    struct world w = make("smb-refs");
    w.volume->change_only = true;
    sim_set_security(L"R:\\", 5);
    sim_set_security(L"R:\\b", 5);
    expect_replaced(&w);
    cr_expect_eq(sim_security(L"R:\\b"), 5);
    cr_expect_eq(sim_calls(SIM_OP_SET_SECURITY), 0);
    world_end(&w);
}

Test(replaced, a_dacl_that_cannot_be_kept_is_an_error)
{
    for (int i = 0; i < 3; i++) {
        struct world w = make("smb-refs");
        sim_set_security(L"R:\\b", RESTRICTED);
        w.volume->change_only = i == 0;
        if (i == 1)
            sim_deny_security(L"R:\\b", SIM_READ);
        if (i == 2)
            sim_fault(SIM_OP_SET_SECURITY, 1, CODE_ACCESS_DENIED);
        expect_left_alone(&w, CODE_ACCESS_DENIED);
        cr_expect_eq(w.outcome.error.step, REFLINK_STEP_KEEP_SECURITY);
        cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_PERMISSIONS);
        cr_expect_eq(sim_security(L"R:\\b"), RESTRICTED);
        world_end(&w);
    }
}

/* Without -f, DEST's security does not matter. */
Test(replaced, a_new_file_inherits)
{
    struct world w = make("refs-4k");
    sim_set_security(L"R:\\", 5);
    reflink_file(w.session, &w.policy, L"R:\\a", L"R:\\new", &w.outcome);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(sim_security(L"R:\\new"), 5);
    cr_expect_eq(sim_calls(SIM_OP_GET_SECURITY), 0);
    cr_expect_neq(sim_created(L"R:\\new"), 4 * (int64_t)DAY * 1000);
    world_end(&w);
}

Test(replaced, a_volume_without_permissions_has_none_to_keep)
{
    struct world w = make("fat32");
    sim_set_security(L"R:\\b", RESTRICTED);
    expect_replaced(&w);
    cr_expect_eq(sim_calls(SIM_OP_SET_SECURITY), 0);
    world_end(&w);
}

Test(replaced, an_owner_that_needs_a_privilege_is_a_warning)
{
    for (int i = 0; i < 2; i++) {
        struct world w = make("refs-4k");
        sim_set_owner(L"R:\\b", STRANGER);
        sim_set_security(L"R:\\b", i == 0 ? 0 : RESTRICTED);
        expect_replaced(&w);
        cr_expect_eq(w.outcome.warnings, REFLINK_WARNING_OWNER_NOT_KEPT);
        cr_expect_eq(sim_owner(L"R:\\b"), 0);
        cr_expect_eq(sim_security(L"R:\\b"), i == 0 ? 0 : RESTRICTED);
        world_end(&w);
    }
}

/* The DACL is inherited, and the share grants no right to set an owner. */
Test(replaced, an_owner_on_a_share_that_grants_change)
{
    struct world w = make("smb-refs");
    w.volume->change_only = true;
    sim_set_owner(L"R:\\b", STRANGER);
    expect_replaced(&w);
    cr_expect_eq(w.outcome.warnings, REFLINK_WARNING_OWNER_NOT_KEPT);
    world_end(&w);
}

Test(replaced, security_takes_sources)
{
    struct world w = make("refs-4k");
    sim_set_security(L"R:\\a", 9);
    sim_set_security(L"R:\\b", RESTRICTED);
    w.policy.security = true;
    expect_replaced(&w);
    cr_expect_eq(sim_security(L"R:\\b"), 9);
    world_end(&w);
}

static void restrict_more(void *arg)
{
    (void)arg;
    sim_set_security(L"R:\\b", 8);
}

/* What counts is the DACL that DEST has in the end. */
Test(replaced, a_dacl_that_changes_during_the_run)
{
    for (int i = 0; i < 2; i++) {
        struct world w = make("refs-4k");
        sim_set_security(L"R:\\b", i == 0 ? RESTRICTED : 0);
        sim_at_call(SIM_OP_CLONE, 1, restrict_more, NULL);
        if (i == 0)
            expect_replaced(&w);
        else
            expect_left_alone(&w, CODE_ACCESS_DENIED);
        cr_expect_eq(sim_security(L"R:\\b"), 8);
        world_end(&w);
    }
}

static void create(void *dacl)
{
    sim_write_file(L"R:\\new", "old", 3);
    sim_set_security(L"R:\\new", *(unsigned *)dacl);
}

/* A DEST that appears during the run is a DEST that is replaced. */
Test(replaced, a_dest_that_appears)
{
    for (unsigned dacl = 0; dacl < 2; dacl++) {
        struct world w = make("refs-4k");
        sim_at_call(SIM_OP_CLONE, 1, create, &dacl);
        reflink_file(w.session, &w.policy, L"R:\\a", L"R:\\new", &w.outcome);
        cr_expect_eq(w.outcome.status, dacl == 0 ? REFLINK_OK : REFLINK_FAILED);
        cr_expect_eq(sim_same_bytes(L"R:\\a", L"R:\\new"), dacl == 0);
        cr_expect_eq(sim_security(L"R:\\new"), dacl);
        world_end(&w);
    }
}

/* What was encrypted stays so. */
Test(replaced, encryption)
{
    struct world w = make("ntfs");
    sim_set_attributes(L"R:\\b", OS_ATTRIBUTE_ENCRYPTED);
    expect_replaced(&w);
    cr_expect(sim_attributes(L"R:\\b") & OS_ATTRIBUTE_ENCRYPTED);
    world_end(&w);
    w = make("refs-4k");
    w.volume->encrypts = true;
    sim_set_attributes(L"R:\\b", OS_ATTRIBUTE_ENCRYPTED);
    expect_replaced(&w);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_ENCRYPTED);
    cr_expect_eq(world_requests(), 0);
    world_end(&w);
    w = make("ntfs");
    w.volume->encrypts = false;
    sim_set_attributes(L"R:\\b", OS_ATTRIBUTE_ENCRYPTED);
    expect_left_alone(&w, CODE_NOT_SUPPORTED);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_ENCRYPTED);
    world_end(&w);
}

/* A clone of a golden image can be written and deleted. */
Test(writable, dest_is_not_read_only)
{
    for (int writable = 0; writable < 2; writable++) {
        struct world w = make("refs-4k");
        sim_set_attributes(L"R:\\a",
                           OS_ATTRIBUTE_READONLY | OS_ATTRIBUTE_HIDDEN);
        w.policy.writable = writable != 0;
        expect_replaced(&w);
        cr_expect_eq(w.outcome.lost, 0);
        cr_expect_eq(sim_attributes(L"R:\\b"),
                     OS_ATTRIBUTE_HIDDEN |
                         (writable ? 0u : (unsigned)OS_ATTRIBUTE_READONLY));
        world_end(&w);
    }
}

/* --- a DEST that another program has open ----------------------------------
 */

static void close_file(void *file)
{
    os_close(file);
}

/* Scanners and indexers hold a file for a moment. */
Test(in_use, the_name_is_tried_again)
{
    static const struct {
        const char *profile;
        unsigned shared; /* by who has it open */
    } rows[] = {
        {"refs-ws2016", SIM_READ | SIM_WRITE},
        {"refs-ws2016", SIM_READ | SIM_WRITE | SIM_DELETE},
        {"refs-4k", SIM_READ | SIM_WRITE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = make(rows[i].profile);
        struct os_file *other = sim_open_as(L"R:\\b", SIM_READ, rows[i].shared);
        cr_assert_not_null(other);
        sim_at_call(SIM_OP_SLEEP_MS, 6, close_file, other);
        expect_replaced(&w);
        cr_expect_eq(sim_sleeps(), 6, "row %zu", i);
        world_end(&w);
    }
}

/* For two seconds, and thirty in a run; then a hint says why. */
Test(in_use, not_for_ever)
{
    struct world w = make("refs-ws2016");
    struct os_file *other = sim_open_as(L"R:\\b", SIM_READ, SIM_READ);
    for (int i = 0; i < 20; i++) {
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_FAILED);
        cr_expect_eq(w.outcome.error.step, REFLINK_STEP_RENAME);
        cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_IN_USE);
        cr_expect_eq(sim_slept_ms(), i < 14 ? 2000 * ((uint64_t)i + 1) : 30000);
    }
    cr_expect_eq(sim_file_count(L"R:\\"), 2);
    os_close(other);
    world_end(&w);
}

/* A missing right is no use by another program: nothing is tried again. */
Test(in_use, a_missing_right_is_final)
{
    struct world w = make("refs-4k");
    sim_fault_always(SIM_OP_RENAME, CODE_ACCESS_DENIED);
    sim_set_attributes(L"R:\\b", OS_ATTRIBUTE_READONLY);
    w.volume->delete_denied = true;
    expect_left_alone(&w, CODE_ACCESS_DENIED);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_NONE);
    cr_expect_eq(sim_sleeps(), 0);
    world_end(&w);
}

/* --- -u ------------------------------------------------------------------- */

enum { SECOND = 10000000, MS = 10000 };

Test(update, replaces_what_was_written_earlier)
{
    static const struct {
        int64_t source;
        int64_t dest;
        enum reflink_status status;
    } rows[] = {
        {DAY + 1, DAY - 1, REFLINK_OK},
        {DAY - 1, DAY - 1, REFLINK_SKIPPED},
        {DAY - 1, DAY + 3, REFLINK_SKIPPED},
        /* DEST was rounded down to 2 s, 1 s or 10 ms */
        {100 * SECOND + SECOND + 5, 100 * SECOND, REFLINK_SKIPPED},
        {102 * SECOND, 100 * SECOND, REFLINK_OK},
        {101 * SECOND + 999 * MS, 101 * SECOND, REFLINK_SKIPPED},
        {102 * SECOND, 101 * SECOND, REFLINK_OK},
        {101 * SECOND + 19 * MS, 101 * SECOND + 10 * MS, REFLINK_SKIPPED},
        {101 * SECOND + 20 * MS, 101 * SECOND + 10 * MS, REFLINK_OK},
        /* it was not */
        {101 * SECOND + 12 * MS, 101 * SECOND + 11 * MS, REFLINK_OK},
        {101 * SECOND + 11 * MS, 101 * SECOND + 12 * MS, REFLINK_SKIPPED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = make("refs-4k");
        w.policy.existing = REFLINK_EXISTING_UPDATE;
        sim_set_written(L"R:\\a", rows[i].source);
        sim_set_written(L"R:\\b", rows[i].dest);
        world_run(&w);
        cr_expect_eq(w.outcome.status, rows[i].status, "row %zu", i);
        cr_expect_eq(sim_same_bytes(L"R:\\a", L"R:\\b"),
                     rows[i].status == REFLINK_OK, "row %zu", i);
        world_end(&w);
    }
}

Test(update, a_dest_that_appears_is_judged)
{
    struct world w = make("refs-4k");
    unsigned dacl = 0;
    w.policy.existing = REFLINK_EXISTING_UPDATE;
    sim_at_call(SIM_OP_CLONE, 1, create, &dacl);
    reflink_file(w.session, &w.policy, L"R:\\a", L"R:\\new", &w.outcome);
    cr_expect_eq(w.outcome.status, REFLINK_SKIPPED);
    cr_expect(sim_holds(L"R:\\new", "old", 3));
    world_end(&w);
}
