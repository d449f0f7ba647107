#include "zeros.h"

#include <string.h>

bool zeros_only(const uint8_t *buffer, uint32_t length)
{
    return length == 0 ||
           (buffer[0] == 0 && memcmp(buffer, buffer + 1, length - 1) == 0);
}
