/* Puts the plan of a dry run into lines of text or into one JSON object. */
#ifndef REFLINK_CLI_REPORT_DRY_H
#define REFLINK_CLI_REPORT_DRY_H

#include <reflink/reflink.h>

#include "report.h"

/* The steps so far. Set `style`, which must stay valid, and zero the rest. */
struct report_dry {
    const struct report_style *style;
    struct text steps; /* in their final form; report_dry_end frees it */
    bool no_file;      /* the plan is that of a directory or a link */
};

/* Adds a step. `context` is a struct report_dry; the function is a callback of
   reflink_dry_run. */
void report_dry_step(void *context, const struct reflink_dry_step *step);

/* Adds the plan to `out`, and the error or the warnings to `err`. Frees the
   steps. */
void report_dry_end(struct report_dry *dry,
                    const struct reflink_outcome *outcome, struct text *out,
                    struct text *err);

#endif
