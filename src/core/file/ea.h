/*
 * Extended attributes as the system lists them: FILE_FULL_EA_INFORMATION
 * after FILE_FULL_EA_INFORMATION [MS-FSCC 2.4.16].
 */
#ifndef REFLINK_CORE_EA_H
#define REFLINK_CORE_EA_H

#include <stddef.h>

/*
 * Takes out of `block` what no program can set: attributes whose name begins
 * with `$KERNEL.`. Signed programs have one in which Windows remembers that
 * it has checked them, and setting the list as it was read would fail. Returns
 * the size of what is left. A block that is no such list stays as it is.
 */
size_t ea_without_kernel(void *block, size_t size);

#endif
