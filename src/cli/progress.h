/*
 * How far it got: when a line is due, and the line. Draws nothing itself.
 */
#ifndef REFLINK_CLI_PROGRESS_H
#define REFLINK_CLI_PROGRESS_H

#include "text.h"

struct progress {
    bool wanted;
    unsigned width; /* of the console; 0: lines for a log */
    uint64_t start_us;
    uint64_t last_us; /* when the last line was drawn; 0: none was */
    bool drawn;       /* and stands on the console */
};

/* How far it got. */
struct progress_view {
    const wchar_t *name; /* of the file at hand */
    uint64_t done;       /* bytes */
    uint64_t total;
    bool many;     /* files are counted, too */
    bool counting; /* and so far there are at least as many as stand here */
    uint64_t files;
    uint64_t files_total;
};

/*
 * Whether a line is due at `now_us`: on a console half a second after the
 * start and then ten times a second at the most, in a log every ten seconds.
 * It then counts as drawn.
 */
bool progress_due(struct progress *progress, uint64_t now_us);

/*
 * Adds `NAME  [####....]  42%  1.2 GiB of 2.8 GiB  310 MiB/s  6 s left`: for
 * a console after a carriage return and one column less than its width, for
 * a log with a line end. Of many files, `17 of 40 files  ` stands before the
 * bytes; while they are counted, `at least` before both totals, and nothing
 * that would follow from these.
 */
void progress_add_line(struct progress *progress,
                       const struct progress_view *view, uint64_t now_us,
                       struct text *text);

/* Adds what erases the line, if one was drawn. */
void progress_add_end(struct progress *progress, struct text *text);

#endif
