/* Several files in flight: what is told, in which order, and who waits. */
#include <stdatomic.h>
#include <stdlib.h>

#include "core/base/source_lock.h"
#include "core/errors.h"
#include "core/tree/workers.h"
#include "world.h"

TestSuite(workers, .timeout = 120);

enum { FILES = 1000, MOST = 2000 };

/* What the hooks of a workers saw. */
struct seen {
    struct reflink_policy policy;
    atomic_uint in_flight;
    atomic_uint most_in_flight;
    atomic_bool hold;       /* the first file waits until this is taken back */
    wchar_t told[MOST][16]; /* in order */
    size_t count;
    size_t interrupted;
};

static void tell(struct seen *seen, const wchar_t *name)
{
    cr_assert_lt(seen->count, (size_t)MOST);
    wcscpy(seen->told[seen->count++], name);
}

static void raise_most(struct seen *seen)
{
    unsigned now = atomic_fetch_add(&seen->in_flight, 1) + 1;
    unsigned most = atomic_load(&seen->most_in_flight);
    while (now > most &&
           !atomic_compare_exchange_weak(&seen->most_in_flight, &most, now))
        ;
}

static void do_file(void *context, struct reflink_session *session,
                    const wchar_t *source, struct held_directory *directory,
                    const wchar_t *dest, struct reflink_outcome *outcome)
{
    struct seen *seen = context;
    (void)directory;
    raise_most(seen);
    while (wcscmp(source, L"R:\\f0") == 0 && atomic_load(&seen->hold))
        ;
    outcome->size = sizeof *outcome;
    reflink_file(session, &seen->policy, source, dest, outcome);
    atomic_fetch_sub(&seen->in_flight, 1);
}

static void on_done(void *context, const struct reflink_outcome *outcome)
{
    struct seen *seen = context;
    seen->interrupted += outcome->status == REFLINK_INTERRUPTED;
    tell(seen, outcome->source);
}

static void on_behind(void *context, struct reflink_session *session,
                      const wchar_t *source, struct held_directory *directory,
                      const wchar_t *dest)
{
    (void)session;
    (void)directory;
    (void)dest;
    tell(context, source);
}

static void on_moved(void *context, const struct reflink_outcome *so_far,
                     uint64_t total)
{
    (void)context;
    cr_expect_leq(so_far->bytes_cloned + so_far->bytes_copied, total);
}

static struct seen seen = {.policy = {.size = sizeof seen.policy}};

static struct workers *open_pool(unsigned jobs)
{
    const struct workers_job work = {.file = do_file,
                                     .done = on_done,
                                     .after = on_behind,
                                     .moved = on_moved,
                                     .context = &seen};
    return workers_open(&work, jobs);
}

static void hand_in(struct workers *workers, int number)
{
    wchar_t source[16];
    wchar_t dest[16];
    swprintf(source, 16, L"R:\\f%d", number);
    swprintf(dest, 16, L"R:\\g%d", number);
    workers_file(workers, source, NULL, dest, 5000);
}

static struct world make_files(int count)
{
    struct world w = world_make("refs-4k");
    wchar_t path[16];
    for (int i = 0; i < count; i++) {
        swprintf(path, 16, L"R:\\f%d", i);
        sim_fill_pattern(path, 0, 5000, (uint64_t)i + 1);
    }
    return w;
}

static void expect_told(size_t number, const wchar_t *form, int value)
{
    wchar_t wanted[16];
    swprintf(wanted, 16, form, value);
    cr_expect_eq(wcscmp(seen.told[number], wanted), 0, "%zu: %ls", number,
                 seen.told[number]);
}

/* Files, failures and directories' ends come in the order they were handed in,
   however many are in flight. */
static void run_ordered(unsigned jobs)
{
    struct world w = make_files(FILES);
    struct workers *workers = open_pool(jobs);
    size_t number = 0;
    for (int i = 0; i < FILES; i++) {
        hand_in(workers, i);
        if (i % 7 == 3)
            workers_after(workers, L"behind", NULL, L"x");
        if (i % 100 == 50)
            workers_report(workers, &(struct reflink_outcome){.source = L"told",
                                                              .dest = L"x"});
    }
    workers_close(workers);
    for (int i = 0; i < FILES; i++) {
        expect_told(number++, L"R:\\f%d", i);
        if (i % 7 == 3)
            expect_told(number++, L"behind", 0);
        if (i % 100 == 50)
            expect_told(number++, L"told", 0);
        wchar_t source[16];
        wchar_t dest[16];
        swprintf(source, 16, L"R:\\f%d", i);
        swprintf(dest, 16, L"R:\\g%d", i);
        cr_expect(sim_same_bytes(source, dest), "%d", i);
    }
    cr_expect_eq(seen.count, number);
    cr_expect_leq(atomic_load(&seen.most_in_flight), jobs);
    world_end(&w);
}

