/* Locks, threads and SHA-256 on Windows. */
#include <windows.h>

#include <bcrypt.h>
#include <process.h>
#include <stdlib.h>

#include "host.h"
#include "sim_internal.h"

struct host_thread {
    HANDLE handle;
    void (*run)(void *context);
    void *context;
};

struct os_hash {
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE handle;
};

struct os_monitor {
    SRWLOCK lock;
    CONDITION_VARIABLE wake;
};

static CRITICAL_SECTION lock;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

static BOOL CALLBACK make_lock(INIT_ONCE *self, void *context, void **result)
{
    (void)self;
    (void)context;
    (void)result;
    InitializeCriticalSection(&lock);
    return TRUE;
}

void host_lock(void)
{
    InitOnceExecuteOnce(&once, make_lock, NULL, NULL);
    EnterCriticalSection(&lock);
}

void host_unlock(void)
{
    LeaveCriticalSection(&lock);
}

void host_yield(void)
{
    SwitchToThread();
}

static unsigned __stdcall begin(void *argument)
{
    struct host_thread *thread = argument;
    thread->run(thread->context);
    return 0;
}

struct host_thread *host_thread_start(void (*run)(void *context), void *context)
{
    struct host_thread *thread = sim_grow(NULL, sizeof *thread);
    thread->run = run;
    thread->context = context;
    thread->handle = (HANDLE)_beginthreadex(NULL, 0, begin, thread, 0, NULL);
    if (!thread->handle)
        sim_die("the host starts no more threads", NULL);
    return thread;
}

void host_thread_join(struct host_thread *thread)
{
    WaitForSingleObject(thread->handle, INFINITE);
    CloseHandle(thread->handle);
    free(thread);
}

struct os_monitor *host_monitor_make(void)
{
    struct os_monitor *gate = sim_grow(NULL, sizeof *gate);
    InitializeSRWLock(&gate->lock);
    InitializeConditionVariable(&gate->wake);
    return gate;
}

void os_monitor_free(struct os_monitor *gate)
{
    free(gate);
}

void os_monitor_lock(struct os_monitor *gate)
{
    sim_maybe_yield();
    AcquireSRWLockExclusive(&gate->lock);
}

void os_monitor_unlock(struct os_monitor *gate)
{
    ReleaseSRWLockExclusive(&gate->lock);
    sim_maybe_yield();
}

void os_monitor_wait(struct os_monitor *gate)
{
    SleepConditionVariableSRW(&gate->wake, &gate->lock, INFINITE, 0);
}

void os_monitor_wake(struct os_monitor *gate)
{
    WakeAllConditionVariable(&gate->wake);
}

struct os_hash *host_hash_begin(void)
{
    struct os_hash *hash = sim_grow(NULL, sizeof *hash);
    if (BCryptOpenAlgorithmProvider(&hash->algorithm, BCRYPT_SHA256_ALGORITHM,
                                    NULL, 0) < 0 ||
        BCryptCreateHash(hash->algorithm, &hash->handle, NULL, 0, NULL, 0, 0) <
            0)
        sim_die("no SHA-256", NULL);
    return hash;
}

/* The function does not change the bytes; its parameter only lacks `const`. */
void host_hash_add(struct os_hash *hash, const void *bytes, uint32_t length)
{
    if (BCryptHashData(hash->handle, (PUCHAR)(uintptr_t)bytes, length, 0) < 0)
        sim_die("no SHA-256", NULL);
}

void host_hash_end(struct os_hash *hash, uint8_t *digest)
{
    if (BCryptFinishHash(hash->handle, digest, OS_DIGEST_SIZE, 0) < 0)
        sim_die("no SHA-256", NULL);
}

void host_hash_free(struct os_hash *hash)
{
    BCryptDestroyHash(hash->handle);
    BCryptCloseAlgorithmProvider(hash->algorithm, 0);
    free(hash);
}
