/*
 * What a transfer makes of a volume's answers: what it learns from them, how
 * far it believes them, and what it leaves behind where they were untrue.
 */
#include <stdlib.h>
#include <string.h>

#include "core/errors.h"
#include "core/base/session.h"
#include "world.h"

TestSuite(transfer, .timeout = 120);

static const uint64_t KI = 1024;
static const uint64_t MI = 1024 * 1024;
static const uint64_t GI = 1024 * 1024 * 1024;

static void run_range(struct world *w, const wchar_t *source,
                      const wchar_t *dest, struct reflink_range range)
{
    reflink_range(w->session, &w->policy, source, dest, &range, &w->outcome);
}

static void expect_right(const struct world *w, enum reflink_method method,
                         enum reflink_reason reason)
{
    cr_expect_eq(w->outcome.status, REFLINK_OK);
    cr_expect_eq(w->outcome.method, method, "method %d", w->outcome.method);
    cr_expect_eq(w->outcome.reason, reason, "reason %d", w->outcome.reason);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
}

static struct sim_clone_request request_at(size_t index)
{
    const struct sim_clone_request *requests;
    size_t count = 0;
    sim_clone_requests(&requests, &count);
    cr_assert_lt(index, count);
    return requests[index];
}

/* --- what is learned ------------------------------------------------------
 */

/*
 * A volume that wants exact tails, and lies: what it taught by answering was
 * taught by requests that did nothing, and is not believed either.
 */
Test(transfer, what_was_not_proved_taught_nothing)
{
    struct world w = world_make("samba");
    w.volume->lie = SIM_LIE_NOTHING;
    sim_fill_pattern(L"R:\\a", 0, 8 * MI + 1000, 5);
    world_run(&w);
    expect_right(&w, REFLINK_METHOD_COPY, REFLINK_REASON_UNVERIFIED);
    cr_expect_eq(w.outcome.requests, 6); /* refused, body, tail; and anew */
    cr_expect_neq(request_at(3).code, 0);
    w.volume->lie = SIM_LIE_NONE;
    world_run_paths(&w, L"R:\\a", L"R:\\c");
    cr_expect_eq(w.outcome.requests, 3);
    world_run_paths(&w, L"R:\\a", L"R:\\d");
    cr_expect_eq(w.outcome.requests, 2); /* now it is known */
    world_end(&w);
}

/* The same of an alignment. */
Test(transfer, an_alignment_that_was_not_proved_is_forgotten)
{
    struct world w = world_make("refs-4k");
    w.volume->alignment = 65536;
    w.volume->lie = SIM_LIE_NOTHING;
    w.volume->lie_times = 2;
    sim_fill_pattern(L"R:\\a", 0, 8 * MI, 5);
    sim_fill_pattern(L"R:\\b", 0, 8 * MI, 6);
    run_range(&w, L"R:\\a", L"R:\\b",
              (struct reflink_range){4096, 4096, MI, false});
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_UNVERIFIED);
    cr_expect_eq(request_at(0).length, MI);
    cr_expect_eq(request_at(1).length, MI - 65536);
    cr_expect_eq(request_at(2).length, MI); /* begun anew */
    world_end(&w);
}

/* What was learned is an alignment at least: a file may tell more. */
Test(transfer, the_larger_of_told_and_learned)
{
    struct world w = world_make("refs-4k");
    w.volume->integrity_cluster = 512;
    w.volume->alignment = 4096;
    sim_fill_pattern(L"R:\\a", 0, 2 * MI, 5);
    sim_fill_pattern(L"R:\\b", 0, 2 * MI, 6);
    run_range(&w, L"R:\\a", L"R:\\b",
              (struct reflink_range){512, 512, MI, false});
    cr_expect_eq(w.outcome.requests, 2);
    w.volume->integrity_cluster = 65536;
    sim_fill_pattern(L"R:\\b", 0, 2 * MI, 6);
    run_range(&w, L"R:\\a", L"R:\\b",
              (struct reflink_range){4096, 4096, MI, false});
    cr_expect_eq(w.outcome.requests, 1);
    cr_expect_eq(request_at(2).source_offset, 65536);
    world_end(&w);
}

/* A tail is rounded up to a cluster, whatever the alignment is. */
Test(transfer, a_tail_is_rounded_to_the_cluster_only)
{
    struct world w = world_make("refs-4k");
    w.volume->alignment = 65536;
    sim_fill_pattern(L"R:\\a", 0, 8 * MI, 5);
    sim_fill_pattern(L"R:\\b", 0, 8 * MI, 6);
    run_range(&w, L"R:\\a", L"R:\\b",
              (struct reflink_range){4096, 4096, MI, false});
    size_t before = world_requests();
    sim_fill_pattern(L"R:\\c", 0, MI + 5000, 7);
    world_run_paths(&w, L"R:\\c", L"R:\\d");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect(sim_same_bytes(L"R:\\c", L"R:\\d"));
    cr_expect_eq(request_at(before).length, MI + 8192);
    world_end(&w);
}

/* Only 87 speaks of alignment, and only 50 and 87 of a tail. */
Test(transfer, other_refusals_teach_no_shape)
{
    static const os_error codes[] = {CODE_INVALID_FUNCTION, CODE_INVALID_HANDLE,
                                     CODE_NOT_SAME_DEVICE, CODE_NOT_SUPPORTED};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct world w = world_make("refs-4k");
        bool tail = codes[i] != CODE_NOT_SUPPORTED;
        sim_fill_pattern(L"R:\\a", 0, 8 * MI + (tail ? 1000 : 0), 5);
        sim_fault_always(SIM_OP_CLONE, codes[i]);
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(w.outcome.requests, 1, "code %u", codes[i]);
        world_end(&w);
    }
}

/* "No such request" is asked once a run, with --reflink=always too. */
Test(transfer, a_volume_without_cloning_is_asked_once)
{
    for (int mode = REFLINK_AUTO; mode <= REFLINK_ALWAYS; mode++) {
        struct world w = world_make("ntfs");
        w.policy.mode = (enum reflink_mode)mode;
        w.volume->features_known = false;
        sim_fill_pattern(L"R:\\a", 0, MI, 5);
        world_run(&w);
        cr_expect_eq(w.outcome.requests, 1);
        world_run_paths(&w, L"R:\\a", L"R:\\c");
        cr_expect_eq(w.outcome.requests, 0);
        cr_expect_eq(w.outcome.reason, REFLINK_REASON_NO_CLONING);
        world_end(&w);
    }
}

