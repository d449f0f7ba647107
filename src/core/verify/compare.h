/*
 * Comparing what two open files read as, without reading common holes.
 */
#ifndef REFLINK_CORE_COMPARE_H
#define REFLINK_CORE_COMPARE_H

#include "core/os.h"
#include "core/base/session.h"

/* Two ranges of equal length. */
struct compare_pair {
    struct os_file *source;
    struct os_file *dest;
    uint64_t source_offset;
    uint64_t dest_offset;
    uint64_t length;
    bool holes;  /* SOURCE is sparse: ask where its data lies, */
    bool doubts; /* and read it in its holes all the same */
    bool blank;  /* DEST's range read as zeros before the request */
    uint8_t
        alike; /* else what verify_look_before found, a bit for each block */
};

/* Which file could not be read, for the error's path. */
enum compare_side { COMPARE_SOURCE, COMPARE_DEST };

/* Reads and compares at most `length` <= SESSION_BUFFER bytes at `at` bytes
   into the pair. A file that ends early is a difference. */
os_error compare_block(struct reflink_session *session,
                       const struct compare_pair *pair, uint64_t at,
                       uint32_t length, bool *equal, enum compare_side *side);

/* Compares every byte, but for what is a hole in both; if the pair doubts that,
   SOURCE is to read as zeros there, or as DEST does. */
os_error compare_all(struct reflink_session *session,
                     const struct compare_pair *pair, bool *equal,
                     enum compare_side *side);

/* How many bytes, from `at` bytes into the pair on, are a hole in both files;
   0 where SOURCE is not sparse or the volume does not tell. */
uint64_t compare_common_hole(const struct compare_pair *pair, uint64_t at);

/*
 * Whether `length` bytes from `at` bytes into the pair on, a hole in DEST, read
 * as zeros in SOURCE, too, in every byte: a request that did nothing leaves
 * nothing else. Room that SOURCE has and never wrote to does, and a volume may
 * give DEST a hole for it: XFS does.
 */
bool compare_is_unwritten(struct reflink_session *session,
                          const struct compare_pair *pair, uint64_t at,
                          uint64_t length);

/* As much of `length` bytes as the pair has from `at` bytes on. */
uint64_t compare_cut(const struct compare_pair *pair, uint64_t at,
                     uint64_t length);

#endif
