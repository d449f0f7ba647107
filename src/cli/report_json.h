/* Puts results into JSON objects, which follow output.schema.json. */
#ifndef REFLINK_CLI_REPORT_JSON_H
#define REFLINK_CLI_REPORT_JSON_H

#include "text.h"
#include "totals.h"

/* Adds the members of an outcome to an object that the caller begins and ends.
   `range`: the outcome is that of a range of a file. */
void report_json_members(const struct reflink_outcome *outcome, bool range,
                         struct text *text);

/* Adds the object of one file. `range` as above. */
void report_json_file(const struct reflink_outcome *outcome, bool range,
                      struct text *text);

/* Adds the member `error`, about `path`; it is null if the code is 0. */
void report_json_error(const wchar_t *path, const struct reflink_error *error,
                       struct text *text);

/* Adds the object that ends a run. `code` is the run's exit code. */
void report_json_summary(const struct totals *totals, enum exit_code code,
                         struct text *text);

#endif
