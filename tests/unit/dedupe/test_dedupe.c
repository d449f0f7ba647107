/*
 * Files that are made to share clusters: what is shared, what stays as it was,
 * and what is left alone.
 */
#include "core/dedupe/dedupe.h"

#include <stdlib.h>
#include <string.h>

#include "core/errors.h"
#include "world.h"

TestSuite(dedupe, .timeout = 120);

enum { SIZE = 300 * 1024 + 77, WHOLE = 300 * 1024, CLUSTER = 4096 };

#define WRITTEN INT64_C(130000000000000000)

static struct dedupe_result run_to(struct world *w, const wchar_t *path,
                                   bool dry_run)
{
    struct dedupe dedupe;
    struct dedupe_result result;
    cr_assert(dedupe_begin(&dedupe, w->session, &w->policy, dry_run));
    dedupe_keep(&dedupe, L"R:\\a");
    dedupe_file(&dedupe, path, &result);
    dedupe_end(&dedupe);
    return result;
}

static struct dedupe_result run(struct world *w)
{
    return run_to(w, L"R:\\b", false);
}

/* R:\a and R:\b, with the same bytes. */
static struct world world_with_copies(const char *profile)
{
    struct world w = world_make(profile);
    sim_fill_pattern(L"R:\\a", 0, SIZE, 3);
    sim_fill_pattern(L"R:\\b", 0, SIZE, 3);
    sim_set_security(L"R:\\b", 5);
    (void)sim_set_stream(L"R:\\b", L"s", "stream", 6);
    sim_set_attributes(L"R:\\b", OS_ATTRIBUTE_HIDDEN);
    sim_set_written(L"R:\\b", WRITTEN);
    return w;
}

static void expect_kept(const char *what)
{
    cr_expect_eq(sim_size(L"R:\\b"), SIZE, "%s", what);
    cr_expect_eq(sim_written(L"R:\\b"), WRITTEN, "%s", what);
    cr_expect_eq(sim_attributes(L"R:\\b"), OS_ATTRIBUTE_HIDDEN, "%s", what);
    cr_expect_eq(sim_security(L"R:\\b"), 5, "%s", what);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"), "%s", what);
}

static uint64_t requests_for(const wchar_t *path)
{
    const struct sim_clone_request *requests;
    size_t count = 0;
    uint64_t found = 0;
    sim_clone_requests(&requests, &count);
    for (size_t i = 0; i < count; i++)
        found += wcscmp(requests[i].dest, path) == 0;
    return found;
}

/* --- what is shared ------------------------------------------------------- */

Test(dedupe, copies_share_all_clusters)
{
    struct world w = world_with_copies("refs-4k");
    struct dedupe_result r = run(&w);
    cr_expect_eq(r.outcome.status, REFLINK_OK);
    cr_expect_eq(r.outcome.reason, REFLINK_REASON_NONE);
    cr_expect_eq(r.outcome.bytes_cloned, SIZE);
    cr_expect_eq(r.outcome.requests, 2); /* one of them is the trial */
    cr_expect_eq(r.shared_before, 0);
    cr_expect(r.freed_known);
    cr_expect_eq(r.freed, SIZE);
    cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), SIZE);
    expect_kept("refs-4k");
    cr_expect(sim_stream_holds(L"R:\\b", L"s", "stream", 6));
    world_end(&w);
}

/* Some servers move the times whatever was set before. */
Test(dedupe, times_are_set_again_at_the_end)
{
    struct world w = world_with_copies("refs-4k");
    w.volume->times_move = true;
    cr_expect_eq(run(&w).outcome.bytes_cloned, SIZE);
    expect_kept("times move");
    world_end(&w);
}

