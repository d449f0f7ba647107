#include "range_check.h"

#include "core/errors.h"
#include "core/clone/plan.h"

/* Sums could overflow, so each number is compared with what is left. */
bool range_check(const struct reflink_range *range, uint64_t source_size,
                 uint64_t *length, struct reflink_outcome *outcome)
{
    *length = range->length;
    if (range->to_end && range->source_offset <= source_size)
        *length = source_size - range->source_offset;
    if (range->source_offset > source_size ||
        *length > source_size - range->source_offset) {
        outcome_fail_hint(outcome, CODE_HANDLE_EOF, REFLINK_STEP_RANGE,
                          OUTCOME_SOURCE, REFLINK_HINT_PAST_END);
        return false;
    }
    if (range->dest_offset >= OS_MAX_FILE_SIZE ||
        *length >= OS_MAX_FILE_SIZE - range->dest_offset) {
        outcome_fail_hint(outcome, CODE_ARITHMETIC_OVERFLOW, REFLINK_STEP_RANGE,
                          OUTCOME_DEST, REFLINK_HINT_TOO_FAR);
        return false;
    }
    return true;
}

uint64_t range_end_of_file(const struct reflink_range *range, uint64_t length,
                           uint64_t dest_size)
{
    uint64_t end = range->dest_offset + length;
    return length != 0 && end > dest_size ? end : dest_size;
}
