/*
 * What a run did, counted, and the exit code that follows from it.
 */
#ifndef REFLINK_CLI_TOTALS_H
#define REFLINK_CLI_TOTALS_H

#include <reflink/reflink.h>

/* What a run did, file by file. */
struct totals {
    uint64_t files;
    uint64_t cloned;
    uint64_t copied;
    uint64_t mixed;
    uint64_t skipped;
    uint64_t failed; /* those that differ or were interrupted, too */
    uint64_t refused;
    uint64_t different;
    uint64_t interrupted;
    uint64_t bytes_cloned;
    uint64_t bytes_copied;
    uint64_t elapsed_us;
    bool out_of_memory; /* there was no memory to begin with, or to say
                           something */
};

/* The exit codes: of several that apply, 130, 1, 4 and 3 in this order. */
enum exit_code {
    EXIT_CODE_DONE = 0,
    EXIT_CODE_FAILED = 1,
    EXIT_CODE_USAGE = 2,
    EXIT_CODE_REFUSED = 3,
    EXIT_CODE_DIFFERENT = 4,
    EXIT_CODE_INTERRUPTED = 130
};

/* Counts one more file. */
void totals_count(struct totals *totals, const struct reflink_outcome *outcome);

enum exit_code totals_exit_code(const struct totals *totals);

/* The warnings that the outcome of a file calls for: REFLINK_WARNING_*. */
unsigned totals_warnings(const struct reflink_outcome *outcome);

#endif