/* One that has cloned can clone: what it then refuses, it refuses. */
Test(transfer, a_late_refusal_is_no_lack_of_cloning)
{
    static const os_error codes[] = {1, 6, 17, 50, 87};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct world w = world_make("refs-4k");
        sim_set_size(L"R:\\a", 0);
        sim_set_sparse(L"R:\\a", true);
        sim_fill_pattern(L"R:\\a", 5 * GI, MI, 5);
        sim_set_size(L"R:\\a", 6 * GI);
        sim_fault(SIM_OP_CLONE, 2, codes[i]);
        if (codes[i] == 87) /* so that the ladder is in vain */
            sim_fault_always(SIM_OP_CLONE, 87);
        world_run(&w);
        if (codes[i] == 87)
            sim_clear_faults();
        else
            expect_right(&w, REFLINK_METHOD_MIXED, REFLINK_REASON_REFUSED);
        world_run_paths(&w, L"R:\\a", L"R:\\c");
        cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE, "code %u",
                     codes[i]);
        world_end(&w);
    }
}

/* What a range taught is kept, too. */
Test(transfer, lessons_of_a_range_are_kept)
{
    struct world w = world_make("refs-4k");
    w.volume->alignment = 65536;
    sim_fill_pattern(L"R:\\a", 0, 8 * MI, 5);
    for (uint64_t requests = 2; requests != 0; requests--) {
        sim_fill_pattern(L"R:\\b", 0, 8 * MI, 6);
        run_range(&w, L"R:\\a", L"R:\\b",
                  (struct reflink_range){4096, 4096, MI, false});
        cr_expect_eq(w.outcome.requests, requests);
    }
    world_end(&w);
}

/* Where neither cluster size nor allocation unit is told, 64 KiB suit all. */
Test(transfer, an_untold_cluster_size_is_guessed)
{
    struct world w = world_make("refs-64k");
    w.volume->allocation_unit = 0;
    w.volume->get_integrity = CODE_NOT_SUPPORTED;
    sim_fill_pattern(L"R:\\a", 0, 8 * MI, 5);
    sim_fill_pattern(L"R:\\b", 0, 8 * MI, 6);
    run_range(&w, L"R:\\a", L"R:\\b",
              (struct reflink_range){4096, 4096, MI, false});
    cr_expect_eq(w.outcome.requests, 1);
    cr_expect_eq(request_at(0).source_offset, 65536);
    world_end(&w);
}

static void cancel(void *unused)
{
    (void)unused;
    sim_cancel();
}

Test(transfer, no_request_once_an_end_is_wanted)
{
    struct world w = world_make("refs-4k");
    sim_set_size(L"R:\\a", 0);
    sim_set_sparse(L"R:\\a", true);
    sim_set_size(L"R:\\a", 9 * GI);
    sim_at_call(SIM_OP_CLONE, 1, cancel, NULL);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_INTERRUPTED);
    cr_expect_eq(world_requests(), 1);
    world_end(&w);
}

/* What cannot be read is a failure, and no clone that was not proved. */
Test(transfer, a_proof_that_cannot_be_read_is_a_failure)
{
    for (uint64_t nth = 1; nth <= 2; nth++) {
        struct world w = world_make("refs-4k");
        sim_fill_pattern(L"R:\\a", 0, MI, 5);
        sim_fault(SIM_OP_READ, nth, CODE_CRC);
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_FAILED);
        cr_expect_eq(w.outcome.error.code, CODE_CRC);
        cr_expect_eq(w.outcome.error.step, REFLINK_STEP_COMPARE);
        cr_expect_eq(w.outcome.error.in_source, nth % 2 != 0);
        cr_expect_eq(w.outcome.requests, 1);
        world_end(&w);
    }
}

/* --- clusters that are full ----------------------------------------------
 */

/* Two full clusters among 4096 cost some two dozen requests, not thousands. */
Test(transfer, few_requests_around_what_is_saturated)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, 16 * MI, 5);
    sim_set_limit(L"R:\\a", 2);
    run_range(&w, L"R:\\a", L"R:\\c",
              (struct reflink_range){5 * MI, 0, 8192, false});
    world_run(&w);
    expect_right(&w, REFLINK_METHOD_MIXED, REFLINK_REASON_LIMIT);
    cr_expect_eq(w.outcome.bytes_copied, 8192);
    cr_expect_leq(w.outcome.requests, 40, "%llu",
                  (unsigned long long)w.outcome.requests);
    world_end(&w);
}

/* What `saturate` refuses: what meets this of SOURCE. */
static uint64_t full_from;
static uint64_t full_end;

static os_error saturate(uint64_t source_offset, uint64_t length)
{
    return source_offset < full_end && source_offset + length > full_from
               ? CODE_BLOCK_TOO_MANY_REFERENCES
               : 0;
}

/* 4 GiB with data in some places, of which [from, end) is saturated; the last
   cluster of it is not whole. */
static struct world make_saturated(uint64_t from, uint64_t end)
{
    struct world w = world_make("refs-4k");
    full_from = from;
    full_end = end;
    w.volume->refuser = saturate;
    sim_set_size(L"R:\\a", 0);
    sim_set_sparse(L"R:\\a", true);
    for (uint64_t i = 0; i < 64; i++)
        sim_fill_pattern(L"R:\\a", i * 64 * MI + i * 4096, 50000, i);
    sim_set_size(L"R:\\a", 4 * GI - 1000);
    return w;
}

/* Some hundred requests for a GiB, however much is saturated; what is copied
   beside it is no more than that again. */
Test(transfer, few_requests_where_much_is_saturated)
{
    const struct {
        uint64_t from;
        uint64_t end;
        uint64_t requests;
        uint64_t most_copied;
    } rows[] = {
        {GI + 12288, GI + 16384, 60, 4096}, /* one cluster */
        {0, 4096, 60, 4096},
        {4 * GI - 4096, 4 * GI, 60, 4096 - 1000},
        {GI, GI + 16 * 4096, 80, 16 * 4096}, /* the most that are asked for */
        {0, 2 * GI, 200, 2 * GI + 64 * MI},  /* half */
        {2 * GI, 4 * GI, 200, 2 * GI},
        {GI, 3 * GI, 200, 2 * GI + 64 * MI},
        {0, 4 * GI, 200, 4 * GI - 1000}, /* all */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = make_saturated(rows[i].from, rows[i].end);
        bool all = rows[i].end - rows[i].from == 4 * GI;
        uint64_t full = rows[i].end - rows[i].from;
        world_run(&w);
        expect_right(&w, all ? REFLINK_METHOD_COPY : REFLINK_METHOD_MIXED,
                     REFLINK_REASON_LIMIT);
        cr_expect_leq(w.outcome.requests, rows[i].requests, "row %zu: %llu", i,
                      (unsigned long long)w.outcome.requests);
        cr_expect_eq(w.outcome.bytes_copied + w.outcome.bytes_cloned,
                     4 * GI - 1000);
        cr_expect_geq(w.outcome.bytes_copied + 1000, full);
        cr_expect_leq(w.outcome.bytes_copied, rows[i].most_copied,
                      "row %zu: %llu", i,
                      (unsigned long long)w.outcome.bytes_copied);
        world_end(&w);
    }
}

