#include "workers.h"

#include <stdlib.h>

#include "core/base/source_lock.h"
#include "core/os.h"
#include "core/base/outcome.h"
#include "core/base/path.h"
#include "core/base/session.h"

/* What may wait for one slow file in front of it. */
enum { SLOTS = 256 };

enum slot_kind { SLOT_FILE, SLOT_BEHIND, SLOT_TOLD };

struct slot {
    enum slot_kind kind;
    wchar_t *source;
    wchar_t *dest;
    uint64_t size;
    struct reflink_outcome outcome;
    bool done;
    bool dropped; /* was not begun when the user wanted an end */
};

struct worker {
    struct pool *pool;
    struct reflink_session *session;
    struct os_thread *thread;
    uint64_t moved; /* bytes of the file at hand */
};

struct pool {
    struct pool_work work;
    unsigned jobs;
    struct worker *workers;
    unsigned count;
    unsigned tries;   /* to start a thread */
    unsigned threads; /* that were started */
    struct claims *claims;
    struct os_gate *gate; /* NULL: the caller's thread does it all */
    /* what stands below is touched with the gate held, where there is one */
    struct slot slots[SLOTS]; /* numbered without end, a slot is one % SLOTS */
    uint64_t first;           /* not told yet */
    uint64_t next;            /* not begun yet */
    uint64_t end;
    bool closing;
    struct pool_state state;
    bool interrupted; /* that was told; in the caller's thread only */
    struct slot left; /* the first that the user's end left undone, if any */
};

static void lock(const struct pool *pool)
{
    if (pool->gate != NULL)
        os_gate_lock(pool->gate);
}

static void unlock(const struct pool *pool)
{
    if (pool->gate != NULL)
        os_gate_unlock(pool->gate);
}

static struct slot *slot_at(struct pool *pool, uint64_t number)
{
    return &pool->slots[number % SLOTS];
}

/* --- in any thread -------------------------------------------------------- */

static void watch(void *context, const struct reflink_outcome *so_far,
                  uint64_t total)
{
    struct worker *worker = context;
    struct pool *pool = worker->pool;
    lock(pool);
    worker->moved = so_far->bytes_cloned + so_far->bytes_copied;
    unlock(pool);
    pool->work.moved(pool->work.context, so_far, total);
}

static void count_file(struct worker *worker, uint64_t size)
{
    struct pool *pool = worker->pool;
    lock(pool);
    worker->moved = 0;
    pool->state.files++;
    pool->state.bytes += size;
    unlock(pool);
}

static void do_file(struct worker *worker, const wchar_t *source,
                    const wchar_t *dest, uint64_t size,
                    struct reflink_outcome *outcome)
{
    const struct pool_work *work = &worker->pool->work;
    work->file(work->context, worker->session, source, dest, outcome);
    count_file(worker, size);
}

/* The next file that nobody has begun, NULL if there is no more; the gate is
   held. */
static struct slot *take(struct pool *pool)
{
    for (;;) {
        while (pool->next == pool->end && !pool->closing)
            os_gate_wait(pool->gate);
        if (pool->next == pool->end)
            return NULL;
        struct slot *slot = slot_at(pool, pool->next++);
        if (slot->kind == SLOT_FILE)
            return slot;
    }
}

static void run_worker(void *context)
{
    struct worker *worker = context;
    struct pool *pool = worker->pool;
    struct slot *slot = NULL;
    os_gate_lock(pool->gate);
    while ((slot = take(pool)) != NULL) {
        os_gate_unlock(pool->gate);
        slot->dropped = os_cancelled();
        if (!slot->dropped)
            do_file(worker, slot->source, slot->dest, slot->size,
                    &slot->outcome);
        os_gate_lock(pool->gate);
        slot->done = true;
        os_gate_wake(pool->gate);
    }
    os_gate_unlock(pool->gate);
}

struct pool_state pool_state(struct pool *pool)
{
    lock(pool);
    struct pool_state state = pool->state;
    for (unsigned i = 0; i < pool->count; i++)
        state.bytes += pool->workers[i].moved;
    unlock(pool);
    return state;
}

/* --- in the caller's ------------------------------------------------------ */

/* What the caller does itself has a session of its own. */
static struct worker *own(struct pool *pool)
{
    return &pool->workers[0];
}

static void tell_outcome(struct pool *pool,
                         const struct reflink_outcome *outcome)
{
    pool->interrupted |= outcome->status == REFLINK_INTERRUPTED;
    pool->work.done(pool->work.context, outcome);
}

static void free_paths(struct slot *slot)
{
    free(slot->source);
    free(slot->dest);
}

/* The first of what the user's end left undone stands for all the others. */
static void leave_undone(struct pool *pool, struct slot *slot)
{
    if (pool->left.source == NULL)
        pool->left = *slot;
    else
        free_paths(slot);
}

/* It is told unless a file was interrupted in the middle, which says as much.
 */
static void tell_left(struct pool *pool)
{
    struct slot *left = &pool->left;
    if (left->source != NULL && !pool->interrupted) {
        outcome_begin(&left->outcome, left->source, left->dest);
        outcome_stop(&left->outcome);
        tell_outcome(pool, &left->outcome);
    }
    free_paths(left);
}

