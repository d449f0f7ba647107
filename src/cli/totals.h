/*
 * Counts what a run did, and derives its exit code.
 */
#ifndef REFLINK_CLI_TOTALS_H
#define REFLINK_CLI_TOTALS_H

#include <reflink/reflink.h>

/* What a run passes over without an error. */
enum totals_passed {
    TOTALS_STAGING_FILE,     /* a staging file that another run left */
    TOTALS_SYSTEM_DIRECTORY, /* of the system, at a volume's root */
    TOTALS_SAME_SOURCE,      /* a SOURCE that was given twice */
    TOTALS_LINK,             /* a link, which --dedupe does not follow */
    TOTALS_PASSED_COUNT
};

/* What --dedupe counts besides. */
struct totals_dedupe {
    bool used; /* the run is one of --dedupe */
    uint64_t groups;
    uint64_t bytes_shared_before;
    uint64_t bytes_shared; /* now; in a dry run: what would be */
    uint64_t bytes_freed;
    bool freed_unknown; /* some volume does not report what it shares */
    /* files that were passed over, by their reason */
    uint64_t passed_over[REFLINK_REASON_COUNT];
};

struct totals {
    uint64_t files;
    uint64_t cloned;
    uint64_t copied;
    uint64_t mixed;
    uint64_t linked; /* hard links, kept with -H */
    uint64_t skipped;
    uint64_t failed; /* includes `different` and `interrupted` */
    uint64_t refused;
    uint64_t different;
    uint64_t interrupted;
    uint64_t bytes_cloned;
    uint64_t bytes_copied;
    uint64_t bytes_copied_by_server;
    uint64_t elapsed_us;
    /* files that were not completely cloned: all of them, with the refused, and
       those that were copied entirely */
    uint64_t reasons[REFLINK_REASON_COUNT];
    uint64_t copied_reasons[REFLINK_REASON_COUNT];
    /* files with a warning, by the number of its bit */
    uint64_t warnings[REFLINK_WARNING_COUNT];
    uint64_t hard_links;        /* hard links that became files of their own */
    uint64_t links_into_source; /* links in DEST that point back into SOURCE */
    uint64_t passed_over[TOTALS_PASSED_COUNT];
    struct totals_dedupe dedupe;
    bool out_of_memory; /* for the run itself, or for its output */
    bool usage_error;   /* the run was refused before it changed anything */
};

/* If several apply: 130 comes before 1, 1 before 4, and 4 before 3. A usage
   error comes before the errors of files. */
enum exit_code {
    EXIT_CODE_DONE = 0,
    EXIT_CODE_FAILED = 1,
    EXIT_CODE_USAGE = 2,
    EXIT_CODE_REFUSED = 3,
    EXIT_CODE_DIFFERENT = 4,
    EXIT_CODE_INTERRUPTED = 130
};

/* Counts one file by its outcome. */
void totals_count(struct totals *totals, const struct reflink_outcome *outcome);

/* Returns the exit code of a run with these totals. */
enum exit_code totals_exit_code(const struct totals *totals);

/* Returns the warnings to report for a file, as bits like outcome.warnings; 0
   if no file was created. */
unsigned totals_warnings(const struct reflink_outcome *outcome);

#endif
