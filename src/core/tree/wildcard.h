/*
 * Expands paths with `*` and `?` in the last part, which cmd.exe leaves to the
 * program. Matches are listed and never kept in memory.
 */
#ifndef REFLINK_CORE_WILDCARD_H
#define REFLINK_CORE_WILDCARD_H

#include "core/os.h"

/*
 * Whether the path is a pattern. If a file with `*` or `?` in its name exists,
 * the path means that file.
 */
bool wildcard_is_pattern(const wchar_t *path);

/* Whether a part other than the last contains `*` or `?`, which no path can. */
bool wildcard_is_misplaced(const wchar_t *path);

/* What to do with each match; each call returns false to stop. */
struct wildcard_visitor {
    bool (*match)(void *context, const wchar_t *path,
                  const struct os_entry *entry);
    /* A match whose name no file can have. Display it, but never open it. */
    bool (*no_name)(void *context, const wchar_t *shown);
    void *context;
};

/*
 * Calls `visitor` for each match. Its path is the pattern as typed with the
 * name inserted, unless Win32 would change that name. Directories match only if
 * `directories`. Returns CODE_FILE_NOT_FOUND if nothing matches,
 * CODE_DIRECTORY_NOT_SUPPORTED if only directories do that are not included, or
 * the error of the listing.
 */
os_error wildcard_visit(const wchar_t *pattern, bool directories,
                        const struct wildcard_visitor *visitor);

/*
 * Whether `name`, as its directory lists it, matches. FindFirstFileW also
 * matches 8.3 names, so that `*.vhd` matches `x.vhdx` [FindFirstFileW:
 * Remarks]. All else follows the system's rules: `*.*` matches any name, and
 * `?` matches no character at the end or before a dot.
 */
bool wildcard_matches(const wchar_t *pattern, const wchar_t *name);

#endif
