#include "replaced.h"

#include <stdlib.h>

#include "core/errors.h"

static bool fail(struct reflink_outcome *outcome, os_error error)
{
    outcome_fail_hint(outcome, error, REFLINK_STEP_KEEP_SECURITY, OUTCOME_DEST,
                      error == CODE_ACCESS_DENIED ? REFLINK_HINT_PERMISSIONS
                                                  : REFLINK_HINT_NONE);
    return false;
}

/*
 * Sets these parts of DEST's security. An owner that cannot be set is a
 * warning.
 */
static os_error set_parts(struct os_file *setter, const void *security,
                          unsigned parts, struct reflink_outcome *outcome)
{
    if ((parts & OS_SECURITY_OWNER) != 0 &&
        (setter == NULL ||
         os_set_security(setter, security, OS_SECURITY_OWNER) != 0))
        outcome->warnings |= REFLINK_WARNING_OWNER_NOT_KEPT;
    if ((parts & OS_SECURITY_DACL) == 0)
        return 0;
    return setter != NULL ? os_set_security(setter, security, OS_SECURITY_DACL)
                          : CODE_ACCESS_DENIED;
}

bool replaced_prepare(struct replaced *replaced, struct os_file *staging,
                      struct os_file *directory, const wchar_t *staging_path,
                      struct reflink_outcome *outcome)
{
    void *wanted = NULL;
    unsigned parts = 0;
    if (replaced->file == NULL)
        return true;
    os_error error = os_get_security(replaced->file, &wanted);
    if (error == 0 && wanted != NULL)
        error = os_get_security(staging, &replaced->given);
    if (error == 0 && wanted != NULL && replaced->given != NULL)
        parts = os_compare_security(wanted, replaced->given);
    free(wanted);
    if (parts != 0)
        error = os_open_at(directory, staging_path,
                           OS_OPEN_SECURITY |
                               (parts & OS_SECURITY_OWNER ? OS_WITH_OWNER : 0),
                           &replaced->setter);
    return error == 0 || parts == OS_SECURITY_OWNER || fail(outcome, error);
}

bool replaced_update(struct replaced *replaced, struct os_file *staging,
                     struct reflink_outcome *outcome)
{
    void *wanted = NULL;
    unsigned parts = 0;
    if (replaced->file == NULL)
        return true;
    os_error error = os_get_security(replaced->file, &wanted);
    /* DEST appeared after the staging file was prepared */
    if (error == 0 && wanted != NULL && replaced->given == NULL)
        error = os_get_security(staging, &replaced->given);
    if (error == 0 && wanted != NULL && replaced->given != NULL)
        parts = os_compare_security(wanted, replaced->given);
    if (error == 0)
        error = set_parts(replaced->setter, wanted, parts, outcome);
    if (parts != 0) {
        free(replaced->given);
        replaced->given = wanted;
        wanted = NULL;
    }
    free(wanted);
    return error == 0 || fail(outcome, error);
}

void replaced_close(struct replaced *replaced)
{
    os_close(replaced->setter);
    os_close(replaced->file);
    free(replaced->given);
    *replaced = (struct replaced){0};
}
