/*
 * Reads what a volume reports about a file's clusters, and rejects values that
 * are impossible. All of the core asks here, so that such values are an error
 * for every caller, as if the volume did not report its clusters.
 */
#ifndef REFLINK_CORE_ALLOCATION_H
#define REFLINK_CORE_ALLOCATION_H

#include "core/os.h"

/*
 * Calls os_extents or, if `counted`, os_extents_counted, for a file with
 * clusters of `cluster_size` bytes (not 0). Returns their errors, or
 * CODE_INVALID_DATA if an extent is empty or ends past the largest possible
 * cluster, or if `*more` is set without any extent. Every LCN returned is at
 * least 0, or OS_HOLE.
 */
os_error allocation_extents(struct os_file *file, bool counted,
                            uint32_t cluster_size, uint64_t vcn,
                            struct os_extent *extents, size_t capacity,
                            size_t *count, bool *more);

/*
 * Calls os_allocated. Returns its errors, or CODE_INVALID_DATA if a range is
 * empty or outside the requested one, or if `*more` is set without any range,
 * which would look like a hole.
 */
os_error allocation_ranges(struct os_file *file, uint64_t offset,
                           uint64_t length, struct os_range *ranges,
                           size_t capacity, size_t *count, bool *more);

#endif
