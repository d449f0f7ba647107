/*
 * Nothing is lost: each main job is run again and again, and each single call
 * of the seam is made to fail in turn, with each code that it can give, until
 * no call is left. Then the same with an interruption and with a kill.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/errors.h"
#include "world.h"

TestSuite(faults, .timeout = 120);

enum { SIZE = 300 * 1024 + 77, OLD_SIZE = 200 * 1024, DACL = 7 };

/* A main job: how the world is made, and what is asked. */
struct job {
    const char *name;
    const char *profile;
    bool replaces;   /* R:\b is there already, and is to be replaced */
    bool restricted; /* R:\b has another owner and a DACL of its own */
    bool has_range;  /* a part of R:\a, into R:\b */
    bool into_new;   /* there is no R:\b */
    bool same_file;  /* R:\b is SOURCE, too */
    bool remote; /* the volume is a server's, who copies in small requests */
    bool rich;   /* sparse, streams, extended attributes, security */
    enum reflink_verify verify;
    struct reflink_range range;
};

static const struct job jobs[] = {
    {.name = "new", .profile = "refs-4k"},
    {.name = "new with all that rides on it",
     .profile = "refs-4k",
     .rich = true},
    {.name = "new, every byte compared",
     .profile = "refs-4k",
     .verify = REFLINK_VERIFY_FULL},
    {.name = "replace", .profile = "refs-4k", .replaces = true},
    {.name = "replace with all that rides on it",
     .profile = "refs-4k",
     .replaces = true,
     .rich = true},
    {.name = "new, classic rename", .profile = "refs-ws2016"},
    {.name = "replace, classic rename",
     .profile = "refs-ws2016",
     .replaces = true},
    {.name = "new on a server", .profile = "samba"},
    {.name = "unflushed", .profile = "refs-unflushed"},
    {.name = "copy", .profile = "ntfs"},
    {.name = "copy of a sparse file",
     .profile = "ntfs",
     .rich = true,
     .verify = REFLINK_VERIFY_FULL},
    {.name = "replace by a copy", .profile = "ntfs", .replaces = true},
    {.name = "copy by a server", .profile = "ntfs", .remote = true},
    {.name = "replace by a copy of a server",
     .profile = "ntfs",
     .replaces = true,
     .rich = true,
     .remote = true},
    {.name = "replace a restricted file",
     .profile = "refs-4k",
     .replaces = true,
     .restricted = true},
    {.name = "range into a new file",
     .profile = "refs-4k",
     .has_range = true,
     .into_new = true,
     .range = {4096, 8192, 180000, false}},
    {.name = "range",
     .profile = "refs-4k",
     .has_range = true,
     .range = {100, 8292, 180000, false}},
    {.name = "range past the end",
     .profile = "refs-4k",
     .has_range = true,
     .range = {0, 196608, 0, true}},
    {.name = "range by bytes",
     .profile = "ntfs",
     .has_range = true,
     .range = {0, 5, 180000, false}},
    {.name = "within one file, up",
     .profile = "refs-4k",
     .has_range = true,
     .same_file = true,
     .range = {0, 16384, 100000, false}},
    {.name = "within one file, down",
     .profile = "refs-4k",
     .has_range = true,
     .same_file = true,
     .range = {16384, 0, 100000, false}},
};

enum { JOBS = sizeof jobs / sizeof jobs[0] };

