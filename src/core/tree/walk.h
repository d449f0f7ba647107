/*
 * One directory tree, walked: what stands in it is handed on entry by entry,
 * each with the path it is to have in DEST. Changes nothing itself. No
 * recursion, and no directory held as a whole.
 */
#ifndef REFLINK_CORE_WALK_H
#define REFLINK_CORE_WALK_H

#include "core/os.h"
#include "core/base/outcome.h"

/* What is done with what a walk meets. All paths live until the call returns;
   `context` is handed to each. */
struct tree_visitor {
    /* A file of `size` bytes, as its directory tells. */
    void (*file)(void *context, const wchar_t *source, const wchar_t *dest,
                 uint64_t size);
    /* A symbolic link, junction or mount point, which is not followed. */
    void (*link)(void *context, const wchar_t *source, const wchar_t *dest);
    /* A directory, before what stands in it; false: that is passed over. */
    bool (*enter)(void *context, const wchar_t *source, const wchar_t *dest);
    /* The same directory, behind what stands in it. */
    void (*leave)(void *context, const wchar_t *source, const wchar_t *dest);
    /* What could not be walked, or an interruption. */
    void (*failed)(void *context, const struct reflink_outcome *outcome);
    /* Whether the walk is to end before its end. */
    bool (*stopped)(void *context);
    void *context;
};

/* Hands a failure on. */
void tree_tell(const struct tree_visitor *visitor, const wchar_t *source,
               const wchar_t *dest, os_error error, enum reflink_step step,
               enum outcome_side side, enum reflink_hint hint);

/* Walks the directory `source`, whose contents go into `dest`. False: the user
   wanted an end before it was through, which has been told. */
bool tree_walk(const struct tree_visitor *visitor, const wchar_t *source,
               const wchar_t *dest);

/* Whether `dest`, which need not exist, is `source` or lies below it, by any
   name of either. */
bool tree_contains(const wchar_t *source, const wchar_t *dest);

#endif
