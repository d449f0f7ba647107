#include "flush.h"

#include "core/base/classify.h"

bool flush_dest(const struct reflink_policy *policy, struct os_file *dest,
                bool replaces, struct reflink_outcome *outcome)
{
    if (policy->flush == REFLINK_FLUSH_NEVER ||
        (policy->flush == REFLINK_FLUSH_AUTO && !replaces))
        return true;
    os_error error = os_flush(dest);
    if (error == 0 || classify_unsupported(error))
        return true;
    outcome_fail(outcome, error, REFLINK_STEP_FLUSH, OUTCOME_DEST);
    return false;
}
