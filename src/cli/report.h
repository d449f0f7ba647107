/*
 * What happened, put into words. Knows no file and prints nothing itself.
 */
#ifndef REFLINK_CLI_REPORT_H
#define REFLINK_CLI_REPORT_H

#include <reflink/reflink.h>

#include "text.h"

struct report_style {
    bool quiet;
    bool verbose;
};

/* The exit codes that CONTRACT.md names. */
enum report_exit {
    REPORT_DONE = 0,
    REPORT_FAILED = 1,
    REPORT_USAGE = 2,
    REPORT_REFUSED = 3,
    REPORT_DIFFERENT = 4,
    REPORT_INTERRUPTED = 130
};

/*
 * Adds the result line to `out` and what went wrong to `err`, each with its
 * line end; either may get nothing.
 */
void report_file(const struct reflink_outcome *outcome,
                 const struct report_style *style, struct text *out,
                 struct text *err);

/* Adds `reflink: WORDS` and where to read more. */
void report_usage(const wchar_t *words, struct text *err);

enum report_exit report_exit_code(const struct reflink_outcome *outcome);

#endif
