/*
 * Copies that a server makes by itself: what it is asked, what it may refuse,
 * and what it reports without having done it.
 */
#include "core/copy/server_copy.h"
#include "core/errors.h"
#include "world.h"

TestSuite(server_copy, .timeout = 120);

enum { MI = 1 << 20, SIZE = 40 * MI + 77, REQUESTS = 3 };

/* A share on NTFS. */
static struct world make_world(void)
{
    struct world w = world_make("ntfs");
    w.volume->remote = true;
    sim_fill_pattern(L"R:\\a", 0, SIZE, 9);
    return w;
}

/* A smaller file, and requests of 1 MiB at most: the first is too long. */
enum { SMALL = 3 * MI };

static struct world make_small_world(void)
{
    struct world w = make_world();
    sim_set_size(L"R:\\a", SMALL);
    w.volume->copy_limits = (struct os_copy_answer){16, 65536, MI};
    return w;
}

static void expect_copied(struct world *w, uint64_t by_server)
{
    cr_expect_eq(w->outcome.status, REFLINK_OK, "code %u",
                 w->outcome.error.code);
    cr_expect_eq(w->outcome.method, REFLINK_METHOD_COPY);
    cr_expect_eq(w->outcome.bytes_copied, sim_size(L"R:\\a"));
    cr_expect_eq(w->outcome.bytes_copied_by_server, by_server, "%llu",
                 (unsigned long long)w->outcome.bytes_copied_by_server);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
}

/* Runs the file with what the world has been made to be. */
static void run_and_expect(struct world *w, uint64_t by_server)
{
    world_run(w);
    expect_copied(w, by_server);
    world_end(w);
}

Test(server_copy, no_byte_crosses_the_network)
{
    struct world w = make_world();
    world_run(&w);
    cr_expect_eq(sim_calls(SIM_OP_GET_COPY_KEY), 1);
    cr_expect_eq(sim_calls(SIM_OP_SERVER_COPY), REQUESTS);
    cr_expect_eq(sim_calls(SIM_OP_READ), 4 * REQUESTS); /* the samples */
    cr_expect_eq(sim_calls(SIM_OP_WRITE), 0);
    cr_expect_eq(w.outcome.server_refusal, 0);
    expect_copied(&w, SIZE);
    world_end(&w);
}

/* What is known of the volume is not asked again. */
Test(server_copy, a_second_file_takes_fewer_calls)
{
    struct world w = make_small_world();
    world_run_paths(&w, L"R:\\a", L"R:\\c");
    cr_expect_eq(sim_calls(SIM_OP_IS_REMOTE), 1);
    cr_expect_eq(sim_calls(SIM_OP_SERVER_COPY), 4);
    world_run(&w);
    cr_expect_eq(sim_calls(SIM_OP_IS_REMOTE), 1);
    cr_expect_eq(sim_calls(SIM_OP_SERVER_COPY), 4 + 3);
    expect_copied(&w, SMALL);
    world_end(&w);
}

/* --- when it is asked ----------------------------------------------------- */

static void expect_not_asked(struct world *w)
{
    world_run(w);
    cr_expect_eq(sim_calls(SIM_OP_GET_COPY_KEY), 0);
    cr_expect_eq(sim_calls(SIM_OP_SERVER_COPY), 0);
    expect_copied(w, 0);
    world_end(w);
}

Test(server_copy, a_local_volume_is_not_asked)
{
    struct world w = make_world();
    w.volume->remote = false;
    expect_not_asked(&w);
}

Test(server_copy, a_volume_that_reports_nothing_is_local)
{
    struct world w = make_world();
    sim_fault_always(SIM_OP_IS_REMOTE, CODE_INVALID_FUNCTION);
    expect_not_asked(&w);
}

/* For copy_file_range, servers on Linux share clusters [Samba, vfs_default]. */
Test(server_copy, never_shares_nothing)
{
    struct world w = make_world();
    w.policy.mode = REFLINK_NEVER;
    expect_not_asked(&w);
}

