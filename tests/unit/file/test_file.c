/* Whole files on every kind of volume: cloned or copied, right, and said. */
#include <stdlib.h>

#include "core/errors.h"
#include "world.h"

TestSuite(file, .timeout = 120);

static const uint64_t KI = 1024;
static const uint64_t MI = 1024 * 1024;
static const uint64_t GI = 1024 * 1024 * 1024;

/* After every file: bytes add up, and a copy carries its reason. */
static void expect_account(const struct world *w, uint64_t size)
{
    const struct reflink_outcome *o = &w->outcome;
    cr_expect_eq(o->status, REFLINK_OK);
    cr_expect_eq(o->error.code, 0);
    cr_expect_eq(o->bytes, size);
    cr_expect_eq(o->bytes_cloned + o->bytes_copied, size);
    cr_expect_eq(o->method == REFLINK_METHOD_CLONE,
                 o->reason == REFLINK_REASON_NONE);
}

static void expect_clone(struct world *w, uint64_t size, uint64_t requests)
{
    expect_account(w, size);
    cr_expect_eq(w->outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w->outcome.requests, requests);
    cr_expect_eq(world_requests(), requests);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    cr_expect_eq(sim_size(L"R:\\b"), size);
    cr_expect_geq(sim_shared_bytes(L"R:\\a", L"R:\\b"), size);
}

Test(file, sizes_on_both_cluster_sizes)
{
    static const char *const profiles[] = {"refs-4k", "refs-64k"};
    for (size_t p = 0; p < 2; p++) {
        uint64_t cluster = p == 0 ? 4 * KI : 64 * KI;
        const uint64_t sizes[] = {cluster,     cluster + 1, 2 * cluster - 1,
                                  3 * MI + 17, 100 * MI,    GI};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct world w = world_make(profiles[p]);
            sim_fill_pattern(L"R:\\a", 0, sizes[i], 7);
            world_run(&w);
            expect_clone(&w, sizes[i], 1);
            world_end(&w);
        }
    }
}

Test(file, below_a_cluster_is_copied_even_if_always)
{
    static const uint64_t sizes[] = {0, 1, 4095};
    for (size_t i = 0; i < 3; i++) {
        for (int mode = REFLINK_AUTO; mode <= REFLINK_NEVER; mode++) {
            struct world w = world_make("refs-4k");
            w.policy.mode = (enum reflink_mode)mode;
            sim_fill_pattern(L"R:\\a", 0, sizes[i], 7);
            world_run(&w);
            expect_account(&w, sizes[i]);
            cr_expect_eq(w.outcome.method, REFLINK_METHOD_COPY);
            cr_expect_eq(world_requests(), 0);
            cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
            world_end(&w);
        }
    }
}

Test(file, beyond_four_gibibytes)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, 10 * GI + 5, 3);
    world_run(&w);
    expect_clone(&w, 10 * GI + 5, 3);
    const struct sim_clone_request *requests;
    size_t count = 0;
    sim_clone_requests(&requests, &count);
    for (size_t i = 0; i < count; i++)
        cr_expect_lt(requests[i].length, 4 * GI);
    world_end(&w);
}

Test(file, sparse_source_of_a_tebibyte)
{
    struct world w = world_make("refs-4k");
    sim_write_file(L"R:\\a", "", 0);
    sim_set_sparse(L"R:\\a", true);
    for (uint64_t i = 0; i < 50; i++)
        sim_fill_pattern(L"R:\\a", i * 20 * GI, 64 * KI, i + 1);
    sim_set_size(L"R:\\a", 1024 * GI);
    uint64_t used = sim_used_clusters(w.volume);
    world_run(&w);
    expect_account(&w, 1024 * GI);
    cr_expect_eq(w.outcome.requests, 257);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    cr_expect(sim_is_sparse(L"R:\\b"));
    cr_expect_eq(sim_allocated(L"R:\\b"), sim_allocated(L"R:\\a"));
    cr_expect_eq(sim_used_clusters(w.volume), used);
    world_end(&w);
}

/* A clone needs no room, so a full volume is no reason to fail. */
Test(file, clones_on_a_full_volume)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, 10 * MI, 3);
    w.volume->capacity = sim_used_clusters(w.volume);
    world_run(&w);
    expect_clone(&w, 10 * MI, 1);
    cr_expect_not(sim_is_sparse(L"R:\\b"));
    world_end(&w);
}

/* Once the disk is full, a file that cannot fit is not begun; clones go on. */
Test(file, a_full_disk_is_not_filled_again)
{
    struct world w = world_make("ntfs");
    sim_fill_pattern(L"S:\\a", 0, 1000000, 1);
    sim_fill_pattern(L"S:\\small", 0, 5000, 2);
    w.volume->capacity = sim_used_clusters(w.volume) + 20;
    world_run_paths(&w, L"S:\\a", L"R:\\a");
    cr_expect_eq(w.outcome.error.code, CODE_DISK_FULL);
    uint64_t sizes = sim_calls(SIM_OP_SET_SIZE);
    world_run_paths(&w, L"S:\\a", L"R:\\b");
    cr_expect_eq(w.outcome.error.code, CODE_DISK_FULL);
    cr_expect_eq(sim_calls(SIM_OP_SET_SIZE), sizes);
    world_run_paths(&w, L"S:\\small", L"R:\\small");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    world_end(&w);
    w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, 1000000, 1);
    w.volume->capacity = sim_used_clusters(w.volume) + 20;
    w.policy.mode = REFLINK_NEVER;
    world_run_paths(&w, L"R:\\a", L"R:\\b");
    cr_expect_eq(w.outcome.error.code, CODE_DISK_FULL);
    w.policy.mode = REFLINK_AUTO;
    world_run_paths(&w, L"R:\\a", L"R:\\b");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.bytes_cloned, 1000000);
    world_end(&w);
}

