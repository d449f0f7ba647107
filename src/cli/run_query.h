/*
 * The forms that look and change nothing: --info, --extents, --shared. Each
 * answers all its operands on stdout, in pieces where there is much to say,
 * and returns the exit code: EXIT_CODE_DONE, EXIT_CODE_FAILED if one operand
 * had no answer, or EXIT_CODE_INTERRUPTED.
 */
#ifndef REFLINK_CLI_RUN_QUERY_H
#define REFLINK_CLI_RUN_QUERY_H

#include "options.h"

int run_info(const struct options *options);
int run_extents(const struct options *options);
int run_shared(const struct options *options);

#endif
