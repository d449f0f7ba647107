/*
 * Decides whether two files are the same, or are on the same volume. Serial
 * numbers alone cannot decide: a VHD and its copy that are both attached, or a
 * volume and its shadow copy, have equal serial numbers and equal file numbers.
 */
#ifndef REFLINK_CORE_IDENTITY_H
#define REFLINK_CORE_IDENTITY_H

#include "core/os.h"

/* Whether both files are on the same volume. */
bool identity_same_volume(const struct os_identity *a,
                          const struct os_identity *b);

/* Whether both identities are of the same file. */
bool identity_same_file(const struct os_identity *a,
                        const struct os_identity *b);

#endif
