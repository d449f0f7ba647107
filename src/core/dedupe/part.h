/* A part of the user's file whose bytes are in memory. */
#ifndef REFLINK_CORE_PART_H
#define REFLINK_CORE_PART_H

#include "pair.h"

/* A part of the bytes in memory, and where they are in the file. */
struct part {
    uint64_t offset;
    uint32_t length;
    const uint8_t *bytes;
};

/* Writes the bytes to the file, and flushes it. */
os_error part_write(const struct pair *pair, const struct part *part);

/*
 * Makes sure that the file has the bytes in memory after a request, and writes
 * them if not; as often as it takes, and even if the user pressed Ctrl-C.
 * Clears
 * `*intact` if something had to be written. Returns false after a failure,
 * which is in the outcome.
 */
bool part_settle(struct pair *pair, const struct part *part, bool *intact);

#endif
