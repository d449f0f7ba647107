/*
 * A thread that has a file written to its disk while there is more to come, so
 * that little is left to wait for at the end, and little is held in memory.
 */
#ifndef REFLINK_CORE_FLUSHER_H
#define REFLINK_CORE_FLUSHER_H

#include "os.h"

/* Bytes written between two flushes, at least; and what is too little for
   one of its own. */
#define FLUSHER_STEP ((uint64_t)32 << 20)
#define FLUSHER_LEAST (2 * FLUSHER_STEP)

struct flusher;

/* NULL where there is no memory, or no thread. `file` stays open. */
struct flusher *flusher_start(struct os_file *file);

/* That many more bytes are written. A NULL is let pass. */
void flusher_add(struct flusher *flusher, uint64_t written);

/*
 * Ends the thread. Returns the first failure of a flush: the system may tell
 * of it but once. A NULL is let pass.
 */
os_error flusher_end(struct flusher *flusher);

#endif
