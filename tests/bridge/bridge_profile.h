/*
 * Which volume the bridge impersonates, as data.
 *
 * A profile is one row: how a file system that clones (or claims to) differs
 * from ReFS in what a Win32 program can see of it. Plain C, no Windows header.
 */
#ifndef BRIDGE_PROFILE_H
#define BRIDGE_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

/* How the end of a request is held against the end of the source. */
enum tail_rule {
    TAIL_ROUNDED, /* up to the cluster-rounded end, as ReFS */
    TAIL_EXACT,   /* not one byte past the end; an odd length is fine there */
    TAIL_CLAMPED  /* not at all: what lies past either end is cut off */
};

/* What happens to a request that runs past the destination's end. */
enum past_end_rule {
    PAST_END_REFUSED, /* STATUS_NOT_SUPPORTED */
    PAST_END_CLIPPED, /* success, what lies inside is cloned */
    PAST_END_NOTHING  /* success, and nothing at all is cloned */
};

/* What becomes of a request that is not a multiple of the alignment. */
enum misaligned_rule {
    MISALIGNED_REFUSED, /* STATUS_INVALID_PARAMETER */
    MISALIGNED_COPIED   /* success, by copying bytes */
};

enum integrity_support {
    INTEGRITY_NONE,     /* STATUS_INVALID_DEVICE_REQUEST */
    INTEGRITY_BLOCKED,  /* GET: STATUS_NOT_SUPPORTED, SET works */
    INTEGRITY_REAL,     /* a setting per file, kept */
    INTEGRITY_STUB,     /* GET answers, SET succeeds and is forgotten */
    INTEGRITY_STUB_MUTE /* as STUB, but GET says it returned 0 bytes */
};

struct bridge_profile {
    const char *name;
    const char *file_system;    /* name the volume gives itself */
    uint32_t volume_flags;      /* added to what Wine reports */
    uint32_t alignment;         /* of a request; 0: the cluster */
    uint32_t allocation_unit;   /* as reported; 0: the cluster */
    uint32_t integrity_cluster; /* in GET_INTEGRITY; 0: the cluster */
    uint32_t overlap_status;
    uint32_t other_volume_status;
    uint32_t name_ex_status; /* of FileRenameInformationEx and ...LinkEx; 0:
                                known, with POSIX semantics */
    enum tail_rule tail;
    enum past_end_rule past_end;
    enum misaligned_rule misaligned;
    enum integrity_support integrity;
    bool clones;         /* FSCTL_DUPLICATE_EXTENTS_TO_FILE known */
    bool clones_ex;      /* ... and its _EX form */
    bool sparse_is_noop; /* SET_SPARSE succeeds and is forgotten */
    bool retrieval_pointers;
    bool reference_counts;
    bool refs_volume_data;
    bool honours_locks;
    bool zeros_unless_flushed;  /* the clone of an unflushed source */
    bool crashes_below_cluster; /* destination smaller than a cluster */
    bool fails_once;            /* one transient error per process */
};

/* The profile called `name`, or NULL. */
const struct bridge_profile *profile_find(const char *name);

/* The n-th profile, or NULL past the last. */
const struct bridge_profile *profile_at(unsigned n);

#endif