/* By real counts: all of 64 MiB is as full as it may be. */
Test(transfer, a_file_that_is_saturated_all_over)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, 64 * MI, 5);
    sim_set_limit(L"R:\\a", 1);
    world_run(&w);
    expect_right(&w, REFLINK_METHOD_COPY, REFLINK_REASON_LIMIT);
    cr_expect_eq(w.outcome.bytes_copied, 64 * MI);
    cr_expect_leq(w.outcome.requests, 50, "%llu",
                  (unsigned long long)w.outcome.requests);
    world_end(&w);
}

/* In place, and moved within the file: to the front, and to the back, which
   begins with the last piece. */
Test(transfer, a_range_that_is_saturated)
{
    static const uint64_t to[] = {1, 3, 30};
    for (size_t i = 0; i < 6; i++) {
        struct world w = world_make("refs-4k");
        const wchar_t *dest = i < 3 ? L"R:\\a" : L"R:\\b";
        struct reflink_range range = {2 * MI, to[i % 3] * MI, 20 * MI + 5,
                                      false};
        full_from = 4 * MI;
        full_end = 21 * MI;
        w.volume->refuser = saturate;
        sim_fill_pattern(L"R:\\a", 0, 60 * MI, 5);
        sim_fill_pattern(L"S:\\a", 0, 60 * MI, 5);
        sim_fill_pattern(L"R:\\b", 0, 60 * MI, 5);
        run_range(&w, L"S:\\a", L"S:\\a", range);
        run_range(&w, L"R:\\a", dest, range);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(w.outcome.reason,
                     i == 1 ? REFLINK_REASON_UNALIGNED : REFLINK_REASON_LIMIT);
        cr_expect_eq(w.outcome.bytes_copied + w.outcome.bytes_cloned,
                     20 * MI + 5);
        cr_expect_geq(w.outcome.bytes_copied, 17 * MI);
        cr_expect_leq(w.outcome.requests, 150, "%llu",
                      (unsigned long long)w.outcome.requests);
        cr_expect(sim_same_bytes(L"S:\\a", dest), "%zu", i);
        world_end(&w);
    }
}

Test(transfer, always_refuses_what_is_saturated)
{
    struct world w = make_saturated(0, 4 * GI);
    w.policy.mode = REFLINK_ALWAYS;
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_LIMIT);
    cr_expect_eq(w.outcome.requests, 1);
    cr_expect_not(sim_exists(L"R:\\b"));
    world_end(&w);
}

/* --- resources that the volume lacks ----------------------------------------
 */

static const os_error lacks[] = {CODE_NOT_ENOUGH_MEMORY, CODE_OUTOFMEMORY,
                                 CODE_NO_SYSTEM_RESOURCES};
enum { LACKS = sizeof lacks / sizeof lacks[0] };

/* What `refuse` answers a request that is longer, or ends behind that. */
static os_error refused_with;
static uint64_t longest;
static uint64_t last_end;

static os_error refuse(uint64_t source_offset, uint64_t length)
{
    return length > longest || source_offset + length > last_end ? refused_with
                                                                 : 0;
}

static struct world make_lacking(os_error code, uint64_t most, uint64_t end)
{
    struct world w = world_make("refs-4k");
    refused_with = code;
    longest = most;
    last_end = end;
    w.volume->refuser = refuse;
    sim_fill_pattern(L"R:\\a", 0, 40 * MI + 5000, 5);
    return w;
}

static uint64_t shortest_request(void)
{
    uint64_t shortest = UINT64_MAX;
    for (size_t i = 0; i < world_requests(); i++) {
        if (request_at(i).length < shortest)
            shortest = request_at(i).length;
    }
    return shortest;
}

/* Smaller requests are made, and all is cloned. */
Test(transfer, a_request_that_takes_too_much_is_halved)
{
    for (size_t i = 0; i < LACKS; i++) {
        for (int mode = REFLINK_AUTO; mode <= REFLINK_ALWAYS; mode++) {
            struct world w = make_lacking(lacks[i], MI, UINT64_MAX);
            w.policy.mode = (enum reflink_mode)mode;
            world_run(&w);
            expect_right(&w, REFLINK_METHOD_CLONE, REFLINK_REASON_NONE);
            cr_expect_eq(w.outcome.bytes_cloned, 40 * MI + 5000);
            cr_expect_leq(w.outcome.requests, 90, "%llu",
                          (unsigned long long)w.outcome.requests);
            world_end(&w);
        }
    }
}

/* Down to 1 MiB and no further: what is left is copied; the next file is
   asked for anew, and as a whole. */
Test(transfer, what_still_takes_too_much_is_copied)
{
    static const uint64_t cloned[] = {0, 16};
    for (size_t i = 0; i < 2 * LACKS; i++) {
        uint64_t end = cloned[i % 2] * MI;
        struct world w = make_lacking(lacks[i / 2], UINT64_MAX, end);
        world_run(&w);
        expect_right(&w, end ? REFLINK_METHOD_MIXED : REFLINK_METHOD_COPY,
                     REFLINK_REASON_REFUSED);
        cr_expect_eq(w.outcome.refusal, lacks[i / 2]);
        cr_expect_eq(w.outcome.bytes_cloned, end);
        cr_expect_eq(w.outcome.bytes_copied, 40 * MI + 5000 - end);
        cr_expect_eq(shortest_request(), MI, "%llu",
                     (unsigned long long)shortest_request());
        cr_expect_leq(w.outcome.requests, 16);
        w.volume->refuser = NULL;
        world_run_paths(&w, L"R:\\a", L"R:\\c");
        cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
        cr_expect_eq(w.outcome.requests, 1);
        world_end(&w);
    }
}

/* One unit is asked for where that is more than a MiB, or there is no more. */
Test(transfer, a_small_file_that_takes_too_much_is_asked_once)
{
    struct world w = make_lacking(CODE_NO_SYSTEM_RESOURCES, 0, 0);
    sim_fill_pattern(L"R:\\c", 0, 8 * KI, 5);
    world_run_paths(&w, L"R:\\c", L"R:\\b");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_REFUSED);
    cr_expect_eq(w.outcome.requests, 1);
    world_end(&w);
}