/* The same while the threads take turns at random. */
Test(workers, at_random_turns)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world w = make_files(FILES / 10);
        seen.count = 0;
        sim_yield_at_random(seed);
        struct workers *workers = open_pool((unsigned)seed + 1);
        for (int i = 0; i < FILES / 10; i++) {
            hand_in(workers, i);
            workers_after(workers, L"behind", NULL, L"x");
        }
        workers_close(workers);
        cr_assert_eq(seen.count, 2 * (FILES / 10), "seed %d", (int)seed);
        for (int i = 0; i < FILES / 10; i++) {
            expect_told((size_t)i * 2, L"R:\\f%d", i);
            expect_told((size_t)i * 2 + 1, L"behind", 0);
        }
        world_end(&w);
    }
}

Test(workers, one_job)
{
    run_ordered(1);
    cr_expect_eq(sim_calls(SIM_OP_THREAD), 0);
}

Test(workers, two_jobs)
{
    run_ordered(2);
}

Test(workers, sixteen_jobs)
{
    run_ordered(16);
    cr_expect_eq(sim_calls(SIM_OP_THREAD), 16);
}

/* No more threads than files. */
Test(workers, few_files)
{
    struct world w = make_files(3);
    struct workers *workers = open_pool(16);
    workers_after(workers, L"behind", NULL, L"x");
    cr_expect_eq(seen.count, 1); /* at once: there is nothing before it */
    for (int i = 0; i < 3; i++)
        hand_in(workers, i);
    workers_close(workers);
    cr_expect_eq(sim_calls(SIM_OP_THREAD), 3);
    cr_expect_eq(seen.count, 4);
    world_end(&w);
}

/* What comes behind a slow file is done meanwhile, told later. */
Test(workers, a_slow_file_holds_up_nobody)
{
    struct world w = make_files(100);
    struct workers *workers = open_pool(2);
    atomic_store(&seen.hold, true);
    for (int i = 0; i < 100; i++)
        hand_in(workers, i);
    while (workers_state(workers).files < 99)
        ;
    cr_expect_eq(seen.count, 0);
    cr_expect_eq(workers_state(workers).bytes, 99 * 5000);
    cr_expect_eq(atomic_load(&seen.most_in_flight), 2);
    atomic_store(&seen.hold, false);
    workers_close(workers);
    cr_expect_eq(seen.count, 100);
    expect_told(0, L"R:\\f%d", 0);
    expect_told(99, L"R:\\f%d", 99);
    world_end(&w);
}

