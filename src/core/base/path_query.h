/*
 * What the file or directory of a path is, links followed.
 */
#ifndef REFLINK_CORE_PATH_QUERY_H
#define REFLINK_CORE_PATH_QUERY_H

#include "core/os.h"

/* All of `*info`. Errors as of os_open and os_query. */
os_error path_query(const wchar_t *path, struct os_info *info);

/* The same without the identity, which the system may have to look up. */
os_error path_query_state(const wchar_t *path, struct os_info *info);

/* False also where it cannot be queried. */
bool path_is_directory(const wchar_t *path);

#endif