/* A volume that does not say that it clones, and lacks resources: no volume
   without cloning. */
Test(transfer, lack_of_resources_is_no_lack_of_cloning)
{
    struct world w = make_lacking(CODE_NO_SYSTEM_RESOURCES, 0, 0);
    w.policy.mode = REFLINK_ALWAYS;
    w.volume->features = 0;
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_REFUSED);
    world_end(&w);
}

Test(transfer, always_refuses_what_takes_too_much)
{
    for (size_t i = 0; i < LACKS; i++) {
        struct world w = make_lacking(lacks[i], 0, 0);
        w.policy.mode = REFLINK_ALWAYS;
        w.policy.existing = REFLINK_EXISTING_REPLACE;
        sim_write_file(L"R:\\b", "old", 3);
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
        cr_expect_eq(w.outcome.reason, REFLINK_REASON_REFUSED);
        cr_expect(sim_holds(L"R:\\b", "old", 3));
        run_range(&w, L"R:\\a", L"R:\\b",
                  (struct reflink_range){0, 0, 8 * MI, false});
        cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
        cr_expect(sim_holds(L"R:\\b", "old", 3));
        run_range(&w, L"R:\\a", L"R:\\new",
                  (struct reflink_range){0, 0, 8 * MI, false});
        cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
        cr_expect_not(sim_exists(L"R:\\new"));
        world_end(&w);
    }
}

/* In place, and onto itself: from the end to the front where it has to be. */
Test(transfer, a_range_that_takes_too_much)
{
    static const uint64_t to[] = {4, 12};
    for (int same = 0; same < 2; same++) {
        for (size_t i = 0; i < 2; i++) {
            struct world w =
                make_lacking(CODE_NO_SYSTEM_RESOURCES, 2 * MI, 16 * MI);
            struct reflink_range range = {8 * MI, to[i] * MI, 16 * MI, false};
            const wchar_t *dest = same ? L"R:\\a" : L"R:\\b";
            sim_fill_pattern(L"S:\\a", 0, 40 * MI + 5000, 5);
            sim_fill_pattern(L"R:\\b", 0, 40 * MI + 5000, 5);
            run_range(&w, L"S:\\a", L"S:\\a", range);
            run_range(&w, L"R:\\a", dest, range);
            cr_expect_eq(w.outcome.status, REFLINK_OK);
            cr_expect_eq(w.outcome.reason, REFLINK_REASON_REFUSED);
            cr_expect_eq(w.outcome.bytes_cloned + w.outcome.bytes_copied,
                         16 * MI);
            cr_expect_eq(w.outcome.bytes_cloned,
                         same && to[i] > 8 ? 0 : 8 * MI);
            cr_expect(sim_same_bytes(L"S:\\a", dest));
            world_end(&w);
        }
    }
}

/* --- one file --------------------------------------------------------------
 */

struct dry_count {
    uint64_t requests;
};

static void count_requests(void *context, const struct reflink_dry_step *step)
{
    struct dry_count *count = context;
    count->requests += step->kind == REFLINK_DRY_CLONE;
}

/* What it holds back is written, and then it clones. */
Test(transfer, an_unflushed_file_onto_itself)
{
    struct world w = world_make("refs-unflushed");
    sim_fill_pattern(L"R:\\a", 0, MI, 5);
    sim_fill_pattern(L"S:\\a", 0, MI, 5);
    run_range(&w, L"R:\\a", L"R:\\a", (struct reflink_range){0, MI, MI, false});
    run_range(&w, L"S:\\a", L"S:\\a", (struct reflink_range){0, MI, MI, false});
    cr_expect(sim_same_bytes(L"R:\\a", L"S:\\a"));
    world_end(&w);
    w = world_make("refs-unflushed");
    sim_fill_pattern(L"R:\\a", 0, MI, 5);
    run_range(&w, L"R:\\a", L"R:\\a", (struct reflink_range){0, MI, MI, false});
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w.outcome.requests, 2);
    world_end(&w);
}

/* Moved by one cluster, to the front and to the back: more requests than that
   are not made, unless nothing else is allowed. */
Test(transfer, a_range_moved_by_a_short_distance)
{
    static const uint64_t sizes[] = {4 * 1024 * 1024, 4 * 1024 * 1024 + 4096};
    for (size_t i = 0; i < 8; i++) {
        struct world w = world_make("refs-4k");
        bool up = i % 2 != 0;
        bool many = i / 2 % 2 != 0;
        bool copied = many && i / 4 == 0;
        struct reflink_range range = {up ? 0 : 4096, up ? 4096 : 0, sizes[many],
                                      false};
        sim_fill_pattern(L"R:\\a", 0, 5 * MI, 5);
        sim_fill_pattern(L"S:\\a", 0, 5 * MI, 5);
        w.policy.mode = REFLINK_NEVER;
        run_range(&w, L"S:\\a", L"S:\\a", range);
        w.policy.mode = i / 4 == 0 ? REFLINK_AUTO : REFLINK_ALWAYS;
        struct reflink_outcome dry = {.size = sizeof dry};
        struct dry_count count = {0};
        reflink_dry_run(w.session, &w.policy, L"R:\\a", L"R:\\a", &range,
                        count_requests, &count, &dry);
        run_range(&w, L"R:\\a", L"R:\\a", range);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(w.outcome.requests, copied ? 0 : sizes[many] / 4096);
        cr_expect_eq(count.requests, w.outcome.requests);
        cr_expect_eq(w.outcome.reason, copied ? REFLINK_REASON_CLOSE_OVERLAP
                                              : REFLINK_REASON_NONE);
        cr_expect_eq(dry.reason, w.outcome.reason);
        cr_expect(sim_same_bytes(L"S:\\a", L"R:\\a"));
        world_end(&w);
    }
}

Test(transfer, always_takes_a_range_onto_itself)
{
    struct world w = world_make("refs-4k");
    w.policy.mode = REFLINK_ALWAYS;
    sim_fill_pattern(L"R:\\a", 0, MI, 5);
    run_range(&w, L"R:\\a", L"R:\\a",
              (struct reflink_range){777, 777, 65536, false});
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(sim_calls(SIM_OP_WRITE), 0);
    cr_expect_eq(world_requests(), 0);
    world_end(&w);
}

/* --- always, in place ------------------------------------------------------
 */

/* That the end of the range is on no border may be learned from the first
   request: nothing was changed by then. */
