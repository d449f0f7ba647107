/*
 * Walks a directory tree and calls a visitor for each entry, with its path in
 * SOURCE and its path in DEST. Changes nothing itself. Does not recurse, and
 * keeps no directory in memory as a whole.
 */
#ifndef REFLINK_CORE_WALK_H
#define REFLINK_CORE_WALK_H

#include "core/os.h"
#include "core/base/outcome.h"
#include "core/file/dest_directory.h"

/*
 * What to do with each entry of a walk. All paths are valid until the call
 * returns; each call gets `context`, and the directory that the entry's DEST is
 * in: NULL if DEST is not in a directory of this run, or if `enter` opens none.
 */
struct tree_visitor {
    /* A file of `size` bytes, as its directory reports it. */
    void (*file)(void *context, const wchar_t *source,
                 struct dest_directory *directory, const wchar_t *dest,
                 uint64_t size);
    /* A symbolic link, junction or mount point; the walk does not follow it. */
    void (*link)(void *context, const wchar_t *source,
                 struct dest_directory *directory, const wchar_t *dest);
    /* A directory, before its entries. Returns false to skip it. `*opened` is
       NULL; the walk drops the directory that the visitor opens in it. */
    bool (*enter)(void *context, const wchar_t *source,
                  struct dest_directory *directory, const wchar_t *dest,
                  struct dest_directory **opened);
    /* The same directory, after its entries, with what `enter` opened. */
    void (*leave)(void *context, const wchar_t *source,
                  struct dest_directory *opened, const wchar_t *dest);
    /* Something that could not be walked, or an interruption. */
    void (*failed)(void *context, const struct reflink_outcome *outcome);
    /* Whether to end the walk early. */
    bool (*stopped)(void *context);
    void *context;
};

/* Calls `visitor->failed` with an outcome that has this error. */
void tree_report(const struct tree_visitor *visitor, const wchar_t *source,
                 const wchar_t *dest, os_error error, enum reflink_step step,
                 enum outcome_side side, enum reflink_hint hint);

/*
 * Walks the directory `source`; its contents belong in `dest`, which is in
 * `directory` unless that is NULL. Returns false if
 * the user pressed Ctrl-C before the end; that has been reported.
 */
bool tree_walk(const struct tree_visitor *visitor, const wchar_t *source,
               struct dest_directory *directory, const wchar_t *dest);

/*
 * Whether `dest`, which need not exist, is `source` or inside it, under any
 * name.
 */
bool tree_contains(const wchar_t *source, const wchar_t *dest);

#endif
