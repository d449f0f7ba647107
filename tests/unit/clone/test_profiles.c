/*
 * Every kind of volume that the simulator knows, by name: what comes out of it,
 * what it is asked, what it teaches, and what each code of a refusal leads to.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/report.h"
#include "core/errors.h"
#include "world.h"

TestSuite(profiles, .timeout = 120);

static const uint64_t KI = 1024;
static const uint64_t MI = 1024 * 1024;

/* A file of whole MiB, and one whose last cluster is partial. */
struct row {
    const char *profile;
    uint64_t requests;      /* for 8 MiB */
    uint64_t tail_requests; /* for 8 MiB + 1000, by the next file of a run */
    uint64_t tail_copied;
    enum reflink_reason reason;
};

static const struct row rows[] = {
    {"refs-4k", 1, 1, 0, REFLINK_REASON_NONE},
    {"refs-64k", 1, 1, 0, REFLINK_REASON_NONE},
    {"refs-ws2016", 1, 1, 0, REFLINK_REASON_NONE},
    {"refs-unflushed", 2, 2, 0, REFLINK_REASON_NONE},
    {"dev-drive", 1, 1, 0, REFLINK_REASON_NONE},
    {"csvfs", 2, 1, 0, REFLINK_REASON_NONE},
    {"smb-refs", 1, 1, 0, REFLINK_REASON_NONE},
    {"smb-tfo", 1, 2, 0, REFLINK_REASON_NONE},
    {"smb-sofs", 1, 2, 0, REFLINK_REASON_NONE},
    {"samba", 1, 3, 0, REFLINK_REASON_NONE},
    {"winbtrfs", 1, 1, 0, REFLINK_REASON_NONE},
    {"nfs41", 1, 1, 0, REFLINK_REASON_NONE},
    {"truenas", 1, 3, 0, REFLINK_REASON_NONE},
    {"ntfs", 0, 0, 0, REFLINK_REASON_NO_CLONING},
    {"exfat", 0, 0, 0, REFLINK_REASON_NO_CLONING},
    {"fat32", 0, 0, 0, REFLINK_REASON_NO_CLONING},
};

static void expect_right(const struct world *w, const char *profile,
                         const wchar_t *source, const wchar_t *dest)
{
    cr_expect_eq(w->outcome.status, REFLINK_OK, "%s: code %u", profile,
                 w->outcome.error.code);
    cr_expect(sim_same_bytes(source, dest), "%s", profile);
    cr_expect_eq(sim_size(dest), sim_size(source), "%s", profile);
}

Test(profiles, whole_files)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = world_make(rows[i].profile);
        sim_fill_pattern(L"R:\\a", 0, 8 * MI, 5);
        world_run(&w);
        expect_right(&w, rows[i].profile, L"R:\\a", L"R:\\b");
        cr_expect_eq(w.outcome.reason, rows[i].reason, "%s: %d",
                     rows[i].profile, w.outcome.reason);
        cr_expect_eq(w.outcome.bytes_copied != 0, rows[i].requests == 0);
        if (strcmp(rows[i].profile, "smb-tfo") != 0 &&
            strcmp(rows[i].profile, "smb-sofs") != 0)
            cr_expect_eq(w.outcome.requests, rows[i].requests, "%s: %llu",
                         rows[i].profile,
                         (unsigned long long)w.outcome.requests);
        if (rows[i].requests != 0)
            cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), 8 * MI, "%s",
                         rows[i].profile);
        world_end(&w);
    }
}

Test(profiles, files_with_a_partial_last_cluster)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = world_make(rows[i].profile);
        sim_fill_pattern(L"R:\\a", 0, 8 * MI, 5);
        sim_fill_pattern(L"R:\\c", 0, 8 * MI + 1000, 6);
        world_run(&w);
        world_run_paths(&w, L"R:\\c", L"R:\\d");
        expect_right(&w, rows[i].profile, L"R:\\c", L"R:\\d");
        cr_expect_eq(w.outcome.reason, rows[i].reason, "%s: %d",
                     rows[i].profile, w.outcome.reason);
        cr_expect_leq(w.outcome.requests, rows[i].tail_requests, "%s: %llu",
                      rows[i].profile, (unsigned long long)w.outcome.requests);
        world_end(&w);
    }
}

