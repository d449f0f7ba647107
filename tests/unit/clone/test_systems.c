/*
 * Each system that Microsoft's page of FSCTL_DUPLICATE_EXTENTS_TO_FILE lists
 * (ReFS, CSVFS, SMB 3.1.1, with transparent failover, with scale-out shares),
 * and Samba: the same scenarios on each, in a suite of its name. What is
 * particular to one stands in its row; its rules are the simulator's.
 */
#include <stdlib.h>
#include <string.h>

#include "core/errors.h"
#include "world.h"

TestSuite(samba, .timeout = 120);

static const uint64_t KI = 1024;
static const uint64_t MI = 1024 * 1024;
static const uint64_t GI = 1024 * 1024 * 1024;

struct system {
    const char *profile;
    bool remote;
    bool tells_integrity;
    bool kills_handles; /* a connection that is lost takes them along */
    os_error other_volume;
    os_error gone; /* what a request meets while the system moves */
};

static const struct system refs = {
    .profile = "refs-4k",
    .tells_integrity = true,
    .other_volume = CODE_INVALID_PARAMETER,
    .gone = CODE_NETNAME_DELETED,
};

static const struct system csvfs = {
    .profile = "csvfs",
    .tells_integrity = true,
    .other_volume = CODE_INVALID_PARAMETER,
    .gone = CODE_HOST_NODE_NOT_RESOURCE_OWNER,
};

static const struct system smb_refs = {
    .profile = "smb-refs",
    .remote = true,
    .kills_handles = true,
    .other_volume = CODE_INVALID_HANDLE,
    .gone = CODE_NETNAME_DELETED,
};

/* Persistent handles outlive the connection. */
static const struct system smb_tfo = {
    .profile = "smb-tfo",
    .remote = true,
    .other_volume = CODE_INVALID_HANDLE,
    .gone = CODE_NETNAME_DELETED,
};

static const struct system smb_sofs = {
    .profile = "smb-sofs",
    .remote = true,
    .kills_handles = true,
    .other_volume = CODE_INVALID_HANDLE,
    .gone = CODE_NETNAME_DELETED,
};

static const struct system samba = {
    .profile = "samba",
    .remote = true,
    .kills_handles = true,
    .other_volume = CODE_INVALID_HANDLE,
    .gone = CODE_NETNAME_DELETED,
};

static void expect_same(const struct world *w, const struct system *system,
                        const wchar_t *source, const wchar_t *dest)
{
    cr_expect_eq(w->outcome.status, REFLINK_OK, "%s: code %u", system->profile,
                 w->outcome.error.code);
    cr_expect(sim_same_bytes(source, dest), "%s", system->profile);
    cr_expect_eq(sim_size(source), sim_size(dest), "%s", system->profile);
}

/* Three requests: none may reach 4 GiB. */
static void make_long(const wchar_t *path)
{
    sim_write_file(path, "", 0);
    sim_set_sparse(path, true);
    sim_fill_pattern(path, 3 * MI, MI, 1);
    sim_fill_pattern(path, 4 * GI, MI, 2);
    sim_fill_pattern(path, 9 * GI - MI, MI, 3);
}

/* ---- the scenarios --------------------------------------------------- */

static void sizes(const struct system *system)
{
    static const uint64_t all[] = {0,    1,    1023, 4095,      4096,   4097,
                                   8191, 8192, 9999, 64 * 1024, 1000000};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct world w = world_make(system->profile);
        sim_fill_pattern(L"R:\\a", 0, all[i], 7);
        if (all[i] == 0)
            sim_write_file(L"R:\\a", "", 0);
        world_run(&w);
        expect_same(&w, system, L"R:\\a", L"R:\\b");
        if (all[i] >= 4096)
            cr_expect_geq(sim_shared_bytes(L"R:\\a", L"R:\\b"),
                          all[i] / 4096 * 4096, "%s: %llu bytes",
                          system->profile, (unsigned long long)all[i]);
        world_end(&w);
    }
}

