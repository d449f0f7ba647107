/*
 * The library as a program that embeds it sees it: sizes of structs, the ends
 * that it can ask for, handles, names and sentences.
 */
#include <stdio.h>
#include <string.h>

#include "core/errors.h"
#include "world.h"

TestSuite(library, .timeout = 120);

enum { MI = 1 << 20, CLUSTER = 4096 };

static const struct reflink_range whole = {.to_end = true};

static struct world make_world(const char *profile)
{
    struct world w = world_make(profile);
    sim_fill_pattern(L"R:\\a", 0, 8 * MI, 7);
    return w;
}

Test(library, version_is_that_of_the_header)
{
    cr_expect_eq(reflink_version(), REFLINK_VERSION);
    cr_expect_eq(REFLINK_VERSION, REFLINK_VERSION_MAJOR * 10000 +
                                      REFLINK_VERSION_MINOR * 100 +
                                      REFLINK_VERSION_PATCH);
}

/* ---- sizes ----------------------------------------------------------- */

/* What a program has that was built with a later header. */
struct later_outcome {
    struct reflink_outcome known;
    uint32_t added[4];
};

Test(library, later_members_become_zero)
{
    struct world w = make_world("refs-4k");
    struct later_outcome later;
    memset(&later, 0xEE, sizeof later);
    later.known.size = sizeof later;
    cr_expect_eq(
        reflink_file(w.session, &w.policy, L"R:\\a", L"R:\\b", &later.known),
        REFLINK_OK);
    cr_expect_eq(later.known.size, sizeof later);
    cr_expect_eq(later.known.bytes_cloned, 8 * MI);
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(later.added[i], 0);
    world_end(&w);
}

Test(library, later_policy_is_understood)
{
    struct world w = make_world("refs-4k");
    struct {
        struct reflink_policy known;
        uint32_t added;
    } later = {.known = REFLINK_POLICY_INIT, .added = 7};
    later.known.size = sizeof later;
    later.known.mode = REFLINK_NEVER;
    cr_expect_eq(
        reflink_file(w.session, &later.known, L"R:\\a", L"R:\\b", &w.outcome),
        REFLINK_OK);
    cr_expect_eq(w.outcome.bytes_cloned, 0);
    world_end(&w);
}

/* Nothing is done then, and nothing behind the struct is written. */
Test(library, sizes_that_are_too_small_are_refused)
{
    struct world w = make_world("refs-4k");
    struct reflink_outcome before;
    w.policy.size--;
    cr_expect_eq(
        reflink_file(w.session, &w.policy, L"R:\\a", L"R:\\b", &w.outcome),
        REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.code, CODE_INVALID_PARAMETER);
    cr_expect_eq(reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &whole,
                               &w.outcome),
                 REFLINK_FAILED);
    w.policy.size++;
    for (uint32_t size = 0; size < 300; size += 100) {
        memset(&w.outcome, 0xEE, sizeof w.outcome);
        w.outcome.size = size;
        before = w.outcome;
        cr_expect_eq(
            reflink_file(w.session, &w.policy, L"R:\\a", L"R:\\b", &w.outcome),
            REFLINK_FAILED);
        cr_expect_arr_eq(&w.outcome, &before, sizeof before);
    }
    cr_expect_not(sim_exists(L"R:\\b"));
    world_end(&w);
}

Test(library, policy_init_is_the_command_lines_default)
{
    struct reflink_policy policy = REFLINK_POLICY_INIT;
    cr_expect_eq(policy.size, sizeof policy);
    cr_expect_eq(policy.mode, REFLINK_AUTO);
    cr_expect_eq(policy.verify, REFLINK_VERIFY_SAMPLE);
    cr_expect_eq(policy.existing, REFLINK_EXISTING_FAIL);
    cr_expect_eq(policy.flush, REFLINK_FLUSH_AUTO);
    cr_expect_not(policy.security);
    cr_expect_not(policy.writable);
    cr_expect_eq(policy.retries, 5);
}

/* ---- the ends that a program can ask for ----------------------------- */

struct watcher {
    unsigned calls;
    unsigned most; /* calls until it ends the file; 0: never */
    struct reflink_outcome last;
};

