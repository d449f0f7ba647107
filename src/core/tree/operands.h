/*
 * Several sources into one directory, wildcards, trees: finds out what goes
 * where, refuses what cannot be before anything is made, and then hands on
 * file by file. Matches of wildcards are listed anew for each of these and
 * never held.
 */
#ifndef REFLINK_CORE_MANY_H
#define REFLINK_CORE_MANY_H

#include "walk.h"

struct many_operand;

struct many {
    const wchar_t *const *sources;
    int count;
    const wchar_t *dest;
    bool into;      /* DEST is a directory that sources go into, as with -t */
    bool recursive; /* directories are walked, else refused */
    struct many_operand *operands; /* many_begin's */
};

/* Whether a command line of this form has to go through these: else it is
   one file to one DEST. */
bool many_is(const wchar_t *const *sources, int count, bool into,
             bool recursive);

/* Looks at all sources; false if nothing can be done. Tells `visitor` what
   failed. many_end is due in both cases. */
bool many_begin(struct many *many, const struct tree_visitor *visitor);

/* Visits all files of all sources, any number of times. Where the user wants
   an end before, that is told as a failure. */
void many_visit(const struct many *many, const struct tree_visitor *visitor);

void many_end(struct many *many);

#endif
