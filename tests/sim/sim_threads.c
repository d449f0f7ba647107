/*
 * Threads, which are the host's. The simulator itself does one operation at a
 * time, whoever asks.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "host.h"
#include "sim_internal.h"

struct os_thread {
    struct host_thread *host; /* NULL: it ran before its start returned */
};

static size_t depth;                /* how often its owner has it */
static _Thread_local size_t inside; /* the same, of each thread */
static atomic_ullong chances;       /* to give up the processor; 0: none */
static unsigned processors = 8;
static bool at_once;          /* a thread has run before its start returns */
static atomic_size_t threads; /* that were started and have not ended */
static _Thread_local struct os_file *used;

void sim_yield_at_random(uint64_t seed)
{
    atomic_store(&chances, seed);
}

void sim_maybe_yield(void)
{
    uint64_t chance = atomic_load(&chances);
    if (chance == 0)
        return;
    /* an odd number stays one, so the chances never end by themselves */
    chance = (chance | 1) * UINT64_C(6364136223846793005) + 2;
    atomic_store(&chances, chance);
    for (uint64_t times = chance >> 61; times > 4; times--)
        host_yield();
}

void sim_hold(void)
{
    if (inside == 0)
        sim_maybe_yield();
    host_lock();
    depth++;
    inside++;
}

void sim_use(struct os_file *file)
{
    const void *nobody = NULL;
    if (!file || inside != 0)
        return;
    if (!atomic_compare_exchange_strong(&file->user, &nobody, &inside))
        sim_die("two threads are inside calls on one handle", file->path);
    used = file;
    if (atomic_load(&threads) != 0)
        host_yield(); /* whoever would come in now is to do so */
}

void sim_unuse(void)
{
    if (!used || inside != 0)
        return;
    atomic_store(&used->user, NULL);
    used = NULL;
}

void sim_closed(const struct os_file *file)
{
    if (used == file)
        used = NULL;
}

bool sim_is_inside(void)
{
    return inside != 0;
}

void sim_release(void)
{
    inside--;
    depth--;
    host_unlock();
    if (inside == 0)
        sim_maybe_yield();
}

void sim_threads_reset(void)
{
    sim_hold();
    at_once = false;
    atomic_store(&chances, 0);
    processors = 8;
    used = NULL;
    while (depth > 0)
        sim_release();
}

void sim_set_processors(unsigned count)
{
    processors = count;
}

unsigned os_processors(void)
{
    return processors;
}

void sim_threads_at_once(void)
{
    at_once = true;
}

os_error os_thread_start(void (*run)(void *context), void *context,
                         struct os_thread **thread)
{
    os_error error = sim_enter(SIM_OP_THREAD, NULL);
    if (!error) {
        struct os_thread *started = sim_grow(NULL, sizeof *started);
        atomic_fetch_add(&threads, 1);
        started->host = at_once ? NULL : host_thread_start(run, context);
        *thread = started;
    }
    error = sim_leave(SIM_OP_THREAD, L"", error);
    if (!error && at_once)
        run(context);
    return error;
}

void os_thread_end(struct os_thread *thread)
{
    if (!thread)
        return;
    if (thread->host)
        host_thread_join(thread->host);
    atomic_fetch_sub(&threads, 1);
    free(thread);
}

struct os_event {
    atomic_bool set;
};

struct os_event *os_event_make(void)
{
    struct os_event *event = NULL;
    os_error error = sim_enter(SIM_OP_EVENT, NULL);
    if (!error) {
        event = sim_grow(NULL, sizeof *event);
        atomic_init(&event->set, false);
    }
    (void)sim_leave(SIM_OP_EVENT, L"", error);
    return event;
}

void os_event_free(struct os_event *event)
{
    free(event);
}

void os_event_set(struct os_event *event)
{
    atomic_store(&event->set, true);
}

bool os_event_is_set(const struct os_event *event)
{
    return atomic_load(&((struct os_event *)(uintptr_t)event)->set);
}

struct os_monitor *os_monitor_make(void)
{
    struct os_monitor *gate = NULL;
    os_error error = sim_enter(SIM_OP_MONITOR, NULL);
    if (!error)
        gate = host_monitor_make();
    (void)sim_leave(SIM_OP_MONITOR, L"", error);
    return gate;
}