Test(file, the_sparse_flag_is_sources)
{
    for (int sparse = 0; sparse < 2; sparse++) {
        for (int mode = REFLINK_AUTO; mode <= REFLINK_NEVER; mode++) {
            struct world w = world_make("refs-4k");
            w.policy.mode = (enum reflink_mode)mode;
            sim_fill_pattern(L"R:\\a", 0, MI, 3);
            sim_set_sparse(L"R:\\a", sparse != 0);
            world_run(&w);
            expect_account(&w, MI);
            cr_expect_eq(sim_is_sparse(L"R:\\b"), sparse != 0);
            world_end(&w);
        }
    }
}

Test(file, a_copy_keeps_holes)
{
    struct world w = world_make("ntfs");
    sim_write_file(L"R:\\a", "", 0);
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\a", 5 * GI, 3 * MI, 1);
    sim_fill_pattern(L"R:\\a", 9 * GI, 100, 2);
    sim_set_size(L"R:\\a", 20 * GI);
    world_run(&w);
    expect_account(&w, 20 * GI);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_NO_CLONING);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    cr_expect_eq(sim_allocated(L"R:\\b"), sim_allocated(L"R:\\a"));
    cr_expect_lt(sim_calls(SIM_OP_WRITE), 10);
    world_end(&w);
}

Test(file, a_dense_copy_is_right)
{
    struct world w = world_make("ntfs");
    sim_fill_pattern(L"R:\\a", 0, 5 * MI + 3, 9);
    world_run(&w);
    expect_account(&w, 5 * MI + 3);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_COPY);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_NO_CLONING);
    cr_expect_eq(wcscmp(w.outcome.file_system, L"NTFS"), 0);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    cr_expect_eq(world_requests(), 0);
    world_end(&w);
}

Test(file, always_refuses_what_cannot_be_cloned)
{
    struct world w = world_make("ntfs");
    w.policy.mode = REFLINK_ALWAYS;
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_NO_CLONING);
    cr_expect_eq(w.outcome.refusal, 1);
    cr_expect_not(sim_exists(L"R:\\b"));
    world_end(&w);
}

Test(file, never_shares_nothing)
{
    struct world w = world_make("refs-4k");
    w.policy.mode = REFLINK_NEVER;
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    world_run(&w);
    expect_account(&w, MI);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_NOT_ASKED);
    cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), 0);
    cr_expect_eq(world_requests(), 0);
    world_end(&w);
}

Test(file, two_volumes)
{
    for (int mode = REFLINK_AUTO; mode <= REFLINK_ALWAYS; mode++) {
        struct world w = world_make("refs-4k");
        w.policy.mode = (enum reflink_mode)mode;
        sim_fill_pattern(L"R:\\a", 0, MI, 9);
        world_run_paths(&w, L"R:\\a", L"S:\\b");
        cr_expect_eq(w.outcome.status,
                     mode == REFLINK_AUTO ? REFLINK_OK : REFLINK_REFUSED);
        cr_expect_eq(w.outcome.reason, REFLINK_REASON_OTHER_VOLUME);
        cr_expect_eq(sim_exists(L"S:\\b"), mode == REFLINK_AUTO);
        cr_expect_eq(world_requests(), 0);
        if (mode == REFLINK_AUTO)
            cr_expect(sim_same_bytes(L"R:\\a", L"S:\\b"));
        world_end(&w);
    }
}

/* --- volumes that answer success and do not clone ---------------------- */

static void expect_copy_after_lie(struct world *w, uint64_t size)
{
    expect_account(w, size);
    cr_expect_eq(w->outcome.method, REFLINK_METHOD_COPY);
    cr_expect_eq(w->outcome.reason, REFLINK_REASON_UNVERIFIED);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), 0);
}

Test(file, every_lie_is_found_out)
{
    for (int lie = SIM_LIE_NOTHING; lie <= SIM_LIE_COPY; lie++) {
        for (int maps = 0; maps < 2; maps++) {
            if (lie == SIM_LIE_COPY && maps == 0)
                continue; /* nobody can tell, and the bytes are right */
            struct world w = world_make("refs-4k");
            w.volume->lie = (enum sim_lie)lie;
            w.volume->extents = maps ? 0 : CODE_INVALID_FUNCTION;
            sim_fill_pattern(L"R:\\a", 0, 9 * MI + 5, 9);
            world_run(&w);
            expect_copy_after_lie(&w, 9 * MI + 5);
            world_end(&w);
        }
    }
}