/* How much of SIZE bytes each volume shares, and what it is asked for. */
Test(dedupe, every_profile)
{
    static const struct {
        const char *profile;
        uint64_t shared;
        enum reflink_reason reason;
        bool reported;
    } rows[] = {
        {"refs-4k", SIZE, REFLINK_REASON_NONE, true},
        {"refs-64k", SIZE, REFLINK_REASON_NONE, true},
        {"refs-ws2016", SIZE, REFLINK_REASON_NONE, true},
        {"refs-unflushed", SIZE, REFLINK_REASON_NONE, true},
        {"dev-drive", SIZE, REFLINK_REASON_NONE, true},
        {"csvfs", SIZE, REFLINK_REASON_NONE, true},
        {"smb-refs", SIZE, REFLINK_REASON_NONE, true},
        {"smb-tfo", SIZE, REFLINK_REASON_NONE, true},
        {"smb-sofs", SIZE, REFLINK_REASON_NONE, true},
        {"samba", SIZE, REFLINK_REASON_NONE, false},
        {"winbtrfs", SIZE, REFLINK_REASON_NONE, true},
        {"openzfs", 256 * 1024, REFLINK_REASON_NONE, false},
        {"nfs41", SIZE, REFLINK_REASON_NONE, false},
        {"truenas", SIZE, REFLINK_REASON_NONE, false},
        {"ntfs", 0, REFLINK_REASON_NO_CLONING, false},
        {"exfat", 0, REFLINK_REASON_NO_CLONING, false},
        {"fat32", 0, REFLINK_REASON_NO_CLONING, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *profile = rows[i].profile;
        struct world w = world_make(profile);
        sim_fill_pattern(L"R:\\a", 0, SIZE, 3);
        sim_fill_pattern(L"R:\\b", 0, SIZE, 3);
        struct dedupe_result r = run(&w);
        cr_expect_eq(r.outcome.error.code, 0, "%s: %u", profile,
                     r.outcome.error.code);
        cr_expect_eq(r.outcome.bytes_cloned, rows[i].shared, "%s: %llu",
                     profile, (unsigned long long)r.outcome.bytes_cloned);
        cr_expect_eq(r.outcome.reason, rows[i].reason, "%s: %d", profile,
                     r.outcome.reason);
        cr_expect_eq(r.outcome.bytes_cloned != 0 && r.freed_known,
                     rows[i].reported, "%s", profile);
        cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"), "%s", profile);
        world_end(&w);
    }
}

Test(dedupe, only_equal_clusters_share)
{
    struct world w = world_with_copies("refs-4k");
    sim_write_at(L"R:\\b", 5 * CLUSTER + 9, "different", 9);
    sim_write_at(L"R:\\b", 70 * CLUSTER, "different", 9);
    uint8_t *before = malloc(SIZE);
    uint8_t *after = malloc(SIZE);
    cr_assert_eq(sim_read_file(L"R:\\b", before, SIZE), SIZE);
    struct dedupe_result r = run(&w);
    cr_expect_eq(r.outcome.bytes_cloned, SIZE - 2 * CLUSTER);
    cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), SIZE - 2 * CLUSTER);
    cr_assert_eq(sim_read_file(L"R:\\b", after, SIZE), SIZE);
    cr_expect_eq(memcmp(before, after, SIZE), 0);
    free(before);
    free(after);
    world_end(&w);
}

Test(dedupe, a_shorter_file_shares_whole_clusters_of_a_longer_one)
{
    for (int longer = 0; longer < 2; longer++) {
        struct world w = world_make("refs-4k");
        sim_fill_pattern(L"R:\\a", 0, longer ? SIZE * 2 : SIZE, 3);
        sim_fill_pattern(L"R:\\b", 0, longer ? SIZE : SIZE * 2, 3);
        struct dedupe_result r = run(&w);
        cr_expect_eq(r.outcome.bytes_cloned, WHOLE);
        cr_expect_eq(sim_size(L"R:\\b"), longer ? SIZE : SIZE * 2);
        cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), WHOLE);
        world_end(&w);
    }
}

