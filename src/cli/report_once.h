/*
 * Keeps the output of a tree or list short: what holds for a whole volume is
 * printed once, and of errors that are alike only the first ones. The memory
 * that this takes is bounded; what does not fit is printed each time.
 */
#ifndef REFLINK_CLI_REPORT_ONCE_H
#define REFLINK_CLI_REPORT_ONCE_H

#include <reflink/reflink.h>

#include "text.h"

enum {
    REPORT_ONCE_VOLUMES = 16,
    REPORT_ONCE_ERRORS = 64,
    REPORT_ONCE_LINES = 3 /* how many errors of one kind are printed */
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
    uint64_t count;        /* with those that were printed */
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

/* Counts an error about `path`, whose cause is a sentence. Returns whether to
   print it. */
bool report_once_error(struct report_once *once, const wchar_t *path,
                       const wchar_t *cause);

/* Adds a line for each kind of error of which not all were printed. */
void report_once_rest(const struct report_once *once, struct text *err);

#endif
