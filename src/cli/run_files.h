/* The forms that clone, or say what they would: run, progress, report. */
#ifndef REFLINK_PERFORM_H
#define REFLINK_PERFORM_H

#include "options.h"

/* Does what the options ask for and prints what came of it; returns the exit
   code. */
int perform(const struct options *options);

#endif
