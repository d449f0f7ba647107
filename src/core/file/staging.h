/*
 * The staging file: DEST under a name beside its own, marked for deletion until
 * it is complete, and then renamed in one step. Whatever ends the process, the
 * system deletes what was not committed.
 */
#ifndef REFLINK_CORE_STAGING_H
#define REFLINK_CORE_STAGING_H

#include "core/os.h"
#include "core/base/outcome.h"

/* Zeroed, it is none. */
struct staging {
    struct os_file *file; /* NULL: there is none now */
    wchar_t *path;
    wchar_t *stale; /* one of an earlier attempt that its server may not have
                       deleted */
    bool marked;    /* it is deleted when it is closed */
    bool committed; /* it has DEST's name */
};

/*
 * Creates it beside `dest_path`, by a name that nobody can guess and everybody
 * can recognize: `~reflink-*.tmp`. `extra` is added to OS_CREATE_NEW. It is not
 * marked for deletion yet, as nothing of a marked file can be opened: named
 * streams have to be opened before. False: the outcome has the error.
 */
bool staging_begin(struct staging *staging, const wchar_t *dest_path,
                   unsigned extra, struct reflink_outcome *outcome);

/* Marks it for deletion. False: the outcome has the error. */
bool staging_mark(struct staging *staging, struct reflink_outcome *outcome);

/*
 * Clears the mark and renames it to `dest_path`, over a file there if
 * `replace`. Errors are those of os_rename; it is then marked again.
 *
 * A process that is killed between the two steps leaves the complete file under
 * its staging name. In the other order DEST would be replaced by a file that is
 * deleted when it is closed.
 */
os_error staging_commit(struct staging *staging, const wchar_t *dest_path,
                        bool replace);

/*
 * Closes it; what was not committed is deleted. After a transient error, which
 * `transient` says, the server may have forgotten the mark: then its path is
 * kept, for staging_remove_stale.
 */
void staging_end(struct staging *staging, bool transient);

/* Deletes what an earlier attempt left, if its server is there again. */
void staging_remove_stale(struct staging *staging);

/* Frees what is left of it. */
void staging_free(struct staging *staging);

#endif
