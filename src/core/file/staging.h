/*
 * The staging file: DEST is created beside its final name and marked for
 * deletion until it is complete, and then renamed in one step. While it is
 * marked, the system deletes it if the process ends; it is unmarked just after
 * its creation and just before the rename.
 */
#ifndef REFLINK_CORE_STAGING_H
#define REFLINK_CORE_STAGING_H

#include "core/os.h"
#include "core/base/outcome.h"

/* Whether a file with this name is a staging file, of this or another run. */
bool staging_is_name(const wchar_t *name);

/*
 * Returns a path beside `dest_path` for a staging file. Its name
 * `~reflink-*.tmp` is unpredictable but recognizable. The caller frees `*path`.
 */
os_error staging_path(const wchar_t *dest_path, wchar_t **path);

/* Initialize it with zeros, and `directory`. */
struct staging {
    /* The directory that both names are in; NULL: the paths are followed. */
    struct os_file *directory;
    struct os_file *file; /* NULL: no file at present */
    wchar_t *path;
    /* Path of a staging file from an earlier attempt that the server may not
       have deleted; NULL: none. */
    wchar_t *stale;
    /* The file was created. */
    bool made;
    /* The file is deleted when it is closed. */
    bool marked;
    /* The file has DEST's name. */
    bool committed;
};

/*
 * Creates the staging file beside `dest_path`, under the name that staging_path
 * returns. `extra` flags are added to OS_CREATE_NEW. The file is not marked for
 * deletion yet, because no stream of a marked file can be opened; with
 * OS_TEMPORARY it is from the start, and cannot be committed. Returns false if
 * it failed; the outcome has the error.
 */
bool staging_begin(struct staging *staging, const wchar_t *dest_path,
                   unsigned extra, struct reflink_outcome *outcome);

/*
 * Makes the staging file a hard link to `file`, and opens it to be renamed. It
 * is never marked for deletion. Returns the error; what was made is deleted
 * again by staging_end.
 */
os_error staging_link(struct staging *staging, const wchar_t *dest_path,
                      struct os_file *file);

/*
 * Marks the file for deletion. Returns false if it failed; the outcome has the
 * error.
 */
bool staging_mark(struct staging *staging, struct reflink_outcome *outcome);

/*
 * Clears the mark and renames the file to `dest_path`; with `replace`, over an
 * existing file. Returns the error of either step. After a failed rename it
 * marks the file again; if that fails, staging_end deletes it.
 *
 * A process that is killed between the two steps leaves the complete file under
 * its staging name. In the opposite order, DEST would be replaced by a file
 * that is deleted when it is closed.
 */
os_error staging_commit(struct staging *staging, const wchar_t *dest_path,
                        bool replace);

/* Whether an error of staging_commit means that DEST exists. */
bool staging_name_is_taken(os_error error);

/*
 * Closes the file, which deletes it if it was not committed. After an error
 * that was `transient`, the server may have forgotten the mark; the path is
 * then kept for staging_remove_stale.
 */
void staging_end(struct staging *staging, bool transient);

/* Deletes the file of an earlier attempt if its server is reachable again. */
void staging_remove_stale(struct staging *staging);

/* Frees the path of a stale file, as the last of all calls. */
void staging_free(struct staging *staging);

#endif