static bool watch(void *context, const struct reflink_outcome *so_far,
                  uint64_t total)
{
    struct watcher *watcher = context;
    cr_expect_eq(so_far->size, sizeof *so_far);
    cr_expect_eq(total, 8 * MI);
    watcher->last = *so_far;
    return ++watcher->calls != watcher->most;
}

static void expect_interrupted(const struct world *w)
{
    cr_expect_eq(w->outcome.status, REFLINK_INTERRUPTED);
    cr_expect_eq(w->outcome.error.code, CODE_CANCELLED);
    cr_expect_eq(w->outcome.bytes, 0);
    cr_expect_not(sim_exists(L"R:\\b"));
}

Test(library, watch_ends_one_file)
{
    static const enum reflink_mode modes[] = {REFLINK_ALWAYS, REFLINK_NEVER};
    for (size_t i = 0; i < 2; i++) {
        struct world w = make_world("refs-4k");
        struct watcher watcher = {.most = 1};
        w.policy.mode = modes[i];
        reflink_session_watch(w.session, watch, &watcher);
        world_run(&w);
        expect_interrupted(&w);
        cr_expect_eq(watcher.calls, 1);
        watcher = (struct watcher){0};
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_neq(watcher.calls, 0);
        world_end(&w);
    }
}

static void cancel(void *session)
{
    reflink_session_cancel(session);
}

Test(library, cancel_ends_this_file_and_all_others)
{
    static const enum sim_op ops[] = {SIM_OP_OPEN, SIM_OP_CLONE, SIM_OP_READ,
                                      SIM_OP_SET_METADATA};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        struct world w = make_world("refs-4k");
        sim_at_call(ops[i], 1, cancel, w.session);
        world_run(&w);
        expect_interrupted(&w);
        world_run(&w);
        expect_interrupted(&w);
        /* another session goes on */
        struct reflink_session *other = reflink_session_open();
        reflink_file(other, &w.policy, L"R:\\a", L"R:\\b", &w.outcome);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        reflink_session_close(other);
        world_end(&w);
    }
}

Test(library, cancel_ends_a_full_comparison)
{
    struct world w = make_world("refs-4k");
    w.policy.verify = REFLINK_VERIFY_FULL;
    sim_at_call(SIM_OP_READ, 3, cancel, w.session);
    world_run(&w);
    expect_interrupted(&w);
    cr_expect_lt(sim_calls(SIM_OP_READ), 8);
    world_end(&w);
}

Test(library, cancel_ends_the_wait_before_a_retry)
{
    struct world w = make_world("refs-4k");
    w.policy.retries = 100;
    sim_fault_always(SIM_OP_CLONE, 64);
    sim_at_call(SIM_OP_SLEEP_MS, 3, cancel, w.session);
    world_run(&w);
    expect_interrupted(&w);
    cr_expect_eq(sim_sleeps(), 3);
    cr_expect_eq(sim_slept_ms(), 100 + 200);
    world_end(&w);
}

Test(library, no_session_without_an_event)
{
    struct world w = make_world("refs-4k");
    sim_fault(SIM_OP_EVENT, 1, 8);
    cr_expect_null(reflink_session_open());
    world_end(&w);
}

/* ---- open handles ---------------------------------------------------- */

static void expect_same(const wchar_t *a, uint64_t from, const wchar_t *b,
                        uint64_t to, size_t length)
{
    static uint8_t one[8 * MI];
    static uint8_t other[8 * MI];
    cr_assert_eq(sim_read_file(a, one, sizeof one), sizeof one);
    cr_assert_eq(sim_read_file(b, other, sizeof other), sizeof other);
    cr_expect_eq(memcmp(one + from, other + to, length), 0);
}

struct handles {
    struct os_file *source;
    struct os_file *dest;
};

static struct handles open_handles(void)
{
    struct handles h = {0};
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &h.source), 0);
    cr_assert_eq(os_open(L"R:\\b", OS_OPEN_IN_PLACE, &h.dest), 0);
    return h;
}

static void close_handles(struct handles *h)
{
    cr_expect_eq(sim_open_handles(), 2);
    os_close(h->source);
    os_close(h->dest);
}

static void run_handles(struct world *w, void *source, void *dest,
                        const struct reflink_range *range)
{
    enum reflink_status status = reflink_range_handles(
        w->session, &w->policy, source, dest, range, &w->outcome);
    cr_expect_eq(status, w->outcome.status);
    cr_expect_null(w->outcome.source);
    cr_expect_null(w->outcome.dest);
}

