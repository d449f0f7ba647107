/*
 * Transfers one range between two open files: clones what can be cloned,
 * verifies it and copies the rest. The outcome accounts for every byte and says
 * why bytes were copied.
 */
#ifndef REFLINK_CORE_TRANSFER_H
#define REFLINK_CORE_TRANSFER_H

#include "core/os.h"
#include "core/base/outcome.h"
#include "core/base/reason.h"
#include "core/base/session.h"
#include "plan.h"

struct transfer {
    struct reflink_session *session;
    const struct reflink_policy *policy;
    struct reflink_outcome *outcome;
    struct os_file *source;
    struct os_file *dest;
    uint64_t source_offset;
    uint64_t dest_offset;
    uint64_t length;
    uint64_t source_size;      /* end of file */
    uint64_t dest_size;        /* end of file, already set */
    bool same_file;            /* SOURCE and DEST are one file, by identity */
    bool shared;               /* another program may write to SOURCE */
    bool holes;                /* SOURCE is sparse */
    bool blank;                /* the range of DEST reads as zeros */
    bool verify_later;         /* requests may be verified in batches, because
                                  nobody uses DEST before the transfer has ended */
    struct reason_facts facts; /* what decides whether to try cloning */
    uint32_t cluster_size;     /* a power of 2, or 0: unknown */
    struct volume *source_volume;
    struct volume *volume; /* DEST's; never NULL, and neither is SOURCE's */
};

enum transfer_end {
    TRANSFER_DONE,
    /* the outcome has the error */
    TRANSFER_FAILED,
    /* with REFLINK_ALWAYS: a whole cluster cannot be cloned */
    TRANSFER_REFUSED,
    /* a clone failed verification */
    TRANSFER_UNVERIFIED
};

/*
 * Returns the alignment that requests are planned with: the cluster size, or a
 * guess where that is unknown; more if the volume was found to require more.
 */
uint32_t transfer_unit(const struct transfer *transfer);

/*
 * Plans how to split the range, with what is known of the volume now. Returns
 * REFLINK_REASON_NONE, or the reason why all bytes are copied; `*plan` is then
 * unset.
 */
enum reflink_reason transfer_plan(struct transfer *transfer, struct plan *plan);

/*
 * Whether REFLINK_ALWAYS requires a refusal before anything changes: because of
 * what is known of the files, or because the range is not on cluster
 * boundaries. Adds the reason to the outcome.
 */
bool transfer_refuses(struct transfer *transfer);

/*
 * Runs the transfer. Of the files, it changes only DEST's bytes in the range.
 * Afterwards `*transfer` is the part that is not done; after
 * TRANSFER_UNVERIFIED, the part that was begun and whose bytes in DEST are
 * undefined.
 */
enum transfer_end transfer_run(struct transfer *transfer);

#endif