/* What an operation can fail with; 0 behind the last. */
static const struct {
    enum sim_op op;
    os_error codes[7];
} failures[] = {
    {SIM_OP_OPEN, {5, 32, 64, 112, 665, 1450}},
    {SIM_OP_QUERY, {5, 59, 1117}},
    {SIM_OP_QUERY_VOLUME, {1}},
    {SIM_OP_GET_INTEGRITY, {1, 50, 87, 1117}},
    {SIM_OP_SET_INTEGRITY, {1, 5, 50, 64, 87, 112}},
    {SIM_OP_SET_SPARSE, {1, 5, 50, 64, 112}},
    {SIM_OP_SET_SIZE, {5, 64, 112, 223, 1117}},
    {SIM_OP_READ, {5, 23, 33, 64, 323, 1117}},
    {SIM_OP_WRITE, {5, 19, 33, 64, 112, 665, 1117}},
    {SIM_OP_ZERO, {1, 50, 64, 112, 1117}},
    {SIM_OP_ALLOCATED, {1, 50, 1117}},
    {SIM_OP_EXTENTS, {1, 50, 1117}},
    {SIM_OP_CLONE, {1, 5, 50, 64, 87, 112, 347}},
    {SIM_OP_GET_COPY_KEY, {1, 5, 50, 64, 1117}},
    {SIM_OP_SERVER_COPY, {1, 5, 33, 50, 64, 87, 112}},
    {SIM_OP_IS_REMOTE, {1, 64}},
    {SIM_OP_SET_METADATA, {5, 64, 1117}},
    {SIM_OP_MARK_DELETED, {5, 50, 64}},
    {SIM_OP_RENAME, {5, 32, 64, 1117}},
    {SIM_OP_FLUSH, {5, 1117}},
    {SIM_OP_FLUSH_PATH, {5, 32}},
    {SIM_OP_THREAD, {8}},
    {SIM_OP_MONITOR, {8}},
    {SIM_OP_RANDOM, {31}},
    {SIM_OP_LIST_STREAMS, {5, 64, 1117}},
    {SIM_OP_GET_EA, {5, 64, 1117}},
    {SIM_OP_SET_EA, {5, 64, 112, 282}},
    {SIM_OP_COPY_SECURITY, {5, 50, 64, 1307}},
    {SIM_OP_GET_SECURITY, {5, 64, 1117}},
    {SIM_OP_SET_SECURITY, {5, 64, 1307}},
};

static uint8_t new_bytes[SIZE];
static uint8_t old_bytes[OLD_SIZE];

static void fill_rich(void)
{
    sim_set_sparse(L"R:\\a", true);
    sim_set_stream(L"R:\\a", L"Zone.Identifier", "[ZoneTransfer]", 14);
    sim_set_stream(L"R:\\a", L"big", new_bytes, 100000);
    sim_set_ea(L"R:\\a", "ea", 2);
}

static struct world make_world(const struct job *job)
{
    struct world w = world_make(job->profile);
    for (size_t i = 0; i < SIZE; i++)
        new_bytes[i] = (uint8_t)(i * 7 + i / 255 + 1);
    for (size_t i = 0; i < OLD_SIZE; i++)
        old_bytes[i] = (uint8_t)(i * 13 + i / 253 + 5);
    sim_write_file(L"R:\\a", new_bytes, SIZE);
    w.volume->remote |= job->remote;
    if (job->remote)
        w.volume->copy_limits = (struct os_copy_answer){2, 65536, 131072};
    if (job->rich)
        fill_rich();
    if (job->replaces || (job->has_range && !job->into_new))
        sim_write_file(L"R:\\b", old_bytes, OLD_SIZE);
    if (job->restricted) {
        sim_set_security(L"R:\\b", DACL);
        sim_set_owner(L"R:\\b", 3);
    }
    w.policy.existing = REFLINK_EXISTING_REPLACE;
    w.policy.verify = job->verify;
    w.policy.security = job->rich;
    w.policy.retries = 2;
    return w;
}

static void run_job(struct world *w, const struct job *job)
{
    if (job->has_range)
        reflink_range(w->session, &w->policy,
                      job->same_file ? L"R:\\b" : L"R:\\a", L"R:\\b",
                      &job->range, &w->outcome);
    else
        world_run(w);
}

/* --- what may be found afterwards ----------------------------------------- */

static bool is_old(const struct job *job)
{
    if (!job->replaces)
        return !sim_exists(L"R:\\b");
    return sim_holds(L"R:\\b", old_bytes, OLD_SIZE);
}

