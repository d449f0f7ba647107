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

/* Adds the object that ends a run. `keeps_hard_links`: with -H, hard links that
   were kept are counted, and not those that became files of their own. */
void report_json_summary(const struct totals *totals, bool keeps_hard_links,
                         struct text *text);

#endif
