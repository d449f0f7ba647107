/*
 * What a run has learned about each volume that it met, so that it asks only
 * once.
 */
#ifndef REFLINK_CORE_VOLUME_H
#define REFLINK_CORE_VOLUME_H

#include "core/os.h"

/* How a last, partial cluster at the end of both files travels. ReFS takes a
   request that is rounded up to the cluster [microsoft/CopyOnWrite]; Samba only
   the exact length [smb2_ioctl_filesys.c]. */
enum volume_tail {
    VOLUME_TAIL_ROUNDED, /* within the last request, rounded up */
    VOLUME_TAIL_EXACT,   /* in a request of its own, of its exact length */
    VOLUME_TAIL_COPIED   /* by bytes */
};

struct volume {
    struct os_identity identity; /* of a file on it */
    uint32_t alignment;      /* requests below it are refused; 0: not known */
    enum volume_tail tail;   /* what it accepts at the end of file */
    bool no_cloning;         /* it has no clone request */
    bool no_integrity;       /* it has no integrity streams */
    struct os_volume report; /* what it reports; not `known`: not asked yet */
    uint32_t unit;           /* its allocation unit; 0: not asked, or unknown */
    uint32_t kept;           /* OS_ATTRIBUTE_* that it was seen to keep */
    wchar_t root[64];        /* for messages; empty: not asked yet */
    struct volume *next;
};

/*
 * The volume in the list `*first` that a file of this identity is on; a new one
 * where there is none yet. It stays where it is until volume_free. NULL: no
 * memory.
 */
struct volume *volume_get(struct volume **first,
                          const struct os_identity *identity);

/* Frees the whole list. */
void volume_free(struct volume *first);

#endif
