#include "copy.h"

#include <string.h>

#include "core/base/allocation.h"
#include "core/base/classify.h"
#include "core/errors.h"
#include "read_ahead.h"
#include "server_copy.h"
#include "core/base/zeros.h"

struct copy {
    struct reflink_session *session;
    const struct copy_job *job;
    struct reflink_outcome *outcome;
    struct server_copy *server;
};

/* A part of the range; `at` is an offset into the range. */
struct part {
    uint64_t at;
    uint64_t length;
    bool hole;
    bool listed; /* or there may be holes in it */
};

/* Records the failure of a read. A file that ends early has changed. */
static bool judge_read(const struct copy *copy, os_error error, bool whole)
{
    if (error != 0)
        outcome_fail(copy->outcome, error, REFLINK_STEP_READ, OUTCOME_SOURCE);
    else if (!whole)
        outcome_fail_hint(copy->outcome, CODE_HANDLE_EOF, REFLINK_STEP_READ,
                          OUTCOME_SOURCE, REFLINK_HINT_SOURCE_CHANGED);
    return error == 0 && whole;
}

static bool write_block(const struct copy *copy, const uint8_t *bytes,
                        uint64_t at, uint32_t length)
{
    os_error error =
        os_write(copy->job->dest, copy->job->dest_offset + at, bytes, length);
    if (error != 0)
        outcome_fail(copy->outcome, error, REFLINK_STEP_WRITE, OUTCOME_DEST);
    return error == 0;
}

/* Reads back what was written, into the second buffer, and compares it. */
static bool check_block(const struct copy *copy, const uint8_t *bytes,
                        uint64_t at, uint32_t length)
{
    uint32_t done = 0;
    if (!copy->job->check)
        return true;
    os_error error = os_read(copy->job->dest, copy->job->dest_offset + at,
                             copy->session->second, length, &done);
    if (error != 0) {
        outcome_fail(copy->outcome, error, REFLINK_STEP_COMPARE, OUTCOME_DEST);
        return false;
    }
    if (done == length && memcmp(bytes, copy->session->second, length) == 0)
        return true;
    outcome_fail_hint(copy->outcome, CODE_CRC, REFLINK_STEP_COMPARE,
                      OUTCOME_DEST, REFLINK_HINT_DIFFERENT);
    copy->outcome->status = REFLINK_DIFFERENT;
    return false;
}

static bool write_zeros(const struct copy *copy, uint64_t at, uint64_t length)
{
    memset(copy->session->buffer, 0, SESSION_BUFFER);
    while (length != 0) {
        uint32_t step =
            length < SESSION_BUFFER ? (uint32_t)length : SESSION_BUFFER;
        if (session_stop(copy->session, copy->outcome) ||
            !write_block(copy, copy->session->buffer, at, step))
            return false;
        at += step;
        length -= step;
    }
    return true;
}

/* Reads back a hole to verify that it is zeros. */
static bool check_zeros(const struct copy *copy, uint64_t at, uint64_t length)
{
    memset(copy->session->buffer, 0, SESSION_BUFFER);
    while (length != 0) {
        struct os_range data;
        size_t count = 0;
        bool more = false;
        uint64_t skip = 0;
        if (allocation_ranges(copy->job->dest, copy->job->dest_offset + at,
                              length, &data, 1, &count, &more) == 0)
            skip = count == 0 ? length
                              : data.offset - (copy->job->dest_offset + at);
        at += skip;
        length -= skip;
        uint32_t step =
            length < SESSION_BUFFER ? (uint32_t)length : SESSION_BUFFER;
        if (step != 0 && !check_block(copy, copy->session->buffer, at, step))
            return false;
        at += step;
        length -= step;
    }
    return true;
}

static bool count(const struct copy *copy, uint64_t length)
{
    copy->outcome->bytes_copied += length;
    session_report(copy->session, copy->outcome);
    return true;
}

/*
 * Reads SOURCE where its volume reports a hole. The report can be wrong:
 * OpenZFS before 2.1.14 and 2.2.2 reported holes for data written a moment ago
 * [openzfs/zfs #15526]. DEST, which may be the same file, is zeroed later.
 */
static bool check_hole(const struct copy *copy, const struct part *part)
{
    uint8_t *buffer = copy->session->buffer;
    uint64_t done = 0;
    while (done < part->length) {
        uint64_t left = part->length - done;
        uint32_t step = left < SESSION_BUFFER ? (uint32_t)left : SESSION_BUFFER;
        uint32_t read = 0;
        if (session_stop(copy->session, copy->outcome))
            return false;
        os_error error = os_read(copy->job->source,
                                 copy->job->source_offset + part->at + done,
                                 buffer, step, &read);
        if (!judge_read(copy, error, read == step))
            return false;
        if (!zeros_only(buffer, step)) {
            outcome_fail_hint(copy->outcome, CODE_CRC, REFLINK_STEP_COMPARE,
                              OUTCOME_SOURCE, REFLINK_HINT_FALSE_HOLE);
            copy->outcome->status = REFLINK_DIFFERENT;
            return false;
        }
        count(copy, step);
        done += step;
    }
    return true;
}

/* Makes DEST read as zeros where SOURCE has a hole. */
static bool copy_hole(const struct copy *copy, const struct part *part)
{
    bool check = copy->job->check;
    os_error error = 0;
    if (check && !check_hole(copy, part))
        return false;
    if (!copy->job->blank)
        error = os_zero(copy->job->dest, copy->job->dest_offset + part->at,
                        part->length);
    if (error != 0 && classify_unknown_request(error)) {
        if (!write_zeros(copy, part->at, part->length))
            return false;
    } else if (error != 0) {
        outcome_fail(copy->outcome, error, REFLINK_STEP_ZERO, OUTCOME_DEST);
        return false;
    }
    /* check_hole has counted the bytes already */
    return check ? check_zeros(copy, part->at, part->length)
                 : count(copy, part->length);
}

