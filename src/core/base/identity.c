#include "identity.h"

#include <string.h>

/* An unknown device may be the same as any other. */
static bool are_two_devices(uint64_t a, uint64_t b)
{
    return a != 0 && b != 0 && a != b;
}

bool identity_same_volume(const struct os_identity *a,
                          const struct os_identity *b)
{
    return a->volume == b->volume && !are_two_devices(a->device, b->device);
}

bool identity_same_file(const struct os_identity *a,
                        const struct os_identity *b)
{
    return identity_same_volume(a, b) &&
           memcmp(a->file, b->file, sizeof a->file) == 0;
}
