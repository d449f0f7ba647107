#include "outcome.h"

#include <string.h>

#include "classify.h"
#include "core/errors.h"
#include "core/os.h"

void outcome_fail_hint(struct reflink_outcome *outcome, uint32_t code,
                       enum reflink_step step, enum outcome_side side,
                       enum reflink_hint hint)
{
    if (outcome->error.code != 0)
        return;
    outcome->error.code = code;
    outcome->error.step = step;
    outcome->error.hint =
        hint != REFLINK_HINT_NONE ? hint : classify_hint(code);
    outcome->error.in_source = side == OUTCOME_SOURCE;
    outcome->status =
        code == CODE_CANCELLED ? REFLINK_INTERRUPTED : REFLINK_FAILED;
}

void outcome_fail(struct reflink_outcome *outcome, uint32_t code,
                  enum reflink_step step, enum outcome_side side)
{
    outcome_fail_hint(outcome, code, step, side, REFLINK_HINT_NONE);
}

void outcome_reason(struct reflink_outcome *outcome, enum reflink_reason reason)
{
    /* one that concerns only the last, partial cluster gives way to any other
     */
    bool is_set = outcome->reason != REFLINK_REASON_NONE &&
                  outcome->reason != REFLINK_REASON_PARTIAL_CLUSTER;
    if (reason != REFLINK_REASON_NONE && !is_set)
        outcome->reason = reason;
}

void outcome_reset(struct reflink_outcome *outcome)
{
    outcome->status = REFLINK_OK;
    outcome->method = REFLINK_METHOD_NONE;
    outcome->reason = REFLINK_REASON_NONE;
    outcome->bytes = 0;
    outcome->bytes_cloned = 0;
    outcome->bytes_copied = 0;
    outcome->bytes_copied_by_server = 0;
    outcome->lost = 0;
    outcome->warnings = 0;
    outcome->hard_link = REFLINK_HARD_LINK_NONE;
    outcome->error = (struct reflink_error){0};
}

uint64_t outcome_begin(struct reflink_outcome *outcome, const wchar_t *source,
                       const wchar_t *dest)
{
    memset(outcome, 0, sizeof *outcome);
    outcome->size = sizeof *outcome;
    outcome->source = source;
    outcome->dest = dest;
    return os_clock_us();
}

void outcome_end(struct reflink_outcome *outcome, uint64_t start)
{
    bool names_volume = outcome->reason == REFLINK_REASON_NO_CLONING ||
                        outcome->reason == REFLINK_REASON_OTHER_VOLUME;
    outcome->bytes = outcome->bytes_cloned + outcome->bytes_copied;
    if (outcome->status != REFLINK_OK ||
        outcome->hard_link == REFLINK_HARD_LINK_KEPT)
        outcome->method = REFLINK_METHOD_NONE;
    else if (outcome->bytes_cloned == 0)
        outcome->method = REFLINK_METHOD_COPY;
    else if (outcome->bytes_copied == 0)
        outcome->method = REFLINK_METHOD_CLONE;
    else
        outcome->method = REFLINK_METHOD_MIXED;
    if (!names_volume)
        outcome->volume_root[0] = L'\0';
    else if (outcome->volume_root[0] == L'\0' && outcome->dest != NULL)
        os_volume_root(outcome->dest, outcome->volume_root,
                       sizeof outcome->volume_root / sizeof(wchar_t));
    outcome->elapsed_us = os_elapsed_us(start, os_clock_us());
}
