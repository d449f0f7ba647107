#include "flusher.h"

#include <stdlib.h>

struct flusher {
    struct os_file *file;
    struct os_thread *thread;
    struct os_gate *gate; /* for what follows */
    uint64_t waiting;     /* bytes written, and not flushed */
    os_error error;
    bool stop;
};

/* Waits until a flush is due; false at the end. */
static bool is_due(struct flusher *flusher)
{
    os_gate_lock(flusher->gate);
    while (!flusher->stop && flusher->waiting < FLUSHER_STEP)
        os_gate_wait(flusher->gate);
    bool due = !flusher->stop;
    flusher->waiting = 0;
    os_gate_unlock(flusher->gate);
    return due;
}

static void run(void *context)
{
    struct flusher *flusher = context;
    while (flusher->error == 0 && is_due(flusher))
        flusher->error = os_flush(flusher->file);
}

struct flusher *flusher_start(struct os_file *file)
{
    struct flusher *flusher = calloc(1, sizeof *flusher);
    if (flusher == NULL)
        return NULL;
    flusher->file = file;
    flusher->gate = os_gate_make();
    if (flusher->gate != NULL &&
        os_thread_start(run, flusher, &flusher->thread) == 0)
        return flusher;
    os_gate_free(flusher->gate);
    free(flusher);
    return NULL;
}

void flusher_add(struct flusher *flusher, uint64_t written)
{
    if (flusher == NULL)
        return;
    os_gate_lock(flusher->gate);
    flusher->waiting += written;
    if (flusher->waiting >= FLUSHER_STEP)
        os_gate_wake(flusher->gate);
    os_gate_unlock(flusher->gate);
}

os_error flusher_end(struct flusher *flusher)
{
    if (flusher == NULL)
        return 0;
    os_gate_lock(flusher->gate);
    flusher->stop = true;
    os_gate_wake(flusher->gate);
    os_gate_unlock(flusher->gate);
    os_thread_end(flusher->thread);
    os_error error = flusher->error;
    os_gate_free(flusher->gate);
    free(flusher);
    return error;
}
