/*
 * Parses the command line. Only decides what to do; opens no file.
 */
#ifndef REFLINK_CLI_OPTIONS_H
#define REFLINK_CLI_OPTIONS_H

#include <reflink/reflink.h>

#include "text.h"

enum options_action {
    OPTIONS_RUN,
    OPTIONS_HELP,
    OPTIONS_VERSION,
    OPTIONS_INFO,    /* --info PATH... */
    OPTIONS_EXTENTS, /* --extents FILE... */
    OPTIONS_SHARED,  /* --shared FILE FILE */
    OPTIONS_DEDUPE   /* --dedupe [-r] FILE... */
};

enum options_progress { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

struct options {
    enum options_action action;
    struct reflink_policy policy;
    bool recursive;         /* -r */
    bool exact_dest;        /* -T: DEST is the name itself */
    bool follow_dest_links; /* --keep-directory-symlink */
    bool retarget_links;    /* --retarget-links */
    bool hard_links;        /* -H */
    unsigned jobs;          /* -j: files in parallel; 0: the default */
    const wchar_t *target;  /* -t; NULL: DEST is the last operand */
    bool has_range;         /* a range option, or five operands */
    struct reflink_range range;
    bool quiet;
    bool verbose;
    bool json;
    bool dry_run;
    enum options_progress progress;
    /* The first operand that is one of the values of the option before it,
       which has none; NULL: there is none. */
    const wchar_t *stray_value;
    const wchar_t *stray_option; /* the name of that option */
    const wchar_t **operands;    /* strings of argv; the array is allocated */
    int operand_count;
};

/*
 * Parses argv[1] to argv[argc - 1] into `*options`, which points into argv.
 * After --help or --version it ignores all that follows. Returns false for a
 * usage error, and adds it to `error` as one line without a line end; or if out
 * of memory, and then error->failed is set. The caller calls options_free in
 * any case.
 */
bool options_parse(int argc, wchar_t **argv, struct options *options,
                   struct text *error);

/* How many files are handled in parallel: -j, or what suits this machine. */
unsigned options_jobs(const struct options *options);

/* Frees the array of operands. */
void options_free(struct options *options);

#endif
