/*
 * Runs the commands that only query: --info, --extents and --shared.
 *
 * Each function prints the answers for all operands to stdout, long ones in
 * parts, and errors to stderr. It returns the exit code: EXIT_CODE_DONE;
 * EXIT_CODE_FAILED if an operand has no answer, stdout could not be written, or
 * memory ran out; or EXIT_CODE_INTERRUPTED.
 */
#ifndef REFLINK_CLI_RUN_QUERY_H
#define REFLINK_CLI_RUN_QUERY_H

#include "options.h"

/* Shows what the volume of each operand supports. */
int run_info(const struct options *options);

/* Shows where the clusters of each operand are. */
int run_extents(const struct options *options);

/* Shows which clusters two files share. There are exactly two operands. */
int run_shared(const struct options *options);

#endif
