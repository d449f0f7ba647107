#include "volume.h"

#include <stdlib.h>

#include "identity.h"

struct volume *volume_get(struct volume **first,
                          const struct os_identity *identity)
{
    for (struct volume *volume = *first; volume != NULL;
         volume = volume->next) {
        if (identity_same_volume(&volume->identity, identity))
            return volume;
    }
    struct volume *made = calloc(1, sizeof *made);
    if (made == NULL)
        return NULL;
    made->identity = *identity;
    made->next = *first;
    *first = made;
    return made;
}

bool volume_is_remote(struct volume *volume, struct os_file *file)
{
    if (!volume->asked_remote && os_is_remote(file, &volume->remote) != 0)
        volume->remote = false;
    volume->asked_remote = true;
    return volume->remote;
}

void volume_free(struct volume *first)
{
    while (first != NULL) {
        struct volume *next = first->next;
        free(first);
        first = next;
    }
}