Test(dedupe, what_is_shared_is_neither_read_nor_requested)
{
    struct world w = world_with_copies("refs-4k");
    (void)run(&w);
    uint64_t reads = sim_calls(SIM_OP_READ);
    size_t requests = world_requests();
    struct dedupe_result r = run(&w);
    cr_expect_eq(sim_calls(SIM_OP_READ), reads);
    cr_expect_eq(world_requests(), requests);
    cr_expect_eq(r.shared_before, SIZE);
    cr_expect_eq(r.outcome.bytes_cloned, 0);
    cr_expect_eq(r.freed, 0);
    cr_expect_eq(r.outcome.status, REFLINK_OK);
    /* only what was written since is read again */
    sim_write_at(L"R:\\b", 5 * CLUSTER, "x", 1);
    sim_fill_pattern(L"R:\\b", 5 * CLUSTER, CLUSTER, 3);
    r = run(&w);
    cr_expect_eq(r.outcome.bytes_cloned, CLUSTER);
    cr_expect_eq(r.shared_before, SIZE - CLUSTER);
    world_end(&w);
}

Test(dedupe, holes_stay_holes)
{
    struct world w = world_make("refs-4k");
    for (int i = 0; i < 2; i++) {
        const wchar_t *path = i == 0 ? L"R:\\a" : L"R:\\b";
        sim_set_size(path, 0);
        sim_set_sparse(path, true);
        sim_fill_pattern(path, 0, 40960, 3);
        sim_set_size(path, 1 << 20);
        sim_fill_pattern(path, 1 << 20, 40960, 3);
    }
    /* a hole in one file only, in either */
    sim_write_at(L"R:\\a", 128 << 10, "\0", 1);
    sim_write_at(L"R:\\b", 256 << 10, "\0", 1);
    struct dedupe_result r = run(&w);
    cr_expect_eq(r.outcome.bytes_cloned, 2 * 40960);
    cr_expect(sim_is_hole(L"R:\\b", 128 << 10));
    cr_expect_not(sim_is_hole(L"R:\\b", 256 << 10));
    cr_expect(sim_is_hole(L"R:\\b", 512 << 10));
    world_end(&w);
}

/* The bytes of a whole request stay in memory. */
Test(dedupe, no_request_is_longer_than_the_memory_for_its_bytes)
{
    struct world w = world_make("refs-4k");
    const struct sim_clone_request *requests;
    size_t count = 0;
    uint64_t size = (uint64_t)DEDUPE_REQUEST * 2 + 12345;
    sim_fill_pattern(L"R:\\a", 0, size, 3);
    sim_fill_pattern(L"R:\\b", 0, size, 3);
    struct dedupe_result r = run(&w);
    cr_expect_eq(r.outcome.bytes_cloned, size);
    sim_clone_requests(&requests, &count);
    for (size_t i = 0; i < count; i++)
        cr_expect_leq(requests[i].length, DEDUPE_REQUEST);
    world_end(&w);
}

Test(dedupe, clusters_that_others_reference_are_not_freed)
{
    struct world w = world_with_copies("refs-4k");
    world_run_paths(&w, L"R:\\b", L"R:\\c");
    struct dedupe_result r = run(&w);
    cr_expect_eq(r.outcome.bytes_cloned, SIZE);
    cr_expect(r.freed_known);
    cr_expect_eq(r.freed, 0);
    r = run_to(&w, L"R:\\c", false);
    cr_expect_eq(r.freed, SIZE);
    world_end(&w);
}

Test(dedupe, a_dry_run_changes_nothing)
{
    struct world w = world_with_copies("refs-4k");
    struct dedupe_result r = run_to(&w, L"R:\\b", true);
    cr_expect_eq(r.equal, SIZE);
    cr_expect_eq(r.freed, SIZE);
    cr_expect_eq(r.outcome.bytes_cloned, 0);
    cr_expect_eq(world_requests(), 0);
    cr_expect_eq(sim_calls(SIM_OP_WRITE), 0);
    cr_expect_eq(sim_calls(SIM_OP_RESTORE_STATE), 0);
    expect_kept("dry run");
    world_end(&w);
}

struct watched {
    uint64_t last;
    unsigned calls;
    unsigned ends;
};

