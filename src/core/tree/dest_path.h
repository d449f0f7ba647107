/*
 * Finds the target path of a source: DEST itself, or the source's name in the
 * directory DEST.
 */
#ifndef REFLINK_CORE_DEST_PATH_H
#define REFLINK_CORE_DEST_PATH_H

#include <wchar.h>

#include "core/os.h"

/*
 * Sets `*target` to the path that `source` gets, with `dest` as the user typed
 * it. The caller frees `*target`. Errors: CODE_DIRECTORY if `dest` ends with a
 * separator and is not a directory; the error of the query if it does not
 * exist; CODE_NOT_ENOUGH_MEMORY.
 */
os_error dest_path_find(const wchar_t *source, const wchar_t *dest,
                        wchar_t **target);

#endif
