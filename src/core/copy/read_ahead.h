/*
 * A thread that reads a file ahead of who works on it, so that reads and
 * writes are in flight together.
 */
#ifndef REFLINK_CORE_READER_H
#define REFLINK_CORE_READER_H

#include "core/os.h"
#include "core/base/session.h"

/* A block fills one of a session's two buffers: one is read while the other is
   written. */
enum { READER_BLOCKS = 2 };

/* Below, no thread is worth its start. */
#define READER_LEAST (4 * SESSION_BUFFER)

struct reader;

/* One block; `whole` unless the file ended early, `error` as os_read's. */
struct reader_block {
    const uint8_t *bytes;
    uint32_t length;
    os_error error;
    bool whole;
};

/*
 * Begins to read [offset, offset + length) into the session's buffers, which
 * are the reader's until reader_end. NULL where there is no memory, or no
 * thread.
 */
struct reader *reader_start(const struct reflink_session *session,
                            struct os_file *file, uint64_t offset,
                            uint64_t length);

/* Waits for the next block, in order. None may be asked for behind the last,
   nor behind one with an error or an early end. */
struct reader_block reader_next(struct reader *reader);

/* The block last asked for may be overwritten. */
void reader_done(struct reader *reader);

/* Returns when the thread has come to its end, be there blocks left or not. */
void reader_end(struct reader *reader);

#endif
