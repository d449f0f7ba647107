/*
 * DEST is not created with FILE_FLAG_DELETE_ON_CLOSE and then named by a hard
 * link. Samba replaces a name by a link in two steps, and loses the old file if
 * its disk does not support links [source3/smbd, hardlink_internals]. And
 * nothing documents that ReFS keeps the second name when the first is deleted
 * on close.
 */
#include "staging.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "core/errors.h"
#include "core/base/classify.h"
#include "core/base/path.h"

static bool fail(struct reflink_outcome *outcome, os_error error,
                 enum reflink_step step)
{
    outcome_fail(outcome, error, step, OUTCOME_DEST);
    return false;
}

bool staging_is_name(const wchar_t *name)
{
    static const wchar_t prefix[] = L"~reflink-";
    enum { PREFIX = sizeof prefix / sizeof prefix[0] - 1, DIGITS = 16 };
    if (wcsncmp(name, prefix, PREFIX) != 0)
        return false;
    return wcsspn(name + PREFIX, L"0123456789abcdef") == DIGITS &&
           wcscmp(name + PREFIX + DIGITS, L".tmp") == 0;
}

os_error staging_path(const wchar_t *dest_path, wchar_t **path)
{
    uint64_t number = 0;
    wchar_t name[40];
    os_error error = os_random(&number, sizeof number);
    if (error != 0)
        return error;
    (void)swprintf(name, sizeof name / sizeof name[0],
                   L"~reflink-%08lx%08lx.tmp", (unsigned long)(number >> 32),
                   (unsigned long)(number & 0xffffffff));
    *path = path_splice(dest_path, path_directory_length(dest_path), name);
    return *path != NULL ? 0 : CODE_NOT_ENOUGH_MEMORY;
}

bool staging_begin(struct staging *staging, const wchar_t *dest_path,
                   unsigned extra, struct reflink_outcome *outcome)
{
    os_error error = staging_path(dest_path, &staging->path);
    if (error != 0)
        return fail(outcome, error,
                    error == CODE_NOT_ENOUGH_MEMORY ? REFLINK_STEP_MEMORY
                                                    : REFLINK_STEP_CREATE);
    error = os_open_at(staging->directory, staging->path, OS_CREATE_NEW | extra,
                       &staging->file);
    staging->made = error == 0;
    staging->marked = staging->made && (extra & OS_TEMPORARY) != 0;
    return staging->made || fail(outcome, error, REFLINK_STEP_CREATE);
}

os_error staging_link(struct staging *staging, const wchar_t *dest_path,
                      struct os_file *file)
{
    os_error error = staging_path(dest_path, &staging->path);
    if (error != 0)
        return error;
    error = os_hard_link(file, staging->directory, staging->path);
    /* after a lost connection it may be there */
    staging->made = error == 0 || classify_io(error) == ERROR_CLASS_TRANSIENT;
    if (error == 0)
        error = os_open_at(staging->directory, staging->path, OS_OPEN_DELETE,
                           &staging->file);
    return error;
}

bool staging_mark(struct staging *staging, struct reflink_outcome *outcome)
{
    os_error error = os_mark_deleted(staging->file, true);
    staging->marked = error == 0;
    return staging->marked || fail(outcome, error, REFLINK_STEP_MARK_DELETED);
}

os_error staging_commit(struct staging *staging, const wchar_t *dest_path,
                        bool replace)
{
    os_error error = 0;
    if (staging->marked)
        error = os_mark_deleted(staging->file, false);
    if (error != 0)
        return error;
    staging->marked = false;
    error = os_rename(staging->file, staging->directory, dest_path, replace);
    /* a read-only file cannot be marked: staging_end deletes it */
    if (error != 0)
        staging->marked = os_mark_deleted(staging->file, true) == 0;
    staging->committed = error == 0;
    return error;
}

bool staging_name_is_taken(os_error error)
{
    return error == CODE_ALREADY_EXISTS || error == CODE_FILE_EXISTS;
}

/*
 * By its handle, which needs no memory. A read-only file cannot be marked. The
 * handle of a hard link may not set attributes, which its other names share.
 */
static bool mark_again(struct os_file *file)
{
    return os_mark_deleted(file, true) == 0 ||
           (os_set_metadata(file, 0, 0, 0) == 0 &&
            os_mark_deleted(file, true) == 0);
}

void staging_end(struct staging *staging, bool transient)
{
    bool lost = false;
    bool made = staging->made && !staging->committed;
    if (made && !staging->marked && staging->file != NULL)
        staging->marked = mark_again(staging->file);
    os_close(staging->file);
    if (made && staging->marked)
        lost = transient;
    else if (made)
        lost = classify_io(os_remove(staging->directory, staging->path)) ==
               ERROR_CLASS_TRANSIENT;
    if (lost) {
        free(staging->stale);
        staging->stale = staging->path;
    } else {
        free(staging->path);
    }
    *staging = (struct staging){.directory = staging->directory,
                                .stale = staging->stale};
}

void staging_remove_stale(struct staging *staging)
{
    if (staging->stale == NULL ||
        classify_io(os_remove(staging->directory, staging->stale)) ==
            ERROR_CLASS_TRANSIENT)
        return;
    free(staging->stale);
    staging->stale = NULL;
}

void staging_free(struct staging *staging)
{
    free(staging->stale);
}
