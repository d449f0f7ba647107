/* --info, --extents and --shared as JSON objects, whose form is that of
   output.schema.json: what the volume does not report is null. */
#ifndef REFLINK_CLI_REPORT_LAYOUT_JSON_H
#define REFLINK_CLI_REPORT_LAYOUT_JSON_H

#include "report_layout.h"

/* `info` is NULL where there is an error, which is NULL where there is none.
   The same goes for all that ends an object here. */
void report_json_info(const wchar_t *path, const struct info *info,
                      const struct reflink_error *error, struct text *text);

void report_json_extents_begin(const struct report_list *list,
                               struct text *text);
void report_json_extents_run(const struct report_list *list,
                             const struct layout_run *run, struct text *text);
void report_json_extents_end(const struct report_list *list,
                             const struct reflink_error *error,
                             struct text *text);

void report_json_shared_begin(const struct report_list *list,
                              struct text *text);
void report_json_shared_range(const struct shared_range *range,
                              struct text *text);
void report_json_shared_end(const struct report_list *list, uint64_t bytes,
                            struct text *text);
void report_json_shared_failed(const struct report_list *list,
                               const wchar_t *path,
                               const struct reflink_error *error,
                               struct text *text);

#endif
