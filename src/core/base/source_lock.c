#include "source_lock.h"

#include <stdlib.h>

#include "identity.h"

struct source_locks {
    struct os_monitor *monitor;
    /* At most one per thread, so a list is fast enough. */
    struct source_lock *first;
};

struct source_locks *source_locks_open(void)
{
    struct source_locks *locks = calloc(1, sizeof *locks);
    if (locks == NULL)
        return NULL;
    locks->monitor = os_monitor_make();
    if (locks->monitor != NULL)
        return locks;
    free(locks);
    return NULL;
}

void source_locks_close(struct source_locks *locks)
{
    if (locks == NULL)
        return;
    os_monitor_free(locks->monitor);
    free(locks);
}

static bool is_taken(const struct source_locks *locks,
                     const struct os_identity *identity)
{
    for (const struct source_lock *c = locks->first; c != NULL; c = c->next) {
        if (identity_same_file(&c->identity, identity))
            return true;
    }
    return false;
}

void source_lock_take(struct source_locks *locks, struct source_lock *lock,
                      const struct os_identity *identity)
{
    if (locks == NULL)
        return;
    os_monitor_lock(locks->monitor);
    while (is_taken(locks, identity))
        os_monitor_wait(locks->monitor);
    *lock = (struct source_lock){*identity, locks->first, true};
    locks->first = lock;
    os_monitor_unlock(locks->monitor);
}

void source_lock_drop(struct source_locks *locks, struct source_lock *lock)
{
    if (locks == NULL || !lock->held)
        return;
    os_monitor_lock(locks->monitor);
    struct source_lock **at = &locks->first;
    while (*at != lock)
        at = &(*at)->next;
    *at = lock->next;
    lock->held = false;
    os_monitor_wake(locks->monitor);
    os_monitor_unlock(locks->monitor);
}