/* What a program of this system has written, its server may not have yet. */
Test(server_copy, not_from_a_file_that_is_written_to)
{
    struct world w = make_small_world();
    struct os_file *writer =
        sim_open_as(L"R:\\a", SIM_WRITE, SIM_READ | SIM_WRITE | SIM_DELETE);
    cr_assert_not_null(writer);
    world_run(&w);
    os_close(writer);
    cr_expect_eq(w.outcome.warnings, REFLINK_WARNING_SOURCE_IN_USE);
    cr_expect_eq(sim_calls(SIM_OP_GET_COPY_KEY), 0);
    expect_copied(&w, 0);
    world_end(&w);
}

/* All bytes have to cross the network anyway. */
Test(server_copy, not_when_every_byte_is_compared)
{
    struct world w = make_world();
    w.policy.verify = REFLINK_VERIFY_FULL;
    expect_not_asked(&w);
}

Test(server_copy, without_verification_nothing_is_read)
{
    struct world w = make_world();
    w.policy.verify = REFLINK_VERIFY_NONE;
    world_run(&w);
    cr_expect_eq(sim_calls(SIM_OP_READ), 0);
    expect_copied(&w, SIZE);
    world_end(&w);
}

Test(server_copy, not_for_little_data)
{
    static const uint64_t sizes[] = {SERVER_COPY_LEAST - 1, SERVER_COPY_LEAST};
    for (size_t i = 0; i < 2; i++) {
        struct world w = make_world();
        sim_set_size(L"R:\\a", sizes[i]);
        run_and_expect(&w, i == 0 ? 0 : sizes[i]);
    }
}

static void run_range(struct world *w, const wchar_t *source, uint64_t to)
{
    struct reflink_range range = {0, to, MI, false};
    reflink_range(w->session, &w->policy, source, L"R:\\b", &range,
                  &w->outcome);
    cr_expect_eq(w->outcome.status, REFLINK_OK);
    cr_expect_eq(w->outcome.bytes_copied, MI);
}

/* What equals SOURCE already would prove nothing, and neither would a file that
   is both. */
Test(server_copy, only_where_dest_is_blank)
{
    static uint8_t wanted[MI];
    static uint8_t found[MI];
    struct world w = make_world();
    sim_fill_pattern(L"R:\\b", 0, 2 * MI, 4);
    run_range(&w, L"R:\\a", 0);
    cr_expect_eq(sim_calls(SIM_OP_SERVER_COPY), 0);
    run_range(&w, L"R:\\b", 2 * MI);
    cr_expect_eq(sim_calls(SIM_OP_SERVER_COPY), 0);
    run_range(&w, L"R:\\a", 3 * MI);
    cr_expect_eq(sim_calls(SIM_OP_SERVER_COPY), 1);
    cr_expect_eq(w.outcome.bytes_copied_by_server, MI);
    sim_read_at(L"R:\\a", 0, wanted, MI);
    sim_read_at(L"R:\\b", 3 * MI, found, MI);
    cr_expect_arr_eq(found, wanted, MI);
    world_end(&w);
}

/* --- holes ---------------------------------------------------------------- */

Test(server_copy, holes_are_kept)
{
    struct world w = make_world();
    sim_set_size(L"R:\\a", 0);
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\a", MI, MI, 3);
    sim_fill_pattern(L"R:\\a", 30 * MI, 4096, 3); /* little data: by bytes */
    sim_fill_pattern(L"R:\\a", 50 * MI, MI + 5, 3);
    sim_set_size(L"R:\\a", 80 * MI);
    world_run(&w);
    expect_copied(&w, 2 * MI + 4096); /* as clusters */
    cr_expect_eq(sim_calls(SIM_OP_GET_COPY_KEY), 1);
    cr_expect_eq(sim_calls(SIM_OP_SERVER_COPY), 2);
    cr_expect(sim_is_hole(L"R:\\b", 0) && sim_is_hole(L"R:\\b", 40 * MI));
    cr_expect_eq(sim_allocated(L"R:\\b"), sim_allocated(L"R:\\a"));
    world_end(&w);
}

/* Where they are not listed, only reading shows them. */
Test(server_copy, unlisted_holes_are_kept)
{
    struct world w = make_small_world();
    sim_set_size(L"R:\\a", 0);
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\a", 2 * MI, MI, 3);
    w.volume->allocated = CODE_NOT_SUPPORTED;
    world_run(&w);
    cr_expect_eq(sim_calls(SIM_OP_GET_COPY_KEY), 0);
    expect_copied(&w, 0);
    cr_expect(sim_is_hole(L"R:\\b", 0) && sim_is_hole(L"R:\\b", MI));
    world_end(&w);
}

