#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "outcome.h"
#include "target.h"

static void fail(struct reflink_outcome *outcome, const wchar_t *source,
                 const wchar_t *dest, os_error error)
{
    memset(outcome, 0, sizeof *outcome);
    outcome->source = source;
    outcome->dest = dest;
    if (error == CODE_NOT_ENOUGH_MEMORY)
        outcome_fail(outcome, error, REFLINK_STEP_MEMORY, OUTCOME_DEST);
    else
        outcome_fail_hint(outcome, error, REFLINK_STEP_OPEN_DEST, OUTCOME_DEST,
                          REFLINK_HINT_NOT_DIRECTORY);
}

void run_one(struct run *run, const struct reflink_policy *policy,
             const wchar_t *source, const wchar_t *dest,
             const struct reflink_range *range, struct reflink_outcome *outcome)
{
    free(run->target);
    run->target = NULL;
    if (run->session == NULL)
        run->session = reflink_session_open();
    os_error error = run->session != NULL
                         ? target_find(source, dest, &run->target)
                         : CODE_NOT_ENOUGH_MEMORY;
    if (error != 0)
        fail(outcome, source, dest, error);
    else if (range != NULL)
        reflink_range(run->session, policy, source, run->target, range,
                      outcome);
    else
        reflink_file(run->session, policy, source, run->target, outcome);
}

void run_end(struct run *run)
{
    free(run->target);
    reflink_session_close(run->session);
    *run = (struct run){0};
}
