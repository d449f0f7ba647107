#include "flush.h"

#include "core/base/classify.h"

static bool is_wanted(enum reflink_flush flush, bool replaces)
{
    return flush == REFLINK_FLUSH_ALWAYS ||
           (flush == REFLINK_FLUSH_AUTO && replaces);
}

bool flush_dest(const struct reflink_policy *policy, struct os_file *dest,
                bool replaces, struct reflink_outcome *outcome)
{
    if (!is_wanted(policy->flush, replaces))
        return true;
    os_error error = os_flush(dest);
    if (error == 0 || classify_unsupported(error))
        return true;
    outcome_fail(outcome, error, REFLINK_STEP_FLUSH, OUTCOME_DEST);
    return false;
}