/* DEST as a range leaves it: outside as it was, inside new, or either. */
static bool holds_range(const struct job *job, bool all_new)
{
    static uint8_t found[OLD_SIZE + SIZE];
    static uint8_t wanted[OLD_SIZE + SIZE];
    const uint8_t *source = job->same_file ? old_bytes : new_bytes;
    uint64_t to = job->range.dest_offset;
    uint64_t length =
        job->range.to_end ? SIZE - job->range.source_offset : job->range.length;
    uint64_t old_size = job->into_new ? 0 : OLD_SIZE;
    uint64_t size = to + length > old_size ? to + length : old_size;
    memset(wanted, 0, sizeof wanted);
    memcpy(wanted, old_bytes, old_size);
    memcpy(wanted + to, source + job->range.source_offset, length);
    size_t got = sim_read_file(L"R:\\b", found, sizeof found);
    if (all_new)
        return got == size && memcmp(found, wanted, size) == 0;
    if (got != size && got != OLD_SIZE)
        return false;
    for (size_t i = 0; i < got; i++) {
        bool inside = i >= to && i < to + length;
        uint8_t before = i < OLD_SIZE ? old_bytes[i] : 0;
        if (found[i] != before && !(inside && found[i] == wanted[i]))
            return false;
    }
    return true;
}

static bool is_whole(const struct job *job)
{
    if (!sim_exists(L"R:\\b"))
        return false;
    return job->has_range ? holds_range(job, true)
                          : sim_holds(L"R:\\b", new_bytes, SIZE);
}

static bool is_left_right(const struct job *job)
{
    /* a new file appears whole, or not at all */
    if (job->into_new)
        return !sim_exists(L"R:\\b") || is_whole(job);
    return job->has_range ? holds_range(job, false) : is_old(job);
}

static void expect_after(struct world *w, const struct job *job,
                         const char *what, uint64_t nth)
{
    bool done = w->outcome.status == REFLINK_OK;
    cr_assert(done ? is_whole(job) : is_left_right(job),
              "%s: %s, call %llu: status %d, code %u", job->name, what,
              (unsigned long long)nth, w->outcome.status,
              w->outcome.error.code);
    cr_assert_eq(sim_open_handles(), 0, "%s: %s, call %llu", job->name, what,
                 (unsigned long long)nth);
    if (job->restricted)
        cr_assert_eq(sim_security(L"R:\\b"), DACL, "%s: %s, call %llu",
                     job->name, what, (unsigned long long)nth);
    world_end(w);
}

/* --- every call fails in turn -------------------------------------------- */

/* True while there is an nth call of `op` to fail. */
static bool fail_one(const struct job *job, enum sim_op op, uint64_t nth,
                     os_error code)
{
    struct world w = make_world(job);
    sim_fault(op, nth, code);
    run_job(&w, job);
    bool met = sim_faults_met() != 0;
    if (w.outcome.status == REFLINK_FAILED)
        cr_assert_eq(w.outcome.error.code, code, "%s: %s %llu: %u not %u",
                     job->name, sim_op_name(op), (unsigned long long)nth,
                     w.outcome.error.code, code);
    expect_after(&w, job, sim_op_name(op), nth);
    return met;
}

static uint64_t fail_each_call(const struct job *job)
{
    uint64_t points = 0;
    for (size_t f = 0; f < sizeof failures / sizeof failures[0]; f++) {
        for (size_t c = 0; c < 7 && failures[f].codes[c] != 0; c++) {
            uint64_t nth = 1;
            while (fail_one(job, failures[f].op, nth, failures[f].codes[c]))
                nth++;
            points += nth - 1;
        }
    }
    return points;
}

Test(faults, every_call_fails_in_turn)
{
    uint64_t points = 0;
    for (size_t i = 0; i < JOBS; i++)
        points += fail_each_call(&jobs[i]);
    printf("faults: %llu failing calls in %d jobs\n",
           (unsigned long long)points, (int)JOBS);
    cr_assert_gt(points, 1000);
}

/* It was one to a stream, which is no failure. */
static bool is_stream_lost(const struct world *w, const struct job *job)
{
    return job->rich && w->outcome.lost == REFLINK_LOST_STREAMS &&
           w->outcome.error.code == 0;
}

