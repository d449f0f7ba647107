/*
 * A lock on a SOURCE, so that one thread at a time clones it, whatever names it
 * is given: ReFS was seen to leave zeros in DEST where several did so at once
 * [microsoft/CopyOnWrite #12].
 */
#ifndef REFLINK_CORE_SOURCE_LOCK_H
#define REFLINK_CORE_SOURCE_LOCK_H

#include "core/os.h"

/* The locks that are held by the threads of one run. */
struct source_locks;

/* One lock; the memory is the holder's. Zeroed, it is not held. */
struct source_lock {
    struct os_identity identity;
    struct source_lock *next;
    bool held;
};

struct source_locks *source_locks_open(void);        /* NULL: no memory */
void source_locks_close(struct source_locks *locks); /* NULL is ignored */

/* Waits until no other thread holds a lock on the file of this identity, and
   takes it. A thread holds one at a time, so there is no deadlock. Does nothing
   where `locks` is NULL. */
void source_lock_take(struct source_locks *locks, struct source_lock *lock,
                      const struct os_identity *identity);

/* Releases it; one that is not held is ignored. */
void source_lock_drop(struct source_locks *locks, struct source_lock *lock);

#endif
