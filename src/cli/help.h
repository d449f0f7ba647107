/* The usage page and the version line. */
#ifndef REFLINK_CLI_HELP_H
#define REFLINK_CLI_HELP_H

#include "text.h"

void help_add_usage(struct text *text);
void help_add_version(struct text *text);

#endif
