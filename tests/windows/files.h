/*
 * Files for check.c, made and judged by Win32's own means.
 *
 * Their bytes follow from a seed and from where they lie, so that they can be
 * judged without a second file. Names are relative to the current directory,
 * or absolute, and are taken as they are (\\?\);
 * sizes and offsets are bytes, and multiples of 8 where pattern is written.
 */
#ifndef CHECK_FILES_H
#define CHECK_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

#define FILES_NONE UINT64_MAX

enum { FILES_PATH = 2048 };

/* The path of a file with \\?\ before it, in `path`, which has room for
   FILES_PATH units: it may be long, and end with dots or spaces. */
const wchar_t *files_path(const wchar_t *name, wchar_t *path);

/* Makes a file of `size` bytes; nothing is flushed. */
bool files_make(const wchar_t *name, uint64_t size, uint64_t seed);

/* Makes a sparse file, with 64 KiB of data at each of these offsets. False
   where the volume has no such files, too. */
bool files_make_sparse(const wchar_t *name, uint64_t size,
                       const uint64_t *offsets, size_t count, uint64_t seed);

/* Overwrites a part of a file with what a file of that seed has there. */
bool files_write(const wchar_t *name, uint64_t offset, uint64_t length,
                 uint64_t seed);

/* Whether a part of the file is what a file of that seed has at `from`. */
bool files_hold(const wchar_t *name, uint64_t offset, uint64_t length,
                uint64_t seed, uint64_t from);

/* The end of file, or FILES_NONE. */
uint64_t files_size(const wchar_t *name);

/* Whether the whole file is `size` bytes of that seed. */
bool files_are(const wchar_t *name, uint64_t size, uint64_t seed);

enum files_sharing { FILES_SHARED, FILES_APART, FILES_UNTOLD };

/* Whether all whole clusters of both files are the same ones, as the volume
   tells it (FSCTL_GET_RETRIEVAL_POINTERS). */
enum files_sharing files_sharing(const wchar_t *a, const wchar_t *b);

/* Whether a name that matches the pattern is in the current directory. */
bool files_any(const wchar_t *pattern);

/* Makes a directory. */
bool files_make_directory(const wchar_t *name);

/* Whether no staging file of reflink is in the directory or below it. */
bool files_no_staging_file(const wchar_t *directory);

/* Removes a directory with all that is in it; false if that failed. */
bool files_remove_tree(const wchar_t *directory);

#endif
