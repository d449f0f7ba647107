/*
 * Makes two open files ready for a transfer: finds out whether their clusters
 * can be shared, and gives DEST what that needs, in the order of REFS.md 11.
 */
#ifndef REFLINK_CORE_PREPARE_H
#define REFLINK_CORE_PREPARE_H

#include "core/clone/transfer.h"

struct prepared {
    struct os_info source; /* when SOURCE was opened */
    struct os_info dest;
    struct os_integrity integrity; /* SOURCE's */
    bool integrity_known;
    bool made_sparse; /* only for cloning: to be given back */
};

/*
 * Fills the facts, cluster size and lesson of `transfer`, whose handles,
 * session, policy, outcome and range are set. Both infos are there already.
 * False: the outcome has the error.
 */
bool prepare_facts(struct transfer *transfer, struct prepared *prepared);

/*
 * Readies a DEST without clusters: sparse flag, integrity setting, end of
 * file. May add to the facts why cloning is not to be. Errors as above.
 */
bool prepare_blank(struct transfer *transfer, struct prepared *prepared);

/*
 * Readies a DEST that has bytes: sparse if SOURCE is, and as long as the
 * transfer needs. Its integrity setting stays as it is, and may be why
 * cloning is not to be. Errors as above.
 */
bool prepare_in_place(struct transfer *transfer, struct prepared *prepared,
                      uint64_t old_size);

/* Gives the sparse flag back if SOURCE has none. */
void prepare_finish(const struct transfer *transfer,
                    const struct prepared *prepared);

#endif
