/*
 * Reads the answer to FSCTL_READ_FILE_USN_DATA: one record of a change journal.
 */
#ifndef REFLINK_WIN32_USN_H
#define REFLINK_WIN32_USN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads the update sequence number from `size` bytes of an answer. Returns
 * false if they are not a complete record of version 2 or 3.
 */
bool usn_read(const void *answer, size_t size, uint64_t *number);

#endif
