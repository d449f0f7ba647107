#include "cloner.h"

#include <stdlib.h>
#include <string.h>

#include "core/errors.h"
#include "core/base/outcome.h"
#include "core/base/path.h"
#include "core/file/file.h"
#include "dest_path.h"

bool cloner_begin(struct cloner *cloner, bool exact)
{
    *cloner =
        (struct cloner){.session = reflink_session_open(), .exact = exact};
    return cloner->session != NULL;
}

/*
 * Finds the target. Returns false if there is none; the outcome has the error.
 */
static bool find_target(struct cloner *cloner, const wchar_t *source,
                        const wchar_t *dest, struct reflink_outcome *outcome)
{
    free(cloner->target);
    cloner->target = NULL;
    os_error error = 0;
    if (cloner->exact) {
        cloner->target = path_splice(dest, wcslen(dest), L"");
        error = cloner->target != NULL ? 0 : CODE_NOT_ENOUGH_MEMORY;
    } else {
        error = dest_path_find(source, dest, &cloner->target);
    }
    if (error == 0)
        return true;
    memset(outcome, 0, sizeof *outcome);
    outcome->source = source;
    outcome->dest = dest;
    bool missing = error == CODE_FILE_NOT_FOUND || error == CODE_PATH_NOT_FOUND;
    if (error == CODE_NOT_ENOUGH_MEMORY)
        outcome_fail(outcome, error, REFLINK_STEP_MEMORY, OUTCOME_DEST);
    else
        outcome_fail_hint(outcome, error, REFLINK_STEP_OPEN_DEST, OUTCOME_DEST,
                          missing ? REFLINK_HINT_MISSING_DIRECTORY
                                  : REFLINK_HINT_NOT_DIRECTORY);
    return false;
}

void cloner_run(struct cloner *cloner, const struct reflink_policy *policy,
                const wchar_t *source, const wchar_t *dest,
                const struct reflink_range *range,
                struct reflink_outcome *outcome)
{
    if (!find_target(cloner, source, dest, outcome))
        return;
    if (range != NULL)
        range_run(cloner->session, policy, source, cloner->target, range,
                  outcome);
    else
        file_run(cloner->session, policy, source, NULL, cloner->target,
                 outcome);
}

void cloner_dry_run(struct cloner *cloner, const struct reflink_policy *policy,
                    const wchar_t *source, const wchar_t *dest,
                    const struct reflink_range *range,
                    void (*report)(void *context,
                                   const struct reflink_dry_step *step),
                    void *context, struct reflink_outcome *outcome)
{
    if (find_target(cloner, source, dest, outcome))
        dry_run(cloner->session, policy, source, cloner->target, range, report,
                context, outcome);
}

void cloner_end(struct cloner *cloner)
{
    free(cloner->target);
    reflink_session_close(cloner->session);
    *cloner = (struct cloner){0};
}
