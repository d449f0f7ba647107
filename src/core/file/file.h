/* Clones or copies one file, whole or in part, or shows how. */
#ifndef REFLINK_CORE_FILE_H
#define REFLINK_CORE_FILE_H

#include <reflink/reflink.h>

#include "held_directory.h"

/*
 * Does what reflink_file does, for a `dest` in `directory`, which is open; its
 * path is not followed again. NULL: `dest` is a path like any other.
 */
void file_run(struct reflink_session *session,
              const struct reflink_policy *policy, const wchar_t *source,
              struct held_directory *directory, const wchar_t *dest,
              struct reflink_outcome *outcome);

/* Does what reflink_range does. */
void range_run(struct reflink_session *session,
               const struct reflink_policy *policy, const wchar_t *source,
               const wchar_t *dest, const struct reflink_range *range,
               struct reflink_outcome *outcome);

/* Does what reflink_dry_run does. */
void dry_run(struct reflink_session *session,
             const struct reflink_policy *policy, const wchar_t *source,
             const wchar_t *dest, const struct reflink_range *range,
             void (*report_step)(void *context,
                                 const struct reflink_dry_step *step),
             void *context, struct reflink_outcome *outcome);

#endif
