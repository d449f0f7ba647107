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
 * Reads both files' security. `*old` is DEST's; the caller frees it. `*parts`
 * are those that differ: none if a volume has no permissions.
 */
static os_error compare(const struct replaced *replaced,
                        struct os_file *staging, void **old, unsigned *parts)
{
    void *present = NULL;
    *old = NULL;
    *parts = 0;
    os_error error = os_get_security(replaced->file, old);
    if (error == 0 && *old != NULL)
        error = os_get_security(staging, &present);
    if (error == 0 && *old != NULL && present != NULL)
        *parts = os_compare_security(*old, present);
    free(present);
    return error;
}

bool replaced_prepare(struct replaced *replaced, struct os_file *staging,
                      struct os_file *directory, const wchar_t *staging_path,
                      struct reflink_outcome *outcome)
{
    void *old = NULL;
    unsigned parts = 0;
    if (replaced->file == NULL)
        return true;
    os_error error = compare(replaced, staging, &old, &parts);
    free(old);
    if (error == 0 && parts != 0)
        error = os_open_at(directory, staging_path,
                           OS_OPEN_SECURITY |
                               (parts & OS_SECURITY_OWNER ? OS_WITH_OWNER : 0),
                           &replaced->setter);
    return error == 0 || parts == OS_SECURITY_OWNER || fail(outcome, error);
}

bool replaced_apply(const struct replaced *replaced, struct os_file *staging,
                    struct reflink_outcome *outcome)
{
    void *old = NULL;
    unsigned parts = 0;
    if (replaced->file == NULL)
        return true;
    os_error error = compare(replaced, staging, &old, &parts);
    if (error == 0 && (parts & OS_SECURITY_OWNER) != 0 &&
        (replaced->setter == NULL ||
         os_set_security(replaced->setter, old, OS_SECURITY_OWNER) != 0))
        outcome->warnings |= REFLINK_WARNING_OWNER_NOT_KEPT;
    /* without a setter, DEST's DACL was changed during the run */
    if (error == 0 && (parts & OS_SECURITY_DACL) != 0)
        error = replaced->setter != NULL
                    ? os_set_security(replaced->setter, old, OS_SECURITY_DACL)
                    : CODE_ACCESS_DENIED;
    free(old);
    return error == 0 || fail(outcome, error);
}

void replaced_close(struct replaced *replaced)
{
    os_close(replaced->setter);
    os_close(replaced->file);
    *replaced = (struct replaced){0};
}