/* And a refusal changes nothing in them. */
Test(server_copy, holes_are_kept_after_a_refusal)
{
    for (int request = 0; request < 2; request++) {
        struct world w = make_small_world();
        sim_set_size(L"R:\\a", 0);
        sim_set_sparse(L"R:\\a", true);
        sim_fill_pattern(L"R:\\a", 2 * MI, MI, 3);
        sim_set_size(L"R:\\a", 5 * MI);
        w.volume->copy_key = request ? 0 : CODE_NOT_SUPPORTED;
        w.volume->copy = request ? CODE_NOT_SUPPORTED : 0;
        w.volume->zero = CODE_NOT_SUPPORTED;
        world_run(&w);
        cr_expect_eq(sim_calls(SIM_OP_ZERO), 0);
        expect_copied(&w, 0);
        cr_expect_eq(sim_allocated(L"R:\\b"), MI);
        world_end(&w);
    }
}

/* --- limits --------------------------------------------------------------- */

struct limit_row {
    struct os_copy_answer limits;
    bool hidden;
    uint64_t requests; /* for two files of 40 MiB, with the refused one */
    bool copies;
};

static const struct limit_row limit_rows[] = {
    {{256, MI, 16 * MI}, false, 2 * 3, true},
    {{16, MI, 16 * MI}, false, 2 * 3, true},
    {{4, MI, 16 * MI}, false, 2 * 11 + 1, true}, /* 4 MiB in a request */
    {{256, 65536, 4 * MI}, false, 2 * 11 + 1, true},
    {{256, MI, 8 * MI}, false, 2 * 6 + 1, true},
    {{100000, UINT32_MAX, UINT32_MAX}, false, 2 * 3, true},
    {{100000, 4096, 16 * MI}, false, 2 * 41 + 1, true}, /* 256 chunks */
    {{2, 64 * MI, UINT32_MAX}, false, 2 * 3 + 1, true}, /* 16 MiB */
    {{256, MI, 8 * MI}, true, 1, false},                /* not reported */
    {{UINT32_MAX, 1, 8 * MI}, false, 1, false},
    {{1, 4096, MI}, false, 1, false}, /* too little */
    {{256, MI, 4096}, false, 1, false}};

Test(server_copy, limits_are_learned_once)
{
    for (size_t i = 0; i < sizeof limit_rows / sizeof limit_rows[0]; i++) {
        const struct limit_row *row = &limit_rows[i];
        struct world w = make_world();
        w.volume->copy_limits = row->limits;
        w.volume->hides_copy_limits = row->hidden;
        world_run(&w);
        expect_copied(&w, row->copies ? SIZE : 0);
        world_run_paths(&w, L"R:\\a", L"R:\\c");
        cr_expect_eq(w.outcome.bytes_copied_by_server, row->copies ? SIZE : 0);
        cr_expect_eq(sim_calls(SIM_OP_SERVER_COPY), row->requests,
                     "row %zu: %llu", i,
                     (unsigned long long)sim_calls(SIM_OP_SERVER_COPY));
        world_end(&w);
    }
}

static struct sim_volume *limited;

static void lower_limits(void *arg)
{
    (void)arg;
    limited->copy_limits.bytes /= 2;
}

/* A server that keeps saying "too much" is not asked for ever less. */
Test(server_copy, limits_that_change_mean_bytes)
{
    struct world w = make_small_world();
    limited = w.volume;
    sim_at_call(SIM_OP_SERVER_COPY, 3, lower_limits, NULL);
    world_run(&w);
    cr_expect_eq(sim_calls(SIM_OP_SERVER_COPY), 3);
    cr_expect_eq(w.outcome.server_refusal, CODE_INVALID_PARAMETER);
    expect_copied(&w, MI);
    world_end(&w);
}

/* --- refusals ------------------------------------------------------------- */

static const os_error refusals[] = {
    CODE_INVALID_FUNCTION, CODE_FILE_NOT_FOUND, CODE_ACCESS_DENIED,
    CODE_INVALID_HANDLE,   CODE_NOT_SUPPORTED,  CODE_INVALID_PARAMETER,
    CODE_DISK_FULL,        CODE_IO_DEVICE,      CODE_NO_SYSTEM_RESOURCES};

