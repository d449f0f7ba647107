/* Reads and recreates symbolic links, junctions and mount points. */
#include "answers.h"
#include "reparse.h"
#include "win32.h"

#include <stdlib.h>
#include <string.h>

/* MAXIMUM_REPARSE_DATA_BUFFER_SIZE [MS-FSCC 2.1.2]. */
enum { REPARSE_MAX = 16 * 1024 };

/* A link: all that is needed to recreate it. */
struct link {
    BYTE buffer[REPARSE_MAX];
    DWORD size;
    bool directory;
};

static os_error open_link(struct os_file *directory, const wchar_t *full,
                          DWORD access, HANDLE *handle)
{
    const struct win32_nt_opening how = {
        access,
        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        SDK_OPEN,
        SDK_OPTION_FOR_BACKUP | SDK_OPTION_REPARSE_POINT,
        FILE_ATTRIBUTE_NORMAL,
        false};
    return win32_nt_open(directory, full, &how, handle);
}

static os_error read_point(HANDLE handle, struct link *link)
{
    if (!DeviceIoControl(handle, FSCTL_GET_REPARSE_POINT, NULL, 0, link->buffer,
                         REPARSE_MAX, &link->size, NULL))
        return win32_last_error();
    /* the driver may report more than it wrote */
    if (link->size > REPARSE_MAX)
        link->size = REPARSE_MAX;
    return 0;
}

