/* Runs the commands that clone, or that show what they would do (--dry-run). */
#ifndef REFLINK_CLI_RUN_FILES_H
#define REFLINK_CLI_RUN_FILES_H

#include "options.h"

/* Clones or copies as the options say, prints the results, and returns the exit
   code: that of totals_exit_code, or of console_stdout_failed. */
int run_files(const struct options *options);

#endif
