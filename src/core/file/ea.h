/*
 * Filters extended attributes. They come as the system lists them, as a chain
 * of FILE_FULL_EA_INFORMATION [MS-FSCC 2.4.16].
 */
#ifndef REFLINK_CORE_EA_H
#define REFLINK_CORE_EA_H

#include <stddef.h>

/*
 * Removes from `block` the attributes whose names begin with `$KERNEL.`,
 * because no program can set them. Signed programs have one that caches
 * Windows' check of the signature, and setting the list unchanged would fail.
 * Returns the size of what is left, in bytes. Leaves a block that is not a
 * valid list unchanged.
 */
size_t ea_without_kernel(void *block, size_t size);

#endif
