/*
 * Finds out whether a tree can be cloned, before its first directory is
 * created: with REFLINK_ALWAYS, a tree is cloned or nothing is created.
 */
#ifndef REFLINK_CORE_PROBE_H
#define REFLINK_CORE_PROBE_H

#include <reflink/reflink.h>

#include "core/os.h"

/*
 * Whether the directory `source` and `dest`, which need not exist, are on one
 * volume that can clone. If not, fills `*outcome` with the status
 * REFLINK_REFUSED and the reason. True also if that is unknown: the real run
 * then finds out.
 *
 * A volume may support cloning without reporting it [openzfsonwindows/openzfs
 * #599]. With `may_write`, such a volume gets one request for two staging
 * files, which are deleted again.
 */
bool probe_tree(const wchar_t *source, const wchar_t *dest, bool may_write,
                struct reflink_outcome *outcome);

#endif
