/* Threads, and monitors: a lock with a condition variable. */
#include "win32.h"

#include <process.h>
#include <stdlib.h>

unsigned os_processors(void)
{
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwNumberOfProcessors;
}

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
    struct os_monitor *monitor = malloc(sizeof *monitor);
    if (monitor == NULL)
        return NULL;
    InitializeSRWLock(&monitor->lock);
    InitializeConditionVariable(&monitor->wake);
    return monitor;
}

/* The lock and the condition variable need no cleanup. */
void os_monitor_free(struct os_monitor *monitor)
{
    free(monitor);
}

void os_monitor_lock(struct os_monitor *monitor)
{
    AcquireSRWLockExclusive(&monitor->lock);
}

void os_monitor_unlock(struct os_monitor *monitor)
{
    ReleaseSRWLockExclusive(&monitor->lock);
}

void os_monitor_wait(struct os_monitor *monitor)
{
    SleepConditionVariableSRW(&monitor->wake, &monitor->lock, INFINITE, 0);
}

void os_monitor_wake(struct os_monitor *monitor)
{
    WakeAllConditionVariable(&monitor->wake);
}