static void expect_no_half_stream(void)
{
    cr_assert(
        sim_stream_holds(L"R:\\b", L"Zone.Identifier", "", 0) ||
        sim_stream_holds(L"R:\\b", L"Zone.Identifier", "[ZoneTransfer]", 14));
    cr_assert(sim_stream_holds(L"R:\\b", L"big", "", 0) ||
              sim_stream_holds(L"R:\\b", L"big", new_bytes, 100000));
}

/* Half of a write is done when it fails. */
Test(faults, every_write_is_cut_short)
{
    uint64_t points = 0;
    for (size_t i = 0; i < JOBS; i++) {
        for (uint64_t nth = 1;; nth++) {
            struct world w = make_world(&jobs[i]);
            sim_fault_partial(nth, CODE_DISK_FULL);
            run_job(&w, &jobs[i]);
            bool met = sim_faults_met() != 0;
            if (met && is_stream_lost(&w, &jobs[i]))
                expect_no_half_stream();
            else if (met)
                cr_assert_eq(w.outcome.error.code, CODE_DISK_FULL);
            expect_after(&w, &jobs[i], "half a write", nth);
            if (!met)
                break;
            points++;
        }
    }
    printf("faults: %llu writes cut short\n", (unsigned long long)points);
    cr_assert_gt(points, 0);
}

/* What the cleanup meets does not hide what went wrong. */
Test(faults, the_first_failure_is_the_one_that_is_told)
{
    for (size_t i = 0; i < JOBS; i++) {
        struct world w = make_world(&jobs[i]);
        sim_fault_always(SIM_OP_REMOVE, CODE_IO_DEVICE);
        sim_fault(SIM_OP_SET_METADATA, 1, CODE_CRC);
        sim_fault(SIM_OP_CLONE, 1, CODE_CRC);
        sim_fault(SIM_OP_WRITE, 1, CODE_CRC);
        run_job(&w, &jobs[i]);
        cr_expect_eq(w.outcome.status, REFLINK_FAILED, "%s", jobs[i].name);
        cr_expect_eq(w.outcome.error.code, CODE_CRC, "%s", jobs[i].name);
        sim_clear_faults();
        world_end(&w);
    }
}

/* --- interrupted, and killed, at every call ------------------------------- */

static void cancel(void *reached)
{
    *(bool *)reached = true;
    sim_cancel();
}

Test(faults, interrupted_at_every_call)
{
    uint64_t points = 0;
    for (size_t i = 0; i < JOBS; i++) {
        bool reached = true;
        for (uint64_t nth = 1; reached; nth++) {
            struct world w = make_world(&jobs[i]);
            reached = false;
            sim_at_call(SIM_OP_ANY, nth, cancel, &reached);
            run_job(&w, &jobs[i]);
            cr_assert(w.outcome.status == REFLINK_OK ||
                      w.outcome.status == REFLINK_INTERRUPTED);
            expect_after(&w, &jobs[i], "interrupted", nth);
            points += reached;
        }
    }
    printf("faults: %llu interruptions\n", (unsigned long long)points);
    cr_assert_gt(points, 100);
}

static jmp_buf killed;

static void kill(void *reached)
{
    *(bool *)reached = true;
    sim_kill_process();
    longjmp(killed, 1);
}

/* How many staging files of this run are in the directory: 0 or 1. They are
   empty or complete, never anything between. */
static size_t staging_files(const struct job *job)
{
    size_t count = 0;
    for (size_t i = 0; i < sim_file_count(L"R:\\"); i++) {
        wchar_t path[80];
        const wchar_t *name = sim_file_name(L"R:\\", i);
        swprintf(path, 80, L"R:\\%ls", name);
        if (wcsstr(name, L"~reflink-") == NULL)
            continue;
        cr_assert(sim_size(path) == 0 || job->into_new ||
                  sim_same_bytes(path, L"R:\\a"));
        count++;
    }
    return count;
}

