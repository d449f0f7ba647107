/* Shows what a volume supports, and what reflink would do on it. */
#ifndef REFLINK_CORE_VOLUME_INFO_H
#define REFLINK_CORE_VOLUME_INFO_H

#include <reflink/reflink.h>

#include "core/os.h"

/*
 * Does what reflink_query_volume does. `session` may be NULL. Returns false if
 * the path cannot be opened; the error is in `*error`.
 */
bool info_read(const struct reflink_session *session, const wchar_t *path,
               const struct reflink_policy *policy, struct reflink_volume *info,
               struct reflink_error *error);

#endif
