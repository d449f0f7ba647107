#include "held_directory.h"

#include <stdlib.h>
#include <wchar.h>

#include "core/errors.h"
#include "core/base/classify.h"
#include "core/base/path.h"

/* Another thread may be using it. */
struct lost_handle {
    struct os_file *file;
    struct lost_handle *next;
};

struct held_directory *held_directory_plan(struct held_directory *parent,
                                           const wchar_t *path)
{
    struct held_directory *directory = calloc(1, sizeof *directory);
    if (directory == NULL)
        return NULL;
    directory->users = 1;
    directory->path = path_splice(path, wcslen(path), L"");
    directory->monitor = parent != NULL ? parent->monitor : os_monitor_make();
    if (directory->path == NULL || directory->monitor == NULL) {
        if (parent == NULL)
            os_monitor_free(directory->monitor);
        free(directory->path);
        free(directory);
        return NULL;
    }
    directory->parent = parent;
    held_directory_keep(parent);
    return directory;
}

/* Opens it in its parent's present handle. */
static os_error open_handle(struct held_directory *directory, unsigned flags,
                            enum os_found *found)
{
    struct held_directory *parent = directory->parent;
    struct os_file *file = NULL;
    struct os_info info = {0};
    os_error error = os_open_directory(parent != NULL ? parent->file : NULL,
                                       directory->path, flags, &file, found);
    if (error == 0 && file != NULL)
        error = os_query(file, &info);
    if (error != 0) {
        os_close(file);
        return error;
    }
    directory->file = file;
    if (file != NULL)
        directory->info = info;
    return 0;
}

/* Tries it again once if the parent's handle is lost. */
static os_error open_first(struct held_directory *directory, unsigned flags,
                           enum os_found *found)
{
    os_monitor_lock(directory->monitor);
    os_error error = open_handle(directory, flags, found);
    os_monitor_unlock(directory->monitor);
    if (directory->parent != NULL &&
        classify_io(error) == ERROR_CLASS_TRANSIENT) {
        held_directory_renew(directory->parent);
        os_monitor_lock(directory->monitor);
        error = open_handle(directory, flags, found);
        os_monitor_unlock(directory->monitor);
    }
    directory->flags = flags & ~(unsigned)OS_DIRECTORY_CREATE;
    return error;
}

struct held_directory *held_directory_open(struct held_directory *parent,
                                           const wchar_t *path, unsigned flags,
                                           struct reflink_outcome *outcome)
{
    enum os_found found = OS_FOUND_DIRECTORY;
    struct held_directory *directory = held_directory_plan(parent, path);
    if (directory == NULL) {
        outcome_fail(outcome, CODE_NOT_ENOUGH_MEMORY, REFLINK_STEP_MEMORY,
                     OUTCOME_DEST);
        return NULL;
    }
    os_error error = open_first(directory, flags, &found);
    directory->created = found == OS_FOUND_NOTHING;
    if (error == 0 && found == OS_FOUND_LINK)
        outcome_fail_hint(outcome, CODE_ALREADY_EXISTS, REFLINK_STEP_CREATE,
                          OUTCOME_DEST, REFLINK_HINT_LINK_IN_WAY);
    else if (error != 0)
        outcome_fail_hint(outcome, error, REFLINK_STEP_CREATE, OUTCOME_DEST,
                          error == CODE_PATH_NOT_FOUND
                              ? REFLINK_HINT_NO_DIRECTORY
                              : REFLINK_HINT_NONE);
    if (directory->file == NULL) {
        held_directory_drop(directory);
        return NULL;
    }
    return directory;
}

os_error held_directory_open_source(struct held_directory *parent,
                                    const wchar_t *path, bool follow,
                                    struct os_info *info,
                                    struct held_directory **opened)
{
    enum os_found found = OS_FOUND_DIRECTORY;
    struct held_directory *directory = held_directory_plan(parent, path);
    *opened = NULL;
    if (directory == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    os_error error =
        open_first(directory, follow ? OS_DIRECTORY_FOLLOW : 0, &found);
    if (error == 0 && found == OS_FOUND_LINK)
        error = CODE_REPARSE_POINT_ENCOUNTERED;
    *info = directory->info;
    if (error == 0 && found == OS_FOUND_DIRECTORY) {
        *opened = directory;
        return 0;
    }
    held_directory_drop(directory);
    return classify_unknown_request(error) ? 0 : error;
}

void held_directory_keep(struct held_directory *directory)
{
    if (directory != NULL)
        directory->users++;
}

void held_directory_drop(struct held_directory *directory)
{
    while (directory != NULL && --directory->users == 0) {
        struct held_directory *parent = directory->parent;
        os_close(directory->file);
        held_directory_drop(directory->source);
        while (directory->handles != NULL) {
            struct lost_handle *lost = directory->handles;
            directory->handles = lost->next;
            os_close(lost->file);
            free(lost);
        }
        if (parent == NULL)
            os_monitor_free(directory->monitor);
        free(directory->path);
        free(directory);
        directory = parent;
    }
}

struct os_file *held_directory_file(struct held_directory *directory)
{
    if (directory == NULL)
        return NULL;
    os_monitor_lock(directory->monitor);
    struct os_file *file = directory->file;
    os_monitor_unlock(directory->monitor);
    return file;
}

void held_directory_describe_new(struct held_directory *directory,
                                 struct os_info *info)
{
    os_monitor_lock(directory->monitor);
    *info = (struct os_info){
        .attributes = directory->info.attributes & OS_ATTRIBUTES_INHERITED,
        .identity = directory->info.identity,
    };
    os_monitor_unlock(directory->monitor);
}

/* --- after a lost connection ---------------------------------------------- */

static bool is_lost(const struct held_directory *directory)
{
    struct os_info info;
    return os_query_state(directory->file, &info) != 0;
}

/* Keeps the old handle open. Returns false if the new one was not opened. */
static bool open_again(struct held_directory *directory)
{
    enum os_found found = OS_FOUND_DIRECTORY;
    struct lost_handle *lost = malloc(sizeof *lost);
    if (lost == NULL)
        return false;
    struct os_file *old = directory->file;
    directory->file = NULL;
    if (open_handle(directory, directory->flags, &found) != 0 ||
        directory->file == NULL) {
        directory->file = old;
        free(lost);
        return false;
    }
    *lost = (struct lost_handle){old, directory->handles};
    directory->handles = lost;
    return true;
}

void held_directory_renew(struct held_directory *directory)
{
    bool more = directory != NULL;
    if (!more)
        return;
    os_monitor_lock(directory->monitor);
    while (more && is_lost(directory)) {
        struct held_directory *top = directory;
        while (top->parent != NULL && is_lost(top->parent))
            top = top->parent;
        more = open_again(top) && top != directory;
    }
    os_monitor_unlock(directory->monitor);
}

os_error held_directory_open_at(struct held_directory *directory,
                                const wchar_t *path, unsigned intent,
                                struct os_file **file)
{
    os_error error =
        os_open_at(held_directory_file(directory), path, intent, file);
    if (directory == NULL || classify_io(error) != ERROR_CLASS_TRANSIENT)
        return error;
    held_directory_renew(directory);
    return os_open_at(held_directory_file(directory), path, intent, file);
}