Test(transfer, always_refuses_an_end_that_is_learned_to_be_unaligned)
{
    struct world w = world_make("refs-4k");
    w.policy.mode = REFLINK_ALWAYS;
    w.volume->alignment = 65536;
    sim_fill_pattern(L"R:\\a", 0, 2 * MI, 5);
    sim_fill_pattern(L"R:\\b", 0, 2 * MI, 6);
    sim_fill_pattern(L"R:\\old", 0, 2 * MI, 6);
    run_range(&w, L"R:\\a", L"R:\\b",
              (struct reflink_range){0, 0, MI + 4096, false});
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_UNALIGNED);
    cr_expect(sim_same_bytes(L"R:\\b", L"R:\\old"));
    world_end(&w);
}

/* Every byte of DEST is an old or a new one, also where a volume left zeros
   in it before it was found out. */
static void expect_old_or_new(const uint8_t *old, const uint8_t *source,
                              struct reflink_range range, const wchar_t *dest)
{
    uint8_t *now = malloc(MI);
    cr_assert_eq(sim_read_at(dest, 0, now, MI), MI);
    for (uint64_t i = 0; i < MI; i++) {
        uint64_t into = i - range.dest_offset;
        bool inside = i >= range.dest_offset && into < range.length;
        cr_assert(now[i] == old[i] ||
                      (inside && now[i] == source[range.source_offset + into]),
                  "byte %llu", (unsigned long long)i);
    }
    free(now);
}

static uint8_t *bytes_of(const wchar_t *path)
{
    uint8_t *bytes = malloc(MI);
    cr_assert_eq(sim_read_at(path, 0, bytes, MI), MI);
    return bytes;
}

Test(transfer, a_refused_lie_in_place_leaves_old_or_new)
{
    for (int lie = SIM_LIE_NOTHING; lie <= SIM_LIE_ZEROS; lie++) {
        for (int same = 0; same < 2; same++) {
            struct world w = world_make("refs-4k");
            const wchar_t *dest = same ? L"R:\\a" : L"R:\\b";
            struct reflink_range range = {0, 256 * KI, 512 * KI, false};
            w.policy.mode = REFLINK_ALWAYS;
            w.volume->lie = (enum sim_lie)lie;
            sim_fill_pattern(L"R:\\a", 0, MI, 5);
            sim_fill_pattern(L"R:\\b", 0, MI, 6);
            uint8_t *source = bytes_of(L"R:\\a");
            uint8_t *old = bytes_of(dest);
            run_range(&w, L"R:\\a", dest, range);
            cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
            cr_expect_eq(w.outcome.reason, REFLINK_REASON_UNVERIFIED);
            expect_old_or_new(old, source, range, dest);
            free(source);
            free(old);
            world_end(&w);
        }
    }
}

static void lie_once(void *volume)
{
    struct sim_volume *v = volume;
    v->lie = SIM_LIE_ZEROS;
    v->lie_times = 1;
}

/* Found out twice, in different places: both are mended, and no hole is
   written to for it. */
Test(transfer, lies_in_two_places)
{
    static const uint64_t first[] = {1, 3};
    for (size_t i = 0; i < 2; i++) {
        struct world w = world_make("refs-4k");
        w.policy.mode = REFLINK_ALWAYS;
        sim_set_size(L"R:\\a", 0);
        sim_set_sparse(L"R:\\a", true);
        sim_set_size(L"R:\\b", 0);
        sim_set_sparse(L"R:\\b", true);
        for (uint64_t gib = 1; gib < 12; gib += 4) {
            sim_fill_pattern(L"R:\\a", gib * GI, MI, 5);
            sim_fill_pattern(L"R:\\b", gib * GI, MI, 6);
        }
        sim_set_size(L"R:\\a", 11 * GI);
        sim_set_size(L"R:\\b", 11 * GI);
        sim_at_call(SIM_OP_CLONE, first[i], lie_once, w.volume);
        sim_at_call(SIM_OP_CLONE, 4, lie_once, w.volume);
        run_range(&w, L"R:\\a", L"R:\\b",
                  (struct reflink_range){.to_end = true});
        cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
        cr_expect_eq(world_requests(), 4);
        cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
        cr_expect_eq(sim_allocated(L"R:\\b"), 3 * MI);
        world_end(&w);
    }
}

/* --- lies that blocks alone have to show ------------------------------------
 */

enum { FIRST_ODD = 600000, LAST_ODD = 7700000 };

/* SOURCE is R:\\a, and in `dest` at `to` lies an older version of it. */
static void make_older(const wchar_t *dest, uint64_t to)
{
    uint8_t *part = malloc(8 * MI);
    sim_fill_pattern(L"S:\\part", 0, 8 * MI, 5);
    cr_assert_eq(sim_read_at(L"S:\\part", 0, part, 8 * MI), 8 * MI);
    sim_write_at(dest, to, part, 8 * MI);
    memcpy(part + FIRST_ODD, "new", 3);
    memcpy(part + LAST_ODD, "new", 3);
    sim_write_at(L"R:\\a", 0, part, 8 * MI);
    sim_settle(L"R:\\a");
    free(part);
}

static bool is_moved(const wchar_t *dest, uint64_t to)
{
    uint8_t *from = malloc(8 * MI);
    uint8_t *now = malloc(8 * MI);
    cr_assert_eq(sim_read_at(L"R:\\a", 0, from, 8 * MI), 8 * MI);
    cr_assert_eq(sim_read_at(dest, to, now, 8 * MI), 8 * MI);
    bool same = memcmp(from, now, 8 * MI) == 0;
    free(from);
    free(now);
    return same;
}

/* What was not done differs in few places only. */
Test(transfer, a_lie_over_an_older_version)
{
    for (int lie = SIM_LIE_NOTHING; lie <= SIM_LIE_ZEROS; lie++) {
        for (int same = 0; same < 2; same++) {
            struct world w = world_make("refs-4k");
            const wchar_t *dest = same ? L"R:\\a" : L"R:\\b";
            uint64_t to = same ? 8 * MI : 0;
            w.volume->extents = CODE_NOT_SUPPORTED;
            w.volume->lie = (enum sim_lie)lie;
            make_older(dest, to);
            run_range(&w, L"R:\\a", dest,
                      (struct reflink_range){0, to, 8 * MI, false});
            cr_expect_eq(w.outcome.status, REFLINK_OK);
            cr_expect_eq(w.outcome.reason, REFLINK_REASON_UNVERIFIED);
            cr_expect(is_moved(dest, to), "lie %d", lie);
            world_end(&w);
        }
    }
}

/* Extents that are told before the request, and not after it; blocks that
   cannot be read before it. */
