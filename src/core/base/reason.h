/*
 * Why two files cannot share clusters, found from what is known of them; a
 * status code is the last word only.
 */
#ifndef REFLINK_CORE_REASON_H
#define REFLINK_CORE_REASON_H

#include <reflink/reflink.h>

#include "core/os.h"

/* What is known before a request is made. */
struct reason_facts {
    enum reflink_mode mode;
    bool volume_known;      /* DEST's volume told its features */
    bool volume_clones;     /* it says that it can clone */
    bool volume_refused;    /* it answered before that it cannot */
    bool other_volume;      /* SOURCE and DEST lie on two volumes */
    bool encrypted;         /* SOURCE is encrypted */
    bool elsewhere;         /* SOURCE's clusters do not hold its data */
    bool sparse_mismatch;   /* SOURCE is sparse, and DEST cannot be */
    bool integrity_differs; /* and could not be made equal */
    bool unverified;        /* its clones failed their proof twice */
    bool has_cloned;        /* earlier requests of this transfer were served */
    bool below_cluster;     /* SOURCE has not one whole cluster */
    uint64_t length;
};

/* Why no request is to be made, or REFLINK_REASON_NONE. */
enum reflink_reason reason_before(const struct reason_facts *facts);

/* Why a request that was in order was answered with `code`. */
enum reflink_reason reason_of_refusal(const struct reason_facts *facts,
                                      os_error code);

#endif