static void watch(void *context, const wchar_t *path, uint64_t done,
                  uint64_t total)
{
    struct watched *watched = context;
    cr_expect_eq(wcscmp(path, L"R:\\b"), 0);
    cr_expect_geq(done, watched->last);
    cr_expect_leq(done, total);
    watched->last = done;
    watched->calls++;
    watched->ends += done == total;
}

Test(dedupe, progress_ends_once)
{
    struct world w = world_make("refs-4k");
    struct watched watched = {0};
    struct dedupe dedupe;
    struct dedupe_result result;
    sim_fill_pattern(L"R:\\a", 0, 5 << 20, 3);
    sim_fill_pattern(L"R:\\b", 0, 5 << 20, 3);
    cr_assert(dedupe_begin(&dedupe, w.session, &w.policy, false));
    dedupe.watch = watch;
    dedupe.watch_context = &watched;
    dedupe_keep(&dedupe, L"R:\\a");
    dedupe_file(&dedupe, L"R:\\b", &result);
    dedupe_end(&dedupe);
    cr_expect_eq(watched.calls, 5);
    cr_expect_eq(watched.ends, 1);
    world_end(&w);
}

/* --- the limit of references ---------------------------------------------- */

Test(dedupe, at_the_limit_the_next_file_is_kept)
{
    struct world w = world_make("refs-4k");
    struct dedupe dedupe;
    struct dedupe_result result;
    static const wchar_t *const paths[] = {L"R:\\b", L"R:\\c", L"R:\\d",
                                           L"R:\\e", L"R:\\f"};
    sim_set_limit(L"R:\\", 3);
    sim_fill_pattern(L"R:\\a", 0, SIZE, 3);
    for (size_t i = 0; i < 5; i++)
        sim_fill_pattern(paths[i], 0, SIZE, 3);
    cr_assert(dedupe_begin(&dedupe, w.session, &w.policy, false));
    dedupe_keep(&dedupe, L"R:\\a");
    for (size_t i = 0; i < 5; i++) {
        dedupe_file(&dedupe, paths[i], &result);
        cr_expect_eq(result.outcome.reason,
                     i == 2 ? REFLINK_REASON_LIMIT : REFLINK_REASON_NONE,
                     "%zu: %d", i, result.outcome.reason);
    }
    dedupe_end(&dedupe);
    cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\c"), SIZE);
    cr_expect_eq(sim_shared_bytes(L"R:\\d", L"R:\\f"), SIZE);
    cr_expect_eq(sim_refs(L"R:\\a", 0), 3);
    cr_expect_eq(sim_refs(L"R:\\d", 0), 3);
    world_end(&w);
}

/* --- what is left alone --------------------------------------------------- */

static void make_sparse_keep(void)
{
    sim_set_sparse(L"R:\\a", true);
}

static void make_integrity(void)
{
    sim_set_integrity(L"R:\\b", 2, 0);
}

static void make_read_only(void)
{
    sim_set_attributes(L"R:\\b", OS_ATTRIBUTE_READONLY);
}

static void make_keep_read_only(void)
{
    sim_set_attributes(L"R:\\a", OS_ATTRIBUTE_READONLY);
}

static void make_encrypted(void)
{
    sim_set_attributes(L"R:\\b", OS_ATTRIBUTE_ENCRYPTED);
}

static void make_compressed(void)
{
    sim_set_attributes(L"R:\\b", OS_ATTRIBUTE_COMPRESSED);
}

static void make_placeholder(void)
{
    sim_set_attributes(L"R:\\b", OS_ATTRIBUTE_RECALL_ON_DATA_ACCESS);
}

static void make_short(void)
{
    sim_write_file(L"R:\\b", "short", 5);
}

static void make_empty(void)
{
    sim_write_file(L"R:\\b", "", 0);
}

static void make_different(void)
{
    sim_fill_pattern(L"R:\\b", 0, SIZE, 4);
}