/* The next file is not tried; its line has no note, either. */
Test(server_copy, any_refusal_means_bytes)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        for (int request = 0; request < 2; request++) {
            struct world w = make_small_world();
            w.volume->copy_key = request ? 0 : refusals[i];
            w.volume->copy = request ? refusals[i] : 0;
            world_run(&w);
            expect_copied(&w, 0);
            cr_expect_eq(w.outcome.server_refusal, refusals[i]);
            world_run_paths(&w, L"R:\\a", L"R:\\c");
            cr_expect_eq(w.outcome.server_refusal, 0);
            cr_expect_eq(sim_calls(SIM_OP_GET_COPY_KEY), 1);
            cr_expect_eq(sim_calls(SIM_OP_SERVER_COPY), (uint64_t)request);
            world_end(&w);
        }
    }
}

/* What was copied before a refusal stays. */
Test(server_copy, the_rest_is_copied_by_bytes)
{
    struct world w = make_world();
    sim_fault(SIM_OP_SERVER_COPY, 2, CODE_NOT_SUPPORTED);
    world_run(&w);
    cr_expect_eq(sim_calls(SIM_OP_SERVER_COPY), 2);
    expect_copied(&w, 16 * MI);
    world_end(&w);
}

/* The same where the server has left something of its own in a sparse DEST. */
static void put_garbage(void *arg)
{
    (void)arg;
    sim_fill_pattern(sim_file_name(L"R:\\", 1), 4 * MI, MI, 77);
}

Test(server_copy, zeros_are_written_over_what_the_server_left)
{
    static const uint8_t zeros[MI];
    for (int lies = 0; lies < 2; lies++) {
        struct world w = make_world();
        sim_set_sparse(L"R:\\a", true);
        sim_write_at(L"R:\\a", 4 * MI, zeros, MI);
        sim_at_call(SIM_OP_SERVER_COPY, 1, put_garbage, NULL);
        w.volume->copy = lies ? 0 : CODE_DISK_FULL;
        w.volume->copy_lie = lies ? SIM_LIE_NOTHING : SIM_LIE_NONE;
        run_and_expect(&w, 0);
    }
}

static void expect_pair(struct world *w, const wchar_t *source,
                        uint64_t by_server)
{
    static unsigned number;
    wchar_t dest[16];
    swprintf(dest, 16, L"R:\\%u", number++);
    world_run_paths(w, source, dest);
    cr_expect_eq(w->outcome.status, REFLINK_OK);
    cr_expect(sim_same_bytes(source, dest));
    cr_expect_eq(w->outcome.bytes_copied_by_server, by_server);
}

/* The key of another server is unknown to this one, which says nothing about
   its own files. */
Test(server_copy, a_refusal_is_of_two_volumes)
{
    struct world w = make_world();
    w.other->remote = true;
    sim_fill_pattern(L"S:\\a", 0, MI, 8);
    expect_pair(&w, L"S:\\a", 0);
    cr_expect_eq(w.outcome.server_refusal, CODE_FILE_NOT_FOUND);
    expect_pair(&w, L"S:\\a", 0);
    cr_expect_eq(w.outcome.server_refusal, 0);
    expect_pair(&w, L"R:\\a", SIZE);
    world_end(&w);
}

Test(server_copy, from_another_share_of_the_server)
{
    struct world w = make_world();
    w.other->remote = true;
    w.other->server = 1;
    w.volume->server = 1;
    sim_fill_pattern(L"S:\\a", 0, MI, 8);
    expect_pair(&w, L"S:\\a", MI);
    world_end(&w);
}

Test(server_copy, to_and_from_a_local_volume)
{
    struct world w = make_world();
    sim_fill_pattern(L"S:\\a", 0, MI, 8);
    expect_pair(&w, L"S:\\a", 0);
    world_run_paths(&w, L"R:\\a", L"S:\\b");
    cr_expect_eq(w.outcome.bytes_copied_by_server, 0);
    cr_expect_eq(sim_calls(SIM_OP_GET_COPY_KEY), 0);
    world_end(&w);
}

