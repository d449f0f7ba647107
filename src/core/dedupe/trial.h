/*
 * Tries a clone request on two staging files of our own, before the first
 * request on a volume is made on a user's file: a volume that reports success
 * and leaves zeros, or nothing, must show it there.
 */
#ifndef REFLINK_CORE_TRIAL_H
#define REFLINK_CORE_TRIAL_H

#include "core/base/outcome.h"
#include "core/base/session.h"

/* The request to try, and the two files that it is meant for. */
struct trial {
    struct reflink_session *session;
    struct volume *volume;
    const wchar_t *path;  /* of FILE; the staging files are created beside it */
    const uint8_t *bytes; /* what both files have in the range */
    uint32_t count;       /* of these bytes; not 0 */
    uint32_t length;      /* of the request: `count` in whole clusters */
    uint32_t cluster_size; /* not 0 */
    bool reported;         /* the volume reports extents, in these clusters */
    bool keep_sparse;
    bool file_sparse;
    bool has_integrity; /* `integrity` is that of both files */
    struct os_integrity integrity;
};

/*
 * Returns the next larger alignment that is known to be required by volumes
 * that do not report it, or 0 [truenas/middleware #16635;
 * openzfsonwindows/openzfs].
 */
uint32_t trial_next_alignment(uint32_t alignment);

/*
 * Makes the request, and one for a last, partial cluster. The two files have
 * different bytes before, so that the bytes alone show what a request did. All
 * bytes and clusters are compared.
 *
 * Sets volume->trial, and if the volume is to be trusted: the alignment of
 * requests, the length of the longest one that was possible, and how a partial
 * cluster at the end is requested. Otherwise sets volume->trial_reason. Returns
 * false if nothing is known because of an error, which is in the outcome; the
 * trial can then be repeated. CODE_NOT_SAME_DEVICE: `path` is on another
 * volume, by a link to the file.
 */
bool trial_run(struct trial *trial, struct reflink_outcome *outcome);

#endif
