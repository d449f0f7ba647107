#include "call.h"

#include <stddef.h>
#include <string.h>

#include "core/errors.h"
#include "outcome.h"

/* Bytes up to and with the last member that version 0.2 had. */
enum {
    POLICY_LEAST = offsetof(struct reflink_policy, retries) + sizeof(uint32_t),
    OUTCOME_LEAST = offsetof(struct reflink_outcome, hard_link) +
                    sizeof(enum reflink_hard_link)
};

bool call_read_policy(const struct reflink_policy *from,
                      struct reflink_policy *policy)
{
    if (from->size < POLICY_LEAST)
        return false;
    memset(policy, 0, sizeof *policy);
    memcpy(policy, from,
           from->size < sizeof *policy ? from->size : sizeof *policy);
    policy->size = sizeof *policy;
    return true;
}

/* Members that are not known here become 0; `size` stays the caller's. */
bool call_write(void *to, const void *from, uint32_t size, uint32_t least)
{
    uint32_t given = 0;
    memcpy(&given, to, sizeof given);
    if (given < least)
        return false;
    memset(to, 0, given);
    memcpy(to, from, given < size ? given : size);
    memcpy(to, &given, sizeof given);
    return true;
}

bool call_begin(struct call *call, struct reflink_session *session,
                const struct reflink_policy *policy,
                const struct reflink_outcome *outcome)
{
    session->stopped = false;
    memset(&call->outcome, 0, sizeof call->outcome);
    if (outcome->size >= OUTCOME_LEAST &&
        call_read_policy(policy, &call->policy))
        return true;
    outcome_fail(&call->outcome, CODE_INVALID_PARAMETER, REFLINK_STEP_NONE,
                 OUTCOME_DEST);
    return false;
}

enum reflink_status call_end(const struct call *call,
                             struct reflink_outcome *outcome)
{
    return call_write(outcome, &call->outcome, sizeof call->outcome,
                      OUTCOME_LEAST)
               ? call->outcome.status
               : REFLINK_FAILED;
}
