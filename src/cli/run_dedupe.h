/* Runs --dedupe. */
#ifndef REFLINK_CLI_RUN_DEDUPE_H
#define REFLINK_CLI_RUN_DEDUPE_H

#include "options.h"

/*
 * Lets the FILEs share clusters with the first of them or, with -r, all files
 * below the paths that are equal. Prints the results, and returns the exit
 * code: that of totals_exit_code, or of console_stdout_failed.
 */
int run_dedupe(const struct options *options);

#endif