Test(file, a_lie_with_always_is_a_refusal)
{
    struct world w = world_make("refs-4k");
    w.policy.mode = REFLINK_ALWAYS;
    w.volume->lie = SIM_LIE_NOTHING;
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_UNVERIFIED);
    cr_expect_not(sim_exists(L"R:\\b"));
    world_end(&w);
}

/* Only the second of three requests is a lie: all is copied. */
Test(file, one_lie_discredits_the_rest)
{
    struct world w = world_make("refs-4k");
    w.volume->lie = SIM_LIE_NOTHING;
    w.volume->lie_skip = 1;
    sim_write_file(L"R:\\a", "", 0);
    sim_set_sparse(L"R:\\a", true);
    sim_fill_pattern(L"R:\\a", 5 * GI, MI, 1);
    sim_set_size(L"R:\\a", 10 * GI);
    world_run(&w);
    expect_copy_after_lie(&w, 10 * GI);
    world_end(&w);
}

/* The common case in CI: SOURCE was written moments ago. */
Test(file, an_unflushed_source_is_flushed_and_cloned)
{
    struct world w = world_make("refs-unflushed");
    sim_fill_pattern(L"R:\\a", 0, 9 * MI, 9);
    world_run(&w);
    expect_account(&w, 9 * MI);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w.outcome.requests, 2);
    cr_expect_eq(sim_calls(SIM_OP_FLUSH_PATH), 1);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}

Test(file, a_source_that_cannot_be_flushed_is_copied)
{
    struct world w = world_make("refs-unflushed");
    sim_fill_pattern(L"R:\\a", 0, 9 * MI, 9);
    sim_set_attributes(L"R:\\a", OS_ATTRIBUTE_READONLY);
    world_run(&w);
    expect_account(&w, 9 * MI);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_COPY);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_UNVERIFIED);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}

Test(file, verify_none_believes)
{
    struct world w = world_make("refs-4k");
    w.policy.verify = REFLINK_VERIFY_NONE;
    w.volume->lie = SIM_LIE_NOTHING;
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    world_run(&w);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_not(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}

static void damage(void *arg)
{
    (void)arg;
    wchar_t path[80];
    for (size_t i = 0; i < sim_file_count(L"R:\\"); i++) {
        swprintf(path, 80, L"R:\\%ls", sim_file_name(L"R:\\", i));
        if (wcsstr(path, L"~reflink-") != NULL)
            sim_write_at(path, 300000, "x", 1);
    }
}

/* A byte that no sample meets, spoilt between the request and the proof. */
Test(file, verify_full_reads_every_byte)
{
    for (int full = 0; full < 2; full++) {
        struct world w = world_make("refs-4k");
        w.policy.verify = full ? REFLINK_VERIFY_FULL : REFLINK_VERIFY_SAMPLE;
        w.volume->extents = CODE_INVALID_FUNCTION;
        sim_fill_pattern(L"R:\\a", 0, 9 * MI, 9);
        sim_at_call(SIM_OP_READ, 1, damage, NULL);
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(w.outcome.requests, full ? 2 : 1);
        cr_expect_eq(sim_same_bytes(L"R:\\a", L"R:\\b"), full);
        world_end(&w);
    }
}

Test(file, verify_full_finds_a_spoilt_copy)
{
    struct world w = world_make("ntfs");
    w.policy.verify = REFLINK_VERIFY_FULL;
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    sim_at_call(SIM_OP_READ, 2, damage, NULL);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_DIFFERENT);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_DIFFERENT);
    cr_expect_not(sim_exists(L"R:\\b"));
    world_end(&w);
}

/* --- DEST ------------------------------------------------------------- */

Test(file, an_existing_dest_stays)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    sim_write_file(L"R:\\b", "old", 3);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.code, CODE_FILE_EXISTS);
    cr_expect(sim_holds(L"R:\\b", "old", 3));
    w.policy.existing = REFLINK_EXISTING_KEEP;
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_SKIPPED);
    cr_expect(sim_holds(L"R:\\b", "old", 3));
    w.policy.existing = REFLINK_EXISTING_REPLACE;
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}

Test(file, the_same_file_by_any_name_is_left_alone)
{
    static const wchar_t *const names[] = {
        L"R:\\a", L"r:\\A", L"R:/a", L"\\\\?\\R:\\a", L"R:\\hard", L"R:\\soft"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct world w = world_make("refs-4k");
        sim_write_file(L"R:\\a", "old", 3);
        sim_link(L"R:\\a", L"R:\\hard");
        sim_symlink(L"R:\\a", L"R:\\soft");
        w.policy.existing = REFLINK_EXISTING_REPLACE;
        world_run_paths(&w, L"R:\\a", names[i]);
        cr_expect_eq(w.outcome.status, REFLINK_FAILED, "name %zu", i);
        cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_SAME_FILE);
        cr_expect(sim_holds(L"R:\\a", "old", 3));
        world_end(&w);
    }
}

Test(file, streams_are_refused)
{
    struct world w = world_make("refs-4k");
    sim_write_file(L"R:\\a", "old", 3);
    world_run_paths(&w, L"R:\\a:s", L"R:\\b");
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_STREAM);
    cr_expect(w.outcome.error.in_source);
    world_run_paths(&w, L"R:\\a", L"R:\\b:s");
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_STREAM);
    cr_expect_not(w.outcome.error.in_source);
    cr_expect_eq(sim_calls(SIM_OP_OPEN), 0);
    world_end(&w);
}

