/*
 * The command line, taken apart. Deciding only: nothing is opened here.
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
    OPTIONS_SHARED   /* --shared FILE FILE */
};

enum options_progress { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

struct options {
    enum options_action action;
    struct reflink_policy policy;
    bool recursive;        /* -r */
    unsigned jobs;         /* -j; 0: as many as serve best */
    const wchar_t *target; /* -t; NULL: the last operand */
    bool has_range; /* any range option, or the form with five operands */
    struct reflink_range range;
    bool quiet;
    bool verbose;
    bool json;
    bool dry_run; /* say what would be done */
    enum options_progress progress;
    const wchar_t **operands; /* within argv; the array is owned */
    int operand_count;
};

/*
 * Takes argv[1..argc) apart. False for a usage error, which `error` then
 * names in one line without a line end; or, if `error->failed`, for want of
 * memory. options_free is due in all cases.
 */
bool options_parse(int argc, wchar_t **argv, struct options *options,
                   struct text *error);

void options_free(struct options *options);

#endif