static os_error read_link(struct os_file *directory, const wchar_t *full,
                          struct link *link)
{
    BY_HANDLE_FILE_INFORMATION info;
    HANDLE handle = NULL;
    os_error error = open_link(directory, full, FILE_READ_ATTRIBUTES, &handle);
    if (error != 0)
        return error;
    if (GetFileInformationByHandle(handle, &info)) {
        link->directory =
            (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
        error = read_point(handle, link);
    } else {
        error = win32_last_error();
    }
    CloseHandle(handle);
    return error;
}

static void mark_deleted(HANDLE handle)
{
    FILE_DISPOSITION_INFO disposition;
    disposition.DeleteFile = TRUE;
    SetFileInformationByHandle(handle, FileDispositionInfo, &disposition,
                               sizeof disposition);
}

static void remove_link(struct os_file *directory, const wchar_t *full)
{
    HANDLE handle = NULL;
    if (open_link(directory, full, DELETE, &handle) != 0)
        return;
    mark_deleted(handle);
    CloseHandle(handle);
}

/*
 * Creates an empty file or directory and turns it into the link. Sets
 * `*refused` if the system refused the second step.
 */
static os_error write_link(struct os_file *directory, const wchar_t *full,
                           struct link *link, bool *refused)
{
    const struct win32_nt_opening how = {
        GENERIC_WRITE | DELETE,
        0,
        SDK_CREATE,
        SDK_OPTION_REPARSE_POINT |
            (link->directory ? SDK_OPTION_DIRECTORY : SDK_OPTION_NON_DIRECTORY),
        FILE_ATTRIBUTE_NORMAL,
        false};
    DWORD returned = 0;
    HANDLE handle = NULL;
    os_error error = win32_nt_open(directory, full, &how, &handle);
    if (error != 0)
        return error;
    if (!DeviceIoControl(handle, FSCTL_SET_REPARSE_POINT, link->buffer,
                         link->size, NULL, 0, &returned, NULL)) {
        error = win32_last_error();
        *refused =
            error == ERROR_ACCESS_DENIED || error == ERROR_PRIVILEGE_NOT_HELD;
        mark_deleted(handle);
    }
    CloseHandle(handle);
    return error;
}

/*
 * Returns the path of `full`'s last part in `directory`, with all links
 * resolved. The caller frees `*path`.
 */
static os_error path_in(struct os_file *directory, const wchar_t *full,
                        wchar_t **path)
{
    wchar_t *parent = NULL;
    const wchar_t *name = wcsrchr(full, L'\\');
    os_error error = name != NULL
                         ? win32_final_path(directory->handle, 0, &parent)
                         : ERROR_INVALID_NAME;
    if (error != 0)
        return error;
    size_t length = wcslen(parent);
    if (length != 0 && parent[length - 1] == L'\\')
        length--;
    *path = malloc((length + wcslen(name) + 1) * sizeof **path);
    if (*path != NULL) {
        wmemcpy(*path, parent, length);
        wcscpy(*path + length, name);
    }
    free(parent);
    return *path != NULL ? 0 : ERROR_NOT_ENOUGH_MEMORY;
}

/*
 * In Developer Mode, the system refuses the request but allows this one
 * function [microsoft/winfile #303, #308]. It takes a path and not the reparse
 * data, so the new link is compared with the old one, and deleted if it
 * differs. An empty directory that is made a junction just then is followed; no
 * more than the link is created there. Returns `denied` if that did not help.
 */
static os_error write_as_developer(struct os_file *directory,
                                   const wchar_t *full, const struct link *link,
                                   os_error denied)
{
    wchar_t *path = NULL;
    DWORD flags = SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE;
    bool relative = false;
    uint16_t *target = NULL;
    struct link *new_link = calloc(1, sizeof *new_link);
    os_error error =
        reparse_target(link->buffer, link->size, &target, &relative);
    if (link->directory)
        flags |= SYMBOLIC_LINK_FLAG_DIRECTORY;
    if (error == 0 && directory != NULL)
        error = path_in(directory, full, &path);
    bool created =
        new_link != NULL && target != NULL && error == 0 &&
        CreateSymbolicLinkW(path != NULL ? path : full, target, flags);
    free(path);
    free(target);
    if (!created) {
        bool no_memory = new_link == NULL || error == ERROR_NOT_ENOUGH_MEMORY;
        free(new_link);
        return no_memory ? ERROR_NOT_ENOUGH_MEMORY : denied;
    }
    error = read_link(directory, full, new_link);
    bool same = error == 0 && new_link->directory == link->directory &&
                reparse_same(new_link->buffer, new_link->size, link->buffer,
                             link->size);
    if (error == 0 && !same)
        remove_link(directory, full);
    free(new_link);
    return same ? 0 : denied;
}

/*
 * A symbolic link requires a privilege that administrators have, but that is
 * disabled by default [ziglang/zig #17652]. It must be enabled before the new
 * file is opened: it is checked then, and not with the request [MS-FSA 2.1.5.1,
 * 2.1.5.10.37].
 */
static os_error make_link(struct os_file *directory, const wchar_t *full,
                          struct link *link)
{
    bool refused = false;
    HANDLE saved = NULL;
    if (reparse_tag(link->buffer, link->size) != REPARSE_TAG_SYMLINK)
        return write_link(directory, full, link, &refused);
    bool enabled =
        win32_enable_privilege(L"SeCreateSymbolicLinkPrivilege", &saved);
    os_error error = write_link(directory, full, link, &refused);
    if (enabled)
        win32_restore_token(saved);
    return refused ? write_as_developer(directory, full, link, error) : error;
}

/*
 * Replaces the link's target. A path without `\\?\` is shown as people write
 * it.
 */
static os_error retarget(struct link *link, const wchar_t *target)
{
    bool share = wcsncmp(target, L"\\\\?\\UNC\\", 8) == 0;
    bool drive = wcsncmp(target, L"\\\\?\\", 4) == 0 &&
                 wcschr(target, L':') == target + 5;
    const wchar_t *from = target + (share ? 6 : drive ? 4 : 0);
    size_t length = wcslen(from) + 1;
    uint16_t *name = malloc(length * sizeof *name);
    if (name == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < length; i++)
        name[i] = from[i];
    if (share)
        name[0] = L'\\';
    uint32_t tag = reparse_tag(link->buffer, link->size);
    link->size =
        (DWORD)reparse_make(tag, name, link->buffer, sizeof link->buffer);
    free(name);
    return link->size != 0 ? 0 : ERROR_FILENAME_EXCED_RANGE;
}

/* Reads `source`, to recreate it. The caller frees `*link`. */
static os_error prepare(const wchar_t *source, const wchar_t *target,
                        struct link **link)
{
    wchar_t *full = NULL;
    struct link *made = calloc(1, sizeof *made);
    os_error error =
        made != NULL ? win32_full_path(source, &full) : ERROR_NOT_ENOUGH_MEMORY;
    if (error == 0)
        error = read_link(NULL, full, made);
    if (error == 0 && target != NULL)
        error = retarget(made, target);
    free(full);
    if (error != 0)
        free(made);
    else
        *link = made;
    return error;
}

os_error os_copy_link(const wchar_t *source, const wchar_t *target,
                      struct os_file *directory, const wchar_t *dest)
{
    wchar_t *full = NULL;
    struct link *link = NULL;
    os_error error = prepare(source, target, &link);
    if (error != 0)
        return error;
    error = win32_full_path(dest, &full);
    if (error == 0)
        error = make_link(directory, full, link);
    free(full);
    free(link);
    return error;
}

/* --- a link that is there ------------------------------------------------- */

/*
 * The handle that the request is made with is also the one that the tag is read
 * by: the request would turn an empty directory into a link [MS-FSA
 * 2.1.5.10.37].
 */
static os_error set_link(struct os_file *directory, const wchar_t *full,
                         struct link *link)
{
    static const struct win32_nt_opening how = {
        GENERIC_WRITE,
        FILE_SHARE_READ,
        SDK_OPEN,
        SDK_OPTION_DIRECTORY | SDK_OPTION_FOR_BACKUP | SDK_OPTION_REPARSE_POINT,
        FILE_ATTRIBUTE_NORMAL,
        false};
    DWORD returned = 0;
    HANDLE handle = NULL;
    struct link *there = calloc(1, sizeof *there);
    if (there == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    os_error error = win32_nt_open(directory, full, &how, &handle);
    if (error == 0) {
        error = read_point(handle, there);
        if (error == ERROR_NOT_A_REPARSE_POINT ||
            (error == 0 && reparse_tag(there->buffer, there->size) !=
                               reparse_tag(link->buffer, link->size)))
            error = ERROR_REPARSE_TAG_MISMATCH;
        if (error == 0 &&
            !DeviceIoControl(handle, FSCTL_SET_REPARSE_POINT, link->buffer,
                             link->size, NULL, 0, &returned, NULL))
            error = win32_last_error();
        CloseHandle(handle);
    }
    free(there);
    return error;
}

os_error os_set_link(const wchar_t *source, const wchar_t *target,
                     struct os_file *directory, const wchar_t *dest)
{
    wchar_t *full = NULL;
    HANDLE saved = NULL;
    struct link *link = NULL;
    os_error error = prepare(source, target, &link);
    if (error != 0)
        return error;
    /* see make_link */
    bool enabled =
        reparse_tag(link->buffer, link->size) == REPARSE_TAG_SYMLINK &&
        win32_enable_privilege(L"SeCreateSymbolicLinkPrivilege", &saved);
    error = win32_full_path(dest, &full);
    if (error == 0)
        error = set_link(directory, full, link);
    if (enabled)
        win32_restore_token(saved);
    free(full);
    free(link);
    return error;
}

/* --- what is there -------------------------------------------------------- */

static void describe_link(const struct link *link, struct os_named *named)
{
    uint32_t tag = reparse_tag(link->buffer, link->size);
    named->link = answers_is_name_surrogate(tag) ? tag : 0;
    named->is_volume = tag == REPARSE_TAG_JUNCTION &&
                       reparse_is_volume(link->buffer, link->size);
}

static os_error describe(HANDLE handle, struct os_named *named)
{
    BY_HANDLE_FILE_INFORMATION info;
    if (!GetFileInformationByHandle(handle, &info))
        return win32_last_error();
    *named = (struct os_named){
        .directory = (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0,
        .written =
            (int64_t)((uint64_t)info.ftLastWriteTime.dwHighDateTime << 32 |
                      info.ftLastWriteTime.dwLowDateTime)};
    if ((info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0)
        return 0;
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    os_error error = read_point(handle, link);
    if (error == 0)
        describe_link(link, named);
    free(link);
    return error;
}

os_error os_query_name(struct os_file *directory, const wchar_t *path,
                       struct os_named *named)
{
    HANDLE handle = NULL;
    wchar_t *full = NULL;
    os_error error = win32_full_path(path, &full);
    if (error == 0)
        error = open_link(directory, full, FILE_READ_ATTRIBUTES, &handle);
    free(full);
    if (error != 0)
        return error;
    error = describe(handle, named);
    CloseHandle(handle);
    return error;
}

os_error os_link_target(const wchar_t *path, wchar_t **target)
{
    bool relative = false;
    struct link *link = NULL;
    *target = NULL;
    os_error error = prepare(path, NULL, &link);
    if (error != 0)
        return error;
    uint16_t *found = NULL;
    if (!reparse_is_volume(link->buffer, link->size))
        error = reparse_target(link->buffer, link->size, &found, &relative);
    free(link);
    if (found != NULL && !relative)
        *target = (wchar_t *)found;
    else
        free(found);
    return error;
}
