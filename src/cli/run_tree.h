/* Lists and trees: several files in flight, and progress over all of them. */
#ifndef REFLINK_CLI_RUN_TREE_H
#define REFLINK_CLI_RUN_TREE_H

#include "options.h"
#include "core/tree/operands.h"

/* The same as run_files, for what `operands` says. */
int run_tree(const struct options *options, struct operands *operands);

#endif