Test(transfer, a_look_before_that_fails_shows_nothing)
{
    for (int told = 0; told < 2; told++) {
        struct world w = world_make("refs-4k");
        w.volume->lie = SIM_LIE_NOTHING;
        w.volume->lie_times = 1;
        w.volume->extents = told ? 0 : CODE_NOT_SUPPORTED;
        make_older(L"R:\\b", 0);
        if (told)
            sim_fault(SIM_OP_EXTENTS, 2, CODE_NOT_SUPPORTED);
        for (uint64_t nth = 1; !told && nth <= 8; nth++)
            sim_fault(SIM_OP_READ, nth, CODE_CRC);
        run_range(&w, L"R:\\a", L"R:\\b",
                  (struct reflink_range){.to_end = true});
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(w.outcome.requests, 2);
        cr_expect(is_moved(L"R:\\b", 0));
        world_end(&w);
    }
}

/* What differed in each block before needs no more than them. */
Test(transfer, a_look_before_saves_reading_all)
{
    struct world w = world_make("refs-4k");
    w.volume->extents = CODE_NOT_SUPPORTED;
    sim_fill_pattern(L"R:\\a", 0, 64 * MI, 5);
    sim_fill_pattern(L"R:\\b", 0, 64 * MI, 6);
    run_range(&w, L"R:\\a", L"R:\\b", (struct reflink_range){.to_end = true});
    expect_right(&w, REFLINK_METHOD_CLONE, REFLINK_REASON_NONE);
    cr_expect_eq(sim_calls(SIM_OP_READ), 12);
    world_end(&w);
}

/* Where extents tell, nothing is read before. */
Test(transfer, no_look_before_where_extents_are_told)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, 64 * MI, 5);
    sim_fill_pattern(L"R:\\b", 0, 64 * MI, 6);
    run_range(&w, L"R:\\a", L"R:\\b", (struct reflink_range){.to_end = true});
    expect_right(&w, REFLINK_METHOD_CLONE, REFLINK_REASON_NONE);
    cr_expect_eq(sim_calls(SIM_OP_READ), 2);
    world_end(&w);
}

/* An image: zeros, but for some bytes that no sample meets. */
static void make_image(uint64_t size)
{
    static const uint8_t zeros[4096];
    sim_write_at(L"R:\\a", 0, zeros, sizeof zeros);
    sim_set_size(L"R:\\a", size);
    sim_write_at(L"R:\\a", size - 4096, zeros, sizeof zeros);
    sim_write_at(L"R:\\a", FIRST_ODD, "data", 4);
    sim_write_at(L"R:\\a", size - 700000, "data", 4);
    sim_settle(L"R:\\a");
}

/* Zeros were in DEST before, and no hole shows it: DEST cannot be sparse, or
   is not although it is said to be, or does not tell of its holes. */
Test(transfer, a_lie_over_zeros_in_a_dense_dest)
{
    for (int lie = SIM_LIE_NOTHING; lie <= SIM_LIE_ZEROS; lie++) {
        for (int way = 0; way < 3; way++) {
            struct world w = world_make("refs-4k");
            w.volume->extents = CODE_NOT_SUPPORTED;
            w.volume->lie = (enum sim_lie)lie;
            w.volume->set_sparse = way == 0 ? CODE_NOT_SUPPORTED : 0;
            w.volume->fake_sparse = way == 1;
            w.volume->allocated = way == 2 ? CODE_NOT_SUPPORTED : 0;
            make_image(8 * MI);
            world_run(&w);
            expect_right(&w, REFLINK_METHOD_COPY, REFLINK_REASON_UNVERIFIED);
            world_end(&w);
        }
    }
}

/* --- zeros in the place of data --------------------------------------------
 */

enum { ZEROS_WRITTEN, ZEROS_DENSE, ZEROS_SPARSE, ZEROS_KINDS };

/* 4 MiB of zeros with 100 KB of data in them that no sample meets by chance. */
static void make_zeros(const wchar_t *path, int kind)
{
    uint8_t *zeros = calloc(1, 4 * MI);
    sim_set_size(path, 0);
    sim_set_sparse(path, kind == ZEROS_SPARSE);
    if (kind == ZEROS_WRITTEN)
        sim_write_at(path, 0, zeros, 4 * MI);
    sim_set_size(path, 4 * MI);
    sim_fill_pattern(path, MI, 100000, 5);
    free(zeros);
}

/* Runs one way to bring R:\\a to R:\\b; DEST is right, or refused. */
static void run_over_zeros(struct world *w, int way)
{
    bool range = way != 0;
    bool in_place = way == 2;
    sim_fill_pattern(L"R:\\old", 0, 4 * MI, 6);
    if (in_place)
        sim_fill_pattern(L"R:\\b", 0, 4 * MI, 6);
    if (range)
        run_range(w, L"R:\\a", L"R:\\b",
                  (struct reflink_range){.to_end = true});
    else
        world_run(w);
    if (w->policy.mode == REFLINK_ALWAYS &&
        w->outcome.status == REFLINK_REFUSED)
        cr_expect(!sim_exists(L"R:\\b") ||
                  (in_place && sim_same_bytes(L"R:\\a", L"R:\\b")));
    else
        cr_expect(w->outcome.status == REFLINK_OK &&
                  sim_same_bytes(L"R:\\a", L"R:\\b"));
}

/* Neither extents nor allocated ranges are reported, the samples are zeros in
   SOURCE, and so is all of the clone: from a SOURCE that was not flushed, or
   always. */
Test(transfer, a_clone_of_zeros_is_not_believed)
{
    static const char *const profiles[] = {"samba", "nfs41", "truenas"};
    enum { PROFILES = 3, WAYS = 3, MODES = 2 };
    for (int i = 0; i < PROFILES * WAYS * MODES * ZEROS_KINDS * 2; i++) {
        int rest = i;
        struct world w = world_make(profiles[rest % PROFILES]);
        rest /= PROFILES;
        int way = rest % WAYS;
        rest /= WAYS;
        w.policy.mode = rest % MODES ? REFLINK_ALWAYS : REFLINK_AUTO;
        rest /= MODES;
        w.volume->allocated = CODE_NOT_SUPPORTED;
        if (rest / ZEROS_KINDS)
            w.volume->lie = SIM_LIE_ZEROS;
        else
            w.volume->needs_flush = true;
        make_zeros(L"R:\\a", rest % ZEROS_KINDS);
        run_over_zeros(&w, way);
        cr_expect_neq(w.outcome.requests, 0, "row %d", i);
        world_end(&w);
    }
}

/* Where SOURCE says what is a hole, a true clone is believed all the same: a
   block with data in it is looked for. */
Test(transfer, a_sparse_source_shows_where_to_look)
{
    static const char *const profiles[] = {"samba", "nfs41", "truenas"};
    for (size_t i = 0; i < 3; i++) {
        struct world w = world_make(profiles[i]);
        make_zeros(L"R:\\a", ZEROS_SPARSE);
        world_run(&w);
        expect_right(&w, REFLINK_METHOD_CLONE, REFLINK_REASON_NONE);
        world_end(&w);
    }
}

