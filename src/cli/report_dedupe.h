/*
 * Puts what --dedupe did into text or JSON, one object per line. `out` is for
 * stdout and `err` for stderr.
 */
#ifndef REFLINK_CLI_REPORT_DEDUPE_H
#define REFLINK_CLI_REPORT_DEDUPE_H

#include "core/dedupe/dedupe.h"
#include "report.h"

/* Files with equal content, and what became of them. */
struct report_group {
    const wchar_t *keep;
    uint64_t size;          /* of each file */
    uint64_t files;         /* with `keep` */
    uint64_t shared_before; /* bytes, without those of `keep` */
    uint64_t shared;        /* now */
    uint64_t freed;
    bool freed_unknown;
};

/* Adds the result of one file to the counts. */
void report_dedupe_count(struct totals *totals,
                         const struct dedupe_result *result, bool dry_run);

/*
 * Adds the result of one file to `out`, and its error to `err`. `in_group`: it
 * is one of a group, which has a line of its own; then only what needs
 * attention is added as text, and what holds for a whole volume once.
 */
void report_dedupe_file(const struct dedupe_result *result, bool in_group,
                        bool dry_run, const struct report_style *style,
                        struct report_once *once, struct text *out,
                        struct text *err);

/* Adds the line of a group, with -v. JSON has an object for each of its files
   instead. */
void report_dedupe_group(const struct report_group *group, bool dry_run,
                         const struct report_style *style, struct text *out);

/* Adds, with -v, that a file is passed over, and why. */
void report_dedupe_passed_over(const wchar_t *path, enum reflink_reason reason,
                               const struct report_style *style,
                               struct text *out);

/* Adds the summary as text. That of JSON is in report_json.h. */
void report_dedupe_summary(const struct totals *totals, bool dry_run,
                           const struct report_style *style, struct text *out);

#endif
