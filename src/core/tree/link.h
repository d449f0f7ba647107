/*
 * Recreates the symbolic links, junctions and mount points of a tree, and
 * replaces those that are already in DEST.
 *
 * Each function fills `*outcome`, with REFLINK_METHOD_NONE; its status is not
 * REFLINK_OK if it failed or did nothing.
 */
#ifndef REFLINK_CORE_LINK_H
#define REFLINK_CORE_LINK_H

#include <reflink/reflink.h>

#include "walk.h"

/* What a link takes the name of. */
enum link_over {
    LINK_OVER_NOTHING,
    LINK_OVER_LINK, /* of the same kind */
    LINK_OVER_FILE
};

struct link_result {
    enum link_over over;
    bool into_source; /* the link in DEST leads into the SOURCE of its tree */
};

/*
 * Recreates `link` at its DEST. What is there is replaced if the policy says
 * so, and if it is a link of the same kind: in one step, and only by a link
 * that is complete. A link to a file also replaces a file. Anything else is an
 * error with REFLINK_HINT_OTHER_KIND.
 *
 * A link with an absolute path into the SOURCE of its tree leads to the same
 * place in DEST with `retarget`; otherwise it is recreated unchanged.
 */
void link_recreate(const struct reflink_policy *policy,
                   const struct tree_link *link, bool retarget,
                   struct reflink_outcome *outcome, struct link_result *result);

/* Finds out what link_recreate would do. */
void link_dry_run(const struct reflink_policy *policy,
                  const struct tree_link *link, bool retarget,
                  struct reflink_outcome *outcome, struct link_result *result);

#endif
