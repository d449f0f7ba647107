#include "retry.h"

#include "core/base/classify.h"
#include "core/os.h"
#include "core/base/outcome.h"

enum { FIRST_WAIT_MS = 100, MOST_DOUBLINGS = 10 };

static void wait_before(unsigned retry)
{
    unsigned doublings = retry < MOST_DOUBLINGS ? retry : MOST_DOUBLINGS;
    os_sleep_ms((uint32_t)FIRST_WAIT_MS << doublings);
}

bool retry_again(struct retry *retry, enum attempt_end end,
                 struct reflink_outcome *outcome)
{
    if (end == ATTEMPT_DONE)
        return false;
    if (end == ATTEMPT_TRANSIENT && retry->retries >= retry->policy->retries)
        return false;
    if (end == ATTEMPT_UNVERIFIED) {
        /* once with SOURCE flushed; if that is impossible, or has been done,
           the file is copied */
        outcome->unverified++;
        retry->unverified =
            retry->flushed || os_flush_path(retry->source_path) != 0;
        retry->flushed = true;
    } else {
        outcome->retries++;
        outcome->retry_code = outcome->error.code;
        wait_before(retry->retries++);
    }
    outcome_reset(outcome);
    return !outcome_stop(outcome);
}

bool retry_after(struct retry *retry, uint32_t code)
{
    if (classify_io(code) != ERROR_CLASS_TRANSIENT ||
        retry->retries >= retry->policy->retries)
        return false;
    wait_before(retry->retries++);
    return !os_cancelled();
}

enum attempt_end retry_end_of(const struct reflink_outcome *outcome)
{
    bool transient = outcome->status == REFLINK_FAILED &&
                     classify_io(outcome->error.code) == ERROR_CLASS_TRANSIENT;
    return transient ? ATTEMPT_TRANSIENT : ATTEMPT_DONE;
}