/* Whatever cannot be had of threads: all is done. */
Test(workers, without_threads)
{
    static const struct {
        enum sim_op op;
        uint64_t nth; /* 0: always */
    } rows[] = {{SIM_OP_THREAD, 0},  {SIM_OP_THREAD, 1},  {SIM_OP_THREAD, 4},
                {SIM_OP_MONITOR, 0}, {SIM_OP_MONITOR, 1}, {SIM_OP_MONITOR, 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = make_files(20);
        if (rows[i].nth == 0)
            sim_fault_always(rows[i].op, CODE_NOT_ENOUGH_MEMORY);
        else
            sim_fault(rows[i].op, rows[i].nth, CODE_NOT_ENOUGH_MEMORY);
        struct workers *workers = open_pool(4);
        seen.count = 0;
        for (int f = 0; f < 20; f++)
            hand_in(workers, f);
        workers_close(workers);
        cr_expect_eq(seen.count, 20, "row %zu", i);
        cr_expect(sim_same_bytes(L"R:\\f19", L"R:\\g19"));
        world_end(&w);
    }
}

static void cancel(void *unused)
{
    (void)unused;
    sim_cancel();
}

/* Those in flight are told as interrupted, those not begun are not told, and
   nothing is left of either. */
Test(workers, an_end_is_wanted)
{
    struct world w = make_files(100);
    sim_at_call(SIM_OP_CLONE, 30, cancel, NULL);
    struct workers *workers = open_pool(4);
    for (int i = 0; i < 100; i++) {
        hand_in(workers, i);
        workers_after(workers, L"behind", NULL, L"x");
    }
    workers_close(workers);
    size_t behind = 0;
    for (size_t i = 0; i < seen.count; i++)
        behind += wcscmp(seen.told[i], L"behind") == 0;
    cr_expect_leq(seen.interrupted, 4);
    cr_expect_geq(seen.interrupted, 1);
    cr_expect_lt(seen.count, 200);
    cr_expect_leq(behind,
                  seen.count - behind); /* not behind what is not done */
    for (int i = 0; i < 100; i++) {
        wchar_t source[16];
        wchar_t dest[16];
        swprintf(source, 16, L"R:\\f%d", i);
        swprintf(dest, 16, L"R:\\g%d", i);
        cr_expect(!sim_exists(dest) || sim_same_bytes(source, dest));
    }
    world_end(&w);
}

/* --- one SOURCE, one thread ----------------------------------------------- */

static const struct os_identity one = {.volume = 1, .file = {1}};
static const struct os_identity other = {.volume = 1, .file = {2}};

struct claimer {
    struct source_locks *claims;
    atomic_bool has;
    atomic_bool let_go;
};

static void claim_one(void *context)
{
    struct claimer *claimer = context;
    struct source_lock claim = {0};
    source_lock_take(claimer->claims, &claim, &one);
    atomic_store(&claimer->has, true);
    while (!atomic_load(&claimer->let_go))
        ;
    source_lock_drop(claimer->claims, &claim);
}

Test(workers, one_source_by_one_thread)
{
    sim_reset();
    struct claimer claimer = {.claims = source_locks_open()};
    struct source_lock mine = {0};
    struct source_lock second = {0};
    struct os_thread *thread = NULL;
    source_lock_take(claimer.claims, &mine, &one);
    cr_assert_eq(os_thread_start(claim_one, &claimer, &thread), 0);
    source_lock_take(claimer.claims, &second, &other); /* waits for nobody */
    for (int i = 0; i < 1000; i++)
        cr_assert_not(atomic_load(&claimer.has));
    source_lock_drop(claimer.claims, &second);
    source_lock_drop(claimer.claims, &second); /* not held any more */
    source_lock_drop(claimer.claims, &mine);
    while (!atomic_load(&claimer.has))
        ;
    atomic_store(&claimer.let_go, true);
    os_thread_end(thread);
    source_lock_take(claimer.claims, &mine, &one);
    source_lock_drop(claimer.claims, &mine);
    source_locks_close(claimer.claims);
}

/* What the threads of one run do with one lock, many times. */
struct turns {
    struct source_locks *locks;
    unsigned inside; /* the lock protects it */
    atomic_uint broken;
};

enum { TURNS = 500, TAKERS = 8 };

static void take_turns(void *context)
{
    struct turns *turns = context;
    for (int i = 0; i < TURNS; i++) {
        struct source_lock lock = {0};
        source_lock_take(turns->locks, &lock, &one);
        if (turns->inside++ != 0)
            atomic_fetch_add(&turns->broken, 1);
        sim_maybe_yield();
        turns->inside--;
        source_lock_drop(turns->locks, &lock);
    }
}

Test(workers, one_source_at_random_turns)
{
    struct os_thread *threads[TAKERS] = {NULL};
    sim_reset();
    sim_yield_at_random(1);
    struct turns turns = {.locks = source_locks_open()};
    for (int i = 0; i < TAKERS; i++)
        cr_assert_eq(os_thread_start(take_turns, &turns, &threads[i]), 0);
    for (int i = 0; i < TAKERS; i++)
        os_thread_end(threads[i]);
    cr_expect_eq(atomic_load(&turns.broken), 0);
    source_locks_close(turns.locks);
}

/* Many names of one file: no two of its clones overlap. */
Test(workers, hard_links_of_one_source)
{
    enum { NAMES = 40 };
    struct world w = make_files(1);
    sim_fill_pattern(L"R:\\f0", 0, 1 << 20, 1);
    for (int i = 1; i < NAMES; i++) {
        wchar_t path[16];
        swprintf(path, 16, L"R:\\f%d", i);
        sim_link(L"R:\\f0", path);
    }
    sim_trace(true);
    struct workers *workers = open_pool(8);
    for (int i = 0; i < NAMES; i++)
        hand_in(workers, i);
    workers_close(workers);
    const struct sim_trace_entry *entries = NULL;
    size_t count = 0;
    size_t open = 0;
    sim_trace_entries(&entries, &count);
    for (size_t i = 0; i < count; i++) {
        /* its clone, then its name: none between of another */
        bool clones = entries[i].op == SIM_OP_CLONE && entries[i].code == 0;
        bool names = entries[i].op == SIM_OP_RENAME && entries[i].code == 0;
        open += clones ? 1 : 0;
        cr_expect_leq(open, 1);
        open -= names ? 1 : 0;
    }
    cr_expect_eq(open, 0);
    sim_trace(false);
    world_end(&w);
}