Test(library, handles_share_clusters)
{
    struct world w = make_world("refs-4k");
    struct reflink_range range = {0, 2 * MI, 4 * MI, false};
    sim_fill_pattern(L"R:\\b", 0, 8 * MI, 2);
    sim_fill_pattern(L"R:\\c", 0, 8 * MI, 2);
    struct handles h = open_handles();
    run_handles(&w, h.source, h.dest, &range);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w.outcome.bytes_cloned, 4 * MI);
    close_handles(&h);
    expect_same(L"R:\\a", 0, L"R:\\b", 2 * MI, 4 * MI);
    expect_same(L"R:\\c", 0, L"R:\\b", 0, 2 * MI);
    expect_same(L"R:\\c", 6 * MI, L"R:\\b", 6 * MI, 2 * MI);
    world_end(&w);
}

Test(library, handles_of_an_empty_dest_and_to_the_end)
{
    struct world w = make_world("refs-4k");
    sim_write_file(L"R:\\b", "", 0);
    struct handles h = open_handles();
    run_handles(&w, h.source, h.dest, &whole);
    cr_expect_eq(w.outcome.bytes_cloned, 8 * MI);
    close_handles(&h);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}

Test(library, one_handle_for_both)
{
    struct world w = make_world("refs-4k");
    struct reflink_range range = {0, CLUSTER, 4 * CLUSTER, false};
    struct os_file *file = NULL;
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_IN_PLACE, &file), 0);
    sim_fill_pattern(L"R:\\c", 0, 8 * MI, 7);
    run_handles(&w, file, file, &range);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(sim_open_handles(), 1);
    os_close(file);
    expect_same(L"R:\\c", 0, L"R:\\a", CLUSTER, 4 * CLUSTER);
    world_end(&w);
}

/* The volume lies: without a path, SOURCE cannot be flushed, so it is copied
   at once. */
Test(library, handles_of_a_volume_that_lies)
{
    struct world w = make_world("refs-4k");
    w.volume->lie = SIM_LIE_NOTHING;
    sim_write_file(L"R:\\b", "", 0);
    struct handles h = open_handles();
    run_handles(&w, h.source, h.dest, &whole);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.bytes_copied, 8 * MI);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_UNVERIFIED);
    cr_expect_eq(sim_calls(SIM_OP_FLUSH_PATH), 0);
    close_handles(&h);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}

Test(library, handles_across_volumes_name_no_volume_by_path)
{
    struct world w = make_world("ntfs");
    sim_write_file(L"R:\\b", "", 0);
    struct handles h = open_handles();
    run_handles(&w, h.source, h.dest, &whole);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_NO_CLONING);
    cr_expect_eq(w.outcome.bytes_copied, 8 * MI);
    cr_expect_eq(sim_calls(SIM_OP_VOLUME_ROOT), 0);
    close_handles(&h);
    world_end(&w);
}

Test(library, handles_are_not_tried_again)
{
    struct world w = make_world("refs-4k");
    sim_fill_pattern(L"R:\\b", 0, MI, 2);
    struct handles h = open_handles();
    sim_fault_always(SIM_OP_CLONE, 64);
    run_handles(&w, h.source, h.dest, &whole);
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.code, 64);
    cr_expect_eq(w.outcome.retries, 0);
    cr_expect_eq(sim_sleeps(), 0);
    close_handles(&h);
    world_end(&w);
}

Test(library, handles_that_cannot_be_used)
{
    static const struct {
        uint32_t code;
        enum reflink_hint hint;
    } rows[] = {{CODE_INVALID_PARAMETER, REFLINK_HINT_NONE},
                {CODE_INVALID_FUNCTION, REFLINK_HINT_NOT_A_FILE}};
    for (uint64_t nth = 1; nth <= 2; nth++) {
        for (size_t i = 0; i < 2; i++) {
            struct world w = make_world("refs-4k");
            sim_fill_pattern(L"R:\\b", 0, MI, 2);
            struct handles h = open_handles();
            sim_fault(SIM_OP_USE_HANDLE, nth, rows[i].code);
            run_handles(&w, h.source, h.dest, &whole);
            cr_expect_eq(w.outcome.error.code, rows[i].code);
            cr_expect_eq(w.outcome.error.hint, rows[i].hint);
            cr_expect_eq(w.outcome.error.in_source, nth == 1);
            cr_expect_eq(w.outcome.error.step, nth == 1
                                                   ? REFLINK_STEP_OPEN_SOURCE
                                                   : REFLINK_STEP_OPEN_DEST);
            close_handles(&h);
            world_end(&w);
        }
    }
}

