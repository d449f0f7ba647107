/*
 * Prepares two open files for a transfer: finds out whether they can share
 * clusters, and sets what cloning requires of DEST, in the required order:
 * sparse flag, integrity setting, end of file.
 */
#ifndef REFLINK_CORE_DEST_H
#define REFLINK_CORE_DEST_H

#include "core/clone/transfer.h"

struct dest_facts {
    struct os_info source; /* when SOURCE was opened */
    struct os_info dest;
    struct os_integrity integrity; /* SOURCE's */
    bool integrity_known;
    bool made_sparse; /* only for cloning; dest_finish clears the flag again */
};

/*
 * Fills in the facts, cluster size and volume of `transfer`. The caller has set
 * its handles, session, policy, outcome and range, and both infos in
 * `prepared`. Returns false if it failed; the outcome has the error.
 */
bool dest_find_facts(struct transfer *transfer, struct dest_facts *prepared);

/*
 * Prepares a DEST without clusters: sparse flag, integrity setting, end of
 * file. May add to the facts a reason not to clone. Returns false if it failed;
 * the outcome has the error.
 */
bool dest_prepare_new(struct transfer *transfer, struct dest_facts *prepared);

/*
 * Prepares a DEST that has data: sets the sparse flag if SOURCE is sparse, and
 * the size that the transfer needs. `old_size` is DEST's end of file. Does not
 * change the integrity setting, which may be a reason not to clone. Returns
 * false if it failed; the outcome has the error.
 */
bool dest_prepare_in_place(struct transfer *transfer,
                           struct dest_facts *prepared, uint64_t old_size);

/*
 * Clears the sparse flag again if SOURCE is not sparse. If SOURCE has holes
 * nevertheless, as files on a Samba server can have, DEST keeps the flag:
 * without it, the volume would allocate every hole.
 */
void dest_finish(const struct transfer *transfer,
                 const struct dest_facts *prepared);

#endif
