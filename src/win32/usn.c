#include "usn.h"

#include <string.h>

/*
 * Offsets in USN_RECORD_V2 and USN_RECORD_V3 [MS-FSCC 2.3.62.1 and 2.3.62.2;
 * winioctl.h]. The second has 128-bit file references.
 */
enum {
    AT_LENGTH = 0,
    AT_MAJOR_VERSION = 4,
    V2_AT_USN = 24,
    V3_AT_USN = 40,
    HEADER = 8
};

bool usn_read(const void *answer, size_t size, uint64_t *number)
{
    const uint8_t *bytes = answer;
    uint32_t length = 0;
    uint16_t version = 0;
    if (size < HEADER)
        return false;
    memcpy(&length, bytes + AT_LENGTH, sizeof length);
    memcpy(&version, bytes + AT_MAJOR_VERSION, sizeof version);
    if ((version != 2 && version != 3) || length > size)
        return false;
    size_t at = version == 2 ? V2_AT_USN : V3_AT_USN;
    if (length < at + sizeof *number)
        return false;
    memcpy(number, bytes + at, sizeof *number);
    return true;
}