/* What a program passes if its own open failed. */
Test(library, handles_that_are_null)
{
    struct world w = make_world("refs-4k");
    sim_fill_pattern(L"R:\\b", 0, MI, 2);
    struct handles h = open_handles();
    for (int i = 0; i < 3; i++) {
        run_handles(&w, i == 1 ? h.source : NULL, i == 2 ? h.dest : NULL,
                    &whole);
        cr_expect_eq(w.outcome.error.code, CODE_INVALID_FUNCTION);
        cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_NOT_A_FILE);
        cr_expect_eq(w.outcome.error.in_source, i != 1);
    }
    close_handles(&h);
    world_end(&w);
}

Test(library, handles_of_directories)
{
    struct world w = make_world("refs-4k");
    struct os_file *directory = NULL;
    struct os_file *file = NULL;
    sim_mkdir(L"R:\\d");
    cr_assert_eq(os_open(L"R:\\d", OS_OPEN_LOOK, &directory), 0);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_IN_PLACE, &file), 0);
    run_handles(&w, directory, file, &whole);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_DIRECTORY);
    run_handles(&w, file, directory, &whole);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_DIRECTORY);
    os_close(directory);
    os_close(file);
    world_end(&w);
}

Test(library, handles_and_a_range_past_the_end)
{
    struct world w = make_world("refs-4k");
    struct reflink_range range = {0, 0, 8 * MI + 1, false};
    sim_fill_pattern(L"R:\\b", 0, MI, 2);
    sim_fill_pattern(L"R:\\old", 0, MI, 2);
    struct handles h = open_handles();
    run_handles(&w, h.source, h.dest, &range);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_PAST_END);
    close_handles(&h);
    cr_expect(sim_same_bytes(L"R:\\b", L"R:\\old"));
    world_end(&w);
}

/* ---- dedupe ---------------------------------------------------------- */

/* What a program has that was built with a later header. */
struct later_result {
    struct reflink_dedupe_result known;
    uint32_t added;
};

static struct world make_copies(const char *profile)
{
    struct world w = make_world(profile);
    sim_fill_pattern(L"R:\\b", 0, 8 * MI, 7);
    return w;
}

static struct reflink_dedupe_result run_dedupe_call(struct world *w,
                                                    bool dry_run)
{
    struct later_result later;
    memset(&later, 0xEE, sizeof later);
    later.known.size = sizeof later;
    enum reflink_status status =
        reflink_dedupe(w->session, &w->policy, L"R:\\a", L"R:\\b", dry_run,
                       &later.known, &w->outcome);
    cr_expect_eq(status, w->outcome.status);
    cr_expect_eq(later.known.size, sizeof later);
    cr_expect_eq(later.added, 0);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    cr_expect_eq(sim_open_handles(), 0);
    return later.known;
}

Test(library, dedupe_shares_clusters)
{
    struct world w = make_copies("refs-4k");
    struct reflink_dedupe_result r = run_dedupe_call(&w, false);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w.outcome.bytes_cloned, 8 * MI);
    cr_expect_eq(wcscmp(w.outcome.source, L"R:\\a"), 0);
    cr_expect_eq(wcscmp(w.outcome.dest, L"R:\\b"), 0);
    cr_expect_eq(r.equal, 8 * MI);
    cr_expect_eq(r.freed, 8 * MI);
    cr_expect_eq(r.shared_before, 0);
    cr_expect(r.freed_known);
    cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), 8 * MI);
    r = run_dedupe_call(&w, false);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.bytes_cloned, 0);
    cr_expect_eq(r.shared_before, 8 * MI);
    cr_expect_eq(r.equal, 0);
    world_end(&w);
}

Test(library, dedupe_dry_run_changes_nothing)
{
    struct world w = make_copies("refs-4k");
    struct reflink_dedupe_result r = run_dedupe_call(&w, true);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.bytes_cloned, 0);
    cr_expect_eq(r.equal, 8 * MI);
    cr_expect_eq(r.freed, 8 * MI);
    cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), 0);
    world_end(&w);
}

