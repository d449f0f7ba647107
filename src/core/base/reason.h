/*
 * Finds the reason why two files cannot share clusters from what is known of
 * them; uses an error code only if nothing else explains it.
 */
#ifndef REFLINK_CORE_REASON_H
#define REFLINK_CORE_REASON_H

#include <reflink/reflink.h>

#include "core/os.h"

/* What is known before a request is made. */
struct reason_facts {
    enum reflink_mode mode;
    bool volume_known;      /* DEST's volume reported its features */
    bool volume_clones;     /* DEST's volume reports that it can clone */
    bool volume_refused;    /* DEST's volume answered that it cannot clone */
    bool other_volume;      /* SOURCE and DEST are on different volumes */
    bool encrypted;         /* SOURCE or DEST is encrypted */
    bool elsewhere;         /* SOURCE's data are not in its own clusters */
    bool sparse_mismatch;   /* SOURCE is sparse, and DEST cannot be */
    bool integrity_differs; /* the integrity settings differ and cannot be
                               changed */
    bool unverified;        /* clones failed verification; copy */
    bool has_cloned;        /* earlier requests of this transfer succeeded */
    bool below_cluster;     /* SOURCE is smaller than a cluster */
    uint64_t length;
};

/* Returns the reason to make no request, or REFLINK_REASON_NONE. */
enum reflink_reason reason_before(const struct reason_facts *facts);

/* Returns the reason why a valid request failed with `code`. */
enum reflink_reason reason_of_refusal(const struct reason_facts *facts,
                                      os_error code);

#endif
