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
    struct workers *workers;
    struct reflink_session *session;
    struct os_thread *thread;
    uint64_t moved; /* bytes of the file at hand */
};

struct workers {
    struct workers_job work;
    unsigned jobs;
    struct worker *workers;
    unsigned count;
    unsigned tries;   /* to start a thread */
    unsigned threads; /* that were started */
    struct source_locks *source_locks;
    struct os_monitor *gate; /* NULL: the caller's thread does it all */
    /* what stands below is touched with the gate held, where there is one */
    struct slot slots[SLOTS]; /* numbered without end, a slot is one % SLOTS */
    uint64_t first;           /* not told yet */
    uint64_t next;            /* not begun yet */
    uint64_t end;
    bool closing;
    struct workers_state state;
    bool interrupted; /* that was told; in the caller's thread only */
    struct slot left; /* the first that the user's end left undone, if any */
};

static void lock(const struct workers *workers)
{
    if (workers->gate != NULL)
        os_monitor_lock(workers->gate);
}

static void unlock(const struct workers *workers)
{
    if (workers->gate != NULL)
        os_monitor_unlock(workers->gate);
}

static struct slot *slot_at(struct workers *workers, uint64_t number)
{
    return &workers->slots[number % SLOTS];
}

/* --- in any thread -------------------------------------------------------- */

static void watch(void *context, const struct reflink_outcome *so_far,
                  uint64_t total)
{
    struct worker *worker = context;
    struct workers *workers = worker->workers;
    lock(workers);
    worker->moved = so_far->bytes_cloned + so_far->bytes_copied;
    unlock(workers);
    workers->work.moved(workers->work.context, so_far, total);
}

static void count_file(struct worker *worker, uint64_t size)
{
    struct workers *workers = worker->workers;
    lock(workers);
    worker->moved = 0;
    workers->state.files++;
    workers->state.bytes += size;
    unlock(workers);
}

static void do_file(struct worker *worker, const wchar_t *source,
                    const wchar_t *dest, uint64_t size,
                    struct reflink_outcome *outcome)
{
    const struct workers_job *work = &worker->workers->work;
    work->file(work->context, worker->session, source, dest, outcome);
    count_file(worker, size);
}

/* The next file that nobody has begun, NULL if there is no more; the gate is
   held. */
static struct slot *take(struct workers *workers)
{
    for (;;) {
        while (workers->next == workers->end && !workers->closing)
            os_monitor_wait(workers->gate);
        if (workers->next == workers->end)
            return NULL;
        struct slot *slot = slot_at(workers, workers->next++);
        if (slot->kind == SLOT_FILE)
            return slot;
    }
}

static void run_worker(void *context)
{
    struct worker *worker = context;
    struct workers *workers = worker->workers;
    struct slot *slot = NULL;
    os_monitor_lock(workers->gate);
    while ((slot = take(workers)) != NULL) {
        os_monitor_unlock(workers->gate);
        slot->dropped = os_cancelled();
        if (!slot->dropped)
            do_file(worker, slot->source, slot->dest, slot->size,
                    &slot->outcome);
        os_monitor_lock(workers->gate);
        slot->done = true;
        os_monitor_wake(workers->gate);
    }
    os_monitor_unlock(workers->gate);
}

struct workers_state workers_state(struct workers *workers)
{
    lock(workers);
    struct workers_state state = workers->state;
    for (unsigned i = 0; i < workers->count; i++)
        state.bytes += workers->workers[i].moved;
    unlock(workers);
    return state;
}

/* --- in the caller's ------------------------------------------------------ */

/* What the caller does itself has a session of its own. */
static struct worker *own(struct workers *workers)
{
    return &workers->workers[0];
}

static void tell_outcome(struct workers *workers,
                         const struct reflink_outcome *outcome)
{
    workers->interrupted |= outcome->status == REFLINK_INTERRUPTED;
    workers->work.done(workers->work.context, outcome);
}

static void free_paths(struct slot *slot)
{
    free(slot->source);
    free(slot->dest);
}

/* The first of what the user's end left undone stands for all the others. */
static void leave_undone(struct workers *workers, struct slot *slot)
{
    if (workers->left.source == NULL)
        workers->left = *slot;
    else
        free_paths(slot);
}

/* It is told unless a file was interrupted in the middle, which says as much.
 */
static void tell_left(struct workers *workers)
{
    struct slot *left = &workers->left;
    if (left->source != NULL && !workers->interrupted) {
        outcome_begin(&left->outcome, left->source, left->dest);
        outcome_stop(&left->outcome);
        tell_outcome(workers, &left->outcome);
    }
    free_paths(left);
}

static void tell(struct workers *workers, struct slot *slot)
{
    const struct workers_job *work = &workers->work;
    if (slot->dropped || (slot->kind == SLOT_BEHIND && os_cancelled())) {
        leave_undone(workers, slot);
        return;
    }
    if (slot->kind == SLOT_BEHIND)
        work->behind(work->context, own(workers)->session, slot->source,
                     slot->dest);
    else
        tell_outcome(workers, &slot->outcome);
    free_paths(slot);
}

