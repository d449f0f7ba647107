/*
 * Which files are flushed to disk: --flush.
 */
#ifndef REFLINK_CORE_FLUSH_H
#define REFLINK_CORE_FLUSH_H

#include "core/os.h"
#include "core/base/outcome.h"

/*
 * Flushes DEST, or a stream of it, if the policy wants that. What replaces a
 * file has to be on the disk first, or a power cut could leave half of the new
 * file in place of the old one; a volume that has no flush needs none. False:
 * it failed, and the outcome has the error.
 */
bool flush_dest(const struct reflink_policy *policy, struct os_file *dest,
                bool replaces, struct reflink_outcome *outcome);

#endif
