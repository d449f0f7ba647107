/*
 * What --info, --extents and --shared have found, as text or as one object a
 * line. A list may be long: it is added piece by piece between its begin and
 * its end, so that it can be printed in pieces, too. As everywhere, quiet text
 * is no text.
 */
#ifndef REFLINK_CLI_REPORT_LAYOUT_H
#define REFLINK_CLI_REPORT_LAYOUT_H

#include "core/inspect/volume_info.h"
#include "core/inspect/shared.h"
#include "report.h"

/* What one list is about. Columns are as wide as its begin finds they must
   be. */
struct report_list {
    const struct report_style *style;
    const wchar_t *path;         /* the file, or the first of two */
    const wchar_t *other;        /* the second */
    const struct layout *layout; /* that of `path`, read */
    const struct layout *layout_other;
    int widths[3];
    bool begun;
    bool has_heads; /* the columns have their names */
};

void report_info(const wchar_t *path, const struct info *info,
                 const struct report_style *style, struct text *out);

void report_extents_begin(struct report_list *list, struct text *out);
void report_extents_run(const struct report_list *list,
                        const struct layout_run *run, struct text *out);
void report_extents_end(const struct report_list *list, struct text *out);

void report_shared_begin(struct report_list *list, struct text *out);
void report_shared_range(struct report_list *list,
                         const struct shared_range *range, struct text *out);
void report_shared_end(const struct report_list *list, uint64_t bytes,
                       struct text *out);

/*
 * Instead of the whole, or of what follows the beginning, where that failed.
 * `path` is the one that the error is about.
 */
void report_info_failed(const wchar_t *path, const struct reflink_error *error,
                        const struct report_style *style, struct text *out,
                        struct text *err);
void report_extents_failed(const struct report_list *list,
                           const struct reflink_error *error, struct text *out,
                           struct text *err);
void report_shared_failed(const struct report_list *list, const wchar_t *path,
                          const struct reflink_error *error, struct text *out,
                          struct text *err);

#endif
