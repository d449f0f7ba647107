/*
 * The forms that look and change nothing: --info, --extents, --shared. Each
 * answers all its operands on stdout, in pieces where there is much to say,
 * and returns the exit code: REPORT_DONE, REPORT_FAILED if one operand had no
 * answer, or REPORT_INTERRUPTED.
 */
#ifndef REFLINK_SHOW_H
#define REFLINK_SHOW_H

#include "options.h"

int show_info(const struct options *options);
int show_extents(const struct options *options);
int show_shared(const struct options *options);

#endif