/* What the first file taught is not asked again by the second. */
Test(profiles, lessons_are_kept_for_the_run)
{
    struct world w = world_make("samba");
    sim_fill_pattern(L"R:\\a", 0, 8 * MI + 1000, 5);
    world_run(&w);
    expect_right(&w, "samba", L"R:\\a", L"R:\\b");
    cr_expect_eq(w.outcome.requests, 3); /* rounded: refused; body; tail */
    world_run_paths(&w, L"R:\\a", L"R:\\c");
    expect_right(&w, "samba", L"R:\\a", L"R:\\c");
    cr_expect_eq(w.outcome.requests, 2);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    world_end(&w);
}

/* 512 bytes are told, 128 KiB are meant. */
Test(profiles, openzfs_teaches_its_alignment)
{
    struct world w = world_make("openzfs");
    sim_fill_pattern(L"R:\\a", 0, 8 * MI + 1000, 5);
    world_run(&w);
    expect_right(&w, "openzfs", L"R:\\a", L"R:\\b");
    cr_expect_geq(w.outcome.bytes_cloned, 8 * MI);
    uint64_t first = w.outcome.requests;
    world_run_paths(&w, L"R:\\a", L"R:\\c");
    expect_right(&w, "openzfs", L"R:\\a", L"R:\\c");
    cr_expect_leq(w.outcome.requests, 2);
    cr_expect_lt(w.outcome.requests, first);
    world_end(&w);
}

Test(profiles, any_alignment_is_found)
{
    static const uint32_t alignments[] = {4096, 65536, 131072, 1048576};
    for (size_t i = 0; i < 4; i++) {
        struct world w = world_make("refs-4k");
        w.volume->cluster = 4096;
        w.volume->integrity_cluster = 512;
        w.volume->alignment = alignments[i];
        sim_fill_pattern(L"R:\\a", 0, 9 * MI + 512, 5);
        sim_fill_pattern(L"R:\\b", 0, 9 * MI + 512, 6);
        struct reflink_range range = {512, 512, 9 * MI, false};
        reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &range,
                      &w.outcome);
        cr_expect_eq(w.outcome.status, REFLINK_OK);
        cr_expect_geq(w.outcome.bytes_cloned, 9 * MI - 2 * alignments[i],
                      "alignment %u", alignments[i]);
        cr_expect_geq(sim_shared_bytes(L"R:\\a", L"R:\\b"),
                      9 * MI - 2 * alignments[i]);
        world_end(&w);
    }
}

/* A refusal for another cause must not be taken for one. */
Test(profiles, a_refusal_teaches_no_alignment)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, 8 * MI + 1000, 5);
    sim_fault_always(SIM_OP_CLONE, CODE_INVALID_PARAMETER);
    world_run(&w);
    expect_right(&w, "refs-4k", L"R:\\a", L"R:\\b");
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_REFUSED);
    sim_clear_faults();
    world_run_paths(&w, L"R:\\a", L"R:\\c");
    cr_expect_eq(w.outcome.requests, 1);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    world_end(&w);
}

Test(profiles, no_capability_flag)
{
    for (int mode = REFLINK_AUTO; mode <= REFLINK_ALWAYS; mode++) {
        struct world w = world_make("refs-4k");
        w.policy.mode = (enum reflink_mode)mode;
        w.volume->features &= ~(uint32_t)OS_VOLUME_CLONES;
        sim_fill_pattern(L"R:\\a", 0, MI, 5);
        world_run(&w);
        expect_right(&w, "no flag", L"R:\\a", L"R:\\b");
        cr_expect_eq(w.outcome.method, mode == REFLINK_ALWAYS
                                           ? REFLINK_METHOD_CLONE
                                           : REFLINK_METHOD_COPY);
        world_end(&w);
    }
}

Test(profiles, untold_features_are_tried)
{
    struct world w = world_make("smb-refs");
    w.volume->features_known = false;
    sim_fill_pattern(L"R:\\a", 0, MI, 5);
    world_run(&w);
    expect_right(&w, "untold", L"R:\\a", L"R:\\b");
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    world_end(&w);
}

/* The name of the file system decides nothing. */
Test(profiles, names_mean_nothing)
{
    struct world w = world_make("refs-4k");
    w.volume->fs_name = L"NTFS";
    sim_fill_pattern(L"R:\\a", 0, MI, 5);
    world_run(&w);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    world_end(&w);
    w = world_make("ntfs");
    w.volume->fs_name = L"ReFS";
    sim_fill_pattern(L"R:\\a", 0, MI, 5);
    world_run(&w);
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_COPY);
    world_end(&w);
}

