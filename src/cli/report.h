/*
 * What happened, put into lines of text or of JSON. Knows no file and prints
 * nothing itself.
 */
#ifndef REFLINK_CLI_REPORT_H
#define REFLINK_CLI_REPORT_H

#include <reflink/reflink.h>

#include "text.h"

struct report_style {
    bool quiet;
    bool verbose;
    bool json; /* objects on stdout instead of lines */
    bool many; /* lists and trees: cloned files pass in silence, and a summary
                  ends it */
};

/* What a run did, file by file. */
struct report_totals {
    uint64_t files;
    uint64_t cloned;
    uint64_t copied;
    uint64_t mixed;
    uint64_t skipped;
    uint64_t failed; /* those that differ or were interrupted, too */
    uint64_t refused;
    uint64_t different;
    uint64_t interrupted;
    uint64_t bytes_cloned;
    uint64_t bytes_copied;
    uint64_t elapsed_us;
    bool out_of_memory; /* there was no memory to begin with, or to say
                           something */
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

/* Counts one more file. */
void report_count(struct report_totals *totals,
                  const struct reflink_outcome *outcome);

/*
 * Adds the result to `out` and what went wrong to `err`, each with its line
 * end; either may get nothing. With -v `err` gets what was worth knowing on
 * the way, too.
 */
void report_file(const struct reflink_outcome *outcome,
                 const struct report_style *style, struct text *out,
                 struct text *err);

/* Adds the line of a link that was made anew, with -v. Links are no files: in
   JSON they have no object. */
void report_link(const struct reflink_outcome *outcome,
                 const struct report_style *style, struct text *out);

/* The warnings that the outcome of a file calls for: REFLINK_WARNING_*. */
unsigned report_warnings_of(const struct reflink_outcome *outcome);

/* Adds these warnings, and one for what DEST's volume could not hold. */
void report_warnings(const struct reflink_outcome *outcome,
                     const struct report_style *style, struct text *err);

/* Adds `reflink: PATH: what was being done: MESSAGE (CODE)`, and the hint. */
void report_error(const wchar_t *path, const struct reflink_error *error,
                  struct text *err);

/* Adds what ends a run to `out`: nothing for a single file as text. */
void report_summary(const struct report_totals *totals,
                    const struct report_style *style, struct text *out);

/* Adds `reflink: WORDS`, what the program is, and where to read more. */
void report_usage(const wchar_t *words, struct text *err);

enum report_exit report_exit_code(const struct report_totals *totals);

#endif
