/*
 * The directories of DEST that a run writes to, and in a tree those of SOURCE.
 * Each is opened once, below its parent, and its entries are created, opened
 * and named by its handle. So no link below SOURCE or DEST is ever followed
 * unnoticed: not even one that somebody puts in a directory's place after it
 * was checked.
 *
 * A server is sent paths from its share's root, also for what is opened in a
 * directory that is open [MS-SMB2 2.2.13]. A link that appears on the server
 * after the check can be followed there; the handle only keeps the directory
 * from being renamed or deleted.
 */
#ifndef REFLINK_CORE_HELD_DIRECTORY_H
#define REFLINK_CORE_HELD_DIRECTORY_H

#include "core/os.h"
#include "core/base/outcome.h"

struct held_directory {
    struct held_directory *parent; /* NULL: DEST itself, or SOURCE */
    struct held_directory *source; /* whose entries it gets; may be NULL */
    wchar_t *path;
    unsigned flags;              /* of os_open_directory, to open it again */
    bool created;                /* by this run */
    unsigned users;              /* it is closed with the last one */
    struct os_file *file;        /* NULL: none, in a dry run */
    struct os_info info;         /* when it was opened */
    struct os_monitor *monitor;  /* one for a top and all below it */
    struct lost_handle *handles; /* that were lost; closed at the end */
};

/*
 * Opens the directory `path` in `parent`, or DEST itself if that is NULL.
 * `flags` are those of os_open_directory. A link that is not to be followed is
 * an error with REFLINK_HINT_LINK_IN_WAY. Returns NULL if it failed; the
 * outcome has the error. The caller ends it with held_directory_drop.
 */
struct held_directory *held_directory_open(struct held_directory *parent,
                                           const wchar_t *path, unsigned flags,
                                           struct reflink_outcome *outcome);

/*
 * Opens a directory of SOURCE in the same way, to open what is in it by its
 * handle; `parent` is one, too. With `follow`, it may be a link; without, that
 * is CODE_REPARSE_POINT_ENCOUNTERED. Reads `*info`. `*opened` is NULL after
 * success where names have to be opened by path: another driver decides what is
 * in the directory (a reparse point that is no link, as clouds and DFS have
 * them), or the volume cannot open it like this.
 */
os_error held_directory_open_source(struct held_directory *parent,
                                    const wchar_t *path, bool follow,
                                    struct os_info *info,
                                    struct held_directory **opened);

/*
 * The same as held_directory_open without opening anything, for a dry run.
 * NULL: out of memory.
 */
struct held_directory *held_directory_plan(struct held_directory *parent,
                                           const wchar_t *path);

/*
 * Adds a user, or removes one; ignores NULL. Only one thread may call these two
 * and the two above.
 */
void held_directory_keep(struct held_directory *directory);
void held_directory_drop(struct held_directory *directory);

/* The open directory, for os.h's functions; NULL if `directory` is NULL. */
struct os_file *held_directory_file(struct held_directory *directory);

/*
 * Describes a file that was created in `directory`, before anything is set: its
 * volume (the rest of the identity is the directory's) and the attributes that
 * it inherits: encryption, compression, integrity [MS-FSCC 2.6].
 */
void held_directory_describe_new(struct held_directory *directory,
                                 struct os_info *info);

/*
 * Opens the last part of `path` in `directory`, or `path` if that is NULL.
 * Tries it again once if the directory's handle is lost.
 */
os_error held_directory_open_at(struct held_directory *directory,
                                const wchar_t *path, unsigned intent,
                                struct os_file **file);

/*
 * After a transient error: opens those of `directory` and its parents again
 * whose handles are lost. Any thread may call it. What was opened with an older
 * handle of `directory` remains valid.
 */
void held_directory_renew(struct held_directory *directory);

#endif
