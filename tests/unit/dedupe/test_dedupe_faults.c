/*
 * Nothing is lost: each call of a run fails in turn, the user presses Ctrl-C at
 * each, and the process is killed at each. All files have the same bytes
 * afterwards as before, always.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/dedupe/dedupe.h"
#include "core/errors.h"
#include "world.h"

TestSuite(dedupe_faults, .timeout = 120);

enum { SIZE = 100 * 1024 + 77, CLUSTER = 4096, CODES = 7 };

#define WRITTEN INT64_C(130000000000000000)

/* A volume, and when it begins to lie. */
struct job {
    const char *profile;
    enum sim_lie lie;
    uint64_t lie_skip;
};

static const struct job jobs[] = {
    {"refs-4k", SIM_LIE_NONE, 0},    {"refs-64k", SIM_LIE_NONE, 0},
    {"samba", SIM_LIE_NONE, 0},      {"smb-sofs", SIM_LIE_NONE, 0},
    {"refs-4k", SIM_LIE_ZEROS, 2},   {"refs-4k", SIM_LIE_HALF, 3},
    {"refs-4k", SIM_LIE_NOTHING, 2}, {"samba", SIM_LIE_ZEROS, 3},
    {"refs-4k", SIM_LIE_ZEROS, 0},   {"ntfs", SIM_LIE_NONE, 0},
};

enum { JOBS = sizeof jobs / sizeof jobs[0] };

static const struct {
    enum sim_op op;
    os_error codes[CODES]; /* 0 after the last */
} failures[] = {
    {SIM_OP_OPEN, {5, 32, 64, 112, 1450}},
    {SIM_OP_QUERY, {5, 59, 1117}},
    {SIM_OP_QUERY_VOLUME, {1}},
    {SIM_OP_ALLOCATION_UNIT, {1}},
    {SIM_OP_GET_INTEGRITY, {1, 50, 64, 1117}},
    {SIM_OP_SET_INTEGRITY, {1, 5, 64, 112}},
    {SIM_OP_SET_SPARSE, {1, 5, 64}},
    {SIM_OP_SET_SIZE, {5, 64, 112}},
    {SIM_OP_READ, {5, 23, 33, 64, 1117}},
    {SIM_OP_WRITE, {5, 19, 33, 64, 112, 1117}},
    {SIM_OP_ALLOCATED, {1, 50, 64}},
    {SIM_OP_EXTENTS, {1, 50, 64, 1117}},
    {SIM_OP_EXTENTS_COUNTED, {1, 50, 64, 1117}},
    {SIM_OP_CLONE, {1, 5, 8, 50, 64, 87, 347}},
    {SIM_OP_RESTORE_STATE, {5, 64, 1117}},
    {SIM_OP_MARK_DELETED, {5, 50, 64}},
    {SIM_OP_FLUSH, {1, 5, 64, 1117}},
    {SIM_OP_RANDOM, {31}},
};

static uint8_t before[SIZE];
static uint8_t kept[SIZE];

/* Three pieces are equal, so there are three requests. */
static struct world make_world(const struct job *job)
{
    struct world w = world_make(job->profile);
    w.policy.retries = 2;
    sim_fill_pattern(L"R:\\a", 0, SIZE, 3);
    sim_fill_pattern(L"R:\\b", 0, SIZE, 3);
    sim_write_at(L"R:\\b", 7 * CLUSTER + 1, "different", 9);
    sim_write_at(L"R:\\b", 16 * CLUSTER + 1, "different", 9);
    sim_set_written(L"R:\\b", WRITTEN);
    cr_assert_eq(sim_read_file(L"R:\\a", kept, SIZE), SIZE);
    cr_assert_eq(sim_read_file(L"R:\\b", before, SIZE), SIZE);
    w.volume->lie = job->lie;
    w.volume->lie_skip = job->lie_skip;
    return w;
}

static struct dedupe_result run_job(struct world *w)
{
    struct dedupe dedupe;
    struct dedupe_result result;
    cr_assert(dedupe_begin(&dedupe, w->session, &w->policy, false));
    dedupe_keep(&dedupe, L"R:\\a");
    dedupe_file(&dedupe, L"R:\\b", &result);
    dedupe_end(&dedupe);
    return result;
}

static void expect_same(struct world *w, size_t job, const char *what,
                        uint64_t nth)
{
    cr_assert(sim_holds(L"R:\\a", kept, SIZE), "%zu: %s %llu", job, what,
              (unsigned long long)nth);
    cr_assert(sim_holds(L"R:\\b", before, SIZE), "%zu: %s %llu", job, what,
              (unsigned long long)nth);
    w->volume->lie = SIM_LIE_NONE;
}

/* True while there is an nth call of `op` to fail. */
static bool fail_one(size_t job, enum sim_op op, uint64_t nth, os_error code)
{
    struct world w = make_world(&jobs[job]);
    sim_fault(op, nth, code);
    struct dedupe_result r = run_job(&w);
    bool met = sim_faults_met() != 0;
    sim_clear_faults();
    expect_same(&w, job, sim_op_name(op), nth);
    cr_assert(r.outcome.status != REFLINK_FAILED ||
                  r.outcome.error.code == code,
              "%zu: %s %llu: %u not %u", job, sim_op_name(op),
              (unsigned long long)nth, r.outcome.error.code, code);
    if (r.outcome.error.step != REFLINK_STEP_ATTRIBUTES)
        cr_assert_eq(sim_written(L"R:\\b"), WRITTEN, "%zu: %s %llu", job,
                     sim_op_name(op), (unsigned long long)nth);
    world_end(&w);
    return met;
}

