/* Compares the bytes of two open files without reading holes that both have. */
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
    bool holes;  /* SOURCE is sparse: ask for its allocated ranges */
    bool doubts; /* read SOURCE even where both have a hole */
    bool blank;  /* DEST's range read as zeros before the request */
    /* Result of verify_sample_before, if not `blank`: bit i is set unless block
       i of the sample was seen to be different before the request. */
    uint32_t same_before;
};

/* Which file could not be read, for the path in the error message. */
enum compare_side { COMPARE_SOURCE, COMPARE_DEST };

/*
 * Reads and compares `length` bytes (at most SESSION_BUFFER) that begin `at`
 * bytes into the pair. If a file ends early, they are different. An error is
 * that of reading `*side`.
 */
os_error compare_block(struct reflink_session *session,
                       const struct compare_pair *pair, uint64_t at,
                       uint32_t length, bool *equal, enum compare_side *side);

/*
 * Compares all bytes, except in holes that both files have. With `doubts`,
 * SOURCE must also read as zeros there, or be equal to DEST. An error is that
 * of reading `*side`, or CODE_CANCELLED.
 */
os_error compare_all(struct reflink_session *session,
                     const struct compare_pair *pair, bool *equal,
                     enum compare_side *side);

/* Returns `length`, or less if the pair ends sooner after `at`. */
uint64_t compare_cut(const struct compare_pair *pair, uint64_t at,
                     uint64_t length);

#endif
