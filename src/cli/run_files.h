/* The forms that clone, or say what they would: run, progress, report. */
#ifndef REFLINK_CLI_RUN_FILES_H
#define REFLINK_CLI_RUN_FILES_H

#include "options.h"

/* Does what the options ask for and prints what came of it; returns the exit
   code. */
int run_files(const struct options *options);

#endif
