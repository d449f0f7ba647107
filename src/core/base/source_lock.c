#include "source_lock.h"

#include <stdlib.h>

#include "identity.h"

struct claims {
    struct os_gate *gate;
    struct claim *first; /* as many as there are threads: a list will do */
};

struct claims *claims_open(void)
{
    struct claims *claims = calloc(1, sizeof *claims);
    if (claims == NULL)
        return NULL;
    claims->gate = os_gate_make();
    if (claims->gate != NULL)
        return claims;
    free(claims);
    return NULL;
}

void claims_close(struct claims *claims)
{
    if (claims == NULL)
        return;
    os_gate_free(claims->gate);
    free(claims);
}

static bool is_taken(const struct claims *claims,
                     const struct os_identity *identity)
{
    for (const struct claim *c = claims->first; c != NULL; c = c->next) {
        if (identity_same_file(&c->identity, identity))
            return true;
    }
    return false;
}

void claims_take(struct claims *claims, struct claim *claim,
                 const struct os_identity *identity)
{
    if (claims == NULL)
        return;
    os_gate_lock(claims->gate);
    while (is_taken(claims, identity))
        os_gate_wait(claims->gate);
    *claim = (struct claim){*identity, claims->first, true};
    claims->first = claim;
    os_gate_unlock(claims->gate);
}

void claims_drop(struct claims *claims, struct claim *claim)
{
    if (claims == NULL || !claim->held)
        return;
    os_gate_lock(claims->gate);
    struct claim **at = &claims->first;
    while (*at != claim)
        at = &(*at)->next;
    *at = claim->next;
    claim->held = false;
    os_gate_wake(claims->gate);
    os_gate_unlock(claims->gate);
}
