/*
 * What the simulator needs of the system that it really runs on, beside the C
 * library: host_posix.c or host_windows.c. They define the monitors of os.h,
 * too, except for os_monitor_make(), which can fail in a test.
 */
#ifndef REFLINK_TESTS_HOST_H
#define REFLINK_TESTS_HOST_H

#include <stdint.h>

struct host_thread;
struct os_hash;
struct os_monitor;

/* One lock; the thread that has it may take it again. */
void host_lock(void);
void host_unlock(void);

void host_yield(void);

/* Ends the test if the host starts no more threads. */
struct host_thread *host_thread_start(void (*run)(void *context),
                                      void *context);

/* Waits for the thread's end and frees it. */
void host_thread_join(struct host_thread *thread);

struct os_monitor *host_monitor_make(void);

/* SHA-256, by a library that is not ours; a test ends where that fails. */
struct os_hash *host_hash_begin(void);
void host_hash_add(struct os_hash *hash, const void *bytes, uint32_t length);
void host_hash_end(struct os_hash *hash, uint8_t *digest);
void host_hash_free(struct os_hash *hash);

#endif
