/*
 * Walks a directory tree and calls a visitor for each entry, with its path in
 * SOURCE and its path in DEST. Changes nothing itself. Does not recurse, and
 * keeps no directory in memory as a whole.
 */
#ifndef REFLINK_CORE_WALK_H
#define REFLINK_CORE_WALK_H

#include "core/os.h"
#include "core/base/outcome.h"
#include "core/file/held_directory.h"

/* Why something is left out. */
enum tree_passed_over {
    TREE_SAME_SOURCE,      /* the same SOURCE was given before */
    TREE_SYSTEM_DIRECTORY, /* the system's own, at the root of a volume */
    TREE_STAGING_FILE,     /* of another run, or left behind by a power cut */
    TREE_PASSED_OVER_COUNT
};

/*
 * A directory of SOURCE that is copied with all that is in it, and what it
 * becomes in DEST.
 */
struct tree_root {
    const wchar_t *source;
    const wchar_t *dest;
};

/* A symbolic link, junction or mount point. */
struct tree_link {
    const wchar_t *source;
    struct held_directory *directory; /* that `dest` is in */
    const wchar_t *dest;
    const struct tree_root *root; /* the tree that it is in; NULL: in none */
    bool operand; /* it is itself a SOURCE of the command line */
};

/*
 * What to do with each entry of a walk. All paths are valid until the call
 * returns; each call gets `context`, and the directory that the entry's DEST is
 * in: NULL if DEST is not in a directory of this run, or if `enter` opens none.
 * All but `file` and `stopped` may be NULL: then nothing is done, and nothing
 * refused or skipped.
 */
struct tree_visitor {
    /* A file of `size` bytes, as its directory reports it. */
    void (*file)(void *context, const wchar_t *source,
                 struct held_directory *directory, const wchar_t *dest,
                 uint64_t size);
    /* A link; the walk does not follow it. */
    void (*link)(void *context, const struct tree_link *link);
    /* A directory, before its entries. Returns false to skip it. `*opened` is
       NULL; the walk drops the directory that the visitor opens in it. */
    bool (*enter)(void *context, const wchar_t *source,
                  struct held_directory *directory, const wchar_t *dest,
                  struct held_directory **opened);
    /* The same directory, after its entries, with what `enter` opened. */
    void (*leave)(void *context, const wchar_t *source,
                  struct held_directory *opened, const wchar_t *dest);
    /* Something that could not be walked, or an interruption. */
    void (*failed)(void *context, const struct reflink_outcome *outcome);
    /* A directory that will be walked, before anything is done. Returns false
       to refuse everything; the visitor has reported why. */
    bool (*accept)(void *context, const wchar_t *source, const wchar_t *dest);
    /* SOURCEs that cannot be combined: nothing has been done yet, and nothing
       will be. */
    void (*misused)(void *context, const struct reflink_outcome *outcome);
    /* A file or directory that is left out on purpose. */
    void (*passed_over)(void *context, enum tree_passed_over why,
                        const wchar_t *source);
    /* Whether to end the walk early. */
    bool (*stopped)(void *context);
    void *context;
};

/*
 * Whether `name`, in the root of a volume, is a directory that the system keeps
 * there for that volume: its restore points and indexes, or deleted files. They
 * cannot be read, or belong to the volume and not to the user's data.
 */
bool tree_is_system_directory(const wchar_t *name);

/* Call the visitor's function of that name, if it has one. */
void tree_pass_over(const struct tree_visitor *visitor,
                    enum tree_passed_over why, const wchar_t *source);
void tree_fail(const struct tree_visitor *visitor,
               const struct reflink_outcome *outcome);

/* Calls tree_fail with an outcome that has this error. */
void tree_report(const struct tree_visitor *visitor, const wchar_t *source,
                 const wchar_t *dest, os_error error, enum reflink_step step,
                 enum outcome_side side, enum reflink_hint hint);

/*
 * Walks the directory `source`, which may be a link with `follow`; its contents
 * belong in `dest`, which is in `directory` unless that is NULL. `root` is the
 * tree that `source` is in; NULL: it is one itself. Returns false if the user
 * pressed Ctrl-C before the end; that has been reported.
 */
bool tree_walk(const struct tree_visitor *visitor, const struct tree_root *root,
               const wchar_t *source, bool follow,
               struct held_directory *directory, const wchar_t *dest);

/*
 * Sets `*contains`: whether `dest`, which need not exist, is `source` or inside
 * it, under any name. Returns an error only if memory ran out.
 */
os_error tree_query_contains(const wchar_t *source, const wchar_t *dest,
                             bool *contains);

/*
 * If `path`, which need not exist, is the directory `root` or inside it, under
 * any name, `*rest` is its path from there on, which may be empty; the caller
 * frees it. Otherwise NULL. Returns an error only if memory ran out.
 */
os_error tree_find_within(const wchar_t *root, const wchar_t *path,
                          wchar_t **rest);

#endif
