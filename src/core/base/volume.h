/* What a run knows about each volume, so that it asks only once. */
#ifndef REFLINK_CORE_VOLUME_H
#define REFLINK_CORE_VOLUME_H

#include <reflink/reflink.h>

#include "core/os.h"

/*
 * How a last, partial cluster at the end of both files is transferred. ReFS
 * accepts a request that is rounded up to a cluster [microsoft/CopyOnWrite];
 * Samba accepts only the exact length [smb2_ioctl_filesys.c].
 */
enum volume_tail {
    VOLUME_TAIL_ROUNDED, /* in the last request, rounded up */
    VOLUME_TAIL_EXACT,   /* in its own request of the exact length */
    VOLUME_TAIL_COPIED   /* copied */
};

/*
 * What is known of a volume by clone requests on two files that the run created
 * for that purpose, before it made requests on a user's file.
 */
enum volume_trial {
    VOLUME_UNTRIED,
    VOLUME_TRUSTED,
    VOLUME_DISTRUSTED /* make no more requests */
};

struct volume {
    struct os_identity identity; /* of a file on the volume */
    uint32_t alignment;         /* it refuses requests below this; 0: unknown */
    enum volume_tail tail;      /* what it accepts at the end of file */
    bool no_cloning;            /* does not support cloning */
    bool no_integrity;          /* does not support integrity streams */
    bool hides_integrity;       /* a file with checksums lacks the attribute */
    unsigned integrity_answers; /* how many files it was asked about */
    uint32_t integrity_cluster; /* cluster size in the last of these answers */
    bool no_extents;            /* does not support the request for extents */
    bool no_hard_links;         /* does not support hard links */
    bool full;                  /* a file did not fit */
    bool asked_remote;          /* `remote` is known */
    bool remote;                /* reached over a network */

    /* Copies that its server is to make: server_copy.h. */
    bool copies_on_server; /* it was seen to copy a file */
    bool copy_succeeded;   /* its answer to the last request was success */
    struct os_copy_answer copy_limits; /* what it accepts; zeros: unknown */
    /* The volume whose files it did not copy; or NULL. */
    const struct volume *refuses_copies_of;

    struct os_volume report; /* its features; not `known`: not queried yet */
    uint32_t unit;           /* allocation unit; 0: unknown or not queried */
    uint32_t kept;           /* OS_ATTRIBUTE_* that it is known to keep */
    wchar_t root[64];        /* for messages; empty: not queried yet */
    enum volume_trial trial;
    enum reflink_reason trial_reason; /* why it is distrusted */
    uint32_t trial_code;              /* of the refused request, or 0 */
    uint32_t trial_limit; /* longest request it was tried with; 0: any */
    struct volume *next;
};

/*
 * Returns the volume of a file with this identity from the list `*first`; adds
 * it if it is new. The pointer stays valid until volume_free. NULL if out of
 * memory.
 */
struct volume *volume_get(struct volume **first,
                          const struct os_identity *identity);

/*
 * Whether the volume of `file` is reached over a network. If the system does
 * not report it, it counts as local.
 */
bool volume_is_remote(struct volume *volume, struct os_file *file);

/* Frees the whole list. */
void volume_free(struct volume *first);

#endif
