/*
 * Answers questions about a path from its text alone. Both `\` and `/` are
 * separators, except after `\\?\`, where only `\` is. Makes no OS calls.
 * Functions that return a new path return NULL if out of memory; the caller
 * frees it.
 */
#ifndef REFLINK_CORE_PATH_H
#define REFLINK_CORE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* Whether the last character of `path` is a separator. */
bool path_ends_with_separator(const wchar_t *path);

/*
 * Whether `path` names a stream (`file:stream`): its last part has a colon
 * other than the one after a drive letter.
 */
bool path_names_stream(const wchar_t *path);

/* Returns the last part of `path`, as a pointer into it; may be empty. */
const wchar_t *path_base_name(const wchar_t *path);

/*
 * Returns the length of `path` without its last part, but with the separator or
 * drive colon before it.
 */
size_t path_directory_length(const wchar_t *path);

/*
 * Returns the directory part of `path`, or `.` if it has none. The caller frees
 * it; NULL if out of memory.
 */
wchar_t *path_directory(const wchar_t *path);

/*
 * Removes the last part of `path` and the separators after it. Returns false if
 * nothing is left that could be removed next.
 */
bool path_cut(wchar_t *path);

/* Whether a separator is needed between `directory` and a name. */
bool path_wants_separator(const wchar_t *directory);

/*
 * Whether `name` can be the name of a directory entry: not empty, not `.` or
 * `..`, and without separators [MS-FSCC 2.1.5.2].
 */
bool path_is_name(const wchar_t *name);

/* Whether the last part contains a wildcard, `*` or `?`. */
bool path_has_wildcard(const wchar_t *path);

/* Whether another part contains one. */
bool path_has_wildcard_directory(const wchar_t *path);

/*
 * Returns `directory` and `name`, joined by one separator. The caller frees the
 * path; NULL if out of memory.
 */
wchar_t *path_join(const wchar_t *directory, const wchar_t *name);

/*
 * Returns the first `length` characters of `path`, followed by `tail`. The
 * caller frees the path; NULL if out of memory.
 */
wchar_t *path_splice(const wchar_t *path, size_t length, const wchar_t *tail);

/*
 * Returns the path of the stream `name` of the file `path`. The caller frees
 * the path; NULL if out of memory. `name` includes its type, `:name:$DATA`,
 * because Win32 removes dots and spaces from the end of a path. A file name
 * without a directory gets the prefix `.\`, because `a:name` would be a file on
 * drive A.
 */
wchar_t *path_stream(const wchar_t *path, const wchar_t *name);

#endif