Test(file, bad_paths_are_named)
{
    static const struct {
        const wchar_t *source;
        const wchar_t *dest;
        uint32_t code;
        enum reflink_hint hint;
        bool in_source;
    } rows[] = {
        {L"R:\\none", L"R:\\b", 2, REFLINK_HINT_NONE, true},
        {L"R:\\no\\a", L"R:\\b", 3, REFLINK_HINT_NONE, true},
        {L"R:\\d", L"R:\\b", 336, REFLINK_HINT_RECURSIVE, true},
        {L"R:\\a", L"R:\\no\\b", 3, REFLINK_HINT_NO_DIRECTORY, false},
        {L"R:\\a", L"R:\\d", 336, REFLINK_HINT_DIRECTORY, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = world_make("refs-4k");
        sim_write_file(L"R:\\a", "old", 3);
        sim_mkdir(L"R:\\d");
        world_run_paths(&w, rows[i].source, rows[i].dest);
        cr_expect_eq(w.outcome.status, REFLINK_FAILED, "row %zu", i);
        cr_expect_eq(w.outcome.error.code, rows[i].code, "row %zu: %u", i,
                     w.outcome.error.code);
        cr_expect_eq(w.outcome.error.hint, rows[i].hint, "row %zu", i);
        cr_expect_eq(w.outcome.error.in_source, rows[i].in_source);
        cr_expect_eq(sim_file_count(L"R:\\"), 2);
        world_end(&w);
    }
}

Test(file, a_real_failure_is_no_reason_to_copy)
{
    static const os_error codes[] = {5, 19, 32, 33, 112, 1117};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct world w = world_make("refs-4k");
        w.policy.existing = REFLINK_EXISTING_REPLACE;
        sim_fill_pattern(L"R:\\a", 0, MI, 9);
        sim_write_file(L"R:\\b", "old", 3);
        sim_fault(SIM_OP_CLONE, 1, codes[i]);
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_FAILED);
        cr_expect_eq(w.outcome.error.code, codes[i]);
        cr_expect_eq(w.outcome.error.step, REFLINK_STEP_CLONE);
        cr_expect(sim_holds(L"R:\\b", "old", 3));
        world_end(&w);
    }
}

Test(file, what_cannot_be_cloned_is_copied)
{
    static const os_error codes[] = {1, 6, 17, 50, 87, 347, 134};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        for (int mode = REFLINK_AUTO; mode <= REFLINK_ALWAYS; mode++) {
            struct world w = world_make("refs-4k");
            w.policy.mode = (enum reflink_mode)mode;
            sim_fill_pattern(L"R:\\a", 0, 256 * KI + 1, 9);
            sim_fault_always(SIM_OP_CLONE, codes[i]);
            world_run(&w);
            if (mode == REFLINK_ALWAYS) {
                cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
                cr_expect_not(sim_exists(L"R:\\b"));
            } else {
                expect_account(&w, 256 * KI + 1);
                cr_expect_eq(w.outcome.method, REFLINK_METHOD_COPY);
                cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
            }
            cr_expect_eq(w.outcome.refusal, codes[i]);
            world_end(&w);
        }
    }
}

/* --- what comes along, and what must not change ------------------------ */

Test(file, attributes_and_time_are_kept)
{
    for (int mode = REFLINK_AUTO; mode <= REFLINK_NEVER; mode++) {
        struct world w = world_make("refs-4k");
        uint32_t attributes =
            OS_ATTRIBUTE_READONLY | OS_ATTRIBUTE_HIDDEN | OS_ATTRIBUTE_ARCHIVE;
        w.policy.mode = (enum reflink_mode)mode;
        sim_fill_pattern(L"R:\\a", 0, MI, 9);
        sim_set_written(L"R:\\a", 131000000000000000);
        sim_set_attributes(L"R:\\a", attributes);
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(sim_written(L"R:\\b"), 131000000000000000);
        cr_expect_eq(sim_attributes(L"R:\\b"), attributes);
        world_end(&w);
    }
}

/* Replaced, or left alone, as what it would lead to were; never followed. */
Test(file, a_link_that_leads_nowhere_in_place_of_dest)
{
    static const wchar_t *const targets[] = {L"R:\\no", L"R:\\no\\where"};
    for (size_t i = 0; i < 4; i++) {
        struct world w = world_make("refs-4k");
        w.volume->posix_rename = i % 2 == 0;
        sim_fill_pattern(L"R:\\a", 0, MI, 9);
        cr_assert_eq(sim_symlink(targets[i / 2], L"R:\\b"), 0);
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_FAILED);
        cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_EXISTS);
        w.policy.existing = REFLINK_EXISTING_KEEP;
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_SKIPPED);
        cr_expect_eq(w.outcome.bytes, 0);
        cr_expect_eq(w.outcome.error.code, 0);
        cr_expect(sim_is_link(L"R:\\b"));
        w.policy.existing = REFLINK_EXISTING_REPLACE;
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_not(sim_is_link(L"R:\\b"));
        cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
        cr_expect_not(sim_exists(L"R:\\no"));
        world_end(&w);
    }
}

