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
};

/*
 * Whether a line is due at `now_us`: on a console half a second after the
 * start and then ten times a second at the most, in a log every ten seconds.
 * It then counts as drawn.
 */
bool progress_due(struct progress *progress, uint64_t now_us);

/*
 * Adds `NAME  [####....]  42%  1.2 GiB of 2.8 GiB  310 MiB/s  6 s left`: for
 * a console behind a carriage return and one column less than its width, for
 * a log with a line end.
 */
void progress_add_line(const struct progress *progress, const wchar_t *name,
                       uint64_t done, uint64_t total, uint64_t now_us,
                       struct text *text);

/* Adds what erases the line, if one was drawn. */
void progress_add_end(struct progress *progress, struct text *text);

#endif
