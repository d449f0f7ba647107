/*
 * Verifies clones before they are trusted: some volumes report success for a
 * clone request and leave zeros [microsoft/CopyOnWrite #12, pnpm/pnpm #7186],
 * or clone only a part of it [Samba, torture/smb2/ioctl.c: len_beyond_dest].
 *
 * What is read and listed for a request has a limit, whatever the volume
 * reports. The extents of both files are listed once. Clusters that differ are
 * a difference. Where they are equal, the last block is compared, of the last
 * request and at most 31 others: it may not be in its cluster yet. Where the
 * volume does not report extents, the allocated ranges of both files are listed
 * once, and blocks spread over SOURCE's data are compared. Where DEST has a
 * hole and SOURCE may have data, blocks are compared, too. Equal clusters,
 * allocated space where DEST had a hole, and blocks that are not zeros show
 * that the volume did what it was asked for. If nothing shows that for any
 * request of the file, the file is in doubt, and counts as not verified.
 */
#ifndef REFLINK_CORE_VERIFY_H
#define REFLINK_CORE_VERIFY_H

#include "compare.h"

struct verification {
    enum reflink_verify verify;
    /* Cluster size that the volume's extents are counted in; 0: unknown. */
    uint32_t cluster_size;
    /* SOURCE's end of file now; 0: unknown. */
    uint64_t source_size;
    /* A request is known to have put data into DEST. Set by the caller if an
       earlier one did, and by verify_clones. */
    bool worked;
    /* Set by verify_clones: the volume does not support the request for
       extents. */
    bool no_extents;
};

/* The maximum number of requests that are verified in one call. */
enum { VERIFY_MOST = 512 };

/*
 * Compares blocks before a request that is made in place, if only bytes can
 * verify it: a block that is already equal would show nothing afterwards.
 * Returns the value for the pair's `same_before`. Reads nothing if DEST is
 * blank or the volume reports extents.
 */
uint32_t verify_sample_before(struct reflink_session *session,
                              const struct verification *verification,
                              const struct compare_pair *pair);

/*
 * Verifies that DEST has the data that were just cloned from SOURCE. `pairs`
 * are `count` requests, 1 to VERIFY_MOST, for one pair of files and in the
 * order of both.
 *
 * With REFLINK_VERIFY_SAMPLE, at most SAMPLES_MOST blocks of SAMPLES_SIZE bytes
 * are read from each file for a request. With REFLINK_VERIFY_FULL, all bytes
 * must be equal, and the extents are compared as well.
 *
 * Sets `*verified` to false if anything differs, or if the file is in doubt. An
 * error is that of reading `*side`, or CODE_CANCELLED.
 */
os_error verify_clones(struct reflink_session *session,
                       struct verification *verification,
                       const struct compare_pair *pairs, size_t count,
                       bool *verified, enum compare_side *side);

#endif
