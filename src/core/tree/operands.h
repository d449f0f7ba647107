/*
 * Several sources into one directory, wildcards, trees: finds out what goes
 * where, refuses what cannot be before anything is made, and then hands on
 * file by file. Matches of wildcards are listed anew for each of these and
 * never held.
 */
#ifndef REFLINK_CORE_OPERANDS_H
#define REFLINK_CORE_OPERANDS_H

#include "walk.h"

struct operand;

struct operands {
    const wchar_t *const *sources;
    int count;
    const wchar_t *dest;
    bool into;      /* DEST is a directory that sources go into, as with -t */
    bool recursive; /* directories are walked, else refused */
    struct operand *items; /* operands_begin's */
};

/* Whether a command line of this form has to go through these: else it is
   one file to one DEST. */
bool operands_is(const wchar_t *const *sources, int count, bool into,
                 bool recursive);

/* Looks at all sources; false if nothing can be done. Tells `visitor` what
   failed. operands_end is due in both cases. */
bool operands_begin(struct operands *operands,
                    const struct tree_visitor *visitor);

/* Visits all files of all sources, any number of times. Where the user wants
   an end before, that is told as a failure. */
void operands_visit(const struct operands *operands,
                    const struct tree_visitor *visitor);

void operands_end(struct operands *operands);

#endif
