/* Renames open files, gives them more names, and deletes files. */
#include "win32.h"

#include <stdlib.h>
#include <string.h>

/*
 * Uses NtSetInformationFile, because SetFileInformationByHandle is not
 * documented to accept the flags of FileRenameInformationEx, and has no class
 * for hard links.
 */
static os_error set_name(HANDLE handle, int class,
                         struct sdk_name_information *info)
{
    struct sdk_io_status status;
    memset(&status, 0, sizeof status);
    LONG result = NtSetInformationFile(
        handle, &status, info,
        (ULONG)(offsetof(struct sdk_name_information, name) + info->length +
                sizeof(WCHAR)),
        class);
    /* the system would make it an invalid parameter, as an unknown flag is */
    if (result == SDK_STATUS_INVALID_INFO_CLASS)
        return ERROR_INVALID_LEVEL;
    return result >= 0 ? 0 : RtlNtStatusToDosError(result);
}

/*
 * POSIX semantics replace a file even while others have it open. NTFS supports
 * them since Windows 10 1709, and replaces read-only files since 1809 [MS-FSCC
 * 2.4.43]. Elsewhere (FAT, ReFS, most servers) the older class is used, which
 * also replaces in one step.
 */
static os_error rename_once(HANDLE handle, struct sdk_name_information *info,
                            bool replace)
{
    static const ULONG flags[] = {SDK_NAME_REPLACE | SDK_NAME_POSIX |
                                      SDK_NAME_IGNORE_READONLY,
                                  SDK_NAME_REPLACE | SDK_NAME_POSIX};
    for (size_t i = 0; replace && i < sizeof flags / sizeof flags[0]; i++) {
        info->flags = flags[i];
        os_error error = set_name(handle, SDK_FILE_RENAME_EX, info);
        if (error == ERROR_INVALID_LEVEL)
            break;
        /* the file system or server does not support the class or a flag */
        bool unsupported = error == ERROR_INVALID_FUNCTION ||
                           error == ERROR_NOT_SUPPORTED ||
                           error == ERROR_INVALID_PARAMETER ||
                           error == ERROR_CALL_NOT_IMPLEMENTED;
        if (!unsupported)
            return error;
    }
    info->flags = replace ? SDK_NAME_REPLACE : 0;
    return set_name(handle, SDK_FILE_RENAME, info);
}

/*
 * Clears the read-only attribute of `path` in `directory`, or sets it again.
 * Returns false if it does not have it, or if that failed.
 */
static bool change_readonly(struct os_file *directory, const wchar_t *path,
                            bool clear)
{
    static const struct win32_opening changing = {
        FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES,
        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, OPEN_EXISTING,
        FILE_FLAG_OPEN_REPARSE_POINT, false};
    FILE_BASIC_INFO basic;
    HANDLE handle = NULL;
    if (win32_open(directory, path, &changing, &handle) != 0)
        return false;
    bool changed =
        GetFileInformationByHandleEx(handle, FileBasicInfo, &basic,
                                     sizeof basic) &&
        ((basic.FileAttributes & FILE_ATTRIBUTE_READONLY) != 0) == clear;
    if (changed) {
        DWORD attributes = basic.FileAttributes ^ FILE_ATTRIBUTE_READONLY;
        memset(&basic, 0, sizeof basic); /* leaves the times alone */
        basic.FileAttributes =
            attributes != 0 ? attributes : FILE_ATTRIBUTE_NORMAL;
        changed = SetFileInformationByHandle(handle, FileBasicInfo, &basic,
                                             sizeof basic);
    }
    CloseHandle(handle);
    return changed;
}

/*
 * Clears the attribute of a read-only file that the system refused to replace,
 * and sets it again if that did not help.
 */
static os_error rename_over_readonly(HANDLE handle,
                                     struct sdk_name_information *info,
                                     struct os_file *directory,
                                     const wchar_t *path)
{
    if (!change_readonly(directory, path, true))
        return ERROR_ACCESS_DENIED;
    os_error error = rename_once(handle, info, true);
    if (error != 0)
        change_readonly(directory, path, false);
    return error;
}

/*
 * Makes the parameter for the name `path`, or for its last part in `directory`.
 * The caller frees `*info`.
 */
static os_error make_name(struct os_file *directory, const wchar_t *path,
                          struct sdk_name_information **info)
{
    wchar_t *full = NULL;
    wchar_t *name = NULL;
    os_error error = win32_full_path(path, &full);
    if (error == 0)
        error = win32_nt_name(full, directory != NULL, &name);
    free(full);
    if (error != 0)
        return error;
    size_t length = wcslen(name);
    struct sdk_name_information *made =
        calloc(1, sizeof *made + length * sizeof *name);
    if (made != NULL) {
        made->root = directory != NULL ? directory->handle : NULL;
        made->length = (ULONG)(length * sizeof *name);
        wmemcpy(made->name, name, length);
    }
    free(name);
    *info = made;
    return made != NULL ? 0 : ERROR_NOT_ENOUGH_MEMORY;
}

os_error os_rename(struct os_file *file, struct os_file *directory,
                   const wchar_t *path, bool replace)
{
    struct sdk_name_information *info = NULL;
    os_error error = make_name(directory, path, &info);
    if (error != 0)
        return error;
    error = rename_once(file->handle, info, replace);
    if (error == ERROR_ACCESS_DENIED && replace)
        error = rename_over_readonly(file->handle, info, directory, path);
    free(info);
    return error;
}

/*
 * Uses NtSetInformationFile, because CreateHardLinkW takes two paths: it opens
 * the file by its path again, which may lead to another one by then, and finds
 * no name in an open directory.
 */
os_error os_hard_link(struct os_file *file, struct os_file *directory,
                      const wchar_t *path)
{
    struct sdk_name_information *info = NULL;
    os_error error = make_name(directory, path, &info);
    if (error == 0)
        error = set_name(file->handle, SDK_FILE_LINK, info);
    free(info);
    return error;
}

os_error os_remove(struct os_file *directory, const wchar_t *path)
{
    static const struct win32_opening deleting = {
        DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, false};
    struct os_file file;
    os_error error = win32_open(directory, path, &deleting, &file.handle);
    if (error != 0)
        return error;
    error = os_mark_deleted(&file, true);
    if (error == ERROR_ACCESS_DENIED && change_readonly(directory, path, true))
        error = os_mark_deleted(&file, true);
    CloseHandle(file.handle);
    return error;
}
