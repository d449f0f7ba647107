/* Dry runs: nothing changes, and the requests are those of the real run. */
#include <stdlib.h>
#include <string.h>

#include "core/base/session.h"
#include "core/errors.h"
#include "world.h"

TestSuite(dry_run, .timeout = 120);

static const uint64_t KI = 1024;
static const uint64_t MI = 1024 * 1024;
static const uint64_t GI = 1024 * 1024 * 1024;

struct seen {
    struct reflink_dry_step steps[300];
    size_t count;
};

static void see(void *context, const struct reflink_dry_step *step)
{
    struct seen *seen = context;
    cr_assert_lt(seen->count, 300);
    seen->steps[seen->count++] = *step;
}

static struct seen rehearse(struct world *w, const wchar_t *dest,
                            const struct reflink_range *range)
{
    struct seen seen = {.count = 0};
    reflink_dry_run(w->session, &w->policy, L"R:\\a", dest, range, see, &seen,
                    &w->outcome);
    return seen;
}

/* No operation that changes anything was used. */
static void expect_untouched(void)
{
    static const enum sim_op changing[] = {
        SIM_OP_SET_INTEGRITY, SIM_OP_SET_SPARSE, SIM_OP_SET_SIZE,
        SIM_OP_WRITE,         SIM_OP_ZERO,       SIM_OP_CLONE,
        SIM_OP_RENAME,        SIM_OP_REMOVE,     SIM_OP_SET_METADATA,
        SIM_OP_MARK_DELETED};
    for (size_t i = 0; i < sizeof changing / sizeof changing[0]; i++)
        cr_expect_eq(sim_calls(changing[i]), 0, "%s", sim_op_name(changing[i]));
}

/* The requests that were told are those now made. */
static void expect_same_requests(const struct seen *seen)
{
    const struct sim_clone_request *requests;
    size_t count = 0;
    size_t at = 0;
    sim_clone_requests(&requests, &count);
    for (size_t i = 0; i < seen->count; i++) {
        if (seen->steps[i].kind != REFLINK_DRY_CLONE)
            continue;
        cr_assert_lt(at, count);
        cr_expect_eq(requests[at].source_offset, seen->steps[i].source_offset);
        cr_expect_eq(requests[at].dest_offset, seen->steps[i].dest_offset);
        cr_expect_eq(requests[at].length, seen->steps[i].request);
        at++;
    }
    cr_expect_eq(at, count);
}

/* How many steps there are of a kind. */
static uint64_t steps_of(const struct seen *seen, enum reflink_dry_kind kind)
{
    uint64_t count = 0;
    for (size_t i = 0; i < seen->count; i++)
        count += seen->steps[i].kind == kind;
    return count;
}

/* DEST is now changed in the ways that were told. */
static void expect_same_changes(const struct seen *seen)
{
    cr_expect_eq(sim_calls(SIM_OP_SET_SPARSE),
                 steps_of(seen, REFLINK_DRY_SPARSE) +
                     steps_of(seen, REFLINK_DRY_DENSE));
    cr_expect_eq(sim_calls(SIM_OP_SET_INTEGRITY),
                 steps_of(seen, REFLINK_DRY_INTEGRITY));
    /* a write can set the size, too */
    cr_expect_leq(sim_calls(SIM_OP_SET_SIZE),
                  steps_of(seen, REFLINK_DRY_SET_SIZE));
}

/* The bytes that the steps move, of which none is for nothing. */
static uint64_t bytes_moved(const struct seen *seen)
{
    uint64_t moved = 0;
    for (size_t i = 0; i < seen->count; i++) {
        if (seen->steps[i].kind != REFLINK_DRY_CLONE &&
            seen->steps[i].kind != REFLINK_DRY_COPY)
            continue;
        cr_expect_neq(seen->steps[i].length, 0);
        moved += seen->steps[i].length;
    }
    return moved;
}

