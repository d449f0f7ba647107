/* Where a source goes: DEST itself, or its own name in the directory DEST. */
#ifndef REFLINK_CORE_DEST_PATH_H
#define REFLINK_CORE_DEST_PATH_H

#include <wchar.h>

#include "core/os.h"

/*
 * The path that `source` is to have, given `dest` as the user wrote it. The
 * caller frees `*target`. Errors: CODE_DIRECTORY where `dest` ends with a
 * separator and is no directory, CODE_NOT_ENOUGH_MEMORY.
 */
os_error dest_path_find(const wchar_t *source, const wchar_t *dest,
                        wchar_t **target);

#endif