Test(profiles, fat32_has_its_limit)
{
    for (int full = 0; full < 2; full++) {
        struct world w = world_make("fat32");
        if (full)
            w.volume->capacity = (UINT64_C(3) << 30) / w.volume->cluster;
        sim_fill_pattern(L"S:\\a", 0, UINT64_C(4) << 30, 5);
        world_run_paths(&w, L"S:\\a", L"R:\\b");
        cr_expect_eq(w.outcome.status, REFLINK_FAILED);
        cr_expect_eq(w.outcome.error.code, CODE_DISK_FULL);
        cr_expect_eq(w.outcome.error.step, REFLINK_STEP_SET_SIZE);
        cr_expect_eq(w.outcome.error.hint,
                     full ? REFLINK_HINT_NONE : REFLINK_HINT_TOO_LARGE);
        cr_expect_not(sim_exists(L"R:\\b"));
        world_end(&w);
    }
}

/*
 * Row by row: the code a request is answered with, and reason
 * and exit code that follow, in auto and in always.
 */
struct code_row {
    os_error code;
    enum reflink_reason reason;
    int auto_exit;
    int always_exit;
};

static const struct code_row codes[] = {
    {CODE_INVALID_FUNCTION, REFLINK_REASON_NO_CLONING, 0, 3},
    {CODE_INVALID_PARAMETER, REFLINK_REASON_REFUSED, 0, 3},
    {CODE_NOT_SUPPORTED, REFLINK_REASON_REFUSED, 0, 3},
    {CODE_INSUFFICIENT_BUFFER, REFLINK_REASON_NONE, 1, 1},
    {CODE_INVALID_HANDLE, REFLINK_REASON_OTHER_VOLUME, 0, 3},
    {CODE_ACCESS_DENIED, REFLINK_REASON_NONE, 1, 1},
    {CODE_SHARING_VIOLATION, REFLINK_REASON_NONE, 1, 1},
    {CODE_LOCK_VIOLATION, REFLINK_REASON_NONE, 1, 1},
    {CODE_WRITE_PROTECT, REFLINK_REASON_NONE, 1, 1},
    {CODE_NOT_SAME_DEVICE, REFLINK_REASON_OTHER_VOLUME, 0, 3},
    {CODE_DISK_FULL, REFLINK_REASON_NONE, 1, 1},
    {CODE_NOT_ENOUGH_MEMORY, REFLINK_REASON_REFUSED, 0, 3},
    {CODE_OUTOFMEMORY, REFLINK_REASON_REFUSED, 0, 3},
    {CODE_NO_SYSTEM_RESOURCES, REFLINK_REASON_REFUSED, 0, 3},
    {CODE_BLOCK_TOO_MANY_REFERENCES, REFLINK_REASON_LIMIT, 0, 3},
    {CODE_TOO_MANY_LINKS_EARLY, REFLINK_REASON_LIMIT, 0, 3},
    {CODE_HANDLE_EOF, REFLINK_REASON_NONE, 1, 1},
    {CODE_MORE_DATA, REFLINK_REASON_NONE, 1, 1},
    {CODE_IO_DEVICE, REFLINK_REASON_NONE, 1, 1},
    {CODE_DATA_CHECKSUM_ERROR, REFLINK_REASON_NONE, 1, 1},
    {CODE_NETNAME_DELETED, REFLINK_REASON_NONE, 1, 1},
};

Test(profiles, every_code_leads_to_its_reason_and_exit)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        for (int mode = REFLINK_AUTO; mode <= REFLINK_ALWAYS; mode++) {
            struct world w = world_make("refs-4k");
            w.policy.mode = (enum reflink_mode)mode;
            sim_fill_pattern(L"R:\\a", 0, 256 * KI, 5);
            sim_fault_always(SIM_OP_CLONE, codes[i].code);
            world_run(&w);
            int wanted = mode == REFLINK_AUTO ? codes[i].auto_exit
                                              : codes[i].always_exit;
            struct totals totals = {0};
            totals_count(&totals, &w.outcome);
            cr_expect_eq((int)totals_exit_code(&totals), wanted, "code %u",
                         codes[i].code);
            if (wanted != 1)
                cr_expect_eq(w.outcome.reason, codes[i].reason, "code %u: %d",
                             codes[i].code, w.outcome.reason);
            else
                cr_expect_eq(w.outcome.error.code, codes[i].code);
            cr_expect_eq(sim_exists(L"R:\\b"), wanted == 0);
            if (wanted == 0)
                cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
            world_end(&w);
        }
    }
}