/* --- answers that are not true -------------------------------------------- */

Test(server_copy, half_a_request_is_no_request)
{
    struct world w = make_world();
    w.volume->copies_half = true;
    world_run(&w);
    cr_expect_eq(sim_calls(SIM_OP_SERVER_COPY), 1);
    cr_expect_eq(w.outcome.server_refusal, CODE_INVALID_DATA);
    expect_copied(&w, 0);
    world_end(&w);
}

static const enum sim_lie lies[] = {SIM_LIE_NOTHING, SIM_LIE_HALF,
                                    SIM_LIE_ZEROS};

/* From which request on it lies does not matter: the last one is compared. */
Test(server_copy, a_server_that_lies_is_noticed)
{
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        for (uint64_t skip = 0; skip < REQUESTS; skip++) {
            struct world w = make_small_world();
            w.volume->copy_lie = lies[i];
            w.volume->copy_lie_skip = skip;
            world_run(&w);
            expect_copied(&w, 0);
            cr_expect_eq(w.outcome.server_refusal, CODE_INVALID_DATA);
            w.volume->copy_lie = SIM_LIE_NONE;
            world_run_paths(&w, L"R:\\a", L"R:\\c");
            cr_expect_eq(w.outcome.bytes_copied_by_server, 0);
            world_end(&w);
        }
    }
}

/* Of many requests, at most 17 are compared, and the last one always is. */
Test(server_copy, what_is_read_is_bounded)
{
    static const uint64_t requests[] = {15, 16, 17, 31, 32, 33, 100, 257};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        for (int lies_at_end = 0; lies_at_end < 2; lies_at_end++) {
            struct world w = make_small_world();
            w.volume->copy_limits = (struct os_copy_answer){1, 65536, 65536};
            w.volume->copy_lie = lies_at_end ? SIM_LIE_ZEROS : SIM_LIE_NONE;
            w.volume->copy_lie_skip = requests[i] - 1;
            sim_fill_pattern(L"R:\\a", 0, requests[i] * 65536, 9);
            sim_set_size(L"R:\\a", requests[i] * 65536);
            world_run(&w);
            expect_copied(&w, lies_at_end ? 0 : sim_size(L"R:\\a"));
            cr_expect(lies_at_end || sim_calls(SIM_OP_READ) <= 4 * 17);
            cr_expect(lies_at_end || sim_calls(SIM_OP_READ) >= 4 * 9);
            world_end(&w);
        }
    }
}

/* In the middle it is noticed where it lies often enough. */
Test(server_copy, a_lie_that_lasts_is_noticed)
{
    for (uint64_t skip = 0; skip < 256; skip += 17) {
        struct world w = make_world();
        w.volume->copy_limits = (struct os_copy_answer){1, 65536, 65536};
        w.volume->copy_lie = SIM_LIE_NOTHING;
        w.volume->copy_lie_skip = skip;
        w.volume->copy_lie_times = 16;
        sim_set_size(L"R:\\a", 16 * MI);
        run_and_expect(&w, 0);
    }
}

/* Zeros prove nothing, until the server was seen to copy something. */
Test(server_copy, zeros_are_believed_of_a_server_that_copies)
{
    struct world w = make_world();
    static const uint8_t zeros[MI];
    sim_write_file(L"R:\\zeros", zeros, sizeof zeros);
    expect_pair(&w, L"R:\\a", SIZE);
    expect_pair(&w, L"R:\\zeros", MI);
    world_end(&w);
    w = make_world();
    sim_write_file(L"R:\\zeros", zeros, sizeof zeros);
    expect_pair(&w, L"R:\\zeros", 0);
    world_end(&w);
}

/* The system may keep what it reads, and more behind it, while the server goes
   on writing. */
Test(server_copy, dest_is_read_after_the_last_request)
{
    const struct sim_trace_entry *entries;
    size_t count = 0;
    bool has_read = false;
    struct world w = make_world();
    sim_trace(true);
    world_run(&w);
    sim_trace_entries(&entries, &count);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].op == SIM_OP_READ)
            has_read = true;
        cr_expect(entries[i].op != SIM_OP_SERVER_COPY || !has_read);
    }
    cr_expect(has_read);
    expect_copied(&w, SIZE);
    world_end(&w);
}

