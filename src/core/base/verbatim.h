/*
 * Builds paths that use names exactly as a directory lists them. Servers, other
 * systems and paths with `\\?\` can create names that Win32 changes in a normal
 * path: it removes dots and spaces at the end, and opens a device for `aux.txt`
 * [Naming Files, Paths, and Namespaces].
 */
#ifndef REFLINK_CORE_VERBATIM_H
#define REFLINK_CORE_VERBATIM_H

#include "core/os.h"

/* Whether Win32 would change `name` in a normal path. */
bool verbatim_is_needed(const wchar_t *name);

/*
 * Returns `directory` in a form that keeps the names appended to it unchanged.
 * The caller frees `*path`; it is NULL after an error.
 */
os_error verbatim_directory(const wchar_t *directory, wchar_t **path);

/*
 * Returns `name` in `directory` (which may be empty), in the verbatim form if
 * `name` needs it. The caller frees `*joined`; it is NULL after an error.
 */
os_error verbatim_join(const wchar_t *directory, const wchar_t *name,
                       wchar_t **joined);

#endif
