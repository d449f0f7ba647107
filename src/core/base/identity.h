/*
 * Whether two files are one, or lie on one volume. Serial numbers alone do not
 * tell: a VHD and its copy that are both attached, or a volume and its shadow
 * copy, have the same one, and the same numbers of their files.
 */
#ifndef REFLINK_CORE_IDENTITY_H
#define REFLINK_CORE_IDENTITY_H

#include "core/os.h"

bool identity_same_volume(const struct os_identity *a,
                          const struct os_identity *b);

bool identity_same_file(const struct os_identity *a,
                        const struct os_identity *b);

#endif
