/* Decides which files are flushed to the disk (--flush) and flushes them. */
#ifndef REFLINK_CORE_FLUSH_H
#define REFLINK_CORE_FLUSH_H

#include "core/os.h"
#include "core/base/outcome.h"

/*
 * Flushes DEST, or a stream of it, if the policy requires it. `replaces` says
 * that DEST replaces a file: it must be on the disk before that, or a power
 * failure could leave half of the new file in place of the old one. A volume
 * that does not support flushing is no error. Returns false if it failed; the
 * outcome has the error.
 */
bool flush_dest(const struct reflink_policy *policy, struct os_file *dest,
                bool replaces, struct reflink_outcome *outcome);

#endif
