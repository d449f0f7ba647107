/*
 * Paths with `*` and `?` in their last part, which cmd.exe leaves to the
 * program. Matches are listed and never held.
 */
#ifndef REFLINK_CORE_WILDCARD_H
#define REFLINK_CORE_WILDCARD_H

#include "core/os.h"

/* Whether the path is a pattern: where a name with `*` or `?` in it exists, it
   is taken literally. */
bool wildcard_is(const wchar_t *path);

/* What is done with matches; false: no more of them are wanted. */
struct wildcard_visitor {
    bool (*match)(void *context, const wchar_t *path,
                  const struct os_entry *entry);
    /* A match by a name that no file can have: it is to be shown, and never to
       be opened. */
    bool (*no_name)(void *context, const wchar_t *shown);
    void *context;
};

/*
 * Hands the path of each match to `visitor`, as the pattern was typed but for a
 * name that Win32 would read otherwise. Directories are matches with
 * `directories` only. Returns CODE_FILE_NOT_FOUND if there is no match,
 * CODE_DIRECTORY_NOT_SUPPORTED if all were directories that did not count.
 */
os_error wildcard_each(const wchar_t *pattern, bool directories,
                       const struct wildcard_visitor *visitor);

/*
 * Whether `name` matches as its directory shows it. FindFirstFileW finds names
 * by their 8.3 alias, too, by which `*.vhd` means `x.vhdx` [FindFirstFileW:
 * Remarks]; all else is left to the system's rules, so that this lets pass
 * what they do: `*.*` any name, `?` no character at the end or before a dot.
 */
bool wildcard_matches(const wchar_t *pattern, const wchar_t *name);

#endif
