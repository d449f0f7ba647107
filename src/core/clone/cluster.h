/*
 * Determines the cluster size of a volume from what the volume and its files
 * report.
 */
#ifndef REFLINK_CORE_CLUSTER_H
#define REFLINK_CORE_CLUSTER_H

#include "core/os.h"

/*
 * Returns the cluster size in bytes, a power of 2, or 0 if no plausible size is
 * reported.
 *
 * `integrity` (NULL: unknown) is the best source. Some servers do not pass it
 * on; then the size is the allocation unit of the volume that `file` is on,
 * which may be wrong: if the volume refuses requests because of it, retry them
 * with larger alignments [openzfsonwindows/openzfs].
 */
uint32_t cluster_size(const struct os_integrity *integrity,
                      struct os_file *file);

/* Returns the size that `integrity` reports, or 0 if it is not plausible. */
uint32_t cluster_size_reported(const struct os_integrity *integrity);

/*
 * Returns cluster_size() for a file whose integrity setting is not known yet;
 * queries it first.
 */
uint32_t cluster_size_of(struct os_file *file);

#endif
