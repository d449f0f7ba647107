/*
 * Keeps the output of a tree or list short: what holds for a whole volume is
 * printed once, and so is the first of many errors that are alike. The memory
 * that this takes is bounded; what does not fit is printed each time.
 */
#ifndef REFLINK_CLI_REPORT_ONCE_H
#define REFLINK_CLI_REPORT_ONCE_H

#include <reflink/reflink.h>

#include "text.h"

enum {
    REPORT_ONCE_VOLUMES = 16,
    REPORT_ONCE_ERRORS = 64,
    REPORT_ONCE_LINES = 3 /* so many errors of one kind are still printed */
};

/* Why the files of one volume are copied. */
struct report_once_volume {
    enum reflink_reason reason;
    wchar_t root[64];
    wchar_t file_system[32];
};

/* Errors with one cause in one directory. */
struct report_once_error {
    struct text directory; /* with the separator at its end; may be empty */
    struct text cause;     /* what follows the path in the line */
    struct text held;      /* the lines after the first, while they are few */
    uint64_t count;        /* with the one that was printed */
};

/* What a run has printed. All zeros at first. */
struct report_once {
    struct report_once_volume volumes[REPORT_ONCE_VOLUMES];
    unsigned volume_count;
    struct report_once_error errors[REPORT_ONCE_ERRORS];
    unsigned error_count;
};

/* Frees the memory; the struct is then all zeros. */
void report_once_free(struct report_once *once);

/* Returns whether to print that a file was copied for a reason that holds for
   DEST's whole volume: true for the first file. */
bool report_once_volume(struct report_once *once,
                        const struct reflink_outcome *outcome);

/*
 * Counts an error about `path`, whose cause is a sentence, and adds `line`,
 * which says so, if it is the first of its kind. A few more are held back for
 * report_once_rest.
 */
void report_once_error(struct report_once *once, const wchar_t *path,
                       const wchar_t *cause, const struct text *line,
                       struct text *err);

/* Adds the lines that were held back; or, for each kind of which there are more
   than REPORT_ONCE_LINES, one line with their number. */
void report_once_rest(const struct report_once *once, struct text *err);

#endif
