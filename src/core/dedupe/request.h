/*
 * Clone requests on a user's file, each of them verified, whatever it was
 * answered.
 */
#ifndef REFLINK_CORE_REQUEST_H
#define REFLINK_CORE_REQUEST_H

#include "part.h"

/*
 * Lets the file share a part that is equal in both files, as far as the volume
 * does that; in a dry run, only counts it. What became of it is in the outcome
 * and the result.
 */
void request_share(struct pair *pair, struct part part);

/* Sets times and attributes again after the last request, because not every
   volume lets a handle keep them. */
void request_end_state(const struct pair *pair);

#endif
