/* The usage page and the version line. */
#ifndef REFLINK_CLI_HELP_H
#define REFLINK_CLI_HELP_H

#include "text.h"

/* Adds the page that --help prints: one screen of whole lines. */
void help_add_usage(struct text *text);

/* Adds the line that --version prints. */
void help_add_version(struct text *text);

#endif
