/*
 * Several sources into one directory, wildcards, trees: finds out what goes
 * where, and refuses what cannot be before anything is made.
 */
#ifndef REFLINK_CORE_MANY_H
#define REFLINK_CORE_MANY_H

#include "tree.h"

struct many {
    struct tree_visitor visitor;
    const wchar_t *const *sources;
    int count;
    const wchar_t *dest;
    bool into;      /* DEST is a directory that sources go into, as with -t */
    bool recursive; /* directories are walked, else refused */
};

/* Whether a command line of this form has to go through many_run: else it is
   one file to one DEST. */
bool many_is(const wchar_t *const *sources, int count, bool into,
             bool recursive);

/* Visits all files of all sources. */
void many_run(const struct many *many);

#endif
