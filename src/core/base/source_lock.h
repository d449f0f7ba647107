/*
 * One SOURCE is cloned by one thread at a time, whatever names it is given:
 * several at once were seen to leave zeros in DEST [REFS 1.17].
 */
#ifndef REFLINK_CORE_CLAIMS_H
#define REFLINK_CORE_CLAIMS_H

#include "core/os.h"

struct claims;

/* A place in the list of what is claimed; the claimer's own. */
struct claim {
    struct os_identity identity;
    struct claim *next;
    bool held;
};

struct claims *claims_open(void); /* NULL: there is no memory */
void claims_close(struct claims *claims);

/* Waits until no other claim has this identity. Claims nothing where `claims`
   is NULL. A claimer has one at a time, so nobody waits in a circle. */
void claims_take(struct claims *claims, struct claim *claim,
                 const struct os_identity *identity);

/* Lets go; what is not held is let pass. */
void claims_drop(struct claims *claims, struct claim *claim);

#endif
