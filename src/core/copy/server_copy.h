/*
 * Has a server copy data between two of its own files, so that they do not
 * cross the network twice [MS-SMB2 3.3.5.15.6]. Whatever the server refuses is
 * left to copy.c; a volume whose server refused once is not asked again.
 *
 * The answer is compared with what was requested, and then, when no request
 * will follow, both files are read at some places: the first and the last block
 * of up to 16 requests, evenly spaced, and of the last one. Nothing is read
 * from DEST earlier, because the system may read ahead, and keep in its cache
 * what the server has not filled yet. If a block differs, or if all blocks are
 * zeros and the server was never seen to copy anything, nothing of what it
 * reported is believed. What only a block between those places would show is
 * not seen.
 */
#ifndef REFLINK_CORE_SERVER_COPY_H
#define REFLINK_CORE_SERVER_COPY_H

#include "copy.h"

/* Less data than this takes fewer round trips to read and write. */
enum { SERVER_COPY_LEAST = 256 << 10 };

enum { SERVER_COPY_SAMPLES = 16 };

struct server_copy {
    struct reflink_session *session;
    const struct copy_job *job;
    struct reflink_outcome *outcome;
    struct os_copy_key key; /* of SOURCE, if `has_key` */
    bool has_key;
    bool refused;
    bool torn;       /* data may be in DEST that are not SOURCE's, where SOURCE
                        has data */
    uint64_t copied; /* bytes */
    /* Every `stride`th request, as ranges of the job; then the last one. */
    struct os_range samples[SERVER_COPY_SAMPLES];
    struct os_range last;
    uint64_t requests;
    uint64_t stride;
};

/* Begins a job; asks nothing yet. */
void server_copy_begin(struct server_copy *server,
                       struct reflink_session *session,
                       const struct copy_job *job,
                       struct reflink_outcome *outcome);

/*
 * Copies `length` bytes, `at` bytes into the job. `*done` is how many were
 * copied; the caller copies the rest, because the server refused it, or is not
 * to be asked. Returns false after a failure or Ctrl-C, which the outcome has.
 */
bool server_copy_data(struct server_copy *server, uint64_t at, uint64_t length,
                      uint64_t *done);

/*
 * Verifies the job's requests, after the last one. `*believed` is false if the
 * whole job has to be copied again; it is not counted as copied then. Returns
 * false after a failure, which the outcome has.
 */
bool server_copy_verify(struct server_copy *server, bool *believed);

#endif
