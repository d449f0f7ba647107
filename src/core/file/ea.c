#include "ea.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * Offsets in an entry: NextEntryOffset at 0, Flags, EaNameLength,
 * EaValueLength. The name follows, then a zero that EaNameLength does not
 * count, then the value.
 */
enum { EA_NAME_LENGTH = 5, EA_VALUE_LENGTH = 6, EA_NAME = 8, EA_ALIGNED = 4 };

static uint32_t next_of(const uint8_t *entry)
{
    uint32_t next;
    memcpy(&next, entry, sizeof next);
    return next;
}

static void set_next(uint8_t *entry, uint32_t next)
{
    memcpy(entry, &next, sizeof next);
}

static size_t length_of(const uint8_t *entry)
{
    uint16_t value;
    memcpy(&value, entry + EA_VALUE_LENGTH, sizeof value);
    return (size_t)EA_NAME + entry[EA_NAME_LENGTH] + 1 + value;
}

/*
 * Whether each entry is complete, aligned, inside the block and before the
 * next.
 */
static bool is_list(const uint8_t *block, size_t size)
{
    size_t at = 0;
    for (;;) {
        if (size - at < EA_NAME || size - at < length_of(block + at))
            return false;
        uint32_t next = next_of(block + at);
        if (next == 0)
            return true;
        if (next < length_of(block + at) || next > size - at ||
            next % EA_ALIGNED != 0)
            return false;
        at += next;
    }
}

/*
 * NTFS stores names as ASCII in upper case, so comparing the prefix needs no
 * other case mapping.
 */
static bool is_kernel(const uint8_t *entry)
{
    static const char prefix[] = "$KERNEL.";
    size_t length = sizeof prefix - 1;
    if (entry[EA_NAME_LENGTH] < length)
        return false;
    for (size_t i = 0; i < length; i++) {
        uint8_t c = entry[EA_NAME + i];
        if (c >= 'a' && c <= 'z')
            c = (uint8_t)(c - 'a' + 'A');
        if (c != (uint8_t)prefix[i])
            return false;
    }
    return true;
}

/* Returns where the next entry begins if the one before ends at `end`. */
static size_t aligned(size_t end)
{
    return (end + EA_ALIGNED - 1) / EA_ALIGNED * EA_ALIGNED;
}

size_t ea_without_kernel(void *block, size_t size)
{
    uint8_t *bytes = block;
    size_t end = 0;  /* end of the kept entries */
    size_t last = 0; /* start of the last kept entry */
    size_t at = 0;
    uint32_t next = 0;
    if (!is_list(bytes, size))
        return size;
    do {
        size_t length = length_of(bytes + at);
        next = next_of(bytes + at);
        if (!is_kernel(bytes + at)) {
            size_t to = aligned(end);
            memset(bytes + end, 0, to - end);
            memmove(bytes + to, bytes + at, length);
            set_next(bytes + last, (uint32_t)(to - last));
            set_next(bytes + to, 0);
            last = to;
            end = to + length;
        }
        at += next;
    } while (next != 0);
    return end;
}
