/* What happened, as JSON objects in the form of output.schema.json. */
#ifndef REFLINK_CLI_REPORT_JSON_H
#define REFLINK_CLI_REPORT_JSON_H

#include "text.h"
#include "totals.h"

/* All members of an outcome, within an object that is begun. `range`: it is
   that of a part of a file. */
void report_json_members(const struct reflink_outcome *outcome, bool range,
                         struct text *text);

void report_json_file(const struct reflink_outcome *outcome, bool range,
                      struct text *text);
/* Adds the member `error`: null if its code is 0. */
void report_json_error(const wchar_t *path, const struct reflink_error *error,
                       struct text *text);
void report_json_summary(const struct totals *totals, enum exit_code code,
                         struct text *text);

#endif