Test(library, dedupe_gives_the_reason)
{
    struct world w = make_copies("ntfs");
    run_dedupe_call(&w, false);
    cr_expect_eq(w.outcome.status, REFLINK_SKIPPED);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_NO_CLONING);
    w.policy.mode = REFLINK_ALWAYS;
    run_dedupe_call(&w, false);
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    sim_set_attributes(L"R:\\a", OS_ATTRIBUTE_READONLY);
    struct reflink_dedupe_result r = run_dedupe_call(&w, false);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_READ_ONLY);
    cr_expect(r.in_keep);
    world_end(&w);
}

/* The first request is on files of its own; what it learns, the session has. */
Test(library, dedupe_writes_back_what_a_volume_changed)
{
    struct world w = make_copies("refs-4k");
    w.volume->lie = SIM_LIE_ZEROS;
    w.volume->lie_skip = 2;
    struct reflink_dedupe_result r = run_dedupe_call(&w, false);
    cr_expect(r.failed_range);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_UNVERIFIED);
    uint64_t requests = sim_calls(SIM_OP_CLONE);
    run_dedupe_call(&w, false);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_UNVERIFIED);
    cr_expect_eq(sim_calls(SIM_OP_CLONE), requests);
    world_end(&w);
}

Test(library, dedupe_is_ended_by_the_watch)
{
    struct world w = make_copies("refs-4k");
    struct watcher watcher = {.most = 2};
    reflink_session_watch(w.session, watch, &watcher);
    struct reflink_dedupe_result r = run_dedupe_call(&w, false);
    cr_expect_eq(w.outcome.status, REFLINK_INTERRUPTED);
    cr_expect_eq(watcher.calls, 2);
    cr_expect_eq(watcher.last.bytes, 2 * MI);
    cr_expect_eq(r.equal, 0);
    watcher = (struct watcher){0};
    run_dedupe_call(&w, false);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(watcher.last.bytes, 8 * MI);
    world_end(&w);
}

Test(library, dedupe_is_cancelled)
{
    static const enum sim_op ops[] = {SIM_OP_OPEN, SIM_OP_READ, SIM_OP_FLUSH};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        struct world w = make_copies("refs-4k");
        sim_at_call(ops[i], 1, cancel, w.session);
        run_dedupe_call(&w, false);
        cr_expect_eq(w.outcome.status, REFLINK_INTERRUPTED, "%zu", i);
        cr_expect_eq(sim_calls(SIM_OP_CLONE), 0);
        world_end(&w);
    }
}

/* What the request changed is written back all the same. */
Test(library, dedupe_is_cancelled_in_a_request)
{
    struct world w = make_copies("refs-4k");
    w.volume->lie = SIM_LIE_ZEROS;
    w.volume->lie_skip = 2;
    sim_at_call(SIM_OP_CLONE, 3, cancel, w.session);
    cr_expect(run_dedupe_call(&w, false).failed_range);
    run_dedupe_call(&w, false);
    cr_expect_eq(w.outcome.status, REFLINK_INTERRUPTED);
    world_end(&w);
}

Test(library, dedupe_is_cancelled_in_the_wait_before_a_retry)
{
    struct world w = make_copies("refs-4k");
    w.policy.retries = 100;
    sim_fault_always(SIM_OP_OPEN, 64);
    sim_at_call(SIM_OP_SLEEP_MS, 3, cancel, w.session);
    struct reflink_dedupe_result r = {.size = sizeof r};
    cr_expect_eq(reflink_dedupe(w.session, &w.policy, L"R:\\a", L"R:\\b", false,
                                &r, &w.outcome),
                 REFLINK_INTERRUPTED);
    cr_expect_eq(sim_sleeps(), 3);
    cr_expect_eq(sim_slept_ms(), 100 + 200);
    sim_clear_faults();
    world_end(&w);
}

