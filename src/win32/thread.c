/* Threads, and the gate at which they wait for one another. */
#include "win32.h"

#include <process.h>
#include <stdlib.h>

struct os_thread {
    HANDLE handle;
    void (*run)(void *context);
    void *context;
};

struct os_monitor {
    SRWLOCK lock;
    CONDITION_VARIABLE wake;
};

static unsigned __stdcall begin(void *argument)
{
    struct os_thread *thread = argument;
    thread->run(thread->context);
    return 0;
}

os_error os_thread_start(void (*run)(void *context), void *context,
                         struct os_thread **thread)
{
    struct os_thread *started = malloc(sizeof *started);
    if (started == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    started->run = run;
    started->context = context;
    started->handle = (HANDLE)_beginthreadex(NULL, 0, begin, started, 0, NULL);
    if (started->handle == NULL) {
        free(started);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    *thread = started;
    return 0;
}

void os_thread_end(struct os_thread *thread)
{
    if (thread == NULL)
        return;
    WaitForSingleObject(thread->handle, INFINITE);
    CloseHandle(thread->handle);
    free(thread);
}

struct os_monitor *os_monitor_make(void)
{
    struct os_monitor *gate = malloc(sizeof *gate);
    if (gate == NULL)
        return NULL;
    InitializeSRWLock(&gate->lock);
    InitializeConditionVariable(&gate->wake);
    return gate;
}

/* Neither holds anything of the system's. */
void os_monitor_free(struct os_monitor *gate)
{
    free(gate);
}

void os_monitor_lock(struct os_monitor *gate)
{
    AcquireSRWLockExclusive(&gate->lock);
}

void os_monitor_unlock(struct os_monitor *gate)
{
    ReleaseSRWLockExclusive(&gate->lock);
}

void os_monitor_wait(struct os_monitor *gate)
{
    SleepConditionVariableSRW(&gate->wake, &gate->lock, INFINITE, 0);
}

void os_monitor_wake(struct os_monitor *gate)
{
    WakeAllConditionVariable(&gate->wake);
}
