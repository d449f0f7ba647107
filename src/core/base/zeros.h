/* Tests whether bytes are zeros. */
#ifndef REFLINK_CORE_ZEROS_H
#define REFLINK_CORE_ZEROS_H

#include <stdbool.h>
#include <stdint.h>

/* Whether all `length` bytes of `buffer` are zeros; true for a length of 0. */
bool zeros_only(const uint8_t *buffer, uint32_t length);

#endif
