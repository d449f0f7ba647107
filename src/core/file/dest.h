/*
 * Makes two open files ready for a transfer: finds out whether their clusters
 * can be shared, and gives DEST what that needs, in the order that it needs:
 * sparse, integrity, end of file.
 */
#ifndef REFLINK_CORE_DEST_H
#define REFLINK_CORE_DEST_H

#include "core/clone/transfer.h"

struct dest_facts {
    struct os_info source; /* when SOURCE was opened */
    struct os_info dest;
    struct os_integrity integrity; /* SOURCE's */
    bool integrity_known;
    bool made_sparse; /* only for cloning: to be given back */
};

/*
 * Fills the facts, cluster size and volume of `transfer`, whose handles,
 * session, policy, outcome and range are set. Both infos are there already.
 * False: the outcome has the error.
 */
bool dest_find_facts(struct transfer *transfer, struct dest_facts *prepared);

/*
 * Readies a DEST without clusters: sparse flag, integrity setting, end of
 * file. May add to the facts why cloning is not to be. Errors as above.
 */
bool dest_prepare_new(struct transfer *transfer, struct dest_facts *prepared);

/*
 * Readies a DEST that has bytes: sparse if SOURCE is, and as long as the
 * transfer needs. Its integrity setting stays as it is, and may be why
 * cloning is not to be. Errors as above.
 */
bool dest_prepare_in_place(struct transfer *transfer,
                           struct dest_facts *prepared, uint64_t old_size);

/* Gives the sparse flag back if SOURCE has none. */
void dest_finish(const struct transfer *transfer,
                 const struct dest_facts *prepared);

#endif
