/*
 * The fallback: bytes read from SOURCE and written to DEST, holes kept.
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
    bool holes;    /* SOURCE is sparse: ask where its data lies */
    bool blank;    /* this part of DEST reads as zeros already */
    bool backward; /* the ranges overlap, and DEST's lies behind */
    bool check;    /* read each block back and compare it */
};

/*
 * Copies the range. The ranges may overlap in one file: the result is what
 * memmove would give, if `backward` is set as it says. What is done is counted
 * in the outcome block by block. Returns true when all is done; else the
 * failure, or a difference found by `check`, is recorded.
 */
bool copy_range(struct reflink_session *session, const struct copy_job *job,
                struct reflink_outcome *outcome);

#endif
