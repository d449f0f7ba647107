/*
 * Handles several sources, wildcards and directory trees: finds the target path
 * of each, refuses impossible combinations before anything is created, and then
 * visits file by file. The matches of wildcards are listed again for each of
 * these steps and never kept in memory.
 */
#ifndef REFLINK_CORE_OPERANDS_H
#define REFLINK_CORE_OPERANDS_H

#include "walk.h"

struct operand;

struct operands {
    const wchar_t *const *sources;
    int count;
    const wchar_t *dest;
    bool into;      /* DEST is a directory to put the sources in (-t) */
    bool exact;     /* DEST is the name itself (-T) */
    bool recursive; /* directories are walked; false: refused */
    bool dry_run;   /* DEST is not opened */
    /* Set by operands_begin: */
    bool creates_dest; /* DEST was missing: it was created, or would be */
    struct operand *items;
    struct repeated *repeated; /* targets that two SOURCEs have in common */
    struct held_directory *directory; /* DEST, if `into` */
};

/*
 * Whether a command line with these arguments needs this module. Otherwise it
 * is one file to one DEST.
 */
bool operands_needed(const wchar_t *const *sources, int count, bool into,
                     bool recursive);

/*
 * Examines all sources. Returns false if nothing can be done, or may be done
 * because two different ones would get the same name. Reports failures to
 * `visitor`. The caller calls operands_end in any case.
 */
bool operands_begin(struct operands *operands,
                    const struct tree_visitor *visitor);

/*
 * Visits all files of all sources; may be called repeatedly. If the user
 * presses Ctrl-C, stops and reports that as a failure.
 */
void operands_visit(const struct operands *operands,
                    const struct tree_visitor *visitor);

/* Frees what operands_begin allocated. */
void operands_end(struct operands *operands);

#endif
