/* Finds the roots of shares in full paths, and makes roots readable. */
#ifndef REFLINK_WIN32_ROOT_PATH_H
#define REFLINK_WIN32_ROOT_PATH_H

#include <stdbool.h>
#include <wchar.h>

/*
 * Takes the root of a share from `full`, because the system need not return it
 * [GetVolumePathNameW: not for SMB]. `root` must hold two characters more than
 * `full`. Returns false if `full` is on no share.
 */
bool root_path_of_share(const wchar_t *full, wchar_t *root);

/*
 * Returns the path to display: `D:\` or `\\server\share\`. A volume without a
 * letter keeps its `\\?\Volume{...}\`. Changes `root` and returns a pointer
 * into it.
 */
const wchar_t *root_path_shown(wchar_t *root);

#endif
