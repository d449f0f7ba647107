#include "identity.h"

#include <string.h>

bool identity_same_volume(const struct os_identity *a,
                          const struct os_identity *b)
{
    /* an unknown device may be the same as any other */
    bool may_be_one_device =
        a->device == 0 || b->device == 0 || a->device == b->device;
    return a->volume == b->volume && may_be_one_device;
}

bool identity_same_file(const struct os_identity *a,
                        const struct os_identity *b)
{
    return identity_same_volume(a, b) &&
           memcmp(a->file, b->file, sizeof a->file) == 0;
}