/* Tells what is done in front; with `wait`, at least `wait` of it. */
static void tell_done(struct workers *workers, uint64_t wait)
{
    os_monitor_lock(workers->gate);
    while (workers->first != workers->end) {
        struct slot *slot = slot_at(workers, workers->first);
        while (wait != 0 && !slot->done)
            os_monitor_wait(workers->gate);
        if (!slot->done)
            break;
        os_monitor_unlock(workers->gate);
        tell(workers, slot);
        os_monitor_lock(workers->gate);
        workers->first++;
        wait -= wait != 0;
    }
    os_monitor_unlock(workers->gate);
}

static void tell_all(struct workers *workers)
{
    tell_done(workers, UINT64_MAX);
}

static bool add_worker(struct workers *workers)
{
    struct worker *worker = &workers->workers[workers->count];
    *worker =
        (struct worker){.workers = workers, .session = reflink_session_open()};
    if (worker->session == NULL)
        return false;
    worker->session->source_locks = workers->source_locks;
    reflink_session_watch(worker->session, watch, worker);
    lock(workers);
    workers->count++;
    unlock(workers);
    return true;
}

/* One thread more for each file that comes, up to the number of jobs: two
   files need no eight. The first worker is the caller, who has none. */
static void start_thread(struct workers *workers)
{
    if (workers->tries == workers->jobs)
        return;
    workers->tries++;
    if (!add_worker(workers))
        return;
    struct worker *worker = &workers->workers[workers->count - 1];
    if (os_thread_start(run_worker, worker, &worker->thread) == 0)
        workers->threads++;
}

/* False, and all before is done, if there is no memory for it or no other
   thread: then the caller does it at once. */
static bool hand_in(struct workers *workers, const struct slot *what,
                    const wchar_t *source, const wchar_t *dest)
{
    struct slot slot = *what;
    if (workers->gate != NULL && slot.kind == SLOT_FILE)
        start_thread(workers);
    if (workers->threads == 0)
        return false;
    tell_done(workers, workers->end - workers->first == SLOTS ? 1 : 0);
    slot.source = path_splice(source, wcslen(source), L"");
    slot.dest = path_splice(dest, wcslen(dest), L"");
    if (slot.source == NULL || slot.dest == NULL) {
        free(slot.source);
        free(slot.dest);
        tell_all(workers);
        return false;
    }
    slot.outcome.source = slot.source;
    slot.outcome.dest = slot.dest;
    slot.done = slot.kind != SLOT_FILE;
    os_monitor_lock(workers->gate);
    *slot_at(workers, workers->end++) = slot;
    os_monitor_wake(workers->gate);
    os_monitor_unlock(workers->gate);
    return true;
}

void workers_file(struct workers *workers, const wchar_t *source,
                  const wchar_t *dest, uint64_t size)
{
    const struct slot slot = {.kind = SLOT_FILE, .size = size};
    if (hand_in(workers, &slot, source, dest))
        return;
    struct reflink_outcome outcome;
    do_file(own(workers), source, dest, size, &outcome);
    tell_outcome(workers, &outcome);
}

void workers_behind(struct workers *workers, const wchar_t *source,
                    const wchar_t *dest)
{
    const struct slot slot = {.kind = SLOT_BEHIND};
    if (!hand_in(workers, &slot, source, dest))
        workers->work.behind(workers->work.context, own(workers)->session,
                             source, dest);
}

void workers_told(struct workers *workers,
                  const struct reflink_outcome *outcome)
{
    const struct slot slot = {.kind = SLOT_TOLD, .outcome = *outcome};
    if (!hand_in(workers, &slot, outcome->source, outcome->dest))
        tell_outcome(workers, outcome);
}

/* --- opening and closing -------------------------------------------------- */

struct workers *workers_open(const struct workers_job *work, unsigned jobs)
{
    struct workers *workers = calloc(1, sizeof *workers);
    if (workers == NULL)
        return NULL;
    workers->work = *work;
    workers->jobs = jobs;
    workers->workers = calloc((size_t)jobs + 1, sizeof *workers->workers);
    if (jobs > 1)
        workers->source_locks = source_locks_open();
    if (workers->workers == NULL || !add_worker(workers)) {
        workers_close(workers);
        return NULL;
    }
    if (workers->source_locks != NULL)
        workers->gate = os_monitor_make();
    return workers;
}

static void end_threads(struct workers *workers)
{
    os_monitor_lock(workers->gate);
    workers->closing = true;
    os_monitor_wake(workers->gate);
    os_monitor_unlock(workers->gate);
    for (unsigned i = 0; i < workers->count; i++)
        os_thread_end(workers->workers[i].thread);
}

void workers_close(struct workers *workers)
{
    if (workers == NULL)
        return;
    if (workers->gate != NULL) {
        tell_all(workers);
        tell_left(workers);
        end_threads(workers);
    }
    for (unsigned i = 0; i < workers->count; i++)
        reflink_session_close(workers->workers[i].session);
    os_monitor_free(workers->gate);
    source_locks_close(workers->source_locks);
    free(workers->workers);
    free(workers);
}
