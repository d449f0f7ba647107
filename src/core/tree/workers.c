#include "workers.h"

#include <stdlib.h>

#include "core/base/source_lock.h"
#include "core/os.h"
#include "core/base/outcome.h"
#include "core/base/path.h"
#include "core/base/session.h"
#include "core/file/held_directory.h"
#include "core/file/hard_links.h"

/* How many items can wait for one slow file before them. */
enum { SLOTS = 256 };

enum slot_kind { SLOT_FILE, SLOT_AFTER, SLOT_REPORTED };

struct slot {
    enum slot_kind kind;
    wchar_t *source;
    struct held_directory *directory; /* may be NULL */
    wchar_t *dest;
    uint64_t size;
    struct reflink_outcome outcome;
    bool done;
    bool dropped; /* not begun when the user pressed Ctrl-C */
};

struct worker {
    struct workers *workers;
    struct reflink_session *session;
    struct os_thread *thread;
    uint64_t moved; /* bytes of the current file */
};

struct workers {
    struct workers_job work;
    unsigned jobs;
    struct worker *workers;
    unsigned count;
    unsigned tries;   /* attempts to start a thread */
    unsigned threads; /* threads that were started */
    struct source_locks *source_locks;
    struct hard_links *hard_links;
    struct os_monitor *monitor; /* NULL: the caller's thread does everything */
    /* All members below are protected by the lock, if there is one. */
    struct slot slots[SLOTS]; /* item n is in slot n % SLOTS */
    uint64_t first;           /* first item not reported yet */
    uint64_t next;            /* next item to begin */
    uint64_t end;
    bool closing;
    struct workers_state state;
    bool interrupted; /* an interruption was reported; used only by the caller's
                         thread */
    struct slot undone; /* first item that Ctrl-C left undone, if any */
};

static void lock(const struct workers *workers)
{
    if (workers->monitor != NULL)
        os_monitor_lock(workers->monitor);
}

static void unlock(const struct workers *workers)
{
    if (workers->monitor != NULL)
        os_monitor_unlock(workers->monitor);
}

static struct slot *slot_at(struct workers *workers, uint64_t number)
{
    return &workers->slots[number % SLOTS];
}

/* --- in any thread -------------------------------------------------------- */

static bool on_progress(void *context, const struct reflink_outcome *so_far,
                        uint64_t total)
{
    struct worker *worker = context;
    struct workers *workers = worker->workers;
    lock(workers);
    worker->moved = so_far->bytes_cloned + so_far->bytes_copied;
    unlock(workers);
    workers->work.moved(workers->work.context, so_far, total);
    return true;
}

static void do_file(struct worker *worker, const wchar_t *source,
                    struct held_directory *directory, const wchar_t *dest,
                    uint64_t size, struct reflink_outcome *outcome)
{
    struct workers *workers = worker->workers;
    workers->work.file(workers->work.context, worker->session, source,
                       directory, dest, outcome);
    lock(workers);
    worker->moved = 0;
    workers->state.files++;
    workers->state.bytes += size;
    unlock(workers);
}

/*
 * Returns the next file to begin, or NULL if there are no more. The lock is
 * held.
 */
