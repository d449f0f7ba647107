/*
 * Names as a directory lists them. Some, which a server, another system or a
 * path behind `\\?\` made, mean something else to Win32 in a plain path: it
 * takes dots and spaces from their ends, and opens a device for `aux.txt`
 * [Naming Files, Paths, and Namespaces].
 */
#ifndef REFLINK_CORE_VERBATIM_H
#define REFLINK_CORE_VERBATIM_H

#include "core/os.h"

/* Whether `name` is one of these. */
bool verbatim_is_needed(const wchar_t *name);

/* `directory` in the form in which names behind it are taken as they are. The
   caller frees `*path`, NULL after an error. */
os_error verbatim_directory(const wchar_t *directory, wchar_t **path);

/* `name` in `directory`, which may be empty; behind such a form where that is
   needed. The caller frees `*joined`, NULL after an error. */
os_error verbatim_join(const wchar_t *directory, const wchar_t *name,
                       wchar_t **joined);

#endif
