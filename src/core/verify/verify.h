/*
 * Proof before belief: volumes are known to answer success to a clone request
 * and leave zeros [microsoft/CopyOnWrite #12, pnpm/pnpm #7186], or to do only a
 * part of it [Samba, torture/smb2/ioctl.c: len_beyond_dest].
 */
#ifndef REFLINK_CORE_VERIFY_H
#define REFLINK_CORE_VERIFY_H

#include "compare.h"

struct verification {
    enum reflink_verify verify;
    uint32_t cluster_size; /* that of the volume's extents; 0: unknown */
    bool alone;            /* the file has no other request */
    uint64_t source_size;  /* SOURCE's end of file now; 0: not known */
    bool worked;           /* a request was seen to put data into DEST: before,
                              and then set by verify_clones */
};

/* The most requests that are verified at a time. */
enum { VERIFY_MOST = 512 };

/*
 * Looks at DEST before a request, where the blocks of a sample will be all that
 * can prove it: what is SOURCE's already would show nothing afterwards. The
 * answer is for the pair's `alike`. Looks at nothing where DEST is blank.
 */
uint8_t verify_look_before(struct reflink_session *session,
                           const struct verification *verification,
                           const struct compare_pair *pair);

/*
 * Proves that DEST holds what was just cloned from SOURCE: `count` requests,
 * 1 to VERIFY_MOST, of one pair of files and in the order of both. By sample:
 * both have the same clusters where the volume tells, and the last block in
 * them reads the same; where it does not, or where data may lie beside what it
 * tells, allocated ranges are not lost, and a bounded number of blocks, first
 * and last among them, reads the same, and beside each that could have done so
 * before the request all from the last to the next. Blocks of zeros are
 * believed only where there is no data in SOURCE, or where a block that is not
 * zeros, or clusters that are the same, show that some request of the file put
 * data into DEST. In full: every byte reads
 * the same, and the clusters are compared, too.
 *
 * `*verified` is false where anything differs. An error is one of reading, of
 * `*side`.
 */
os_error verify_clones(struct reflink_session *session,
                       struct verification *verification,
                       const struct compare_pair *pairs, size_t count,
                       bool *verified, enum compare_side *side);

#endif
