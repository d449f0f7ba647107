/* What a run would do, step by step, as lines or as one JSON object. */
#ifndef REFLINK_CLI_REPORT_DRY_H
#define REFLINK_CLI_REPORT_DRY_H

#include <reflink/reflink.h>

#include "report.h"

/* Collects the steps. Zeroed, and with its style set, it is empty. */
struct report_dry {
    const struct report_style *style;
    struct text steps;
    bool no_file; /* a directory or link, which has no bytes */
};

/* Adds a step; has the shape that reflink_dry_run asks for. */
void report_dry_step(void *dry, const struct reflink_dry_step *step);

/* Adds the whole plan to `out`, or what stands against it to `err`. */
void report_dry_end(struct report_dry *dry,
                    const struct reflink_outcome *outcome, struct text *out,
                    struct text *err);

#endif