static void beyond_four_gibibytes(const struct system *system)
{
    struct world w = world_make(system->profile);
    w.policy.mode = REFLINK_ALWAYS;
    w.volume->drop.at = 0;
    make_long(L"R:\\a");
    world_run(&w);
    expect_same(&w, system, L"R:\\a", L"R:\\b");
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    cr_expect_eq(w.outcome.requests, 3);
    cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), 3 * MI);
    cr_expect(sim_is_sparse(L"R:\\b"));
    world_end(&w);
}

static void run_range(struct world *w, const wchar_t *source,
                      const wchar_t *dest, struct reflink_range range)
{
    reflink_range(w->session, &w->policy, source, dest, &range, &w->outcome);
}

enum { SIZE = 256 * 1024 };

static void expect_bytes(const struct system *system, const wchar_t *path,
                         const char *wanted, size_t size)
{
    cr_expect(sim_holds(path, wanted, size), "%s: %ls", system->profile, path);
}

static void one_range(const struct system *system, struct reflink_range range,
                      const wchar_t *dest)
{
    struct world w = world_make(system->profile);
    char *source = malloc(SIZE);
    char *wanted = calloc(1, 2 * SIZE);
    size_t end = (size_t)(range.dest_offset + range.length);
    if (wcscmp(dest, L"R:\\a") == 0) /* what has moved cannot move again */
        w.volume->drop.at = 0;
    sim_fill_pattern(L"R:\\a", 0, SIZE, 5);
    sim_fill_pattern(L"R:\\b", 0, SIZE, 6);
    cr_assert_eq(sim_read_file(L"R:\\a", source, SIZE), SIZE);
    cr_assert_eq(sim_read_file(dest, wanted, SIZE), SIZE);
    memcpy(wanted + range.dest_offset, source + range.source_offset,
           (size_t)range.length);
    run_range(&w, L"R:\\a", dest, range);
    cr_expect_eq(w.outcome.status, REFLINK_OK, "%s", system->profile);
    cr_expect_gt(w.outcome.bytes_cloned, 0, "%s", system->profile);
    expect_bytes(system, dest, wanted, end > SIZE ? end : SIZE);
    free(source);
    free(wanted);
    world_end(&w);
}

static void ranges(const struct system *system)
{
    static const struct reflink_range all[] = {{0, 0, 65536, false},
                                               {8192, 4096, 65536, false},
                                               {100, 100, 65536, false},
                                               {100, 4196, 65536, false},
                                               {0, SIZE - 4096, SIZE, false}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        one_range(system, all[i], L"R:\\b");
        one_range(system, all[i], L"R:\\a"); /* as memmove */
    }
}

static void another_volume(const struct system *system)
{
    for (int mode = REFLINK_AUTO; mode <= REFLINK_ALWAYS; mode++) {
        struct world w = world_make(system->profile);
        w.policy.mode = (enum reflink_mode)mode;
        sim_fill_pattern(L"R:\\a", 0, MI, 5);
        sim_fill_pattern(L"S:\\a", 0, MI, 6);
        world_run_paths(&w, L"R:\\a", L"S:\\b");
        cr_expect_eq(w.outcome.reason, REFLINK_REASON_OTHER_VOLUME);
        cr_expect_eq(sim_exists(L"S:\\b"), mode == REFLINK_AUTO);
        world_run_paths(&w, L"S:\\a", L"R:\\b");
        cr_expect_eq(w.outcome.reason, REFLINK_REASON_OTHER_VOLUME);
        cr_expect_eq(sim_exists(L"R:\\b"), mode == REFLINK_AUTO);
        if (mode == REFLINK_AUTO)
            expect_same(&w, system, L"S:\\a", L"R:\\b");
        cr_expect_eq(world_requests(), 0);
        world_end(&w);
    }
}

/* Two shares that call themselves one volume: what the system answers then,
   which is not to be taken for a lack of cloning. */
static void another_session(const struct system *system)
{
    struct world w = world_make(system->profile);
    struct sim_volume *twin = sim_mount(L"T:\\", system->profile);
    w.volume->drop.at = twin->drop.at = 0;
    twin->serial = w.volume->serial;
    twin->device = w.volume->device;
    cr_expect_eq(twin->cross_volume, system->other_volume);
    sim_fill_pattern(L"R:\\a", 0, MI, 5);
    world_run_paths(&w, L"R:\\a", L"T:\\b");
    expect_same(&w, system, L"R:\\a", L"T:\\b");
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_COPY);
    cr_expect_eq(w.outcome.refusal, system->other_volume);
    world_run(&w); /* within the share it clones as ever */
    cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
    world_end(&w);
}