/* Its new name sets the archive attribute, which SOURCE has not. */
Test(file, a_source_without_the_archive_attribute)
{
    static const char *const profiles[] = {"refs-4k", "exfat"};
    for (size_t i = 0; i < 2; i++) { /* by a link; by a rename */
        for (int fails = 0; fails < 2; fails++) {
            struct world w = world_make(profiles[i]);
            sim_fill_pattern(L"R:\\a", 0, MI, 9);
            sim_set_written(L"R:\\a", 131000000000000000);
            sim_set_attributes(L"R:\\a", OS_ATTRIBUTE_HIDDEN);
            if (fails)
                sim_fault(SIM_OP_SET_METADATA, 2, CODE_ACCESS_DENIED);
            world_run(&w);
            cr_expect_eq(w.outcome.status, REFLINK_OK);
            cr_expect_eq(w.outcome.lost, fails ? REFLINK_LOST_ATTRIBUTES : 0);
            cr_expect_eq(sim_attributes(L"R:\\b"),
                         OS_ATTRIBUTE_HIDDEN |
                             (fails ? OS_ATTRIBUTE_ARCHIVE : 0));
            cr_expect_eq(sim_written(L"R:\\b"), 131000000000000000);
            world_end(&w);
        }
    }
}

/* Of a clone, of a copy, and of one that comes when the volume is known. */
Test(file, attributes_that_a_volume_does_not_hold_are_named)
{
    struct world w = world_make("refs-4k");
    w.volume->no_attributes = OS_ATTRIBUTE_SYSTEM;
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    sim_set_attributes(L"R:\\a", OS_ATTRIBUTE_HIDDEN | OS_ATTRIBUTE_ARCHIVE);
    world_run_paths(&w, L"R:\\a", L"R:\\b");
    cr_expect_eq(w.outcome.lost, 0);
    sim_set_attributes(L"R:\\a", OS_ATTRIBUTE_HIDDEN | OS_ATTRIBUTE_SYSTEM);
    world_run_paths(&w, L"R:\\a", L"R:\\c");
    cr_expect_eq(w.outcome.lost, REFLINK_LOST_ATTRIBUTES);
    w.policy.mode = REFLINK_NEVER;
    world_run_paths(&w, L"R:\\a", L"R:\\d");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.lost, REFLINK_LOST_ATTRIBUTES);
    cr_expect_eq(sim_attributes(L"R:\\d"), OS_ATTRIBUTE_HIDDEN);
    world_end(&w);
}

static void take_no_step(void *context, const struct reflink_dry_step *step)
{
    (void)context;
    (void)step;
}

/* Of a placeholder, what is not allocated is no hole, and what is allocated
   need not be its data. */
Test(file, data_that_lie_elsewhere_are_read)
{
    static const uint32_t marks[] = {OS_ATTRIBUTE_REPARSE, OS_ATTRIBUTE_OFFLINE,
                                     OS_ATTRIBUTE_RECALL_ON_OPEN,
                                     OS_ATTRIBUTE_RECALL_ON_DATA_ACCESS};
    struct reflink_range range = {65536, 131072, 65536, false};
    for (size_t i = 0; i < 4; i++) {
        struct world w = world_make("refs-4k");
        sim_fill_pattern(L"R:\\a", 0, MI, 9);
        sim_set_sparse(L"R:\\a", true);
        sim_set_attributes(L"R:\\a", marks[i]);
        world_run_paths(&w, L"R:\\a", L"R:\\b");
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(w.outcome.method, REFLINK_METHOD_COPY);
        cr_expect_eq(w.outcome.reason, REFLINK_REASON_ELSEWHERE);
        cr_expect_eq(w.outcome.bytes_copied, MI);
        cr_expect_eq(sim_calls(SIM_OP_ALLOCATED), 0);
        cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
        reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &range,
                      &w.outcome);
        cr_expect_eq(w.outcome.reason, REFLINK_REASON_ELSEWHERE);
        cr_expect_eq(w.outcome.bytes_copied, 65536);
        reflink_dry_run(w.session, &w.policy, L"R:\\a", L"R:\\new", NULL,
                        take_no_step, NULL, &w.outcome);
        cr_expect_eq(w.outcome.reason, REFLINK_REASON_ELSEWHERE);
        cr_expect_eq(world_requests(), 0);
        w.policy.mode = REFLINK_ALWAYS;
        world_run_paths(&w, L"R:\\a", L"R:\\c");
        cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
        world_end(&w);
    }
}

Test(file, integrity_is_matched)
{
    for (int there = 0; there < 2; there++) {
        for (uint16_t algorithm = 0; algorithm < 2; algorithm++) {
            struct world w = world_make("refs-4k");
            w.volume->default_integrity = there != 0;
            sim_fill_pattern(L"R:\\a", 0, MI, 9);
            sim_set_integrity(L"R:\\a", algorithm, 0);
            world_run(&w);
            expect_clone(&w, MI, 1);
            cr_expect_eq(sim_integrity(L"R:\\b") != 0, algorithm != 0);
            world_end(&w);
        }
    }
}

Test(file, integrity_that_cannot_be_matched_is_a_reason)
{
    struct world w = world_make("refs-4k");
    w.volume->set_integrity = CODE_ACCESS_DENIED;
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    sim_set_integrity(L"R:\\a", 2, 0);
    world_run(&w);
    expect_account(&w, MI);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_INTEGRITY);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_COPY);
    world_end(&w);
}

