/* Recreates symbolic links, junctions and mount points. */
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

static HANDLE open_link(const wchar_t *full, DWORD access)
{
    return CreateFileW(
        full, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        NULL, OPEN_EXISTING,
        FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
}

static os_error read_link(const wchar_t *full, struct link *link)
{
    BY_HANDLE_FILE_INFORMATION info;
    os_error error = 0;
    HANDLE handle = open_link(full, FILE_READ_ATTRIBUTES);
    if (handle == INVALID_HANDLE_VALUE)
        return win32_last_error();
    if (!GetFileInformationByHandle(handle, &info) ||
        !DeviceIoControl(handle, FSCTL_GET_REPARSE_POINT, NULL, 0, link->buffer,
                         REPARSE_MAX, &link->size, NULL))
        error = win32_last_error();
    else
        link->directory =
            (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    /* the driver may report more than it wrote */
    if (link->size > REPARSE_MAX)
        link->size = REPARSE_MAX;
    CloseHandle(handle);
    return error;
}

static void remove_link(const wchar_t *full, bool directory)
{
    if (directory)
        RemoveDirectoryW(full);
    else
        DeleteFileW(full);
}

/*
 * Creates an empty file or directory and turns it into the link. Sets
 * `*refused` if the system refused the second step.
 */
static os_error write_link(const wchar_t *full, struct link *link,
                           bool *refused)
{
    DWORD returned = 0;
    os_error error = 0;
    if (link->directory) {
        if (!CreateDirectoryW(full, NULL))
            return win32_last_error();
    } else {
        HANDLE empty = CreateFileW(full, GENERIC_WRITE, 0, NULL, CREATE_NEW,
                                   FILE_FLAG_OPEN_REPARSE_POINT, NULL);
        if (empty == INVALID_HANDLE_VALUE)
            return win32_last_error();
        CloseHandle(empty);
    }
    HANDLE handle = open_link(full, GENERIC_WRITE);
    if (handle == INVALID_HANDLE_VALUE) {
        error = win32_last_error();
    } else {
        if (!DeviceIoControl(handle, FSCTL_SET_REPARSE_POINT, link->buffer,
                             link->size, NULL, 0, &returned, NULL))
            error = win32_last_error();
        *refused =
            error == ERROR_ACCESS_DENIED || error == ERROR_PRIVILEGE_NOT_HELD;
        CloseHandle(handle);
    }
    if (error != 0)
        remove_link(full, link->directory);
    return error;
}

/*
 * In Developer Mode, the system refuses the request but allows this one
 * function [microsoft/winfile #303, #308]. It takes a path and not the reparse
 * data, so the new link is compared with the old one, and deleted if it
 * differs.
 */
static bool write_as_developer(const wchar_t *full, const struct link *link)
{
    DWORD flags = SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE;
    bool relative = false;
    uint16_t *target = reparse_target(link->buffer, link->size, &relative);
    if (link->directory)
        flags |= SYMBOLIC_LINK_FLAG_DIRECTORY;
    bool created = target != NULL && CreateSymbolicLinkW(full, target, flags);
    free(target);
    struct link *new_link = created ? calloc(1, sizeof *new_link) : NULL;
    if (new_link == NULL)
        return false;
    os_error error = read_link(full, new_link);
    bool same = error == 0 && new_link->directory == link->directory &&
                reparse_same(new_link->buffer, new_link->size, link->buffer,
                             link->size);
    if (error == 0 && !same)
        remove_link(full, new_link->directory);
    free(new_link);
    return same;
}

/*
 * A symbolic link requires a privilege that administrators have, but that is
 * disabled by default [ziglang/zig #17652]. It must be enabled before the new
 * file is opened: it is checked then, and not with the request [MS-FSA 2.1.5.1,
 * 2.1.5.10.37].
 */
static os_error make_link(const wchar_t *full, struct link *link)
{
    bool refused = false;
    HANDLE saved = NULL;
    if (reparse_tag(link->buffer, link->size) != REPARSE_TAG_SYMLINK)
        return write_link(full, link, &refused);
    bool enabled =
        win32_enable_privilege(L"SeCreateSymbolicLinkPrivilege", &saved);
    os_error error = write_link(full, link, &refused);
    if (enabled)
        win32_restore_token(saved);
    return refused && write_as_developer(full, link) ? 0 : error;
}

os_error os_copy_link(const wchar_t *source, const wchar_t *dest)
{
    wchar_t *from = NULL;
    wchar_t *to = NULL;
    struct link *link = calloc(1, sizeof *link);
    os_error error =
        link != NULL ? win32_full_path(source, &from) : ERROR_NOT_ENOUGH_MEMORY;
    if (error == 0)
        error = win32_full_path(dest, &to);
    if (error == 0)
        error = read_link(from, link);
    if (error == 0)
        error = make_link(to, link);
    free(to);
    free(from);
    free(link);
    return error;
}