/* No data in SOURCE: a hole of any length is cloned. */
Test(transfer, holes_alone_are_believed)
{
    struct world w = world_make("samba");
    sim_set_size(L"R:\\a", 0);
    sim_set_sparse(L"R:\\a", true);
    sim_set_size(L"R:\\a", 6 * GI);
    world_run(&w);
    expect_right(&w, REFLINK_METHOD_CLONE, REFLINK_REASON_NONE);
    world_end(&w);
}

/* As many zeros as can be compared as a whole are, too; one more block is too
   many. */
Test(transfer, short_zeros_are_believed)
{
    static const uint64_t sizes[] = {33 * 1024, 32 * 4096, 33 * 4096};
    for (size_t i = 0; i < 3; i++) {
        struct world w = world_make("samba");
        w.volume->lazy = false;
        w.volume->allocated = CODE_NOT_SUPPORTED;
        sim_set_size(L"R:\\a", sizes[i]);
        world_run(&w);
        expect_right(&w, i < 2 ? REFLINK_METHOD_CLONE : REFLINK_METHOD_COPY,
                     i < 2 ? REFLINK_REASON_NONE : REFLINK_REASON_UNVERIFIED);
        world_end(&w);
    }
}

/* And zeros are, where another request of the file has shown something. */
Test(transfer, zeros_beside_data_are_believed)
{
    for (int last = 0; last < 2; last++) {
        struct world w = world_make("samba");
        w.volume->lazy = false;
        sim_set_size(L"R:\\a", 12 * GI);
        sim_fill_pattern(L"R:\\a", last ? 11 * GI : 0, GI, 5);
        sim_settle(L"R:\\a");
        world_run(&w);
        expect_right(&w, REFLINK_METHOD_CLONE, REFLINK_REASON_NONE);
        world_end(&w);
    }
}

/* A sparse DEST shows that something was done, and few blocks are read. */
Test(transfer, zeros_in_a_sparse_dest)
{
    struct world w = world_make("refs-4k");
    w.volume->extents = CODE_NOT_SUPPORTED;
    make_image(8 * MI);
    sim_write_at(L"R:\\a", 8 * MI - 4096, "data", 4);
    sim_settle(L"R:\\a");
    world_run(&w);
    expect_right(&w, REFLINK_METHOD_CLONE, REFLINK_REASON_NONE);
    cr_expect_eq(sim_calls(SIM_OP_READ), 6);
    world_end(&w);
}

/* Where no volume reports that, a clone of zeros looks like none: it is
   copied. */
Test(transfer, nothing_but_zeros_in_a_dest)
{
    for (int mode = REFLINK_AUTO; mode <= REFLINK_ALWAYS; mode++) {
        struct world w = world_make("refs-4k");
        w.policy.mode = (enum reflink_mode)mode;
        w.volume->extents = CODE_NOT_SUPPORTED;
        w.volume->allocated = CODE_NOT_SUPPORTED;
        make_image(8 * MI);
        world_run(&w);
        cr_expect_eq(w.outcome.reason, REFLINK_REASON_UNVERIFIED);
        cr_expect_eq(w.outcome.requests, 2); /* flushed, and once more */
        if (mode == REFLINK_AUTO) {
            expect_right(&w, REFLINK_METHOD_COPY, REFLINK_REASON_UNVERIFIED);
        } else {
            cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
            cr_expect_eq(sim_calls(SIM_OP_READ), 2 * 2 * 14);
        }
        world_end(&w);
    }
}

/* However long: a hole in DEST is right where every byte of SOURCE is 0. */
Test(transfer, a_lie_about_a_large_image)
{
    for (int told = 0; told < 2; told++) {
        struct world w = world_make("refs-4k");
        w.volume->extents = told ? 0 : CODE_NOT_SUPPORTED;
        w.volume->lie = SIM_LIE_NOTHING;
        make_image(300 * MI);
        world_run(&w);
        expect_right(&w, REFLINK_METHOD_COPY, REFLINK_REASON_UNVERIFIED);
        world_end(&w);
    }
}

/* Data in many places, none of which a sample meets by chance: those that
   neither file has there move on to where one has. */
Test(transfer, a_lie_about_half_of_many_runs)
{
    struct world w = world_make("refs-4k");
    w.volume->extents = CODE_NOT_SUPPORTED;
    w.volume->lie = SIM_LIE_HALF;
    sim_set_size(L"R:\\a", 0);
    sim_set_sparse(L"R:\\a", true);
    for (uint64_t i = 0; i < 64; i++)
        sim_fill_pattern(L"R:\\a", i * MI + 64 * KI, 4096, 5);
    sim_set_size(L"R:\\a", 64 * MI);
    world_run(&w);
    expect_right(&w, REFLINK_METHOD_COPY, REFLINK_REASON_UNVERIFIED);
    world_end(&w);
}

/* Extents that are counted in smaller units than were told are compared for
   the front of the file only, and all that was done may lie there. */
Test(transfer, a_lie_where_the_cluster_size_is_told_too_large)
{
    for (int in_place = 0; in_place < 2; in_place++) {
        struct world w = world_make("refs-4k");
        w.volume->integrity_cluster = 16384;
        w.volume->lie = SIM_LIE_HALF;
        if (in_place) {
            make_older(L"R:\\b", 0);
            run_range(&w, L"R:\\a", L"R:\\b",
                      (struct reflink_range){.to_end = true});
        } else {
            sim_fill_pattern(L"R:\\a", 0, 8 * MI, 5);
            world_run(&w);
        }
        expect_right(&w, REFLINK_METHOD_COPY, REFLINK_REASON_UNVERIFIED);
        world_end(&w);
    }
}

/* How often a file whose path begins so was read. */
static uint64_t reads_of(const wchar_t *start)
{
    const struct sim_trace_entry *entries;
    size_t count;
    uint64_t reads = 0;
    sim_trace_entries(&entries, &count);
    for (size_t i = 0; i < count; i++)
        reads += entries[i].op == SIM_OP_READ &&
                 wcsncmp(entries[i].path, start, wcslen(start)) == 0;
    return reads;
}

