/* Runs lists and trees: several files in parallel, with progress over all. */
#ifndef REFLINK_CLI_RUN_TREE_H
#define REFLINK_CLI_RUN_TREE_H

#include "options.h"
#include "core/tree/operands.h"

/*
 * Clones or copies the operands as the options say, prints the results, and
 * returns the exit code, as run_files does. Calls operands_begin and
 * operands_end.
 */
int run_tree(const struct options *options, struct operands *operands);

#endif
