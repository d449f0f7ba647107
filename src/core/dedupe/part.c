#include "part.h"

#include <string.h>

#include "core/base/classify.h"
#include "core/base/identity.h"
#include "core/errors.h"

/* To write a range back, besides the policy's retries. */
enum { RESTORE_TRIES = 8 };

/* Reads the part of the file and compares it with the bytes in memory. */
static os_error compare_part(const struct pair *pair, const struct part *part,
                             bool *equal)
{
    uint8_t *block = pair->dedupe->session->buffer;
    *equal = true;
    for (uint32_t at = 0; at < part->length && *equal;) {
        uint32_t left = part->length - at;
        uint32_t step = left < SESSION_BUFFER ? left : SESSION_BUFFER;
        uint32_t done = 0;
        os_error error =
            os_read(pair->file, part->offset + at, block, step, &done);
        if (error != 0)
            return error;
        *equal = done == step && memcmp(block, part->bytes + at, step) == 0;
        at += step;
    }
    return 0;
}

os_error part_write(const struct pair *pair, const struct part *part)
{
    os_error error = 0;
    for (uint32_t at = 0; at < part->length && error == 0;) {
        uint32_t left = part->length - at;
        uint32_t step = left < SESSION_BUFFER ? left : SESSION_BUFFER;
        error = os_write(pair->file, part->offset + at, part->bytes + at, step);
        at += step;
    }
    if (error == 0)
        error = os_flush(pair->file);
    return classify_unsupported(error) ? 0 : error;
}

/* Opens the file again after its handle was lost. */
static os_error reopen(struct pair *pair)
{
    struct os_info now;
    os_close(pair->file);
    pair->file = NULL;
    os_error error = os_open(pair->path, OS_OPEN_IN_PLACE, &pair->file);
    if (error == 0)
        error = os_query(pair->file, &now);
    if (error == 0 &&
        (!identity_same_file(&now.identity, &pair->info.identity) ||
         now.size != pair->info.size))
        error = CODE_FILE_INVALID;
    if (error == 0)
        os_restore_state(pair->file, &pair->info);
    if (error != 0) {
        os_close(pair->file);
        pair->file = NULL;
    }
    pair->runs.file.file = pair->file;
    return error;
}

bool part_settle(struct pair *pair, const struct part *part, bool *intact)
{
    unsigned tries = pair->dedupe->policy->retries + RESTORE_TRIES;
    os_error unread = 0;
    os_error error = 0;
    for (unsigned i = 0; i < tries; i++) {
        bool equal = false;
        error = pair->file != NULL ? compare_part(pair, part, &equal)
                                   : CODE_NETNAME_DELETED;
        if (error == 0 && equal)
            return unread == 0 ||
                   pair_fail(pair, unread, REFLINK_STEP_READ, OUTCOME_DEST);
        if (classify_io(error) != ERROR_CLASS_TRANSIENT) {
            unread = error != 0 ? error : unread;
            *intact = false;
            error = part_write(pair, part);
        }
        if (classify_io(error) == ERROR_CLASS_TRANSIENT) {
            os_sleep_through_ms(i == 0 ? 0 : UINT32_C(50) << (i < 10 ? i : 10));
            error = reopen(pair);
        }
    }
    outcome_fail_hint(pair_outcome(pair), error != 0 ? error : CODE_IO_DEVICE,
                      REFLINK_STEP_WRITE, OUTCOME_DEST,
                      REFLINK_HINT_NOT_RESTORED);
    return false;
}
