/* Whether bytes are zeros. */
#ifndef REFLINK_CORE_ZEROS_H
#define REFLINK_CORE_ZEROS_H

#include <stdbool.h>
#include <stdint.h>

/* Whether all of `length` bytes of `buffer` are; so are no bytes. */
bool zeros_only(const uint8_t *buffer, uint32_t length);

#endif
