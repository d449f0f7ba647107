/*
 * Copies bytes from SOURCE to DEST and keeps holes. Used where cloning is not
 * possible. On a server, the bytes stay there where possible.
 */
#ifndef REFLINK_CORE_COPY_H
#define REFLINK_CORE_COPY_H

#include "core/os.h"
#include "core/base/outcome.h"
#include "core/base/session.h"

struct copy_job {
    struct os_file *source;
    struct os_file *dest;
    uint64_t source_offset;
    uint64_t dest_offset;
    uint64_t length;
    bool holes;    /* SOURCE is sparse: ask for its allocated ranges */
    bool blank;    /* this part of DEST already reads as zeros */
    bool backward; /* the ranges overlap, and DEST's is later */
    bool check;    /* read each block back and compare it */
    /* A server may copy the data, and share clusters for it. Both volumes are
       known then, both files are different ones, `blank` is set and `check` is
       not. No program writes to SOURCE: what it has written may still be in
       this system's cache, which a server does not see. */
    bool by_server;
    bool verify; /* verify what the server reports */
    struct volume *source_volume;
    struct volume *dest_volume;
};

/*
 * Copies the range. Ranges within one file may overlap: if `backward` is set as
 * described, the result is that of memmove. Adds the bytes to the outcome block
 * by block. Returns true if all is copied; false if it failed or `check` found
 * a difference, which the outcome has.
 */
bool copy_range(struct reflink_session *session, const struct copy_job *job,
                struct reflink_outcome *outcome);

#endif
