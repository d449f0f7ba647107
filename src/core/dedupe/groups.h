/*
 * Finds files that are probably equal: by size, then by their first and last
 * 64 KiB, then by SHA-256 of their content. Whoever lets them share clusters
 * compares all bytes.
 *
 * The files are listed twice or more. The first time, only their sizes are
 * kept, 8 bytes for each file. Then so many sizes that occur more than once are
 * handled at a time that memory stays bounded, and only the paths of these
 * files are kept. Files of which the volume reports that they are in the same
 * clusters are never read more than once.
 */
#ifndef REFLINK_CORE_GROUPS_H
#define REFLINK_CORE_GROUPS_H

#include <reflink/reflink.h>

#include <stddef.h>

#include "core/os.h"

/* A file of a group. */
struct groups_member {
    const wchar_t *path;
    bool is_shared; /* all its clusters are those of the first one */
};

/* What is reported; each call gets `context`, in the caller's thread. */
struct groups_visitor {
    /*
     * Two files or more of `size` bytes, on one volume. The first one is one
     * that is not sparse, if there is any; of several the one with most
     * clusters that are shared already, then the one that was listed first. It
     * is followed by the others in the order in which
     * they were listed. The paths are valid until groups_free.
     */
    void (*group)(void *context, uint64_t size,
                  const struct groups_member *members, size_t count);
    /* A file that is left out: read-only, encrypted, compressed, elsewhere, in
       use, or the same file as one before (a hard link). */
    void (*passed_over)(void *context, const wchar_t *path,
                        enum reflink_reason reason);
    /* A file that could not be examined. */
    void (*failed)(void *context, const struct reflink_outcome *outcome);
    /* Is called in any thread, after each block; `done` and `total` are bytes
       that are read to compare files, of those listed so far. */
    void (*progress)(void *context, const wchar_t *path, uint64_t done,
                     uint64_t total);
    void *context;
};

struct groups;

/* Begins; the caller frees it. `jobs`: files that are read at once, at least 1.
   NULL: out of memory. */
struct groups *groups_open(unsigned jobs);

/* Adds the size of a file that was listed. Returns false if out of memory. */
bool groups_add_size(struct groups *groups, uint64_t size);

/*
 * Chooses the sizes that are handled next. Returns false if none is left. After
 * the first call, no more sizes can be added.
 */
bool groups_next(struct groups *groups);

/* Adds a file that was listed again, if its size is handled now. Returns false
   if out of memory. */
bool groups_add_file(struct groups *groups, const wchar_t *path, uint64_t size);

/*
 * Compares the files that were added, and reports their groups: those of larger
 * files first. The result is the same for any number of jobs. Returns the error
 * that ended it early: CODE_NOT_ENOUGH_MEMORY, CODE_CANCELLED, or that of the
 * system's SHA-256.
 */
os_error groups_find(struct groups *groups,
                     const struct groups_visitor *visitor);

/* Frees all memory; ignores NULL. */
void groups_free(struct groups *groups);

#endif