static void integrity(const struct system *system)
{
    struct world w = world_make(system->profile);
    sim_fill_pattern(L"R:\\a", 0, MI, 5);
    if (strcmp(system->profile, "samba") != 0)
        sim_set_integrity(L"R:\\a", 1, 0);
    world_run(&w);
    expect_same(&w, system, L"R:\\a", L"R:\\b");
    if (system->tells_integrity) {
        cr_expect_eq(w.outcome.method, REFLINK_METHOD_CLONE);
        cr_expect_eq(sim_integrity(L"R:\\b"), 1);
    }
    world_end(&w);
}

/* With extents and without, which a server may refuse to tell. */
static void lies(const struct system *system)
{
    for (int lie = SIM_LIE_NOTHING; lie <= SIM_LIE_ZEROS; lie++) {
        for (int told = 0; told < 2; told++) {
            struct world w = world_make(system->profile);
            w.volume->lie = (enum sim_lie)lie;
            if (!told)
                w.volume->extents = CODE_NOT_SUPPORTED;
            sim_fill_pattern(L"R:\\a", 0, 9 * MI, 9);
            world_run(&w);
            expect_same(&w, system, L"R:\\a", L"R:\\b");
            cr_expect_eq(w.outcome.reason, REFLINK_REASON_UNVERIFIED,
                         "%s: lie %d: %d", system->profile, lie,
                         w.outcome.reason);
            world_end(&w);
        }
    }
}

static void saturated(const struct system *system)
{
    struct world w = world_make(system->profile);
    sim_fill_pattern(L"R:\\a", 0, 256 * KI, 5);
    sim_set_limit(L"R:\\", 1);
    world_run(&w);
    expect_same(&w, system, L"R:\\a", L"R:\\b");
    cr_expect_eq(w.outcome.reason, REFLINK_REASON_LIMIT);
    world_end(&w);
}

/* The nth request meets a connection that is lost, or a move. */
static void drop_at(struct world *w, const struct system *system, unsigned nth)
{
    w->volume->drop =
        (struct sim_drop){nth, system->gone, system->kills_handles};
}

static void gone_at_each_request(const struct system *system)
{
    for (unsigned nth = 1; nth <= 3; nth++) {
        struct world w = world_make(system->profile);
        make_long(L"R:\\a");
        sim_fill_pattern(L"R:\\b", 0, MI, 8);
        w.policy.existing = REFLINK_EXISTING_REPLACE;
        w.policy.mode = REFLINK_ALWAYS;
        drop_at(&w, system, nth);
        world_run(&w);
        expect_same(&w, system, L"R:\\a", L"R:\\b");
        cr_expect_eq(world_requests(), nth + 3, "%s: %zu", system->profile,
                     world_requests());
        cr_expect_eq(sim_slept_ms(), 100);
        cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), 3 * MI);
        world_end(&w);
    }
}

static void gone_for_good(const struct system *system)
{
    for (unsigned retries = 0; retries <= 2; retries++) {
        struct world w = world_make(system->profile);
        sim_fill_pattern(L"R:\\a", 0, MI, 5);
        sim_fill_pattern(L"R:\\b", 0, 5000, 8);
        sim_fill_pattern(L"S:\\old", 0, 5000, 8);
        w.policy.existing = REFLINK_EXISTING_REPLACE;
        w.policy.retries = retries;
        w.volume->drop.at = 0;
        sim_fault_always(SIM_OP_CLONE, system->gone);
        world_run(&w);
        cr_expect_eq(w.outcome.status, REFLINK_FAILED);
        cr_expect_eq(w.outcome.error.code, system->gone);
        cr_expect_eq(world_requests(), retries + 1);
        cr_expect(sim_same_bytes(L"R:\\b", L"S:\\old"));
        world_end(&w);
    }
}