static struct slot *next_file(struct workers *workers)
{
    for (;;) {
        while (workers->next == workers->end && !workers->closing)
            os_monitor_wait(workers->monitor);
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
    os_monitor_lock(workers->monitor);
    while ((slot = next_file(workers)) != NULL) {
        os_monitor_unlock(workers->monitor);
        slot->dropped = os_cancelled();
        if (!slot->dropped)
            do_file(worker, slot->source, slot->directory, slot->dest,
                    slot->size, &slot->outcome);
        os_monitor_lock(workers->monitor);
        slot->done = true;
        os_monitor_wake(workers->monitor);
    }
    os_monitor_unlock(workers->monitor);
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

/* --- in the caller's thread ----------------------------------------------- */

/* The worker whose session the caller's thread uses. It has no thread. */
static struct worker *own_worker(struct workers *workers)
{
    return &workers->workers[0];
}

static void report_outcome(struct workers *workers,
                           const struct reflink_outcome *outcome)
{
    workers->interrupted |= outcome->status == REFLINK_INTERRUPTED;
    workers->work.done(workers->work.context, outcome);
}

static void free_item(struct slot *slot)
{
    held_directory_drop(slot->directory);
    free(slot->source);
    free(slot->dest);
}

/* Reports an item, and frees it. */
static void report(struct workers *workers, struct slot *slot)
{
    const struct workers_job *work = &workers->work;
    if (slot->dropped || (slot->kind == SLOT_AFTER && os_cancelled())) {
        /* the first item that Ctrl-C left undone represents all others */
        if (workers->undone.source == NULL) {
            workers->undone = *slot;
            return;
        }
    } else if (slot->kind == SLOT_AFTER) {
        work->after(work->context, own_worker(workers)->session, slot->source,
                    slot->directory, slot->dest);
    } else {
        report_outcome(workers, &slot->outcome);
    }
    free_item(slot);
}

/*
 * Reports items in order, as far as they are done; waits for the first `wait`
 * of them. UINT64_MAX: waits for all.
 */
static void report_done(struct workers *workers, uint64_t wait)
{
    os_monitor_lock(workers->monitor);
    while (workers->first != workers->end) {
        struct slot *slot = slot_at(workers, workers->first);
        while (wait != 0 && !slot->done)
            os_monitor_wait(workers->monitor);
        if (!slot->done)
            break;
        os_monitor_unlock(workers->monitor);
        report(workers, slot);
        os_monitor_lock(workers->monitor);
        workers->first++;
        wait -= wait != 0;
    }
    os_monitor_unlock(workers->monitor);
}

static bool add_worker(struct workers *workers)
{
    struct worker *worker = &workers->workers[workers->count];
    *worker =
        (struct worker){.workers = workers, .session = reflink_session_open()};
    if (worker->session == NULL)
        return false;
    worker->session->source_locks = workers->source_locks;
    worker->session->hard_links = workers->hard_links;
    reflink_session_watch(worker->session, on_progress, worker);
    lock(workers);
    workers->count++;
    unlock(workers);
    return true;
}

/*
 * Starts another thread for each new file, up to the number of jobs: two files
 * do not need eight threads. The first worker is the caller's and has no
 * thread.
 */
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

/*
 * Queues an item. Returns false if there is no memory or no other thread; then
 * all earlier items are done, and the caller does this one at once.
 */
static bool enqueue(struct workers *workers, const struct slot *item,
                    const wchar_t *source, const wchar_t *dest)
{
    struct slot slot = *item;
    if (workers->monitor != NULL && slot.kind == SLOT_FILE)
        start_thread(workers);
    if (workers->threads == 0)
        return false;
    report_done(workers, workers->end - workers->first == SLOTS ? 1 : 0);
    slot.source = path_splice(source, wcslen(source), L"");
    slot.dest = path_splice(dest, wcslen(dest), L"");
    held_directory_keep(slot.directory);
    if (slot.source == NULL || slot.dest == NULL) {
        free_item(&slot);
        report_done(workers, UINT64_MAX);
        return false;
    }
    slot.outcome.source = slot.source;
    slot.outcome.dest = slot.dest;
    slot.done = slot.kind != SLOT_FILE;
    os_monitor_lock(workers->monitor);
    *slot_at(workers, workers->end++) = slot;
    os_monitor_wake(workers->monitor);
    os_monitor_unlock(workers->monitor);
    return true;
}

void workers_file(struct workers *workers, const wchar_t *source,
                  struct held_directory *directory, const wchar_t *dest,
                  uint64_t size)
{
    const struct slot slot = {
        .kind = SLOT_FILE, .directory = directory, .size = size};
    if (enqueue(workers, &slot, source, dest))
        return;
    struct reflink_outcome outcome;
    do_file(own_worker(workers), source, directory, dest, size, &outcome);
    report_outcome(workers, &outcome);
}

void workers_after(struct workers *workers, const wchar_t *source,
                   struct held_directory *directory, const wchar_t *dest)
{
    const struct slot slot = {.kind = SLOT_AFTER, .directory = directory};
    if (!enqueue(workers, &slot, source, dest))
        workers->work.after(workers->work.context, own_worker(workers)->session,
                            source, directory, dest);
}

void workers_report(struct workers *workers,
                    const struct reflink_outcome *outcome)
{
    const struct slot slot = {.kind = SLOT_REPORTED, .outcome = *outcome};
    if (!enqueue(workers, &slot, outcome->source, outcome->dest))
        report_outcome(workers, outcome);
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
    workers->hard_links = hard_links_open(work->keeps_hard_links);
    if (workers->workers == NULL || workers->hard_links == NULL ||
        !add_worker(workers)) {
        workers_close(workers);
        return NULL;
    }
    if (workers->source_locks != NULL && hard_links_share(workers->hard_links))
        workers->monitor = os_monitor_make();
    return workers;
}

/* Reports the first undone item, unless an interrupted file was reported. */
static void report_undone(struct workers *workers)
{
    struct slot *undone = &workers->undone;
    if (undone->source != NULL && !workers->interrupted) {
        outcome_begin(&undone->outcome, undone->source, undone->dest);
        session_stop(NULL, &undone->outcome);
        report_outcome(workers, &undone->outcome);
    }
    free_item(undone);
}

void workers_close(struct workers *workers)
{
    if (workers == NULL)
        return;
    if (workers->monitor != NULL) {
        report_done(workers, UINT64_MAX);
        report_undone(workers);
        os_monitor_lock(workers->monitor);
        workers->closing = true;
        os_monitor_wake(workers->monitor);
        os_monitor_unlock(workers->monitor);
    }
    for (unsigned i = 0; i < workers->count; i++)
        os_thread_end(workers->workers[i].thread);
    for (unsigned i = 0; i < workers->count; i++)
        reflink_session_close(workers->workers[i].session);
    os_monitor_free(workers->monitor);
    hard_links_close(workers->hard_links);
    source_locks_close(workers->source_locks);
    free(workers->workers);
    free(workers);
}
