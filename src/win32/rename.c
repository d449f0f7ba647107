/* Renames open files and deletes files. */
#include "win32.h"

#include <stdlib.h>
#include <string.h>

/*
 * Uses NtSetInformationFile, because SetFileInformationByHandle is not
 * documented to accept the flags of FileRenameInformationEx.
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
        /* the file system or server does not support the class or a flag */
        bool unsupported =
            error == ERROR_INVALID_FUNCTION || error == ERROR_NOT_SUPPORTED ||
            error == ERROR_INVALID_PARAMETER || error == ERROR_INVALID_LEVEL ||
            error == ERROR_CALL_NOT_IMPLEMENTED;
        if (!unsupported)
            return error;
    }
    info->flags = replace ? SDK_NAME_REPLACE : 0;
    return set_name(handle, SDK_FILE_RENAME, info);
}

/*
 * Clears the attribute of a read-only file that the system refused to replace,
 * and sets it again if that did not help.
 */
static os_error rename_over_readonly(HANDLE handle,
                                     struct sdk_name_information *info,
                                     const wchar_t *full)
{
    DWORD attributes = GetFileAttributesW(full);
    if (attributes == INVALID_FILE_ATTRIBUTES ||
        !(attributes & FILE_ATTRIBUTE_READONLY) ||
        !SetFileAttributesW(full, attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY))
        return ERROR_ACCESS_DENIED;
    os_error error = rename_once(handle, info, true);
    if (error != 0)
        SetFileAttributesW(full, attributes);
    return error;
}

os_error os_rename(struct os_file *file, const wchar_t *path, bool replace)
{
    wchar_t *full = NULL;
    os_error error = win32_full_path(path, &full);
    if (error != 0)
        return error;
    size_t length = wcslen(full);
    struct sdk_name_information *info =
        calloc(1, sizeof *info + length * sizeof *full);
    error = ERROR_NOT_ENOUGH_MEMORY;
    if (info != NULL) {
        info->length = (ULONG)(length * sizeof *full);
        wmemcpy(info->name, full, length);
        /* `\\?\` or `\\.\`, with which full paths begin, is `\??\` here */
        if (length > 2)
            info->name[1] = info->name[2] = L'?';
        error = rename_once(file->handle, info, replace);
        if (error == ERROR_ACCESS_DENIED && replace)
            error = rename_over_readonly(file->handle, info, full);
    }
    free(info);
    free(full);
    return error;
}

os_error os_remove(const wchar_t *path)
{
    wchar_t *full = NULL;
    os_error error = win32_full_path(path, &full);
    if (error != 0)
        return error;
    if (!DeleteFileW(full)) {
        error = win32_last_error();
        if (error == ERROR_ACCESS_DENIED &&
            SetFileAttributesW(full, FILE_ATTRIBUTE_NORMAL))
            error = DeleteFileW(full) ? 0 : win32_last_error();
    }
    free(full);
    return error;
}
