/* Locks, threads and SHA-256 on POSIX. */
#define _POSIX_C_SOURCE 200809L
#include "host.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "sim_internal.h"

struct host_thread {
    pthread_t id;
    void (*run)(void *context);
    void *context;
};

struct os_hash {
    EVP_MD_CTX *context;
};

struct os_monitor {
    pthread_mutex_t lock;
    pthread_cond_t wake;
};

static pthread_mutex_t lock;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_lock(void)
{
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&lock, &kind);
    pthread_mutexattr_destroy(&kind);
}

void host_lock(void)
{
    pthread_once(&once, make_lock);
    pthread_mutex_lock(&lock);
}

void host_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void host_yield(void)
{
    sched_yield();
}

static void *begin(void *argument)
{
    struct host_thread *thread = argument;
    thread->run(thread->context);
    return NULL;
}

struct host_thread *host_thread_start(void (*run)(void *context), void *context)
{
    struct host_thread *thread = sim_grow(NULL, sizeof *thread);
    thread->run = run;
    thread->context = context;
    if (pthread_create(&thread->id, NULL, begin, thread) != 0)
        sim_die("the host starts no more threads", NULL);
    return thread;
}

void host_thread_join(struct host_thread *thread)
{
    pthread_join(thread->id, NULL);
    free(thread);
}

/* A thread that waits for, or unlocks, what it has not locked is a mistake that
   Windows does not forgive. */
static void expect_locked(int error)
{
    if (error != 0)
        sim_die("a monitor is used by a thread that has not locked it", NULL);
}

struct os_monitor *host_monitor_make(void)
{
    struct os_monitor *gate = sim_grow(NULL, sizeof *gate);
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&gate->lock, &kind);
    pthread_mutexattr_destroy(&kind);
    pthread_cond_init(&gate->wake, NULL);
    return gate;
}

void os_monitor_free(struct os_monitor *gate)
{
    if (!gate)
        return;
    pthread_cond_destroy(&gate->wake);
    if (pthread_mutex_destroy(&gate->lock) != 0)
        sim_die("a monitor is freed while it is locked", NULL);
    free(gate);
}

void os_monitor_lock(struct os_monitor *gate)
{
    sim_maybe_yield();
    if (pthread_mutex_lock(&gate->lock) != 0)
        sim_die("a monitor is locked twice by one thread", NULL);
}

void os_monitor_unlock(struct os_monitor *gate)
{
    expect_locked(pthread_mutex_unlock(&gate->lock));
    sim_maybe_yield();
}

void os_monitor_wait(struct os_monitor *gate)
{
    expect_locked(pthread_cond_wait(&gate->wake, &gate->lock));
}

void os_monitor_wake(struct os_monitor *gate)
{
    pthread_cond_broadcast(&gate->wake);
}

struct os_hash *host_hash_begin(void)
{
    struct os_hash *hash = sim_grow(NULL, sizeof *hash);
    hash->context = EVP_MD_CTX_new();
    if (!EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL))
        sim_die("no SHA-256", NULL);
    return hash;
}

void host_hash_add(struct os_hash *hash, const void *bytes, uint32_t length)
{
    if (!EVP_DigestUpdate(hash->context, bytes, length))
        sim_die("no SHA-256", NULL);
}

void host_hash_end(struct os_hash *hash, uint8_t *digest)
{
    if (!EVP_DigestFinal_ex(hash->context, digest, NULL))
        sim_die("no SHA-256", NULL);
}

void host_hash_free(struct os_hash *hash)
{
    EVP_MD_CTX_free(hash->context);
    free(hash);
}
