/* Reads a file ahead in a second thread, so that reads and writes overlap. */
#ifndef REFLINK_CORE_READ_AHEAD_H
#define REFLINK_CORE_READ_AHEAD_H

#include "core/os.h"
#include "core/base/session.h"

/*
 * A block fills one of a session's two buffers: one is read while the other is
 * written.
 */
enum { READ_AHEAD_BLOCKS = 2 };

/* For fewer bytes, starting a thread takes longer than it saves. */
#define READ_AHEAD_LEAST (4 * SESSION_BUFFER)

struct read_ahead;

/*
 * One block. `whole` is false if the file ended early; `error` is that of
 * os_read.
 */
struct read_ahead_block {
    const uint8_t *bytes;
    uint32_t length;
    os_error error;
    bool whole;
};

/*
 * Begins to read `length` bytes at `offset` into the session's buffers, which
 * belong to the reader until read_ahead_end. NULL if out of memory or threads.
 */
struct read_ahead *read_ahead_start(const struct reflink_session *session,
                                    struct os_file *file, uint64_t offset,
                                    uint64_t length);

/*
 * Waits for the next block and returns it. Must not be called after the last
 * block, or after one with an error or an early end.
 */
struct read_ahead_block read_ahead_next(struct read_ahead *reader);

/* Allows the reader to overwrite the block that was returned last. */
void read_ahead_done(struct read_ahead *reader);

/* Stops the reader, even if blocks are left, and waits for its thread. */
void read_ahead_end(struct read_ahead *reader);

#endif
