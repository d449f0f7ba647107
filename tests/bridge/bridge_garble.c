#include "bridge_garble.h"

#include "bridge_config.h"
#include "bridge_status.h"

#include <string.h>

/* Bytes that are the same in each run (splitmix64). */
static void fill_at_random(uint8_t *bytes, uint32_t size)
{
    static uint64_t state;

    for (uint32_t i = 0; i < size; i++) {
        uint64_t x = state += UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
        bytes[i] = (uint8_t)(x >> 56);
    }
}

nt_status garble(const char *name, nt_status status, void *output,
                 uint32_t size, uintptr_t *returned)
{
    const char *wanted = bridge_config.garbled;

    if ((status != ST_SUCCESS && status != ST_BUFFER_OVERFLOW) || size == 0 ||
        strncmp(wanted, name ? name : "OTHER", strlen(wanted)) != 0)
        return status;
    switch (bridge_config.garble) {
    case GARBLE_NONE:
        break;
    case GARBLE_NOTHING:
        memset(output, 0xA5, size);
        *returned = 0;
        break;
    case GARBLE_SHORT:
        *returned /= 2;
        memset((uint8_t *)output + *returned, 0xA5, size - *returned);
        break;
    case GARBLE_LONG:
        *returned = UINT32_C(0xFFFFFFF0);
        break;
    case GARBLE_ONES:
        memset(output, 0xFF, size);
        *returned = size;
        break;
    case GARBLE_ZEROS:
        memset(output, 0, size);
        *returned = size;
        break;
    case GARBLE_RANDOM:
        fill_at_random(output, size);
        *returned = size;
        break;
    case GARBLE_MORE:
        return ST_BUFFER_OVERFLOW;
    }
    return status;
}
