/*
 * The cluster size of a volume, from what its files and itself tell.
 */
#ifndef REFLINK_CORE_CLUSTER_H
#define REFLINK_CORE_CLUSTER_H

#include "core/os.h"

/*
 * In bytes, a power of 2; 0 if nothing sane is told. Integrity information
 * (NULL: not told) tells it best; servers may not let that through, and then
 * the allocation unit of the volume under `file` may mean nothing: what is
 * refused because of it is to be tried again at larger alignments
 * [openzfsonwindows/openzfs].
 */
uint32_t cluster_size(const struct os_integrity *integrity,
                      struct os_file *file);

/* What integrity information alone tells; 0 if that is not sane. */
uint32_t cluster_size_told(const struct os_integrity *integrity);

/* The same for a file of which nothing is known yet. */
uint32_t cluster_size_of(struct os_file *file);

#endif
