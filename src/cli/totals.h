/*
 * Counts what a run did, and derives its exit code.
 */
#ifndef REFLINK_CLI_TOTALS_H
#define REFLINK_CLI_TOTALS_H

#include <reflink/reflink.h>

struct totals {
    uint64_t files;
    uint64_t cloned;
    uint64_t copied;
    uint64_t mixed;
    uint64_t skipped;
    uint64_t failed; /* includes `different` and `interrupted` */
    uint64_t refused;
    uint64_t different;
    uint64_t interrupted;
    uint64_t bytes_cloned;
    uint64_t bytes_copied;
    uint64_t elapsed_us;
    bool out_of_memory; /* for the run itself, or for its output */
};

/* If several apply: 130 comes before 1, 1 before 4, and 4 before 3. */
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