Test(dry_run, whole_files_as_they_are_then_done)
{
    static const uint64_t sizes[] = {0, 1, 4096, 100001, 10737418240};
    static const char *const profiles[] = {"refs-4k", "refs-64k", "ntfs",
                                           "winbtrfs"};
    for (size_t p = 0; p < 4; p++) {
        for (size_t k = 0; k < 2 * 5; k++) {
            size_t i = k % 5;
            if (p == 2 && sizes[i] > GI)
                continue;
            struct world w = world_make(profiles[p]);
            sim_fill_pattern(L"R:\\a", 0, sizes[i], 3);
            if (k >= 5)
                sim_set_sparse(L"R:\\a", true);
            struct seen seen = rehearse(&w, L"R:\\b", NULL);
            expect_untouched();
            cr_expect_eq(sim_file_count(L"R:\\"), 1);
            cr_expect_eq(bytes_moved(&seen), sizes[i]);
            struct reflink_outcome told = w.outcome;
            world_run(&w);
            expect_same_requests(&seen);
            expect_same_changes(&seen);
            cr_expect_eq(told.status, w.outcome.status);
            cr_expect_eq(told.bytes_cloned, w.outcome.bytes_cloned);
            cr_expect_eq(told.bytes_copied, w.outcome.bytes_copied);
            cr_expect_eq(told.reason, w.outcome.reason);
            cr_expect_eq(told.method, w.outcome.method);
            cr_expect_eq(told.requests, w.outcome.requests);
            world_end(&w);
        }
    }
}

Test(dry_run, ranges_as_they_are_then_done)
{
    static const struct reflink_range ranges[] = {
        {0, 0, 65536, false},    {100, 100, 65536, false}, {1, 0, 65536, false},
        {4096, 8192, 0, true},   {0, 1048576, 0, true},    {0, 0, 0, false},
        {8192, 0, 500000, false}};
    const size_t count = sizeof ranges / sizeof ranges[0];
    for (size_t k = 0; k < 2 * count; k++) {
        size_t i = k % count;
        uint64_t size = k < count ? MI : 100001; /* or with a part at the end */
        for (int same = 0; same < 2; same++) {
            struct world w = world_make("refs-4k");
            const wchar_t *dest = same ? L"R:\\a" : L"R:\\b";
            sim_fill_pattern(L"R:\\a", 0, size, 3);
            sim_fill_pattern(L"R:\\b", 0, MI, 4);
            struct seen seen = rehearse(&w, dest, &ranges[i]);
            expect_untouched();
            struct reflink_outcome told = w.outcome;
            reflink_range(w.session, &w.policy, L"R:\\a", dest, &ranges[i],
                          &w.outcome);
            expect_same_requests(&seen);
            expect_same_changes(&seen);
            cr_expect_eq(told.bytes_cloned, w.outcome.bytes_cloned);
            cr_expect_eq(told.bytes_copied, w.outcome.bytes_copied);
            cr_expect_eq(told.reason, w.outcome.reason, "range %zu, %d", i,
                         same);
            world_end(&w);
        }
    }
}

Test(dry_run, steps_in_order)
{
    struct world w = world_make("refs-4k");
    static const enum reflink_dry_kind wanted[] = {
        REFLINK_DRY_CREATE,     REFLINK_DRY_SPARSE,  REFLINK_DRY_SET_SIZE,
        REFLINK_DRY_CLONE,      REFLINK_DRY_DENSE,   REFLINK_DRY_STREAMS,
        REFLINK_DRY_ATTRIBUTES, REFLINK_DRY_REPLACE,
    };
    sim_fill_pattern(L"R:\\a", 0, 64 * KI, 3);
    sim_set_stream(L"R:\\a", L"s", "x", 1);
    sim_write_file(L"R:\\b", "old", 3);
    w.policy.existing = REFLINK_EXISTING_REPLACE;
    struct seen seen = rehearse(&w, L"R:\\b", NULL);
    cr_assert_eq(seen.count, sizeof wanted / sizeof wanted[0]);
    for (size_t i = 0; i < seen.count; i++)
        cr_expect_eq(seen.steps[i].kind, wanted[i], "step %zu", i);
    cr_expect(sim_holds(L"R:\\b", "old", 3));
    world_end(&w);
}

