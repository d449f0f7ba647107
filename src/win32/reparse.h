/*
 * Reads the target of a symbolic link, junction or mount point from the answer
 * to FSCTL_GET_REPARSE_POINT, and makes the data of one with another target.
 */
#ifndef REFLINK_WIN32_REPARSE_H
#define REFLINK_WIN32_REPARSE_H

#include "core/os.h"

/* IO_REPARSE_TAG_SYMLINK [MS-FSCC 2.1.2.1]. */
#define REPARSE_TAG_SYMLINK UINT32_C(0xA000000C)
/* IO_REPARSE_TAG_MOUNT_POINT: a junction, or a volume mounted in a folder. */
#define REPARSE_TAG_JUNCTION UINT32_C(0xA0000003)

/* Returns the tag from `size` bytes of an answer, or 0 if they are too few. */
uint32_t reparse_tag(const void *answer, size_t size);

/*
 * Finds the target in the form that CreateSymbolicLinkW accepts: an absolute
 * one as a Win32 path, a relative one unchanged; in UTF-16 with a NUL. Sets
 * `*relative`. The caller frees `*target`. It is NULL if the answer has neither
 * of the tags above, is incomplete or invalid, or if Win32 has no such path.
 * The only error is that memory ran out.
 */
os_error reparse_target(const void *answer, size_t size, uint16_t **target,
                        bool *relative);

/* Whether the target is the root of a volume, as that of a mount point is. */
bool reparse_is_volume(const void *answer, size_t size);

/* Whether both answers are symbolic links to the same target. */
bool reparse_same(const void *a, size_t a_size, const void *b, size_t b_size);

/*
 * Makes the input of FSCTL_SET_REPARSE_POINT for an absolute link to `target`,
 * a Win32 path. `tag` is one of those above. Returns its size in bytes; 0 if
 * `capacity` is too small.
 */
size_t reparse_make(uint32_t tag, const uint16_t *target, void *input,
                    size_t capacity);

#endif
