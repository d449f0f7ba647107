/*
 * The target of a symbolic link, as FSCTL_GET_REPARSE_POINT answers it.
 */
#ifndef REFLINK_WIN32_REPARSE_H
#define REFLINK_WIN32_REPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* IO_REPARSE_TAG_SYMLINK [MS-FSCC 2.1.2.1]. */
#define REPARSE_TAG_SYMLINK UINT32_C(0xA000000C)

/* The tag of `size` bytes of an answer; 0 if they are too few. */
uint32_t reparse_tag(const void *answer, size_t size);

/*
 * The target in the form that CreateSymbolicLinkW takes: what is absolute as a
 * Win32 path, what is relative as it is; in UTF-16, with a 0 at its end. The
 * caller frees it. NULL if the answer is none of a symbolic link, if it is not
 * whole or not valid, if Win32 has no such path, or if there is no memory.
 */
uint16_t *reparse_target(const void *answer, size_t size);

/* Whether two answers are of symbolic links to the same target. */
bool reparse_same(const void *a, size_t a_size, const void *b, size_t b_size);

#endif