/*
 * Writes one block that was read. Zeros of a sparse SOURCE stay a hole in a
 * blank DEST, for volumes that support holes but do not list them.
 */
static bool put_block(const struct copy *copy, const uint8_t *bytes,
                      uint64_t at, uint32_t length)
{
    bool skip = copy->job->holes && copy->job->blank && !copy->server->torn &&
                zeros_only(bytes, length);
    return (skip || write_block(copy, bytes, at, length)) &&
           check_block(copy, bytes, at, length) && count(copy, length);
}

static bool copy_block(const struct copy *copy, uint64_t at, uint32_t length)
{
    uint8_t *buffer = copy->session->buffer;
    uint32_t done = 0;
    if (session_stop(copy->session, copy->outcome))
        return false;
    os_error error = os_read(copy->job->source, copy->job->source_offset + at,
                             buffer, length, &done);
    return judge_read(copy, error, done == length) &&
           put_block(copy, buffer, at, length);
}

/* Writes each block as the reader delivers it. */
static bool put_blocks(const struct copy *copy, struct read_ahead *reader,
                       const struct part *part)
{
    uint64_t done = 0;
    while (done < part->length) {
        if (session_stop(copy->session, copy->outcome))
            return false;
        struct read_ahead_block block = read_ahead_next(reader);
        if (!judge_read(copy, block.error, block.whole) ||
            !put_block(copy, block.bytes, part->at + done, block.length))
            return false;
        read_ahead_done(reader);
        done += block.length;
    }
    return true;
}

/*
 * Copies with a second thread, which reads the next block of SOURCE while this
 * one is written. Returns false, without having copied anything, if there is no
 * second thread.
 */
static bool copy_piped(const struct copy *copy, const struct part *part,
                       bool *copied)
{
    struct read_ahead *reader =
        read_ahead_start(copy->session, copy->job->source,
                         copy->job->source_offset + part->at, part->length);
    if (reader == NULL)
        return false;
    *copied = put_blocks(copy, reader, part);
    read_ahead_end(reader);
    return true;
}

/* Copies data by reading and writing it. */
static bool copy_bytes(const struct copy *copy, const struct part *part)
{
    uint64_t done = 0;
    bool copied = false;
    /* Within one file, reads and writes may concern the same bytes. With
       `check`, the second buffer is in use, and reading back waits for the
       write anyway. */
    bool two_threads = part->length >= READ_AHEAD_LEAST && !copy->job->check &&
                       copy->job->source != copy->job->dest;
    if (two_threads && copy_piped(copy, part, &copied))
        return copied;
    while (done < part->length) {
        uint64_t left = part->length - done;
        uint32_t step = left < SESSION_BUFFER ? (uint32_t)left : SESSION_BUFFER;
        if (!copy_block(copy, part->at + done, step))
            return false;
        done += step;
    }
    return true;
}

static bool copy_data(const struct copy *copy, const struct part *part)
{
    struct part rest = *part;
    uint64_t done = 0;
    /* reading shows the holes that are not listed */
    if (part->listed &&
        !server_copy_data(copy->server, part->at, part->length, &done))
        return false;
    rest.at += done;
    rest.length -= done;
    return copy_bytes(copy, &rest);
}

/* Returns the part that begins `at` bytes into the range: a hole, or data. */
static struct part part_from(const struct copy_job *job, uint64_t at,
                             uint64_t length)
{
    struct part part = {.at = at, .length = length, .listed = !job->holes};
    struct os_range range;
    size_t count = 0;
    bool more = false;
    if (!job->holes || allocation_ranges(job->source, job->source_offset + at,
                                         length, &range, 1, &count, &more) != 0)
        return part;
    uint64_t start =
        count == 0 ? length : range.offset - (job->source_offset + at);
    part.listed = true;
    part.hole = start != 0;
    part.length = part.hole ? start : range.length;
    return part;
}

static bool copy_part(const struct copy *copy, const struct part *part)
{
    return part->hole ? copy_hole(copy, part) : copy_data(copy, part);
}

static bool copy_forward(const struct copy *copy)
{
    uint64_t at = 0;
    while (at < copy->job->length) {
        struct part part = part_from(copy->job, at, copy->job->length - at);
        if (!copy_part(copy, &part))
            return false;
        at += part.length;
    }
    return true;
}

/* Copies block by block from the end. Only a whole block counts as a hole. */
static bool copy_backward(const struct copy *copy)
{
    uint64_t left = copy->job->length;
    while (left != 0) {
        uint64_t step = left < SESSION_BUFFER ? left : SESSION_BUFFER;
        struct part part = part_from(copy->job, left - step, step);
        if (part.length != step)
            part = (struct part){.at = left - step, .length = step};
        if (!copy_part(copy, &part))
            return false;
        left -= step;
    }
    return true;
}

bool copy_range(struct reflink_session *session, const struct copy_job *job,
                struct reflink_outcome *outcome)
{
    uint64_t copied = outcome->bytes_copied;
    struct server_copy server;
    struct copy copy = {session, job, outcome, &server};
    bool believed = true;
    server_copy_begin(&server, session, job, outcome);
    if (job->backward)
        return copy_backward(&copy);
    if (!copy_forward(&copy) || !server_copy_verify(&server, &believed))
        return false;
    if (believed)
        return true;
    outcome->bytes_copied = copied;
    return copy_forward(&copy);
}
