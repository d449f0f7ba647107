/* Lists and trees: several files in flight, and progress over all of them. */
#ifndef REFLINK_PERFORM_MANY_H
#define REFLINK_PERFORM_MANY_H

#include "options.h"
#include "core/tree/operands.h"

/* The same as perform, for what `many` says. */
int perform_many(const struct options *options, struct many *many);

#endif
