/*
 * Puts what --info, --extents and --shared found into text or one JSON object
 * per line. A list may be long, so it is added in parts between its begin and
 * its end, and can be printed in parts, too. `out` is for stdout and gets no
 * text with -q; `err` is for stderr.
 */
#ifndef REFLINK_CLI_REPORT_LAYOUT_H
#define REFLINK_CLI_REPORT_LAYOUT_H

#include "core/inspect/volume_info.h"
#include "core/inspect/shared.h"
#include "report.h"

/*
 * The list of one file or of two. The caller sets the pointers, which must stay
 * valid, and zeroes the rest. If the list fails before it begins, the layouts
 * may be NULL or not read.
 */
struct report_list {
    const struct report_style *style;
    const wchar_t *path;               /* the file, or the first of two */
    const wchar_t *other;              /* the second of two */
    const struct layout *layout;       /* of `path` */
    const struct layout *layout_other; /* of `other` */
    int widths[3];                     /* of the columns, in characters */
    bool begun;
    bool has_heads; /* the heads of the columns were added */
};

/* Adds the answer of --info for one path. */
void report_info(const wchar_t *path, const struct reflink_volume *info,
                 const struct report_style *style, struct text *out);

/* Begins the list of --extents, and sets the widths of its columns. */
void report_extents_begin(struct report_list *list, struct text *out);

/* Adds one run of the layout. */
void report_extents_run(const struct report_list *list,
                        const struct layout_run *run, struct text *out);

/* Ends the list with the totals of the layout. */
void report_extents_end(const struct report_list *list, struct text *out);

/* Begins the list of --shared, and sets the widths of its columns. */
void report_shared_begin(struct report_list *list, struct text *out);

/* Adds one range. */
void report_shared_range(struct report_list *list,
                         const struct shared_range *range, struct text *out);

/* Ends the list; `bytes` is the total length of the ranges. */
void report_shared_end(const struct report_list *list, uint64_t bytes,
                       struct text *out);

/* Reports an error about `path` instead of report_info. */
void report_info_failed(const wchar_t *path, const struct reflink_error *error,
                        const struct report_style *style, struct text *out,
                        struct text *err);

/* Reports an error about the file, and ends the list if it has begun. */
void report_extents_failed(const struct report_list *list,
                           const struct reflink_error *error, struct text *out,
                           struct text *err);

/* Does the same for --shared. `path` is the file that the error is about. */
void report_shared_failed(const struct report_list *list, const wchar_t *path,
                          const struct reflink_error *error, struct text *out,
                          struct text *err);

#endif
