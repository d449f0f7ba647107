/*
 * What can be told of a path from its text alone. Both `\` and `/` separate,
 * except behind `\\?\`, where only `\` does. No OS call is made here.
 */
#ifndef REFLINK_CORE_PATH_H
#define REFLINK_CORE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

bool path_ends_with_separator(const wchar_t *path);

/*
 * Whether `path` names a stream (`file:stream`): a colon in its last part,
 * other than the one behind a drive letter.
 */
bool path_names_stream(const wchar_t *path);

/* The last part of `path`, within it; empty if there is none. */
const wchar_t *path_base_name(const wchar_t *path);

/*
 * The length of the part of `path` up to and with the separator or drive
 * colon in front of its last part.
 */
size_t path_directory_length(const wchar_t *path);

/* The directory in which `path` names something: that part, or `.`. The caller
   frees; NULL: no memory. */
wchar_t *path_directory(const wchar_t *path);

/* Cuts the last part of `path` off, and separators behind it. False if nothing
   is left that could be cut again. */
bool path_cut(wchar_t *path);

/* Whether a separator belongs between `directory` and a name behind it. */
bool path_wants_separator(const wchar_t *directory);

/*
 * Whether `name` can be that of one thing in a directory: it is not empty, `.`
 * or `..`, and has nothing in it that separates [MS-FSCC 2.1.5.2].
 */
bool path_is_name(const wchar_t *name);

/* Whether the last part has a wildcard, `*` or `?`. */
bool path_has_wildcard(const wchar_t *path);

/* Joins two parts, with one separator between. The caller frees; NULL: no
   memory. */
wchar_t *path_join(const wchar_t *directory, const wchar_t *name);

/* A copy of the first `length` characters, with `tail` behind; as above. */
wchar_t *path_splice(const wchar_t *path, size_t length, const wchar_t *tail);

/*
 * The path of the stream `name` of the file `path`; as above. A name is given
 * with its type, `:name:$DATA`: Win32 takes dots and spaces from a path's end.
 * A file's name alone gets `.\` in front of it: `a:name` would be a file on
 * drive A.
 */
wchar_t *path_stream(const wchar_t *path, const wchar_t *name);

#endif