Test(dedupe_faults, every_call_fails_in_turn)
{
    uint64_t points = 0;
    for (size_t job = 0; job < JOBS; job++) {
        for (size_t f = 0; f < sizeof failures / sizeof failures[0]; f++) {
            for (size_t c = 0; c < CODES && failures[f].codes[c] != 0; c++) {
                uint64_t nth = 1;
                while (fail_one(job, failures[f].op, nth, failures[f].codes[c]))
                    nth++;
                points += nth - 1;
            }
        }
    }
    printf("dedupe: %llu failing calls in %d jobs\n",
           (unsigned long long)points, (int)JOBS);
    cr_assert_gt(points, 1000);
}

/* A write that is cut short in the middle of writing a range back. */
Test(dedupe_faults, every_write_is_cut_short)
{
    for (size_t job = 0; job < JOBS; job++) {
        bool met = true;
        for (uint64_t nth = 1; met; nth++) {
            struct world w = make_world(&jobs[job]);
            sim_fault_partial(nth, CODE_DISK_FULL);
            (void)run_job(&w);
            met = sim_faults_met() != 0;
            expect_same(&w, job, "half a write", nth);
            world_end(&w);
        }
    }
}

static void cancel(void *reached)
{
    *(bool *)reached = true;
    sim_cancel();
}

Test(dedupe_faults, interrupted_at_every_call)
{
    uint64_t points = 0;
    for (size_t job = 0; job < JOBS; job++) {
        bool reached = true;
        for (uint64_t nth = 1; reached; nth++) {
            struct world w = make_world(&jobs[job]);
            reached = false;
            sim_at_call(SIM_OP_ANY, nth, cancel, &reached);
            struct dedupe_result r = run_job(&w);
            expect_same(&w, job, "interrupted", nth);
            cr_assert_neq(r.outcome.status, REFLINK_FAILED, "%zu: %llu: %u",
                          job, (unsigned long long)nth, r.outcome.error.code);
            cr_assert_eq(sim_written(L"R:\\b"), WRITTEN);
            world_end(&w);
            points += reached;
        }
    }
    printf("dedupe: %llu interruptions\n", (unsigned long long)points);
    cr_assert_gt(points, 300);
}

/* Another program, which writes to a file whenever it is let in. */
struct writer {
    const wchar_t *path;
    uint8_t *expected; /* the bytes of the file */
    bool reached;
    bool was_let_in;
};

static void write_once(void *arg)
{
    struct writer *writer = arg;
    struct os_file *file =
        sim_open_as(writer->path, SIM_WRITE, SIM_READ | SIM_WRITE);
    writer->reached = true;
    writer->was_let_in = file != NULL;
    if (file == NULL)
        return;
    os_close(file);
    sim_write_at(writer->path, 5 * CLUSTER + 9, "written", 7);
    memcpy(writer->expected + 5 * CLUSTER + 9, "written", 7);
}

/* It is let in before and after the comparison, never between that and the
   request. Whatever it writes stays, and only in its own file. */
Test(dedupe_faults, written_to_at_every_call)
{
    uint64_t written = 0;
    uint64_t refused = 0;
    for (size_t job = 0; job < 2 * JOBS; job++) {
        struct writer writer = {.reached = true};
        for (uint64_t nth = 1; writer.reached; nth++) {
            struct world w = make_world(&jobs[job / 2]);
            writer = job % 2 == 0
                         ? (struct writer){L"R:\\a", kept, false, false}
                         : (struct writer){L"R:\\b", before, false, false};
            sim_at_call(SIM_OP_ANY, nth, write_once, &writer);
            (void)run_job(&w);
            expect_same(&w, job, "written", nth);
            world_end(&w);
            written += writer.was_let_in;
            refused += writer.reached && !writer.was_let_in;
        }
    }
    printf("dedupe: a writer was let in %llu times, and refused %llu times\n",
           (unsigned long long)written, (unsigned long long)refused);
    cr_assert_gt(written, 20);
    cr_assert_gt(refused, 200);
}

static jmp_buf killed;

static void kill(void *reached)
{
    *(bool *)reached = true;
    sim_kill_process();
    longjmp(killed, 1);
}

/* True while there is an nth call to die at. */
static bool kill_one(size_t job, uint64_t nth, size_t *left)
{
    static bool reached;
    struct world w = make_world(&jobs[job]);
    reached = false;
    sim_at_call(SIM_OP_ANY, nth, kill, &reached);
    if (setjmp(killed) == 0)
        (void)run_job(&w);
    expect_same(&w, job, "killed", nth);
    cr_assert_eq(sim_written(L"R:\\b"), WRITTEN, "%zu: %llu", job,
                 (unsigned long long)nth);
    cr_assert(sim_check());
    *left += sim_file_count(L"R:\\") - 2;
    return reached;
}

/*
 * On a volume that tells the truth, nothing is ever lost; and if it lies from
 * the start, no user's file is touched. (Between a lie that begins later and
 * the writing back, a kill loses a range: the README says so.) No staging file
 * is ever left.
 */
Test(dedupe_faults, killed_at_every_call)
{
    uint64_t points = 0;
    for (size_t job = 0; job < JOBS; job++) {
        size_t left = 0;
        uint64_t nth = 1;
        if (jobs[job].lie != SIM_LIE_NONE && jobs[job].lie_skip != 0)
            continue;
        while (kill_one(job, nth, &left))
            nth++;
        cr_expect_eq(left, 0, "%zu: %zu", job, left);
        points += nth - 1;
    }
    printf("dedupe: %llu kills\n", (unsigned long long)points);
    cr_assert_gt(points, 200);
}
