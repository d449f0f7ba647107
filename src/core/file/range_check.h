/* The numbers of a range, checked before anything is touched. */
#ifndef REFLINK_CORE_RANGE_CHECK_H
#define REFLINK_CORE_RANGE_CHECK_H

#include "core/base/outcome.h"

/*
 * Finds the length of `range` in a SOURCE of `source_size` bytes. False, with
 * the failure recorded, if it ends past SOURCE's end, or where no file ends.
 */
bool range_check(const struct reflink_range *range, uint64_t source_size,
                 uint64_t *length, struct reflink_outcome *outcome);

/* DEST's end of file with the range in it; no bytes make no file longer. */
uint64_t range_end_of_file(const struct reflink_range *range, uint64_t length,
                           uint64_t dest_size);

#endif
