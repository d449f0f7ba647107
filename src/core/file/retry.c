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

/* Once more after a flush, where that is allowed; then by bytes. */
static void after_unproved(struct restart *restart)
{
    restart->unproved =
        restart->flushed || os_flush_path(restart->source_path) != 0;
    restart->flushed = true;
}

bool restart_again(struct restart *restart, enum attempt_end end,
                   struct reflink_outcome *outcome)
{
    if (end == ATTEMPT_END)
        return false;
    if (end == ATTEMPT_TRANSIENT &&
        restart->retries >= restart->policy->retries)
        return false;
    if (end == ATTEMPT_UNPROVED) {
        outcome->unproved++;
        after_unproved(restart);
    } else {
        outcome->restarts++;
        outcome->restart_code = outcome->error.code;
        wait_before(restart->retries++);
    }
    outcome_restart(outcome);
    return !outcome_stop(outcome);
}

bool restart_after(struct restart *restart, uint32_t code)
{
    if (classify_io(code) != FATE_TRANSIENT ||
        restart->retries >= restart->policy->retries)
        return false;
    wait_before(restart->retries++);
    return !os_cancelled();
}

enum attempt_end restart_end_of(const struct reflink_outcome *outcome)
{
    bool transient = outcome->status == REFLINK_FAILED &&
                     classify_io(outcome->error.code) == FATE_TRANSIENT;
    return transient ? ATTEMPT_TRANSIENT : ATTEMPT_END;
}