static void grow_source(void *arg)
{
    (void)arg;
    sim_write_at(L"R:\\a", MI, "more", 4);
}

Test(file, a_source_that_changes_is_a_failure)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    sim_at_call(SIM_OP_CLONE, 1, grow_source, NULL);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_SOURCE_CHANGED);
    cr_expect_not(sim_exists(L"R:\\b"));
    world_end(&w);
}

static void touch_source(void *arg)
{
    (void)arg;
    sim_advance_us(5000000);
    sim_write_at(L"R:\\a", 5, "x", 1);
}

/* As long as before, but written to. */
Test(file, a_source_that_is_written_to_is_a_failure)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    sim_at_call(SIM_OP_CLONE, 1, touch_source, NULL);
    w.policy.verify = REFLINK_VERIFY_NONE;
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_SOURCE_CHANGED);
    cr_expect_not(sim_exists(L"R:\\b"));
    world_end(&w);
}

Test(file, a_source_with_a_writer_is_cloned)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    struct os_file *writer = sim_open_as(L"R:\\a", SIM_READ | SIM_WRITE,
                                         SIM_READ | SIM_WRITE | SIM_DELETE);
    world_run(&w);
    expect_clone(&w, MI, 1);
    os_close(writer);
    world_end(&w);
}

static void come_meanwhile(void *arg)
{
    (void)arg;
    sim_write_file(L"R:\\b", "other", 5);
}

/* --- moments ---------------------------------------------------------- */

/* Whatever the volume has: marked, filled, unmarked and renamed. */
Test(file, dest_gets_its_name_in_one_step)
{
    for (int links = 0; links < 2; links++) {
        struct world w = world_make("refs-4k");
        w.volume->hard_links = links != 0;
        sim_fill_pattern(L"R:\\a", 0, MI, 9);
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        world_run_paths(&w, L"R:\\a", L"R:\\c");
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
        cr_expect(sim_same_bytes(L"R:\\a", L"R:\\c"));
        cr_expect_eq(sim_calls(SIM_OP_RENAME), 2);
        cr_expect_eq(sim_calls(SIM_OP_MARK_DELETED), 4);
        cr_expect_eq(sim_file_count(L"R:\\"), 3);
        world_end(&w);
    }
}

/* --- what is asked -------------------------------------------------------- */

/* The first file of a run teaches what the others on its volume need. */
Test(file, a_volume_is_asked_once)
{
    struct world w = world_make("samba");
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    world_run(&w);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(sim_calls(SIM_OP_QUERY_VOLUME), 1);
    cr_expect_eq(sim_calls(SIM_OP_ALLOCATION_UNIT), 1);
    cr_expect_eq(sim_calls(SIM_OP_GET_INTEGRITY), 1);
    world_run_paths(&w, L"R:\\a", L"R:\\c");
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(sim_calls(SIM_OP_QUERY_VOLUME), 1);
    cr_expect_eq(sim_calls(SIM_OP_ALLOCATION_UNIT), 1);
    cr_expect_eq(sim_calls(SIM_OP_GET_INTEGRITY), 1);
    world_end(&w);
}

/* Calls so far, but for clone requests, the clock, and chance. */
static uint64_t calls_beside_requests(void)
{
    return sim_calls(SIM_OP_ANY) + sim_calls(SIM_OP_CLOSE) -
           sim_calls(SIM_OP_CLONE) - sim_calls(SIM_OP_RANDOM);
}

/*
 * SOURCE is opened, asked for its state before and after, for its streams,
 * attributes and integrity; DEST is looked for, made, asked for its integrity
 * and its size, marked sparse and not, marked for deletion and not, sized,
 * stamped and renamed; two maps and two pairs of blocks are the proof; two are
 * closed. The first file has its volume found out, too.
 */
Test(file, a_large_clone_takes_26_calls)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, GI, 9);
    world_run(&w);
    uint64_t first = calls_beside_requests();
    cr_expect_leq(first, 28, "%llu", (unsigned long long)first);
    world_run_paths(&w, L"R:\\a", L"R:\\c");
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    uint64_t second = calls_beside_requests() - first;
    cr_expect_leq(second, 26, "%llu", (unsigned long long)second);
    world_end(&w);
}

/* What was learned of one volume is not believed of another. */
Test(file, volumes_are_told_apart)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    sim_fill_pattern(L"S:\\a", 0, MI, 9);
    world_run(&w);
    world_run_paths(&w, L"R:\\a", L"S:\\b");
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_OTHER_VOLUME);
    cr_expect_eq(w.outcome.volume_root[0], L'S');
    world_run_paths(&w, L"S:\\a", L"R:\\c");
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_OTHER_VOLUME);
    cr_expect_eq(w.outcome.volume_root[0], L'R');
    cr_expect_eq(world_requests(), 1);
    world_run_paths(&w, L"S:\\a", L"S:\\c");
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    world_end(&w);
}

