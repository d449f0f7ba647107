/*
 * Decides when a line of progress is due, and writes that line as text. Prints
 * nothing.
 */
#ifndef REFLINK_CLI_PROGRESS_H
#define REFLINK_CLI_PROGRESS_H

#include "text.h"

struct progress {
    bool wanted;
    unsigned width; /* of the console in columns; 0: a log gets the lines */
    uint64_t start_us;
    uint64_t last_us; /* when the last line was due; 0: none was */
    bool drawn;       /* a line is on the console */
};

/* How much of a run is done. */
struct progress_view {
    const wchar_t *name; /* of the current file */
    uint64_t done;       /* bytes */
    uint64_t total;      /* bytes */
    bool several_files;  /* the line has numbers of files, too */
    bool counting;       /* the totals may still grow */
    uint64_t files;      /* done */
    uint64_t files_total;
};

/*
 * Whether a line is due at `now_us`, in microseconds of os_clock_us: on a
 * console, half a second after the start and then at most ten times per second;
 * in a log, every ten seconds. If true, the caller draws the line.
 */
bool progress_due(struct progress *progress, uint64_t now_us);

/*
 * Adds `NAME  [####....]  42%  1.2 GiB of 2.8 GiB  310 MiB/s  6 s left`: for a
 * console after a carriage return and one column narrower than the console, for
 * a log with a line end and without a bar. Several files have `17 of 40 files`
 * before the bytes. While they are counted, both totals have `at least`, and
 * bar, percentage and time left are omitted.
 */
void progress_add_line(struct progress *progress,
                       const struct progress_view *view, uint64_t now_us,
                       struct text *text);

/* Adds what erases the line from the console, if there is one. */
void progress_add_end(struct progress *progress, struct text *text);

#endif