Test(dedupe, is_left_alone_for_a_reason)
{
    static const struct {
        void (*prepare)(void);
        enum reflink_reason reason;
        bool in_keep;
        bool refused; /* with REFLINK_ALWAYS */
    } rows[] = {
        {make_sparse_keep, REFLINK_REASON_SPARSE, false, true},
        {make_integrity, REFLINK_REASON_INTEGRITY, false, true},
        {make_read_only, REFLINK_REASON_READ_ONLY, false, true},
        {make_keep_read_only, REFLINK_REASON_READ_ONLY, true, true},
        {make_encrypted, REFLINK_REASON_ENCRYPTED, false, true},
        {make_compressed, REFLINK_REASON_COMPRESSED, false, true},
        {make_placeholder, REFLINK_REASON_ELSEWHERE, false, true},
        {make_short, REFLINK_REASON_BELOW_CLUSTER, false, false},
        {make_empty, REFLINK_REASON_EMPTY, false, false},
        {make_different, REFLINK_REASON_DIFFERENT_DATA, false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] * 2; i++) {
        struct world w = world_make("refs-4k");
        bool always = i % 2 != 0;
        w.policy.mode = always ? REFLINK_ALWAYS : REFLINK_AUTO;
        sim_fill_pattern(L"R:\\a", 0, SIZE, 3);
        sim_fill_pattern(L"R:\\b", 0, SIZE, 3);
        rows[i / 2].prepare();
        uint32_t attributes = sim_attributes(L"R:\\b");
        struct dedupe_result r = run(&w);
        cr_expect_eq(r.outcome.reason, rows[i / 2].reason, "%zu: %d", i / 2,
                     r.outcome.reason);
        cr_expect_eq(r.in_keep, rows[i / 2].in_keep, "%zu", i / 2);
        cr_expect_eq(r.outcome.status,
                     always && rows[i / 2].refused ? REFLINK_REFUSED
                                                   : REFLINK_SKIPPED,
                     "%zu: %d", i / 2, r.outcome.status);
        cr_expect_eq(world_requests(), 0, "%zu", i / 2);
        cr_expect_eq(sim_calls(SIM_OP_WRITE), 0, "%zu", i / 2);
        cr_expect_eq(sim_attributes(L"R:\\b"), attributes, "%zu", i / 2);
        world_end(&w);
    }
}

Test(dedupe, a_file_and_its_hard_link_are_one_file)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, SIZE, 3);
    sim_link(L"R:\\a", L"R:\\b");
    cr_expect_eq(run(&w).outcome.reason, REFLINK_REASON_SAME_FILE);
    cr_expect_eq(world_requests(), 0);
    world_end(&w);
}

Test(dedupe, a_file_on_another_volume_is_left_alone)
{
    struct world w = world_with_copies("refs-4k");
    sim_fill_pattern(L"S:\\b", 0, SIZE, 3);
    struct dedupe_result r = run_to(&w, L"S:\\b", false);
    cr_expect_eq(r.outcome.reason, REFLINK_REASON_OTHER_VOLUME);
    cr_expect_eq(world_requests(), 0);
    world_end(&w);
}

/* The trial is made where the file is, not where the link to it is. */
Test(dedupe, a_file_behind_a_link)
{
    struct world w = world_with_copies("refs-4k");
    sim_symlink(L"R:\\b", L"S:\\link");
    struct dedupe_result r = run_to(&w, L"S:\\link", false);
    cr_expect_eq(r.outcome.error.code, 0, "%u", r.outcome.error.code);
    cr_expect_eq(r.outcome.bytes_cloned, SIZE);
    cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), SIZE);
    world_end(&w);
}

/* A writer keeps us out, and we keep writers out. */
static void try_to_write(void *arg)
{
    bool *tried = arg;
    cr_expect_null(sim_open_as(L"R:\\a", SIM_WRITE, SIM_READ | SIM_WRITE));
    cr_expect_null(sim_open_as(L"R:\\b", SIM_WRITE, SIM_READ | SIM_WRITE));
    *tried = true;
}

