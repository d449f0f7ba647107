#include "compare.h"

#include <string.h>

#include "core/base/allocation.h"
#include "core/errors.h"
#include "core/base/zeros.h"

os_error compare_block(struct reflink_session *session,
                       const struct compare_pair *pair, uint64_t at,
                       uint32_t length, bool *equal, enum compare_side *side)
{
    uint32_t from_source = 0;
    uint32_t from_dest = 0;
    *side = COMPARE_SOURCE;
    os_error error = os_read(pair->source, pair->source_offset + at,
                             session->buffer, length, &from_source);
    if (error != 0)
        return error;
    *side = COMPARE_DEST;
    error = os_read(pair->dest, pair->dest_offset + at, session->second, length,
                    &from_dest);
    if (error != 0)
        return error;
    *equal = from_source == length && from_dest == length &&
             memcmp(session->buffer, session->second, length) == 0;
    return 0;
}

/*
 * Returns the length of the hole that begins at `offset`: up to the next
 * allocated range, but at most `length`. 0 if the volume does not report it.
 */
static uint64_t hole_length(struct os_file *file, uint64_t offset,
                            uint64_t length)
{
    struct os_range next;
    size_t count = 0;
    bool more = false;
    if (allocation_ranges(file, offset, length, &next, 1, &count, &more) != 0)
        return 0;
    return count == 0 ? length : next.offset - offset;
}

/* Returns how many bytes are a hole in both files, from `at` bytes into the
   pair on. 0 if SOURCE is not sparse or the volume does not report it. */
static uint64_t common_hole(const struct compare_pair *pair, uint64_t at)
{
    if (!pair->holes)
        return 0;
    uint64_t left = pair->length - at;
    uint64_t source = hole_length(pair->source, pair->source_offset + at, left);
    if (source == 0)
        return 0;
    return hole_length(pair->dest, pair->dest_offset + at, source);
}

/*
 * Compares a range that the volume reports as a hole in both files. If the
 * report is wrong, SOURCE has data there, and DEST may or may not have it.
 * Nobody has written to DEST there.
 */
static os_error compare_hole(struct reflink_session *session,
                             const struct compare_pair *pair, uint64_t at,
                             uint64_t end, bool *equal, enum compare_side *side)
{
    while (at < end && *equal) {
        uint64_t left = end - at;
        uint32_t step = left < SESSION_BUFFER ? (uint32_t)left : SESSION_BUFFER;
        uint32_t done = 0;
        if (session_is_cancelled(session))
            return CODE_CANCELLED;
        *side = COMPARE_SOURCE;
        os_error error = os_read(pair->source, pair->source_offset + at,
                                 session->buffer, step, &done);
        if (error == 0 && (done != step || !zeros_only(session->buffer, step)))
            error = compare_block(session, pair, at, step, equal, side);
        if (error != 0)
            return error;
        at += step;
    }
    return 0;
}

os_error compare_all(struct reflink_session *session,
                     const struct compare_pair *pair, bool *equal,
                     enum compare_side *side)
{
    uint64_t at = 0;
    *equal = true;
    while (at < pair->length && *equal) {
        if (session_is_cancelled(session))
            return CODE_CANCELLED;
        uint64_t hole = common_hole(pair, at);
        os_error error = 0;
        if (pair->doubts)
            error = compare_hole(session, pair, at, at + hole, equal, side);
        at += hole;
        uint64_t left = pair->length - at;
        if (left == 0 || error != 0 || !*equal)
            return error;
        uint32_t step = left < SESSION_BUFFER ? (uint32_t)left : SESSION_BUFFER;
        error = compare_block(session, pair, at, step, equal, side);
        if (error != 0)
            return error;
        at += step;
    }
    return 0;
}

uint64_t compare_cut(const struct compare_pair *pair, uint64_t at,
                     uint64_t length)
{
    return length < pair->length - at ? length : pair->length - at;
}
