/* Queries the file or directory at a path; follows links. */
#ifndef REFLINK_CORE_PATH_QUERY_H
#define REFLINK_CORE_PATH_QUERY_H

#include "core/os.h"

/* Reads all of `*info`. Returns the errors of os_open and os_query. */
os_error path_query(const wchar_t *path, struct os_info *info);

/*
 * Reads all but the identity, which can take the system longer. Returns the
 * errors of os_open and os_query_state.
 */
os_error path_query_state(const wchar_t *path, struct os_info *info);

/*
 * Sets `*directory`; false also if the path cannot be queried. Returns an error
 * only if memory ran out.
 */
os_error path_query_directory(const wchar_t *path, bool *directory);

/*
 * Sets `*is_root`: whether the path is the root of a volume or share, however
 * it is written; so is a folder that a volume is mounted on. False also if it
 * cannot be queried. Returns an error only if memory ran out.
 */
os_error path_query_root(const wchar_t *path, bool *is_root);

/*
 * Sets `*same`: whether both paths lead to the same file. False also if one of
 * them cannot be queried. Returns an error only if memory ran out.
 */
os_error path_query_same(const wchar_t *a, const wchar_t *b, bool *same);

#endif
