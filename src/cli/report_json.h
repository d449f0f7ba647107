/* What happened, as the objects that CONTRACT.md promises. */
#ifndef REFLINK_CLI_REPORT_JSON_H
#define REFLINK_CLI_REPORT_JSON_H

#include "report.h"

/* All members of an outcome, within an object that is begun. */
void report_json_members(const struct reflink_outcome *outcome,
                         struct text *text);

void report_json_file(const struct reflink_outcome *outcome, struct text *text);
/* Adds the member `error`: null if its code is 0. */
void report_json_error(const wchar_t *path, const struct reflink_error *error,
                       struct text *text);
void report_json_summary(const struct report_totals *totals,
                         enum report_exit code, struct text *text);

#endif