/* A volume may lie in a folder of another one. */
Test(file, a_volume_in_a_folder_is_another_volume)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    cr_assert_eq(sim_junction(L"S:\\", L"R:\\below"), 0);
    world_run_paths(&w, L"R:\\a", L"R:\\below\\b");
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_OTHER_VOLUME);
    world_run(&w);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    world_run_paths(&w, L"R:\\a", L"R:\\below\\c");
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_OTHER_VOLUME);
    cr_expect_eq(world_requests(), 1);
    world_end(&w);
}

static void cut_dest(void *arg)
{
    wchar_t path[64] = L"R:\\";
    (void)arg;
    for (size_t i = 0; i < sim_file_count(L"R:\\"); i++) {
        const wchar_t *name = sim_file_name(L"R:\\", i);
        if (wcsstr(name, L"~reflink-") != NULL)
            sim_set_size(wcscat(path, name), MI - 1);
    }
}

/* A volume that clips may leave DEST too short. */
Test(file, a_clone_of_the_wrong_size_fails)
{
    struct world w = world_make("refs-4k");
    w.policy.verify = REFLINK_VERIFY_NONE;
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    sim_at_call(SIM_OP_SET_METADATA, 1, cut_dest, NULL);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_DIFFERENT);
    world_end(&w);
}

Test(file, a_small_copy_keeps_the_hole_at_its_end)
{
    struct world w = world_make("ntfs");
    sim_fill_pattern(L"R:\\a", 0, 64 * KI, 9);
    sim_set_sparse(L"R:\\a", true);
    sim_set_size(L"R:\\a", 512 * KI);
    world_run(&w);
    expect_account(&w, 512 * KI);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    cr_expect_eq(sim_allocated(L"R:\\b"), sim_allocated(L"R:\\a"));
    world_end(&w);
}

/* What stands beside other files may be a link to another volume. */
Test(file, a_link_to_another_volume_is_found_out)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    sim_fill_pattern(L"S:\\far", 0, MI, 3);
    cr_assert_eq(sim_symlink(L"S:\\far", L"R:\\link"), 0);
    world_run(&w);
    world_run_paths(&w, L"R:\\link", L"R:\\c");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_OTHER_VOLUME);
    cr_expect_eq(w.outcome.requests, 0);
    cr_expect(sim_same_bytes(L"S:\\far", L"R:\\c"));
    w.policy.mode = REFLINK_ALWAYS;
    world_run_paths(&w, L"R:\\link", L"R:\\d");
    cr_expect_eq(w.outcome.status, REFLINK_REFUSED);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_OTHER_VOLUME);
    world_run_paths(&w, L"R:\\a", L"R:\\d");
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    world_end(&w);
}

/* So it is where it is the first, and beside DEST. */
Test(file, the_first_may_be_a_link_to_another_volume)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"S:\\far", 0, MI, 3);
    cr_assert_eq(sim_symlink(L"S:\\far", L"R:\\link"), 0);
    world_run_paths(&w, L"R:\\link", L"R:\\c");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_OTHER_VOLUME);
    cr_expect(sim_same_bytes(L"S:\\far", L"R:\\c"));
    world_end(&w);
}

/* An existing DEST may be SOURCE, and so SOURCE itself is asked. */
Test(file, a_link_beside_its_target_is_one_file_with_it)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    cr_assert_eq(sim_symlink(L"R:\\a", L"R:\\link"), 0);
    world_run(&w);
    w.policy.existing = REFLINK_EXISTING_REPLACE;
    world_run_paths(&w, L"R:\\link", L"R:\\a");
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_SAME_FILE);
    world_end(&w);
}

/* Beside SOURCE: opened, asked for its state and streams, read, and asked
   again; DEST: looked for, made, marked and not, asked, written, stamped and
   renamed. */
Test(file, a_small_copy_takes_few_calls)
{
    struct world w = world_make("ntfs");
    sim_fill_pattern(L"R:\\a", 0, 30000, 9);
    world_run(&w);
    uint64_t before = sim_calls(SIM_OP_ANY);
    world_run_paths(&w, L"R:\\a", L"R:\\c");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\c"));
    cr_expect_eq(sim_calls(SIM_OP_VOLUME_ROOT), 1);
    cr_expect_eq(sim_calls(SIM_OP_ANY) - before, 14);
    world_end(&w);
}

Test(file, a_dest_that_comes_meanwhile_stays)
{
    for (int posix = 0; posix < 2; posix++) {
        struct world w = world_make("refs-4k");
        w.volume->posix_rename = posix != 0;
        sim_fill_pattern(L"R:\\a", 0, MI, 9);
        sim_at_call(SIM_OP_CLONE, 1, come_meanwhile, NULL);
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_FAILED);
        cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_EXISTS);
        cr_expect(sim_holds(L"R:\\b", "other", 5));
        world_end(&w);
    }
}

Test(file, transient_errors_start_anew)
{
    struct world w = world_make("csvfs");
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    w.volume->drop = (struct sim_drop){1, CODE_NETNAME_DELETED, true};
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(sim_slept_ms(), 100);
    cr_expect_eq(w.outcome.retries, 1);
    cr_expect_eq(w.outcome.retry_code, CODE_NETNAME_DELETED);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}