Test(dedupe, nobody_else_can_write_meanwhile)
{
    struct world w = world_with_copies("refs-4k");
    bool tried = false;
    sim_at_call(SIM_OP_CLONE, 2, try_to_write, &tried);
    (void)run(&w);
    cr_expect(tried);
    struct os_file *writer =
        sim_open_as(L"R:\\b", SIM_WRITE, SIM_READ | SIM_WRITE);
    cr_assert(writer != NULL);
    struct dedupe_result r = run(&w);
    cr_expect_eq(r.outcome.reason, REFLINK_REASON_IN_USE);
    cr_expect_eq(r.outcome.status, REFLINK_SKIPPED);
    os_close(writer);
    world_end(&w);
}

/* --- volumes that lie ----------------------------------------------------- */

static const enum sim_lie lies[] = {SIM_LIE_NOTHING, SIM_LIE_HALF,
                                    SIM_LIE_ZEROS, SIM_LIE_COPY};

/* The trial shows it before a user's file is touched. */
Test(dedupe, a_lie_is_found_out_on_files_of_our_own)
{
    static const char *const profiles[] = {"refs-4k", "refs-64k", "samba",
                                           "smb-refs", "winbtrfs"};
    for (size_t i = 0; i < 5 * 4; i++) {
        struct world w = world_with_copies(profiles[i / 4]);
        w.volume->lie = lies[i % 4];
        struct dedupe_result r = run(&w);
        /* who copies the bytes does no harm, and nothing reports it there */
        bool unseen = strcmp(profiles[i / 4], "samba") == 0 &&
                      lies[i % 4] == SIM_LIE_COPY;
        cr_expect_eq(r.outcome.reason,
                     unseen ? REFLINK_REASON_NONE : REFLINK_REASON_UNVERIFIED,
                     "%zu: %d", i, r.outcome.reason);
        cr_expect_eq(requests_for(L"R:\\b"), unseen, "%zu", i);
        cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"), "%zu", i);
        w.volume->lie = SIM_LIE_NONE;
        world_end(&w);
    }
}

/* Lies that begin later are found out on the user's file, and made good. */
Test(dedupe, a_later_lie_is_written_back)
{
    static const char *const profiles[] = {"refs-4k", "samba"};
    for (size_t i = 0; i < 2 * 4 * 4; i++) {
        const char *profile = profiles[i / 16];
        enum sim_lie lie = lies[i % 4];
        struct world w = world_with_copies(profile);
        /* several requests: every second cluster differs */
        for (uint64_t at = 0; at < WHOLE; at += 2 * CLUSTER)
            sim_write_at(L"R:\\b", at, "different", 9);
        uint8_t *before = malloc(SIZE);
        uint8_t *after = malloc(SIZE);
        cr_assert_eq(sim_read_file(L"R:\\b", before, SIZE), SIZE);
        sim_set_written(L"R:\\b", WRITTEN);
        w.volume->lie = lie;
        w.volume->lie_skip = 2 + i / 4 % 4; /* the trial's, and some more */
        struct dedupe_result r = run(&w);
        cr_assert_eq(sim_read_file(L"R:\\b", after, SIZE), SIZE);
        cr_expect_eq(memcmp(before, after, SIZE), 0, "%zu", i);
        cr_expect_eq(sim_written(L"R:\\b"), WRITTEN, "%zu", i);
        bool seen = strcmp(profile, "refs-4k") == 0 || lie == SIM_LIE_ZEROS;
        cr_expect_eq(r.failed_range, seen, "%zu", i);
        cr_expect_eq(r.outcome.reason == REFLINK_REASON_UNVERIFIED, seen, "%zu",
                     i);
        free(before);
        free(after);
        w.volume->lie = SIM_LIE_NONE;
        world_end(&w);
    }
}

Test(dedupe, a_volume_that_lied_is_not_asked_again)
{
    struct world w = world_with_copies("refs-4k");
    struct dedupe dedupe;
    struct dedupe_result result;
    sim_fill_pattern(L"R:\\c", 0, SIZE, 3);
    w.volume->lie = SIM_LIE_ZEROS;
    w.volume->lie_skip = 2;
    w.volume->lie_times = 1;
    cr_assert(dedupe_begin(&dedupe, w.session, &w.policy, false));
    dedupe_keep(&dedupe, L"R:\\a");
    dedupe_file(&dedupe, L"R:\\b", &result);
    cr_expect(result.failed_range);
    size_t requests = world_requests();
    dedupe_file(&dedupe, L"R:\\c", &result);
    cr_expect_eq(result.outcome.reason, REFLINK_REASON_UNVERIFIED);
    cr_expect_eq(world_requests(), requests);
    dedupe_end(&dedupe);
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}