Test(library, dedupe_refuses_structs_that_are_too_small)
{
    struct world w = make_copies("refs-4k");
    struct reflink_dedupe_result r;
    memset(&r, 0xEE, sizeof r);
    r.size = offsetof(struct reflink_dedupe_result, failed_range);
    struct reflink_dedupe_result before = r;
    cr_expect_eq(reflink_dedupe(w.session, &w.policy, L"R:\\a", L"R:\\b", false,
                                &r, &w.outcome),
                 REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.code, CODE_INVALID_PARAMETER);
    cr_expect_arr_eq(&r, &before, sizeof r);
    r.size = sizeof r;
    w.policy.size = 4;
    cr_expect_eq(reflink_dedupe(w.session, &w.policy, L"R:\\a", L"R:\\b", false,
                                &r, &w.outcome),
                 REFLINK_FAILED);
    cr_expect_eq(r.equal, 0);
    cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), 0);
    world_end(&w);
}

/* ---- what a volume supports ------------------------------------------ */

Test(library, query_volume)
{
    static const struct {
        const char *profile;
        enum reflink_support support;
        const wchar_t *name;
    } rows[] = {{"refs-4k", REFLINK_SUPPORT_CLONES, L"clones"},
                {"ntfs", REFLINK_SUPPORT_COPIES, L"copies"}};
    for (size_t i = 0; i < 2; i++) {
        struct world w = make_world(rows[i].profile);
        struct reflink_volume volume = {.size = sizeof volume};
        struct reflink_error error;
        cr_expect_eq(reflink_query_volume(w.session, &w.policy, L"R:\\",
                                          &volume, &error),
                     REFLINK_OK);
        cr_expect_eq(error.code, 0);
        cr_expect_eq(volume.size, sizeof volume);
        cr_expect_eq(volume.support, rows[i].support);
        cr_expect_eq(volume.cluster_size, CLUSTER);
        cr_expect_eq(wcscmp(reflink_support_name(volume.support), rows[i].name),
                     0);
        world_end(&w);
    }
}

Test(library, query_of_a_volume_that_is_not_there)
{
    struct world w = make_world("refs-4k");
    struct reflink_volume volume = {.size = sizeof volume};
    struct reflink_error error;
    cr_expect_eq(reflink_query_volume(w.session, &w.policy, L"R:\\no\\b",
                                      &volume, &error),
                 REFLINK_FAILED);
    cr_expect_eq(error.code, CODE_PATH_NOT_FOUND);
    sim_fault_always(SIM_OP_OPEN, 64);
    sim_at_call(SIM_OP_SLEEP_MS, 2, cancel, w.session);
    cr_expect_eq(
        reflink_query_volume(w.session, &w.policy, L"R:\\", &volume, &error),
        REFLINK_INTERRUPTED);
    cr_expect_eq(sim_sleeps(), 2);
    volume.size = 100;
    cr_expect_eq(
        reflink_query_volume(w.session, &w.policy, L"R:\\", &volume, &error),
        REFLINK_FAILED);
    cr_expect_eq(error.code, CODE_INVALID_PARAMETER);
    sim_clear_faults();
    world_end(&w);
}

/* ---- names and sentences --------------------------------------------- */

Test(library, names_are_those_of_json)
{
    cr_expect_null(reflink_reason_name(REFLINK_REASON_NONE));
    for (int i = REFLINK_REASON_NONE + 1; i < REFLINK_REASON_COUNT; i++)
        cr_expect_not_null(reflink_reason_name((enum reflink_reason)i));
    cr_expect_eq(wcscmp(reflink_reason_name(REFLINK_REASON_NO_CLONING),
                        L"no-block-cloning"),
                 0);
    for (int i = REFLINK_OK; i <= REFLINK_INTERRUPTED; i++)
        cr_expect_not_null(reflink_status_name((enum reflink_status)i));
    cr_expect_eq(wcscmp(reflink_status_name(REFLINK_REFUSED), L"refused"), 0);
    cr_expect_eq(wcscmp(reflink_method_name(REFLINK_METHOD_MIXED), L"mixed"),
                 0);
    cr_expect_eq(wcscmp(reflink_warning_name(REFLINK_WARNING_OWNER_NOT_KEPT),
                        L"owner-not-kept"),
                 0);
}

Test(library, unknown_values_have_no_name)
{
    static const int values[] = {-1, 99, 0x7fffffff};
    for (size_t i = 0; i < 3; i++) {
        cr_expect_null(reflink_reason_name((enum reflink_reason)values[i]));
        cr_expect_null(reflink_status_name((enum reflink_status)values[i]));
        cr_expect_null(reflink_method_name((enum reflink_method)values[i]));
        cr_expect_null(reflink_support_name((enum reflink_support)values[i]));
        cr_expect_null(reflink_warning_name((uint32_t)values[i]));
    }
    cr_expect_null(reflink_warning_name(0));
}

