/*
 * What a volume tells about a file's clusters, held against what there can be.
 * It is asked for here, and nowhere else, so that what makes no sense is an
 * error for all who ask: to them, the volume does not tell.
 */
#ifndef REFLINK_CORE_ALLOCATION_H
#define REFLINK_CORE_ALLOCATION_H

#include "core/os.h"

/*
 * os_extents or, if `counted`, os_extents_counted, of a file with clusters of
 * `cluster_size` bytes, not 0. CODE_INVALID_DATA: an extent is empty, or ends
 * past the most clusters that a file or a volume can have; or there are more,
 * but none is told. Every LCN is at least 0, or OS_HOLE.
 */
os_error allocation_extents(struct os_file *file, bool counted,
                            uint32_t cluster_size, uint64_t vcn,
                            struct os_extent *extents, size_t capacity,
                            size_t *count, bool *more);

/*
 * os_allocated. CODE_INVALID_DATA: a range is empty or lies elsewhere; or there
 * are more, but none is told, which would be taken for a hole.
 */
os_error allocation_ranges(struct os_file *file, uint64_t offset,
                           uint64_t length, struct os_range *ranges,
                           size_t capacity, size_t *count, bool *more);

#endif
