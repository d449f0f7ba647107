/*
 * The gate that every operation passes: counts, faults, hooks, trace. And
 * simulated time and chance, which are nobody else's.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

/* 2026-01-01, in units of 100 ns since 1601. */
#define START_TIME INT64_C(134116992000000000)
#define START_SEED 1

struct fault {
    enum sim_op op;
    uint64_t wait; /* calls until it strikes; 0: every call */
    os_error code;
    bool partial;
};

struct hook {
    enum sim_op op;
    uint64_t wait;
    void (*fn)(void *arg);
    void *arg;
};

/* Arrays that only grow until the reset; a spent entry has `spent` set. */
static struct fault *faults;
static size_t fault_count;
static struct hook *hooks;
static size_t hook_count;
static uint64_t calls[SIM_OP_COUNT];
static uint64_t faults_met;
static bool was_partial;
static bool (*memory_is_refused)(void);

static struct sim_trace_entry *trace;
static size_t trace_count;
static size_t trace_room;
static bool tracing;

static uint64_t now_us;
static uint64_t slept_ms;
static uint64_t sleeps;
static uint64_t chance;
static atomic_bool cancelled;

static const char *const op_names[SIM_OP_COUNT] = {
    [SIM_OP_ANY] = "any",
    [SIM_OP_OPEN] = "open",
    [SIM_OP_CLOSE] = "close",
    [SIM_OP_USE_HANDLE] = "use-handle",
    [SIM_OP_QUERY] = "query",
    [SIM_OP_CHANGE_NUMBER] = "change-number",
    [SIM_OP_QUERY_VOLUME] = "query-volume",
    [SIM_OP_VOLUME_ROOT] = "volume-root",
    [SIM_OP_ALLOCATION_UNIT] = "allocation-unit",
    [SIM_OP_GET_INTEGRITY] = "get-integrity",
    [SIM_OP_SET_INTEGRITY] = "set-integrity",
    [SIM_OP_SET_SPARSE] = "set-sparse",
    [SIM_OP_SET_SIZE] = "set-size",
    [SIM_OP_READ] = "read",
    [SIM_OP_WRITE] = "write",
    [SIM_OP_ZERO] = "zero",
    [SIM_OP_ALLOCATED] = "allocated",
    [SIM_OP_EXTENTS] = "extents",
    [SIM_OP_EXTENTS_COUNTED] = "extents-counted",
    [SIM_OP_FREE_BYTES] = "free-bytes",
    [SIM_OP_IS_REMOTE] = "is-remote",
    [SIM_OP_CLONE] = "clone",
    [SIM_OP_GET_COPY_KEY] = "get-copy-key",
    [SIM_OP_SERVER_COPY] = "server-copy",
    [SIM_OP_LIST_STREAMS] = "list-streams",
    [SIM_OP_GET_EA] = "get-ea",
    [SIM_OP_SET_EA] = "set-ea",
    [SIM_OP_COPY_SECURITY] = "copy-security",
    [SIM_OP_GET_SECURITY] = "get-security",
    [SIM_OP_SET_SECURITY] = "set-security",
    [SIM_OP_SET_METADATA] = "set-metadata",
    [SIM_OP_RESTORE_STATE] = "restore-state",
    [SIM_OP_MARK_DELETED] = "mark-deleted",
    [SIM_OP_RENAME] = "rename",
    [SIM_OP_HARD_LINK] = "hard-link",
    [SIM_OP_REMOVE] = "remove",
    [SIM_OP_FLUSH] = "flush",
    [SIM_OP_FLUSH_PATH] = "flush-path",
    [SIM_OP_LIST_OPEN] = "list-open",
    [SIM_OP_LIST_NEXT] = "list-next",
    [SIM_OP_OPEN_DIRECTORY] = "open-directory",
    [SIM_OP_COPY_LINK] = "copy-link",
    [SIM_OP_QUERY_NAME] = "query-name",
    [SIM_OP_LINK_TARGET] = "link-target",
    [SIM_OP_SET_LINK] = "set-link",
    [SIM_OP_FULL_PATH] = "full-path",
    [SIM_OP_THREAD] = "thread",
    [SIM_OP_MONITOR] = "monitor",
    [SIM_OP_HASH] = "hash",
    [SIM_OP_EVENT] = "event",
    [SIM_OP_RANDOM] = "random",
    [SIM_OP_CLOCK_US] = "clock-us",
    [SIM_OP_SLEEP_MS] = "sleep-ms",
    [SIM_OP_MESSAGE] = "message",
    [SIM_OP_PRINT] = "print",
};