/* A program that has mapped KEEP writes after the bytes were compared. Its own
   write stays in KEEP; the other file keeps its bytes. */
static void write_to_keep(void *arg)
{
    (void)arg;
    sim_write_at(L"R:\\a", 3 * CLUSTER, "mapped", 6);
}

Test(dedupe, a_mapped_writer_of_the_kept_file_does_not_reach_the_other)
{
    struct world w = world_with_copies("refs-4k");
    uint8_t *before = malloc(SIZE);
    uint8_t *after = malloc(SIZE);
    cr_assert_eq(sim_read_file(L"R:\\b", before, SIZE), SIZE);
    sim_at_call(SIM_OP_CLONE, 3, write_to_keep, NULL); /* after the trial's */
    struct dedupe_result r = run(&w);
    cr_expect(r.failed_range);
    cr_assert_eq(sim_read_file(L"R:\\b", after, SIZE), SIZE);
    cr_expect_eq(memcmp(before, after, SIZE), 0);
    cr_assert_eq(sim_read_at(L"R:\\a", 3 * CLUSTER, after, 6), 6);
    cr_expect_eq(memcmp(after, "mapped", 6), 0);
    free(before);
    free(after);
    world_end(&w);
}

/* --- refusals ------------------------------------------------------------- */

static os_error refuse_long(uint64_t offset, uint64_t length)
{
    (void)offset;
    return length > 65536 ? CODE_NO_SYSTEM_RESOURCES : 0;
}

/* Samba reports 1 KiB, whatever the clusters of its volume are. */
Test(dedupe, the_alignment_is_found_out_by_a_refusal)
{
    struct world w = world_make("samba");
    sim_fill_pattern(L"R:\\a", 0, SIZE, 3);
    sim_fill_pattern(L"R:\\b", 0, SIZE, 3);
    w.volume->allocation_unit = 1024;
    sim_write_at(L"R:\\b", 5 * CLUSTER + 1024, "different", 9);
    sim_write_at(L"R:\\b", 9 * CLUSTER + 3072, "different", 9);
    for (int first = 0; first < 2; first++) {
        /* the trial's own request is on clusters the second time */
        if (first == 1)
            sim_write_at(L"R:\\b", 5 * CLUSTER, "different", 9);
        struct dedupe_result r = run(&w);
        cr_expect_eq(r.outcome.reason, REFLINK_REASON_NONE, "%d",
                     r.outcome.reason);
        cr_expect_eq(r.outcome.bytes_cloned, SIZE - 2 * CLUSTER, "%llu",
                     (unsigned long long)r.outcome.bytes_cloned);
    }
    cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), SIZE - 2 * CLUSTER);
    world_end(&w);
}

static os_error refuse_all_but_trial(uint64_t offset, uint64_t length)
{
    static int trial;
    (void)offset;
    (void)length;
    return trial++ < 2 ? 0 : CODE_INVALID_PARAMETER;
}

/* As Btrfs does for a file with copy-on-write switched off. */
Test(dedupe, a_file_that_the_volume_refuses)
{
    struct world w = world_with_copies("refs-4k");
    w.volume->refuser = refuse_all_but_trial;
    struct dedupe_result r = run(&w);
    cr_expect_eq(r.outcome.reason, REFLINK_REASON_REFUSED);
    cr_expect_eq(r.outcome.refusal, CODE_INVALID_PARAMETER);
    cr_expect_eq(r.outcome.status, REFLINK_SKIPPED);
    cr_expect_eq(r.outcome.bytes_cloned, 0);
    expect_kept("refused");
    world_end(&w);
}

