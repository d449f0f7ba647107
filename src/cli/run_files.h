/* Runs the commands that clone, or that show what they would do (--dry-run). */
#ifndef REFLINK_CLI_RUN_FILES_H
#define REFLINK_CLI_RUN_FILES_H

#include "options.h"

/*
 * Checks what options_parse cannot, because it needs the file system: wildcards
 * where none can be, and operands that were meant as options or their values.
 * For OPTIONS_RUN, OPTIONS_SHARED and OPTIONS_DEDUPE. Returns false for a usage
 * error, and adds it to `error` as one line without a line end.
 */
bool run_files_check(const struct options *options, struct text *error);

/* Clones or copies as the options say, prints the results, and returns the exit
   code: that of totals_exit_code, or of console_stdout_failed. */
int run_files(const struct options *options);

#endif