Test(library, sentences_are_cut_to_the_buffer)
{
    static const wchar_t sentence[] = L"SOURCE and DEST are the same file";
    const size_t length = sizeof sentence / sizeof sentence[0] - 1;
    const struct reflink_error error = {.code = 32,
                                        .hint = REFLINK_HINT_SAME_FILE};
    wchar_t buffer[64];
    cr_expect_eq(reflink_error_text(&error, NULL, 0), length);
    cr_expect_eq(reflink_error_text(&error, buffer, 64), length);
    cr_expect_eq(wcscmp(buffer, sentence), 0);
    for (size_t capacity = 1; capacity < 10; capacity++) {
        wmemset(buffer, L'x', 64);
        cr_expect_eq(reflink_error_text(&error, buffer, capacity), length);
        cr_expect_eq(wcsncmp(buffer, sentence, capacity - 1), 0);
        cr_expect_eq(buffer[capacity - 1], L'\0');
        cr_expect_eq(buffer[capacity], L'x');
    }
}

Test(library, sentences_about_nothing_are_empty)
{
    const struct reflink_outcome fine = {0};
    const struct reflink_error odd[] = {
        {.code = 0}, {.code = 5, .hint = 999}, {.code = 5, .step = 999}};
    for (size_t i = 0; i < 3; i++) {
        wchar_t buffer[4] = L"abc";
        cr_expect_eq(reflink_error_text(&odd[i], buffer, 4), 0);
        cr_expect_eq(buffer[0], L'\0');
    }
    wchar_t buffer[4] = L"abc";
    cr_expect_eq(reflink_reason_text(&fine, buffer, 4), 0);
    cr_expect_eq(buffer[0], L'\0');
}

Test(library, sentences_of_an_outcome)
{
    struct world w = make_world("ntfs");
    wchar_t buffer[200];
    w.policy.mode = REFLINK_ALWAYS;
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    cr_expect_neq(reflink_reason_text(&w.outcome, buffer, 200), 0);
    cr_expect_not_null(wcsstr(buffer, L"R:\\ (NTFS) cannot clone blocks"));
    reflink_file(w.session, &w.policy, L"R:\\no", L"R:\\b", &w.outcome);
    cr_expect_neq(reflink_error_text(&w.outcome.error, buffer, 200), 0);
    cr_expect_not_null(wcsstr(buffer, L"opening it for reading: "));
    cr_expect_not_null(wcsstr(buffer, L"(2)"));
    world_end(&w);
}

/* ---- the DLL --------------------------------------------------------- */

static char header[60000];
static char exports[10000];

static void read_source(const char *name, char *text, size_t capacity)
{
    char path[500];
    snprintf(path, sizeof path, UNIT_SOURCES "/%s", name);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    size_t length = fread(text, 1, capacity - 1, file);
    cr_assert_lt(length, capacity - 1);
    text[length] = '\0';
    fclose(file);
}

/* Whether `text` has the word `name` of `length`, alone. */
static bool has_word(const char *text, const char *name, size_t length)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
    for (const char *at = text; (at = strstr(at, "reflink_")) != NULL; at++) {
        if (strspn(at, letters) == length && strncmp(at, name, length) == 0)
            return true;
    }
    return false;
}

/* A function is what a parenthesis follows; a callback has one before it. */
Test(library, dll_exports_what_the_header_declares)
{
    unsigned functions = 0;
    read_source("include/reflink/reflink.h", header, sizeof header);
    read_source("src/win32/reflink.def", exports, sizeof exports);
    for (const char *at = header; (at = strstr(at, "reflink_")) != NULL;) {
        size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
        if (at[length] == '(') {
            functions++;
            cr_expect(has_word(exports, at, length), "%.*s is not exported",
                      (int)length, at);
        }
        at += length;
    }
    cr_expect_eq(functions, 18);
    unsigned exported = 0;
    for (const char *at = exports; (at = strstr(at, "reflink_")) != NULL; at++)
        exported++;
    cr_expect_eq(exported, functions);
}
