/* Puts --info, --extents and --shared into JSON objects, which follow
   output.schema.json. What the volume does not report is null. */
#ifndef REFLINK_CLI_REPORT_LAYOUT_JSON_H
#define REFLINK_CLI_REPORT_LAYOUT_JSON_H

#include "report_layout.h"

/* Adds the object of --info. Either `info` or `error` is NULL. */
void report_json_info(const wchar_t *path, const struct reflink_volume *info,
                      const struct reflink_error *error, struct text *text);

/* Begins the object of --extents, up to its array of runs. */
void report_json_extents_begin(const struct report_list *list,
                               struct text *text);

/* Adds one run. */
void report_json_extents_run(const struct report_list *list,
                             const struct layout_run *run, struct text *text);

/* Ends the object. `error` is NULL if the list is complete. Otherwise the
   totals are null; an object that has not begun is added whole. */
void report_json_extents_end(const struct report_list *list,
                             const struct reflink_error *error,
                             struct text *text);

/* Begins the object of --shared, up to its array of ranges. */
void report_json_shared_begin(const struct report_list *list,
                              struct text *text);

/* Adds one range. */
void report_json_shared_range(const struct shared_range *range,
                              struct text *text);

/* Ends a complete object; `bytes` is the total length of the ranges. */
void report_json_shared_end(const struct report_list *list, uint64_t bytes,
                            struct text *text);

/* Ends an object that failed, with an error about `path`. An object that has
   not begun is added whole. */
void report_json_shared_failed(const struct report_list *list,
                               const wchar_t *path,
                               const struct reflink_error *error,
                               struct text *text);

#endif