Test(dedupe, requests_get_shorter_where_resources_are_short)
{
    struct world w = world_with_copies("refs-4k");
    w.volume->refuser = refuse_long;
    struct dedupe_result r = run(&w);
    cr_expect_eq(r.outcome.bytes_cloned, SIZE);
    cr_expect_eq(r.outcome.reason, REFLINK_REASON_NONE);
    world_end(&w);
}

/* A volume without space for the two files of the trial is the one that needs
   this most. */
Test(dedupe, a_full_volume_gets_a_shorter_trial)
{
    struct world w = world_make("refs-4k");
    uint64_t size = 4 << 20;
    sim_fill_pattern(L"R:\\a", 0, size, 3);
    sim_fill_pattern(L"R:\\b", 0, size, 3);
    w.volume->capacity = sim_used_clusters(w.volume) + 64;
    struct dedupe_result r = run(&w);
    cr_expect_eq(r.outcome.error.code, 0, "%u", r.outcome.error.code);
    cr_expect_eq(r.outcome.bytes_cloned, size);
    cr_expect_eq(r.freed, size);
    world_end(&w);
}

static void lose_for_good(void *arg)
{
    sim_lose_handles(arg, CODE_NETNAME_DELETED);
    sim_fault_always(SIM_OP_OPEN, CODE_NETNAME_DELETED);
}

/* Nobody knows then what the volume did, and no retry may hide that. */
Test(dedupe, a_server_that_stays_away_is_a_failure)
{
    struct world w = world_make("smb-refs");
    sim_fill_pattern(L"R:\\a", 0, SIZE, 3);
    sim_fill_pattern(L"R:\\b", 0, SIZE, 3);
    sim_at_call(SIM_OP_CLONE, 3, lose_for_good, w.volume); /* the file's own */
    struct dedupe_result r = run(&w);
    cr_expect_eq(r.outcome.status, REFLINK_FAILED);
    cr_expect_eq(r.outcome.error.code, CODE_NETNAME_DELETED);
    cr_expect_eq(r.outcome.error.hint, REFLINK_HINT_NOT_RESTORED);
    cr_expect_eq(r.outcome.retries, 0);
    cr_expect_gt(sim_slept_ms(), 10000); /* it was given time to come back */
    sim_clear_faults();
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}

static void lose_for_good_and_cancel(void *volume)
{
    lose_for_good(volume);
    sim_cancel();
}

/* What the request has done is not known, so Ctrl-C has to wait. */
Test(dedupe, a_server_is_waited_for_after_ctrl_c)
{
    struct world w = world_make("smb-refs");
    sim_fill_pattern(L"R:\\a", 0, SIZE, 3);
    sim_fill_pattern(L"R:\\b", 0, SIZE, 3);
    sim_at_call(SIM_OP_CLONE, 3, lose_for_good_and_cancel, w.volume);
    struct dedupe_result r = run(&w);
    cr_expect_eq(r.outcome.error.hint, REFLINK_HINT_NOT_RESTORED);
    cr_expect_gt(sim_slept_ms(), 10000);
    sim_clear_faults();
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}

Test(dedupe, a_lost_connection_is_retried)
{
    static const char *const profiles[] = {"smb-refs", "smb-sofs", "smb-tfo"};
    for (size_t i = 0; i < 3 * 6; i++) {
        struct world w = world_make(profiles[i / 6]);
        sim_fill_pattern(L"R:\\a", 0, 17 << 20, 3);
        sim_fill_pattern(L"R:\\b", 0, 17 << 20, 3);
        w.volume->drop =
            (struct sim_drop){i % 6 + 1, CODE_NETNAME_DELETED, i / 6 == 1};
        struct dedupe_result r = run(&w);
        cr_expect_eq(r.outcome.error.code, 0, "%zu: %u", i,
                     r.outcome.error.code);
        cr_expect_eq(r.outcome.bytes_cloned + r.shared_before, 17 << 20, "%zu",
                     i);
        cr_expect_eq(r.shared_before, 0, "%zu", i);
        cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), 17 << 20, "%zu", i);
        world_end(&w);
    }
}
