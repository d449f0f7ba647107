/* Random numbers and the clock. */
#define _CRT_RAND_S
#include "win32.h"

#include <stdlib.h>
#include <string.h>

/* rand_s uses the system's generator (RtlGenRandom). */
os_error os_random(void *buffer, size_t length)
{
    BYTE *bytes = buffer;
    while (length != 0) {
        unsigned int number = 0;
        size_t step = length < sizeof number ? length : sizeof number;
        if (rand_s(&number) != 0)
            return ERROR_GEN_FAILURE;
        memcpy(bytes, &number, step);
        bytes += step;
        length -= step;
    }
    return 0;
}

uint64_t os_clock_us(void)
{
    LARGE_INTEGER count;
    LARGE_INTEGER frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    uint64_t whole = (uint64_t)(count.QuadPart / frequency.QuadPart);
    uint64_t part = (uint64_t)(count.QuadPart % frequency.QuadPart);
    return whole * 1000000 + part * 1000000 / (uint64_t)frequency.QuadPart;
}
