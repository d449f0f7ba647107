/*
 * A lock on a SOURCE, so that only one thread clones it at a time, under
 * whatever name. ReFS left zeros in DEST when several threads did so at once
 * [microsoft/CopyOnWrite #12].
 */
#ifndef REFLINK_CORE_SOURCE_LOCK_H
#define REFLINK_CORE_SOURCE_LOCK_H

#include "core/os.h"

/* The locks that the threads of one run hold. */
struct source_locks;

/* One lock. The holder owns its memory and initializes it with zeros. */
struct source_lock {
    struct os_identity identity;
    struct source_lock *next;
    bool held;
};

/* Creates an empty set of locks; the caller closes it. NULL: out of memory. */
struct source_locks *source_locks_open(void);

/* Frees `locks`, of which none is held; ignores NULL. */
void source_locks_close(struct source_locks *locks);

/*
 * Waits until no other thread holds a lock on the file with this identity, and
 * takes the lock. A thread must hold only one lock at a time; then there is no
 * deadlock. Does nothing if `locks` is NULL.
 */
void source_lock_take(struct source_locks *locks, struct source_lock *lock,
                      const struct os_identity *identity);

/* Releases the lock; ignores one that is not held. */
void source_lock_drop(struct source_locks *locks, struct source_lock *lock);

#endif