const char *sim_op_name(enum sim_op op)
{
    return op < SIM_OP_COUNT ? op_names[op] : "?";
}

static bool can_fail(enum sim_op op)
{
    return op != SIM_OP_CLOSE && op != SIM_OP_CLOCK_US && op != SIM_OP_SLEEP_MS;
}

static bool matches(enum sim_op wanted, enum sim_op op)
{
    return wanted == op || (wanted == SIM_OP_ANY && can_fail(op));
}

/* ---- faults and hooks ------------------------------------------------ */

static void add_fault(enum sim_op op, uint64_t wait, os_error code,
                      bool partial)
{
    struct fault fault = {op, wait, code, partial};
    faults = sim_grow(faults, (fault_count + 1) * sizeof *faults);
    faults[fault_count++] = fault;
}

void sim_fault(enum sim_op op, uint64_t nth, os_error code)
{
    if (nth == 0)
        sim_die("the first call is number 1", NULL);
    add_fault(op, nth, code, false);
}

void sim_fault_always(enum sim_op op, os_error code)
{
    add_fault(op, 0, code, false);
}

void sim_fault_partial(uint64_t nth, os_error code)
{
    if (nth == 0)
        sim_die("the first call is number 1", NULL);
    add_fault(SIM_OP_WRITE, nth, code, true);
}

void sim_clear_faults(void)
{
    free(faults);
    faults = NULL;
    fault_count = 0;
}

uint64_t sim_faults_met(void)
{
    return faults_met;
}

bool sim_fault_was_partial(void)
{
    return was_partial;
}

/* The code of the first fault that strikes; all others count down, too. */
static os_error strike(enum sim_op op)
{
    os_error code = 0;
    size_t kept = 0;

    was_partial = false;
    for (size_t i = 0; i < fault_count; i++) {
        struct fault fault = faults[i];
        bool hit =
            matches(fault.op, op) && (fault.wait == 0 || --fault.wait == 0);
        if (hit && !code) {
            code = fault.code;
            was_partial = fault.partial;
        }
        if (!hit || faults[i].wait == 0)
            faults[kept++] = fault;
    }
    fault_count = kept;
    if (code)
        faults_met++;
    return can_fail(op) ? code : 0;
}

void sim_at_call(enum sim_op op, uint64_t nth, void (*fn)(void *arg), void *arg)
{
    struct hook hook = {op, nth, fn, arg};
    if (nth == 0)
        sim_die("the first call is number 1", NULL);
    hooks = sim_grow(hooks, (hook_count + 1) * sizeof *hooks);
    hooks[hook_count++] = hook;
}

/* A hook may add hooks, and set off others: none is spent twice. */
static void run_hooks(enum sim_op op)
{
    size_t count = hook_count;
    for (size_t i = 0; i < count; i++) {
        struct hook hook = hooks[i];
        if (!matches(hook.op, op) || hook.wait == 0)
            continue;
        hooks[i].wait--;
        if (hook.wait == 1)
            hook.fn(hook.arg);
    }
}

/* ---- memory ---------------------------------------------------------- */

static bool needs_memory(enum sim_op op)
{
    static const bool needs[SIM_OP_COUNT] = {[SIM_OP_OPEN] = true,
                                             [SIM_OP_USE_HANDLE] = true,
                                             [SIM_OP_QUERY] = true,
                                             [SIM_OP_EXTENTS] = true,
                                             [SIM_OP_EXTENTS_COUNTED] = true,
                                             [SIM_OP_LIST_STREAMS] = true,
                                             [SIM_OP_GET_EA] = true,
                                             [SIM_OP_SET_EA] = true,
                                             [SIM_OP_COPY_SECURITY] = true,
                                             [SIM_OP_GET_SECURITY] = true,
                                             [SIM_OP_RENAME] = true,
                                             [SIM_OP_HARD_LINK] = true,
                                             [SIM_OP_REMOVE] = true,
                                             [SIM_OP_FLUSH_PATH] = true,
                                             [SIM_OP_LIST_OPEN] = true,
                                             [SIM_OP_OPEN_DIRECTORY] = true,
                                             [SIM_OP_COPY_LINK] = true,
                                             [SIM_OP_QUERY_NAME] = true,
                                             [SIM_OP_LINK_TARGET] = true,
                                             [SIM_OP_SET_LINK] = true,
                                             [SIM_OP_FULL_PATH] = true,
                                             [SIM_OP_THREAD] = true,
                                             [SIM_OP_MONITOR] = true,
                                             [SIM_OP_HASH] = true,
                                             [SIM_OP_EVENT] = true};
    return needs[op];
}