static void tell(struct pool *pool, struct slot *slot)
{
    const struct pool_work *work = &pool->work;
    if (slot->dropped || (slot->kind == SLOT_BEHIND && os_cancelled())) {
        leave_undone(pool, slot);
        return;
    }
    if (slot->kind == SLOT_BEHIND)
        work->behind(work->context, own(pool)->session, slot->source,
                     slot->dest);
    else
        tell_outcome(pool, &slot->outcome);
    free_paths(slot);
}

/* Tells what is done in front; with `wait`, at least `wait` of it. */
static void tell_done(struct pool *pool, uint64_t wait)
{
    os_gate_lock(pool->gate);
    while (pool->first != pool->end) {
        struct slot *slot = slot_at(pool, pool->first);
        while (wait != 0 && !slot->done)
            os_gate_wait(pool->gate);
        if (!slot->done)
            break;
        os_gate_unlock(pool->gate);
        tell(pool, slot);
        os_gate_lock(pool->gate);
        pool->first++;
        wait -= wait != 0;
    }
    os_gate_unlock(pool->gate);
}

static void tell_all(struct pool *pool)
{
    tell_done(pool, UINT64_MAX);
}

static bool add_worker(struct pool *pool)
{
    struct worker *worker = &pool->workers[pool->count];
    *worker = (struct worker){.pool = pool, .session = reflink_session_open()};
    if (worker->session == NULL)
        return false;
    worker->session->claims = pool->claims;
    reflink_session_watch(worker->session, watch, worker);
    lock(pool);
    pool->count++;
    unlock(pool);
    return true;
}

/* One thread more for each file that comes, up to the number of jobs: two
   files need no eight. The first worker is the caller, who has none. */
static void start_thread(struct pool *pool)
{
    if (pool->tries == pool->jobs)
        return;
    pool->tries++;
    if (!add_worker(pool))
        return;
    struct worker *worker = &pool->workers[pool->count - 1];
    if (os_thread_start(run_worker, worker, &worker->thread) == 0)
        pool->threads++;
}

/* False, and all before is done, if there is no memory for it or no other
   thread: then the caller does it at once. */
static bool hand_in(struct pool *pool, const struct slot *what,
                    const wchar_t *source, const wchar_t *dest)
{
    struct slot slot = *what;
    if (pool->gate != NULL && slot.kind == SLOT_FILE)
        start_thread(pool);
    if (pool->threads == 0)
        return false;
    tell_done(pool, pool->end - pool->first == SLOTS ? 1 : 0);
    slot.source = path_splice(source, wcslen(source), L"");
    slot.dest = path_splice(dest, wcslen(dest), L"");
    if (slot.source == NULL || slot.dest == NULL) {
        free(slot.source);
        free(slot.dest);
        tell_all(pool);
        return false;
    }
    slot.outcome.source = slot.source;
    slot.outcome.dest = slot.dest;
    slot.done = slot.kind != SLOT_FILE;
    os_gate_lock(pool->gate);
    *slot_at(pool, pool->end++) = slot;
    os_gate_wake(pool->gate);
    os_gate_unlock(pool->gate);
    return true;
}

void pool_file(struct pool *pool, const wchar_t *source, const wchar_t *dest,
               uint64_t size)
{
    const struct slot slot = {.kind = SLOT_FILE, .size = size};
    if (hand_in(pool, &slot, source, dest))
        return;
    struct reflink_outcome outcome;
    do_file(own(pool), source, dest, size, &outcome);
    tell_outcome(pool, &outcome);
}

void pool_behind(struct pool *pool, const wchar_t *source, const wchar_t *dest)
{
    const struct slot slot = {.kind = SLOT_BEHIND};
    if (!hand_in(pool, &slot, source, dest))
        pool->work.behind(pool->work.context, own(pool)->session, source, dest);
}

void pool_told(struct pool *pool, const struct reflink_outcome *outcome)
{
    const struct slot slot = {.kind = SLOT_TOLD, .outcome = *outcome};
    if (!hand_in(pool, &slot, outcome->source, outcome->dest))
        tell_outcome(pool, outcome);
}

/* --- opening and closing -------------------------------------------------- */

struct pool *pool_open(const struct pool_work *work, unsigned jobs)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    pool->work = *work;
    pool->jobs = jobs;
    pool->workers = calloc((size_t)jobs + 1, sizeof *pool->workers);
    if (jobs > 1)
        pool->claims = claims_open();
    if (pool->workers == NULL || !add_worker(pool)) {
        pool_close(pool);
        return NULL;
    }
    if (pool->claims != NULL)
        pool->gate = os_gate_make();
    return pool;
}

static void end_threads(struct pool *pool)
{
    os_gate_lock(pool->gate);
    pool->closing = true;
    os_gate_wake(pool->gate);
    os_gate_unlock(pool->gate);
    for (unsigned i = 0; i < pool->count; i++)
        os_thread_end(pool->workers[i].thread);
}

void pool_close(struct pool *pool)
{
    if (pool == NULL)
        return;
    if (pool->gate != NULL) {
        tell_all(pool);
        tell_left(pool);
        end_threads(pool);
    }
    for (unsigned i = 0; i < pool->count; i++)
        reflink_session_close(pool->workers[i].session);
    os_gate_free(pool->gate);
    claims_close(pool->claims);
    free(pool->workers);
    free(pool);
}
