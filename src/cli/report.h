/*
 * Puts results into lines of text or JSON. Opens no file and prints nothing.
 * What it adds to `out` is for stdout, and what it adds to `err` for stderr;
 * every line has its line end.
 */
#ifndef REFLINK_CLI_REPORT_H
#define REFLINK_CLI_REPORT_H

#include <reflink/reflink.h>

#include "report_once.h"
#include "totals.h"
#include "text.h"

struct report_style {
    bool quiet;
    bool verbose;
    bool json;          /* `out` gets objects instead of lines */
    bool several_files; /* the run is a tree or list, so it has a summary */
    bool hard_links;    /* -H */
    bool range;         /* only a range of a file is cloned */
};

/*
 * Adds the result of one file to `out`, and its error or warnings to `err`.
 * With -v, `err` also gets what happened on the way, such as retries. Either
 * may get nothing. `once`: what the run printed before, so that it need not be
 * repeated; cloned files then have no line. NULL: print every file.
 */
void report_file(const struct reflink_outcome *outcome,
                 const struct report_style *style, struct report_once *once,
                 struct text *out, struct text *err);

/* Adds the line of a link that was recreated. JSON has no object for a link,
   because links are not files. */
void report_link(const struct reflink_outcome *outcome,
                 const struct report_style *style, struct text *out);

/* Adds, with -v, that a file or directory is passed over, and why. JSON has no
   object for it; its summary counts them. */
void report_passed_over(const wchar_t *path, enum totals_passed kind,
                        const struct report_style *style, struct text *out);

/* Adds the warnings of a file or directory, and one for what DEST's volume did
   not keep. Adds nothing with -q. */
void report_warnings(const struct reflink_outcome *outcome,
                     const struct report_style *style, struct text *err);

/* Adds `reflink: PATH: what failed: MESSAGE (CODE)`, and the hint if there is
   one. Adds `reflink: PATH: HINT` if reflink itself found the problem. */
void report_error(const wchar_t *path, const struct reflink_error *error,
                  struct text *err);

/* Adds, before the summary, the errors and warnings that were only counted, and
   whether the run was refused as a usage error. */
void report_ending(const struct totals *totals,
                   const struct report_style *style,
                   const struct report_once *once, struct text *err);

/* Adds the summary of a run. As text, a run on a single file has none. */
void report_summary(const struct totals *totals,
                    const struct report_style *style, struct text *out);

/* Adds `reflink: MESSAGE`, and a line that refers to --help. */
void report_usage(const wchar_t *message, struct text *err);

#endif