void sim_memory(bool (*refuses)(void))
{
    memory_is_refused = refuses;
}

/* ---- the gate -------------------------------------------------------- */

uint64_t sim_calls(enum sim_op op)
{
    return calls[op];
}

os_error sim_enter(enum sim_op op, struct os_file *file)
{
    os_error code;

    sim_use(file);
    sim_hold();
    calls[op]++;
    if (can_fail(op))
        calls[SIM_OP_ANY]++;
    now_us++; /* nothing takes no time */
    run_hooks(op);
    code = strike(op);
    if (!code && memory_is_refused && needs_memory(op) && memory_is_refused())
        code = CODE_NOT_ENOUGH_MEMORY;
    if (!code && file)
        code = file->dead;
    return code;
}

static void record(enum sim_op op, const wchar_t *path, os_error code)
{
    if (trace_count == trace_room) {
        trace_room = trace_room * 2 + 64;
        trace = sim_grow(trace, trace_room * sizeof *trace);
    }
    trace[trace_count].op = op;
    trace[trace_count].code = code;
    trace[trace_count].path = sim_copy_path(path, wcslen(path));
    trace_count++;
}

os_error sim_leave(enum sim_op op, const wchar_t *path, os_error code)
{
    if (tracing)
        record(op, path, code);
    sim_release();
    sim_unuse();
    return code;
}

void sim_trace(bool on)
{
    tracing = on;
}

void sim_trace_entries(const struct sim_trace_entry **entries, size_t *count)
{
    *entries = trace;
    *count = trace_count;
}

void sim_trace_print(FILE *stream)
{
    for (size_t i = 0; i < trace_count; i++)
        fprintf(stream, "%4zu %-15s %4u %ls\n", i, sim_op_name(trace[i].op),
                (unsigned)trace[i].code, trace[i].path);
}

static void free_trace(void)
{
    for (size_t i = 0; i < trace_count; i++)
        free((void *)trace[i].path);
    free(trace);
    trace = NULL;
    trace_count = 0;
    trace_room = 0;
    tracing = false;
}

void sim_faults_reset(void)
{
    sim_threads_reset();
    sim_clear_faults();
    free(hooks);
    hooks = NULL;
    hook_count = 0;
    free_trace();
    memory_is_refused = NULL;
    memset(calls, 0, sizeof calls);
    faults_met = 0;
    now_us = 1000000;
    slept_ms = 0;
    sleeps = 0;
    chance = START_SEED;
    cancelled = false;
}

/* ---- time and chance ------------------------------------------------- */

uint64_t sim_slept_ms(void)
{
    return slept_ms;
}

uint64_t sim_sleeps(void)
{
    return sleeps;
}

void sim_advance_us(uint64_t microseconds)
{
    now_us += microseconds;
}

int64_t sim_file_time(void)
{
    return START_TIME + (int64_t)now_us * 10;
}

void sim_cancel(void)
{
    cancelled = true;
}

void sim_seed(uint64_t seed)
{
    chance = seed;
}

uint64_t os_clock_us(void)
{
    (void)sim_enter(SIM_OP_CLOCK_US, NULL);
    uint64_t now = now_us;
    (void)sim_leave(SIM_OP_CLOCK_US, L"", 0);
    return now;
}

void os_sleep_ms(uint32_t milliseconds, const struct os_event *event)
{
    (void)sim_enter(SIM_OP_SLEEP_MS, NULL);
    if (!cancelled && !(event && os_event_is_set(event))) {
        now_us += (uint64_t)milliseconds * 1000;
        slept_ms += milliseconds;
    }
    sleeps++;
    (void)sim_leave(SIM_OP_SLEEP_MS, L"", 0);
}

void os_sleep_through_ms(uint32_t milliseconds)
{
    (void)sim_enter(SIM_OP_SLEEP_MS, NULL);
    now_us += (uint64_t)milliseconds * 1000;
    slept_ms += milliseconds;
    sleeps++;
    (void)sim_leave(SIM_OP_SLEEP_MS, L"", 0);
}

bool os_cancelled(void)
{
    return cancelled;
}

/* splitmix64, byte by byte */
os_error os_random(void *buffer, size_t length)
{
    uint8_t *bytes = buffer;
    os_error error = sim_enter(SIM_OP_RANDOM, NULL);

    for (size_t i = 0; !error && i < length; i++) {
        uint64_t x = chance += UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
        bytes[i] = (uint8_t)(x >> 56);
    }
    return sim_leave(SIM_OP_RANDOM, L"", error);
}
