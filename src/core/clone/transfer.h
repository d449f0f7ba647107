/*
 * One range from one open file to another: clone what can be cloned, prove
 * it, copy the rest, account for every byte and say why.
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
    bool same_file;            /* one file, by identity */
    bool shared;               /* another program may write to SOURCE */
    bool holes;                /* SOURCE is sparse */
    bool blank;                /* the range of DEST reads as zeros */
    bool unseen;               /* nobody uses DEST before this has ended */
    struct reason_facts facts; /* whether cloning is to be tried */
    uint32_t cluster_size;     /* a power of 2, or 0: not told */
    struct volume *volume;     /* DEST's; never NULL */
};

enum transfer_end {
    TRANSFER_DONE,
    TRANSFER_FAILED,    /* the outcome has the error */
    TRANSFER_REFUSED,   /* REFLINK_ALWAYS, and a whole cluster cannot be */
    TRANSFER_UNVERIFIED /* a clone failed its verification; DEST has who knows
                         what, in place in what is left of the transfer */
};

/* The alignment that requests are planned with: what the volume taught, else
   its cluster size, else a guess. */
uint32_t transfer_unit(const struct transfer *transfer);

/* How the range would be cut, if nothing is learned on the way. A reason
   other than none: all by bytes for that, and `*plan` is not set. */
enum reflink_reason transfer_plan(struct transfer *transfer, struct plan *plan);

/*
 * Whether REFLINK_ALWAYS must refuse before anything changes: by what is
 * known of the files, or because the range is not on cluster borders. Says
 * why in the outcome.
 */
bool transfer_refuses(struct transfer *transfer);

/* Changes nothing but DEST's bytes in the range. The parts already done are
   cut off `*transfer`, and those not begun where a clone was not verified. */
enum transfer_end transfer_run(struct transfer *transfer);

#endif
