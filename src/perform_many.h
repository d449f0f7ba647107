/* Lists and trees: several files in flight, and progress over all of them. */
#ifndef REFLINK_PERFORM_MANY_H
#define REFLINK_PERFORM_MANY_H

#include "cli/options.h"
#include "core/many.h"

/* The same as perform, for what `many` says. */
int perform_many(const struct options *options, struct many *many);

#endif
