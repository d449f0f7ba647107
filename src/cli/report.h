/*
 * What happened, put into lines of text or of JSON. Knows no file and prints
 * nothing itself.
 */
#ifndef REFLINK_CLI_REPORT_H
#define REFLINK_CLI_REPORT_H

#include <reflink/reflink.h>

#include "totals.h"
#include "text.h"

struct report_style {
    bool quiet;
    bool verbose;
    bool json;  /* objects on stdout instead of lines */
    bool many;  /* lists and trees: cloned files pass in silence, and a summary
                   ends it */
    bool range; /* a part of a file */
};

/*
 * Adds the result to `out` and what went wrong to `err`, each with its line
 * end; either may get nothing. With -v `err` gets what was worth knowing on
 * the way, too.
 */
void report_file(const struct reflink_outcome *outcome,
                 const struct report_style *style, struct text *out,
                 struct text *err);

/* Adds the line of a link that was recreated, with -v. Links are no files: in
   JSON they have no object. */
void report_link(const struct reflink_outcome *outcome,
                 const struct report_style *style, struct text *out);

/* Adds these warnings, and one for what DEST's volume could not hold. */
void report_warnings(const struct reflink_outcome *outcome,
                     const struct report_style *style, struct text *err);

/* Adds `reflink: PATH: what was being done: MESSAGE (CODE)`, and the hint. */
void report_error(const wchar_t *path, const struct reflink_error *error,
                  struct text *err);

/* Adds what ends a run to `out`: nothing for a single file as text. */
void report_summary(const struct totals *totals,
                    const struct report_style *style, struct text *out);

/* Adds `reflink: WORDS`, and where to read more. */
void report_usage(const wchar_t *words, struct text *err);

#endif
