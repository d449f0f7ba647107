/*
 * A thread that reads a file ahead of who works on it, so that reads and
 * writes are in flight together.
 */
#ifndef REFLINK_CORE_READ_AHEAD_H
#define REFLINK_CORE_READ_AHEAD_H

#include "core/os.h"
#include "core/base/session.h"

/* A block fills one of a session's two buffers: one is read while the other is
   written. */
enum { READ_AHEAD_BLOCKS = 2 };

/* Below, no thread is worth its start. */
#define READ_AHEAD_LEAST (4 * SESSION_BUFFER)

struct read_ahead;

/* One block; `whole` unless the file ended early, `error` as os_read's. */
struct read_ahead_block {
    const uint8_t *bytes;
    uint32_t length;
    os_error error;
    bool whole;
};

/*
 * Begins to read [offset, offset + length) into the session's buffers, which
 * are the reader's until read_ahead_end. NULL where there is no memory, or no
 * thread.
 */
struct read_ahead *read_ahead_start(const struct reflink_session *session,
                                    struct os_file *file, uint64_t offset,
                                    uint64_t length);

/* Waits for the next block, in order. None may be asked for behind the last,
   nor behind one with an error or an early end. */
struct read_ahead_block read_ahead_next(struct read_ahead *reader);

/* The block last asked for may be overwritten. */
void read_ahead_done(struct read_ahead *reader);

/* Returns when the thread has come to its end, be there blocks left or not. */
void read_ahead_end(struct read_ahead *reader);

#endif