Test(dry_run, what_stands_against_it)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, 64 * KI, 3);
    sim_write_file(L"R:\\b", "old", 3);
    rehearse(&w, L"R:\\b", NULL);
    cr_expect_eq(w.outcome.error.code, CODE_FILE_EXISTS);
    rehearse(&w, L"R:\\none\\b", NULL);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_NO_DIRECTORY);
    w.policy.existing = REFLINK_EXISTING_KEEP;
    rehearse(&w, L"R:\\b", NULL);
    cr_expect_eq(w.outcome.status, REFLINK_SKIPPED);
    w.policy.mode = REFLINK_ALWAYS;
    w.policy.existing = REFLINK_EXISTING_REPLACE;
    struct seen seen = rehearse(&w, L"S:\\b", NULL);
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_OTHER_VOLUME);
    cr_expect_eq(seen.count, 0);
    rehearse(&w, L"R:\\b", &(struct reflink_range){100, 100, 9000, false});
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_UNALIGNED);
    expect_untouched();
    world_end(&w);
}

/* Steps that are not about bytes have no length; the others have theirs. */
Test(dry_run, lengths_of_steps)
{
    struct world w = world_make("refs-4k");
    static const struct {
        enum reflink_dry_kind kind;
        uint64_t length;
    } wanted[] = {
        {REFLINK_DRY_CREATE, 0},    {REFLINK_DRY_SPARSE, 0},
        {REFLINK_DRY_INTEGRITY, 0}, {REFLINK_DRY_SET_SIZE, 65536},
        {REFLINK_DRY_CLONE, 65536}, {REFLINK_DRY_DENSE, 0},
        {REFLINK_DRY_STREAMS, 2},   {REFLINK_DRY_ATTRIBUTES, 0},
        {REFLINK_DRY_RENAME, 0},
    };
    sim_fill_pattern(L"R:\\a", 0, 64 * KI, 3);
    sim_set_integrity(L"R:\\a", 2, 0);
    sim_set_stream(L"R:\\a", L"s", "x", 1);
    sim_set_stream(L"R:\\a", L"t", "y", 1);
    struct seen seen = rehearse(&w, L"R:\\b", NULL);
    cr_assert_eq(seen.count, sizeof wanted / sizeof wanted[0]);
    for (size_t i = 0; i < seen.count; i++) {
        cr_expect_eq(seen.steps[i].kind, wanted[i].kind, "step %zu", i);
        cr_expect_eq(seen.steps[i].length, wanted[i].length, "step %zu", i);
    }
    world_end(&w);
}

/* In a tree, the directories that do not exist yet are on the volume of the one
   that does: another one, or the current one of a relative path. */
Test(dry_run, directories_that_do_not_exist_yet)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, 64 * KI, 3);
    sim_mkdir(L"S:\\d");
    w.session->makes_directories = true;
    rehearse(&w, L"S:\\d\\e\\f\\b", NULL);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_OTHER_VOLUME);
    rehearse(&w, L"d\\e\\b", NULL);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.bytes_cloned, 64 * KI);
    rehearse(&w, L"X:\\d\\e\\b", NULL);
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    expect_untouched();
    world_end(&w);
}

static void cancel_at_clone(void *context, const struct reflink_dry_step *step)
{
    struct seen *seen = context;
    if (step->kind == REFLINK_DRY_CLONE)
        sim_cancel();
    see(seen, step);
}

/* Of 16,384 requests. */
Test(dry_run, an_end_is_wanted)
{
    struct world w = world_make("refs-4k");
    struct seen seen = {.count = 0};
    w.volume->capacity = UINT64_C(1) << 40;
    sim_set_size(L"R:\\a", UINT64_C(1) << 46);
    reflink_dry_run(w.session, &w.policy, L"R:\\a", L"R:\\b", NULL,
                    cancel_at_clone, &seen, &w.outcome);
    cr_expect_eq(w.outcome.status, REFLINK_INTERRUPTED);
    cr_expect_eq(seen.steps[seen.count - 1].kind, REFLINK_DRY_CLONE);
    cr_expect_eq(w.outcome.requests, 1);
    world_end(&w);
}
