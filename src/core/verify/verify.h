/*
 * Verifies clones before they are trusted: some volumes report success for a
 * clone request and leave zeros [microsoft/CopyOnWrite #12, pnpm/pnpm #7186],
 * or clone only a part of it [Samba, torture/smb2/ioctl.c: len_beyond_dest].
 */
#ifndef REFLINK_CORE_VERIFY_H
#define REFLINK_CORE_VERIFY_H

#include "compare.h"

struct verification {
    enum reflink_verify verify;
    /* Cluster size that the volume's extents are counted in; 0: unknown. */
    uint32_t cluster_size;
    /* The file has only one request. */
    bool alone;
    /* SOURCE's end of file now; 0: unknown. */
    uint64_t source_size;
    /* A request is known to have put data into DEST. Set by the caller if an
       earlier one did, and by verify_clones. */
    bool worked;
};

/* The maximum number of requests that are verified in one call. */
enum { VERIFY_MOST = 512 };

/*
 * Compares the sample's blocks before a request if only bytes can verify it: a
 * block that is already equal would show nothing afterwards. Returns the value
 * for the pair's `same_before`. Reads nothing if DEST is blank.
 */
uint8_t verify_sample_before(struct reflink_session *session,
                             const struct verification *verification,
                             const struct compare_pair *pair);

/*
 * Verifies that DEST has the data that were just cloned from SOURCE. `pairs`
 * are `count` requests, 1 to VERIFY_MOST, for one pair of files and in the
 * order of both.
 *
 * REFLINK_VERIFY_SAMPLE: both files must have the same clusters, if the volume
 * reports them, and the last block in these must be equal. If the volume does
 * not report them, or if data may exist outside the reported ones, then
 *
 * - no allocated range may be missing in DEST;
 * - a limited number of blocks must be equal, with the first and the last among
 *   them;
 * - where a block could have been equal before the request, all bytes from the
 *   previous block to the next must be equal;
 * - blocks of zeros are accepted only if SOURCE has no data, or if a block that
 *   is not zeros, or equal clusters, show that some request of the file put
 *   data into DEST.
 *
 * REFLINK_VERIFY_FULL: all bytes must be equal, and the clusters are compared
 * as well.
 *
 * Sets `*verified` to false if anything differs. An error is that of reading
 * `*side`, or CODE_CANCELLED.
 */
os_error verify_clones(struct reflink_session *session,
                       struct verification *verification,
                       const struct compare_pair *pairs, size_t count,
                       bool *verified, enum compare_side *side);

#endif
