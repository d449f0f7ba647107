/*
 * One directory tree: directories made, files handed on one by one, links
 * made anew and never followed, attributes and times set behind the contents.
 * No recursion, and no directory held as a whole.
 */
#ifndef REFLINK_CORE_TREE_H
#define REFLINK_CORE_TREE_H

#include "outcome.h"

/* What a walk does with what it meets. */
struct tree_visitor {
    /* A file and where it goes; both paths live until it returns. */
    void (*file)(void *context, const wchar_t *source, const wchar_t *dest);
    /* A directory or link that failed, or an interruption. */
    void (*failed)(void *context, const struct reflink_outcome *outcome);
    void *context;
    bool security; /* directories get owner, group and DACL, too */
};

/* Walks the directory `source`, whose contents go into `dest`. A failure of
   one entry is told, and the rest goes on. */
void tree_walk(const struct tree_visitor *visitor, const wchar_t *source,
               const wchar_t *dest);

/* A link that is to be made anew. */
void tree_link(const struct tree_visitor *visitor, const wchar_t *source,
               const wchar_t *dest);

/* Whether `dest`, which need not exist, is `source` or lies below it, by any
   name of either. */
bool tree_contains(const wchar_t *source, const wchar_t *dest);

#endif
