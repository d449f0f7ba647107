/*
 * What a volume tells about a file's clusters, held against what there can be.
 * It is asked for here, and nowhere else, so that what makes no sense is an
 * error for all who ask: to them, the volume does not tell.
 */
#ifndef REFLINK_CORE_ALLOCATION_H
#define REFLINK_CORE_ALLOCATION_H

#include "os.h"

/*
 * os_extents or, if `counted`, os_extents_counted, of a file with clusters of
 * `cluster_size` bytes, not 0. CODE_INVALID_DATA: an extent is empty, or ends
 * past the most clusters that a file or a volume can have. Every LCN is at
 * least 0, or OS_HOLE.
 */
os_error allocation_extents(struct os_file *file, bool counted,
                            uint32_t cluster_size, uint64_t vcn,
                            struct os_extent *extents, size_t capacity,
                            size_t *count, bool *more);

#endif