/* In place: what lies outside the range is as it was, and inside as asked. */
static void gone_in_a_range(const struct system *system)
{
    struct world w = world_make(system->profile);
    char *wanted = malloc(SIZE);
    char *source = malloc(SIZE);
    sim_fill_pattern(L"R:\\a", 0, SIZE, 5);
    sim_fill_pattern(L"R:\\b", 0, SIZE, 6);
    cr_assert_eq(sim_read_file(L"R:\\a", source, SIZE), SIZE);
    cr_assert_eq(sim_read_file(L"R:\\b", wanted, SIZE), SIZE);
    memcpy(wanted + 65536, source + 4096, 65536);
    drop_at(&w, system, 1);
    run_range(&w, L"R:\\a", L"R:\\b",
              (struct reflink_range){4096, 65536, 65536, false});
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(world_requests(), 2);
    expect_bytes(system, L"R:\\b", wanted, SIZE);
    free(wanted);
    free(source);
    world_end(&w);
}

static void where_it_is(const struct system *system)
{
    struct world w = world_make(system->profile);
    struct os_file *file = NULL;
    struct os_integrity told;
    bool remote = !system->remote;
    sim_fill_pattern(L"R:\\a", 0, MI, 5);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &file), 0);
    cr_expect_eq(os_is_remote(file, &remote), 0);
    cr_expect_eq(remote, system->remote);
    cr_expect_eq(os_get_integrity(file, &told) == 0, system->tells_integrity);
    os_close(file);
    world_end(&w);
}

#define SCENARIO(suite, name)                                                  \
    Test(suite, name)                                                          \
    {                                                                          \
        name(&suite);                                                          \
    }

#define ALL_SCENARIOS(suite)                                                   \
    SCENARIO(suite, sizes)                                                     \
    SCENARIO(suite, beyond_four_gibibytes)                                     \
    SCENARIO(suite, ranges)                                                    \
    SCENARIO(suite, another_volume)                                            \
    SCENARIO(suite, another_session)                                           \
    SCENARIO(suite, integrity)                                                 \
    SCENARIO(suite, lies)                                                      \
    SCENARIO(suite, saturated)                                                 \
    SCENARIO(suite, gone_at_each_request)                                      \
    SCENARIO(suite, gone_for_good)                                             \
    SCENARIO(suite, gone_in_a_range)                                           \
    SCENARIO(suite, where_it_is)

ALL_SCENARIOS(refs)
ALL_SCENARIOS(csvfs)
ALL_SCENARIOS(smb_refs)
ALL_SCENARIOS(smb_tfo)
ALL_SCENARIOS(smb_sofs)
ALL_SCENARIOS(samba)

/* The server speaks of 1 KiB, its volume has clusters of 4. */
Test(samba, below_the_volumes_cluster)
{
    static const uint64_t all[] = {1024, 1025, 2047, 4095};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct world w = world_make("samba");
        w.policy.mode = REFLINK_ALWAYS;
        sim_fill_pattern(L"R:\\a", 0, all[i], 5);
        world_run(&w);
        expect_same(&w, &samba, L"R:\\a", L"R:\\b");
        world_end(&w);
    }
}

/* The simulated Samba is asked, and answers, what a real one was and did
   (tests/e2e/test_smb.c, exact_tail). */
Test(samba, as_the_real_one)
{
    static const struct {
        uint64_t offset, length;
        os_error code;
    } wanted[] = {{0, 10000384, CODE_NOT_SUPPORTED},
                  {0, 9999360, CODE_INVALID_PARAMETER},
                  {0, 9998336, 0},
                  {9998336, 1664, 0}};
    const struct sim_clone_request *found;
    size_t count = 0;
    struct world w = world_make("samba");
    sim_fill_pattern(L"R:\\a", 0, 10000000, 5);
    world_run(&w);
    sim_clone_requests(&found, &count);
    cr_assert_eq(count, sizeof wanted / sizeof wanted[0]);
    for (size_t i = 0; i < count; i++) {
        cr_expect_eq(found[i].source_offset, wanted[i].offset);
        cr_expect_eq(found[i].dest_offset, wanted[i].offset);
        cr_expect_eq(found[i].length, wanted[i].length);
        cr_expect_eq(found[i].code, wanted[i].code);
    }
    world_end(&w);
}