/* In full, of holes that both have SOURCE's are read, and DEST's are not. */
Test(transfer, verify_full_reads_the_holes_of_source)
{
    static const struct {
        const char *profile;
        enum reflink_method method;
        enum reflink_reason reason;
    } rows[] = {{"refs-4k", REFLINK_METHOD_CLONE, REFLINK_REASON_NONE},
                {"ntfs", REFLINK_METHOD_COPY, REFLINK_REASON_NO_CLONING}};
    for (size_t i = 0; i < 2; i++) {
        struct world w = world_make(rows[i].profile);
        w.policy.verify = REFLINK_VERIFY_FULL;
        sim_set_size(L"R:\\a", 0);
        sim_set_sparse(L"R:\\a", true);
        sim_fill_pattern(L"R:\\a", 700 * MI, MI, 5);
        sim_set_size(L"R:\\a", GI);
        sim_trace(true);
        world_run(&w);
        expect_right(&w, rows[i].method, rows[i].reason);
        cr_expect_geq(reads_of(L"R:\\a"), GI / SESSION_BUFFER);
        cr_expect_leq(reads_of(L"R:\\a"), GI / SESSION_BUFFER + 8);
        cr_expect_leq(reads_of(L"R:\\~reflink"), 8);
        cr_expect(sim_is_hole(L"R:\\b", 0));
        cr_expect(sim_is_hole(L"R:\\b", 900 * MI));
        cr_expect_leq(sim_allocated(L"R:\\b"), 2 * MI);
        world_end(&w);
    }
}

/* A sample reads no more of them than before. */
Test(transfer, verify_sample_leaves_holes_out)
{
    struct world w = world_make("refs-4k");
    sim_set_size(L"R:\\a", 0);
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\a", 70 * GI, MI, 5);
    sim_set_size(L"R:\\a", 100 * GI);
    world_run(&w);
    expect_right(&w, REFLINK_METHOD_CLONE, REFLINK_REASON_NONE);
    cr_expect_leq(sim_calls(SIM_OP_READ), 8);
    world_end(&w);
}

/* --- holes that are wrongly reported ---------------------------------------
 */

static bool report_is_empty;
static bool report_is_of_dest; /* too */

/* Of the data in SOURCE, nothing is reported; or that there is more. */
static void report_holes(const wchar_t *path, uint64_t offset, uint64_t length,
                         struct os_range *ranges, size_t capacity,
                         size_t *count, bool *more)
{
    bool source = wcscmp(path, L"R:\\a") == 0;
    *count = 0;
    *more = report_is_empty && (source || report_is_of_dest);
    if (source || report_is_of_dest || capacity == 0)
        return;
    ranges[0] = (struct os_range){offset, length};
    *count = 1;
}

static struct world make_false_holes(const char *profile)
{
    struct world w = world_make(profile);
    sim_set_size(L"R:\\a", 0);
    sim_set_sparse(L"R:\\a", true);
    sim_set_size(L"R:\\a", 4 * MI);
    sim_fill_pattern(L"R:\\a", MI, 300000, 5);
    w.volume->range_teller = report_holes;
    w.volume->extents = CODE_NOT_SUPPORTED;
    w.volume->extents_counted = CODE_NOT_SUPPORTED;
    return w;
}

/* More to come, and nothing of it: that is no hole, whatever is compared. */
Test(transfer, more_to_come_is_no_hole)
{
    static const enum reflink_verify verify[] = {
        REFLINK_VERIFY_NONE, REFLINK_VERIFY_SAMPLE, REFLINK_VERIFY_FULL};
    static const char *const profiles[] = {"ntfs", "samba", "refs-4k"};
    static const wchar_t *const dests[] = {L"R:\\b", L"S:\\b"};
    report_is_empty = true;
    for (size_t i = 0; i < 3 * 3 * 2 * 2; i++) {
        struct world w = make_false_holes(profiles[i % 3]);
        const wchar_t *dest = dests[i / 9 % 2];
        report_is_of_dest = i / 18 != 0;
        w.policy.verify = verify[i / 3 % 3];
        world_run_paths(&w, L"R:\\a", dest);
        cr_expect_eq(w.outcome.status, REFLINK_OK, "row %zu", i);
        cr_expect(sim_same_bytes(L"R:\\a", dest), "row %zu", i);
        world_end(&w);
    }
}

/* A copy of it would be zeros, which a comparison of every byte is to find. */
Test(transfer, verify_full_finds_a_false_hole)
{
    static const wchar_t *const dests[] = {L"R:\\b", L"S:\\b"};
    report_is_empty = false;
    report_is_of_dest = false;
    for (size_t i = 0; i < 2; i++) {
        struct world w = make_false_holes("ntfs");
        w.policy.verify = REFLINK_VERIFY_FULL;
        world_run_paths(&w, L"R:\\a", dests[i]);
        cr_expect_eq(w.outcome.status, REFLINK_DIFFERENT);
        cr_expect_eq(w.outcome.error.code, CODE_CRC);
        cr_expect_eq(w.outcome.error.step, REFLINK_STEP_COMPARE);
        cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_FALSE_HOLE);
        cr_expect(w.outcome.error.in_source);
        cr_expect_not(sim_exists(dests[i]));
        world_end(&w);
    }
}

/* So is it in a range, in place and into a new file. */
Test(transfer, verify_full_finds_a_false_hole_in_a_range)
{
    static const struct reflink_range ranges[] = {{0, 0, 2 << 20, false},
                                                  {100, 8292, 2 << 20, false}};
    report_is_empty = false;
    report_is_of_dest = false;
    for (size_t i = 0; i < 4; i++) {
        struct world w = make_false_holes("ntfs");
        w.policy.verify = REFLINK_VERIFY_FULL;
        if (i % 2 != 0)
            sim_fill_pattern(L"S:\\b", 0, 3 * MI, 9);
        reflink_range(w.session, &w.policy, L"R:\\a", L"S:\\b", &ranges[i / 2],
                      &w.outcome);
        cr_expect_eq(w.outcome.status, REFLINK_DIFFERENT, "row %zu", i);
        cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_FALSE_HOLE);
        world_end(&w);
    }
}

/* A clone has the data, whatever is reported: and if it has not, that is found,
   where both are reported as one hole. */
Test(transfer, verify_full_of_a_clone_with_a_false_hole)
{
    for (int lies = 0; lies < 2; lies++) {
        struct world w = make_false_holes("refs-4k");
        report_is_empty = false;
        report_is_of_dest = true;
        w.policy.verify = REFLINK_VERIFY_FULL;
        w.volume->lie = lies ? SIM_LIE_NOTHING : SIM_LIE_NONE;
        world_run(&w);
        cr_expect_eq(w.outcome.status, lies ? REFLINK_DIFFERENT : REFLINK_OK);
        if (lies)
            cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_FALSE_HOLE);
        else
            expect_right(&w, REFLINK_METHOD_CLONE, REFLINK_REASON_NONE);
        world_end(&w);
    }
}