Test(file, transient_errors_end_some_time)
{
    struct world w = world_make("refs-4k");
    w.policy.retries = 3;
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    sim_fault_always(SIM_OP_CLONE, CODE_UNEXP_NET_ERR);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.code, CODE_UNEXP_NET_ERR);
    cr_expect_eq(sim_sleeps(), 3);
    cr_expect_eq(w.outcome.retries, 3);
    cr_expect_eq(sim_slept_ms(), 700);
    cr_expect_eq(world_requests(), 4);
    world_end(&w);
}

/* Each wait is twice the last one, up to some two minutes. */
Test(file, waits_do_not_grow_for_ever)
{
    struct world w = world_make("refs-4k");
    w.policy.retries = 40;
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    sim_fault_always(SIM_OP_CLONE, CODE_UNEXP_NET_ERR);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(sim_sleeps(), 40);
    cr_expect_eq(sim_slept_ms(), 100 * 1023 + 30 * 102400);
    world_end(&w);
}

/* --- a server that dies, and forgets what was to vanish -------------------
 */

static void drop_next(void *volume)
{
    struct sim_volume *v = volume;
    v->drop = (struct sim_drop){1, CODE_NETNAME_DELETED, true};
}

static void make_mortal(struct world *w)
{
    w->volume->forgets_deletions = true;
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    drop_next(w->volume);
}

/* world_end looks for temporaries. */
Test(file, a_lost_temporary_goes_when_its_server_answers)
{
    for (uint64_t failures = 0; failures < 3; failures++) {
        struct world w = world_make("smb-refs");
        make_mortal(&w);
        for (uint64_t i = 1; i <= failures; i++)
            sim_fault(SIM_OP_REMOVE, i, CODE_BAD_NETPATH);
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_eq(sim_calls(SIM_OP_REMOVE), failures + 1);
        world_end(&w);
    }
}

/* It is removed before another can be lost, and forgotten for that. */
Test(file, a_temporary_lost_a_second_time_leaves_none)
{
    struct world w = world_make("smb-refs");
    make_mortal(&w);
    sim_at_call(SIM_OP_CLONE, 2, drop_next, w.volume);
    sim_fault(SIM_OP_REMOVE, 1, CODE_BAD_NETPATH);
    sim_fault(SIM_OP_REMOVE, 3, CODE_BAD_NETPATH);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(world_requests(), 3);
    cr_expect_eq(sim_calls(SIM_OP_REMOVE), 4);
    world_end(&w);
}

/* What cannot be removed for another reason is not tried for ever. */
Test(file, a_lost_temporary_may_stay)
{
    struct world w = world_make("smb-refs");
    make_mortal(&w);
    sim_fault(SIM_OP_REMOVE, 1, CODE_ACCESS_DENIED);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(sim_calls(SIM_OP_REMOVE), 1);
    cr_expect_eq(sim_file_count(L"R:\\"), 3);
    reflink_session_close(w.session);
}

/* The connection breaks at the rename, when the mark is gone already. */
Test(file, a_complete_staging_file_goes_when_its_server_answers)
{
    struct world w = world_make("smb-refs");
    sim_fill_pattern(L"R:\\a", 0, MI, 9);
    sim_fault(SIM_OP_RENAME, 1, CODE_NETNAME_DELETED);
    sim_fault(SIM_OP_MARK_DELETED, 3, CODE_NETNAME_DELETED);
    sim_fault(SIM_OP_REMOVE, 1, CODE_BAD_NETPATH);
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(sim_calls(SIM_OP_REMOVE), 2);
    world_end(&w);
}

/* What is missing is said: the directory, or that a file is in its place. */
Test(file, a_dest_whose_directory_is_none)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, 100, 1);
    world_run_paths(&w, L"R:\\a", L"R:\\no\\b");
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_NO_DIRECTORY);
    world_run_paths(&w, L"R:\\a", L"R:\\a\\b");
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_PARENT_IS_FILE);
    cr_expect_eq(sim_file_count(L"R:\\"), 1);
    world_end(&w);
}

/* SOURCE has holes without the sparse flag, as on a Samba server: without the
   flag, DEST would get clusters for every hole. */
Test(file, holes_without_the_sparse_flag)
{
    struct world w = world_make("samba");
    sim_fill_pattern(L"R:\\a", 0, MI, 1);
    sim_set_sparse(L"R:\\a", true);
    sim_set_size(L"R:\\a", 100 * MI);
    sim_fill_pattern(L"R:\\a", 99 * MI, MI, 1);
    sim_settle(L"R:\\a");
    sim_forget_sparse(L"R:\\a");
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect(w.outcome.kept_sparse);
    cr_expect(sim_is_sparse(L"R:\\b"));
    cr_expect_leq(sim_allocated(L"R:\\b"), 3 * MI);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}

/* As `\\\\wsl$\\...\\proc` does: what is read decides. */
Test(file, a_size_of_0_is_not_believed)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"S:\\a", 0, 100, 1);
    sim_set_size(L"S:\\empty", 0);
    w.other->hides_sizes = true;
    world_run_paths(&w, L"S:\\a", L"R:\\b");
    cr_expect_eq(w.outcome.status, REFLINK_FAILED);
    cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_SOURCE_CHANGED);
    cr_expect_not(sim_exists(L"R:\\b"));
    world_run_paths(&w, L"S:\\empty", L"R:\\b");
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    world_end(&w);
}
