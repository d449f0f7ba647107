/* Checks the numbers of a range before any file is changed. */
#ifndef REFLINK_CORE_RANGE_CHECK_H
#define REFLINK_CORE_RANGE_CHECK_H

#include "core/base/outcome.h"

/*
 * Sets `*length` to the length in bytes of `range` in a SOURCE of `source_size`
 * bytes. Returns false and records the error if the range ends past SOURCE's
 * end, or past the largest possible file size in DEST.
 */
bool range_check(const struct reflink_range *range, uint64_t source_size,
                 uint64_t *length, struct reflink_outcome *outcome);

/*
 * Returns DEST's end of file with the range written into it. An empty range
 * does not extend the file.
 */
uint64_t range_end_of_file(const struct reflink_range *range, uint64_t length,
                           uint64_t dest_size);

#endif