/* True while there is an nth call to die at; adds to `*left`. */
static bool kill_one(const struct job *job, uint64_t nth, uint64_t *left)
{
    static bool reached;
    struct world w = make_world(job);
    reached = false;
    sim_at_call(SIM_OP_ANY, nth, kill, &reached);
    if (setjmp(killed) == 0)
        run_job(&w, job);
    cr_assert(is_whole(job) || is_left_right(job), "%s: killed at call %llu",
              job->name, (unsigned long long)nth);
    cr_assert(!job->restricted || sim_security(L"R:\\b") == DACL);
    cr_assert(sim_check());
    *left += staging_files(job);
    return reached;
}

/*
 * A kill leaves DEST old or complete. A staging file outlives it in two
 * moments only: empty, before it is marked for deletion (its streams are opened
 * then, and its security is compared with that of the file it replaces), and
 * complete, between unmarking and renaming it.
 */
Test(faults, killed_at_every_call)
{
    uint64_t points = 0;
    for (size_t i = 0; i < JOBS; i++) {
        uint64_t left = 0;
        uint64_t nth = 1;
        while (kill_one(&jobs[i], nth, &left))
            nth++;
        uint64_t attempts = strcmp(jobs[i].profile, "refs-unflushed") ? 1 : 2;
        cr_expect_leq(
            left,
            attempts + (jobs[i].rich ? 2 : 0) + (jobs[i].replaces ? 2 : 0) +
                (jobs[i].restricted ? 1 : 0) + 1,
            "%s: %llu staging files", jobs[i].name, (unsigned long long)left);
        points += nth - 1;
    }
    printf("faults: %llu kills\n", (unsigned long long)points);
    cr_assert_gt(points, 100);
}

/* --- what a code alone tells -----------------------------------------------
 */

/* Whatever was being done, and whichever file it is about. */
Test(faults, a_cloud_folder_and_a_virus_scanner_are_named)
{
    static const struct {
        os_error code;
        enum reflink_hint hint;
    } rows[] = {{396, REFLINK_HINT_CLOUD},
                {362, REFLINK_HINT_CLOUD},
                {395, REFLINK_HINT_CLOUD},
                {225, REFLINK_HINT_VIRUS},
                {226, REFLINK_HINT_VIRUS}};
    static const enum sim_op ops[] = {SIM_OP_OPEN, SIM_OP_READ, SIM_OP_WRITE};
    uint64_t failed = 0;
    for (size_t i = 0; i < JOBS * 5 * 3; i++) {
        const struct job *job = &jobs[i / 15];
        bool met = true;
        for (uint64_t nth = 1; met; nth++) {
            struct world w = make_world(job);
            sim_fault(ops[i % 3], nth, rows[i / 3 % 5].code);
            run_job(&w, job);
            met = sim_faults_met() != 0;
            failed += w.outcome.status == REFLINK_FAILED;
            if (w.outcome.status == REFLINK_FAILED)
                cr_assert_eq(w.outcome.error.hint, rows[i / 3 % 5].hint,
                             "%s: %s %llu", job->name, sim_op_name(ops[i % 3]),
                             (unsigned long long)nth);
            world_end(&w);
        }
    }
    cr_expect_gt(failed, 500, "%llu", (unsigned long long)failed);
}

/* DEST's name may be what the folder does not allow. */
Test(faults, a_cloud_folder_that_refuses_the_name_is_named)
{
    for (size_t i = 0; i < JOBS; i++) {
        struct world w = make_world(&jobs[i]);
        sim_fault_always(SIM_OP_RENAME, 396);
        run_job(&w, &jobs[i]);
        if (w.outcome.status == REFLINK_FAILED) {
            cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_CLOUD);
            cr_expect_eq(w.outcome.error.step, REFLINK_STEP_RENAME);
        }
        bool in_place = jobs[i].has_range && !jobs[i].into_new;
        cr_expect_eq(w.outcome.status, in_place ? REFLINK_OK : REFLINK_FAILED);
        world_end(&w);
    }
}
