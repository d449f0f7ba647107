#include "retry.h"

#include "core/base/classify.h"
#include "core/os.h"
#include "core/base/outcome.h"
#include "core/base/session.h"

enum { FIRST_WAIT_MS = 100, MOST_DOUBLINGS = 10 };

static void wait_before_retry(struct retry *retry)
{
    unsigned doublings =
        retry->retries < MOST_DOUBLINGS ? retry->retries : MOST_DOUBLINGS;
    session_sleep_ms(retry->session, (uint32_t)FIRST_WAIT_MS << doublings);
    retry->retries++;
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
        retry->unverified = retry->flushed || retry->source_path == NULL ||
                            os_flush_path(retry->source_path) != 0;
        retry->flushed = true;
    } else {
        outcome->retries++;
        outcome->retry_code = outcome->error.code;
        wait_before_retry(retry);
    }
    outcome_reset(outcome);
    return !session_stop(retry->session, outcome);
}

bool retry_after(struct retry *retry, uint32_t code)
{
    if (classify_io(code) != ERROR_CLASS_TRANSIENT ||
        retry->retries >= retry->policy->retries)
        return false;
    wait_before_retry(retry);
    return !session_is_cancelled(retry->session);
}

enum attempt_end retry_end_of(const struct reflink_outcome *outcome)
{
    bool transient = outcome->status == REFLINK_FAILED &&
                     classify_io(outcome->error.code) == ERROR_CLASS_TRANSIENT;
    return transient ? ATTEMPT_TRANSIENT : ATTEMPT_DONE;
}