/* --- failures and Ctrl-C -------------------------------------------------- */

static void expect_failed(struct world *w, os_error code, bool in_source)
{
    cr_expect_eq(w->outcome.error.code, code);
    cr_expect_eq(w->outcome.error.in_source, in_source);
    cr_expect_eq(w->outcome.bytes_copied_by_server, 0);
    cr_expect_not(sim_exists(L"R:\\b"));
    world_end(w);
}

static const enum sim_op requests[] = {SIM_OP_GET_COPY_KEY, SIM_OP_SERVER_COPY};

Test(server_copy, a_lost_connection_is_a_failure)
{
    for (int i = 0; i < 2; i++) {
        struct world w = make_small_world();
        w.policy.retries = 0;
        sim_fault(requests[i], 1, CODE_NETNAME_DELETED);
        world_run(&w);
        expect_failed(&w, CODE_NETNAME_DELETED, i == 0);
    }
}

/* The request may be what ends the server's process. */
Test(server_copy, a_connection_is_not_lost_again_and_again)
{
    for (int i = 0; i < 2; i++) {
        struct world w = make_small_world();
        sim_fault_always(requests[i], CODE_NETNAME_DELETED);
        world_run(&w);
        cr_expect_eq(w.outcome.retries, 1);
        expect_copied(&w, 0);
        world_end(&w);
    }
}

/* The same where it worked before. */
Test(server_copy, a_connection_is_lost_twice_at_most)
{
    struct world w = make_small_world();
    world_run_paths(&w, L"R:\\a", L"R:\\c");
    cr_expect_eq(w.outcome.bytes_copied_by_server, SMALL);
    sim_fault_always(SIM_OP_SERVER_COPY, CODE_NETNAME_DELETED);
    world_run(&w);
    cr_expect_eq(w.outcome.retries, 2);
    expect_copied(&w, 0);
    world_end(&w);
}

Test(server_copy, continues_after_a_lost_connection)
{
    struct world w = make_small_world();
    sim_fault(SIM_OP_SERVER_COPY, 3, CODE_NETNAME_DELETED);
    world_run(&w);
    cr_expect_eq(w.outcome.retries, 1);
    expect_copied(&w, SMALL);
    world_end(&w);
}

static void cancel(void *arg)
{
    (void)arg;
    sim_cancel();
}

Test(server_copy, is_interrupted_between_requests)
{
    for (uint64_t nth = 1; nth <= REQUESTS; nth++) {
        struct world w = make_world();
        sim_at_call(SIM_OP_SERVER_COPY, nth, cancel, NULL);
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_INTERRUPTED);
        cr_expect_eq(sim_calls(SIM_OP_SERVER_COPY), nth);
        expect_failed(&w, CODE_CANCELLED, false);
    }
}

static void cut_source(void *arg)
{
    (void)arg;
    sim_set_size(L"R:\\a", 20 * MI);
}

Test(server_copy, a_source_that_ends_early_was_changed)
{
    struct world w = make_world();
    sim_at_call(SIM_OP_SERVER_COPY, 2, cut_source, NULL);
    world_run(&w);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_SOURCE_CHANGED);
    expect_failed(&w, CODE_HANDLE_EOF, true);
}

static void change_source(void *arg)
{
    (void)arg;
    sim_write_at(L"R:\\a", 0, "changed", 7);
}

Test(server_copy, a_source_that_changes_fails)
{
    struct world w = make_world();
    sim_at_call(SIM_OP_SERVER_COPY, 2, change_source, NULL);
    world_run(&w);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_SOURCE_CHANGED);
    expect_failed(&w, w.outcome.error.code, true);
}

static uint64_t last_moved;

static bool watch(void *context, const struct reflink_outcome *so_far,
                  uint64_t total)
{
    (void)context;
    cr_expect_leq(so_far->bytes_copied - last_moved, 16 * MI);
    cr_expect_eq(total, SIZE);
    last_moved = so_far->bytes_copied;
    return true;
}

Test(server_copy, progress_is_reported)
{
    struct world w = make_world();
    last_moved = 0;
    reflink_session_watch(w.session, watch, NULL);
    world_run(&w);
    cr_expect_eq(last_moved, SIZE);
    expect_copied(&w, SIZE);
    world_end(&w);
}
