/*
 * Names of open files: renaming, linking, removing.
 */
#include "win32.h"

#include <stdlib.h>
#include <string.h>

/* The two ways to give an open file a name, each in its two forms. */
struct naming {
    int newer; /* POSIX semantics: replaces a file that others have open */
    int older;
};

static const struct naming renaming = {SDK_FILE_RENAME_EX, SDK_FILE_RENAME};
static const struct naming linking = {SDK_FILE_LINK_EX, SDK_FILE_LINK};

/* This form is not offered there: the older one may be [REFS 11]. */
static bool is_unknown(os_error error)
{
    return error == ERROR_INVALID_FUNCTION || error == ERROR_NOT_SUPPORTED ||
           error == ERROR_INVALID_PARAMETER || error == ERROR_INVALID_LEVEL ||
           error == ERROR_CALL_NOT_IMPLEMENTED;
}

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

static os_error name_once(HANDLE handle, const struct naming *how,
                          struct sdk_name_information *info, bool replace)
{
    if (replace) {
        info->flags =
            SDK_NAME_REPLACE | SDK_NAME_POSIX | SDK_NAME_IGNORE_READONLY;
        os_error error = set_name(handle, how->newer, info);
        if (!is_unknown(error))
            return error;
    }
    info->flags = replace ? 1 : 0;
    return set_name(handle, how->older, info);
}

/* The older form does not go over a read-only file: its attribute is taken
   off for that moment, and given back if it was not the cause. */
static os_error name_over_readonly(HANDLE handle, const struct naming *how,
                                   struct sdk_name_information *info,
                                   const wchar_t *full)
{
    DWORD attributes = GetFileAttributesW(full);
    if (attributes == INVALID_FILE_ATTRIBUTES ||
        !(attributes & FILE_ATTRIBUTE_READONLY) ||
        !SetFileAttributesW(full, attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY))
        return ERROR_ACCESS_DENIED;
    os_error error = name_once(handle, how, info, true);
    if (error != 0)
        SetFileAttributesW(full, attributes);
    return error;
}

/* `\\?\` and `\\.\`, as full paths begin, are `\??\` in an NT path. */
static struct sdk_name_information *make_information(const wchar_t *full)
{
    size_t length = wcslen(full);
    struct sdk_name_information *info =
        calloc(1, sizeof *info + length * sizeof *full);
    if (info == NULL)
        return NULL;
    info->length = (ULONG)(length * sizeof *full);
    wmemcpy(info->name, full, length);
    if (length > 2)
        info->name[1] = info->name[2] = L'?';
    return info;
}

static os_error give_name(struct os_file *file, const struct naming *how,
                          const wchar_t *path, bool replace)
{
    wchar_t *full = NULL;
    os_error error = win32_full_path(path, &full);
    if (error != 0)
        return error;
    struct sdk_name_information *info = make_information(full);
    error = ERROR_NOT_ENOUGH_MEMORY;
    if (info != NULL)
        error = name_once(file->handle, how, info, replace);
    if (error == ERROR_ACCESS_DENIED && replace)
        error = name_over_readonly(file->handle, how, info, full);
    free(info);
    free(full);
    return error;
}

os_error os_rename(struct os_file *file, const wchar_t *path, bool replace)
{
    return give_name(file, &renaming, path, replace);
}

os_error os_link(struct os_file *file, const wchar_t *path, bool replace)
{
    return give_name(file, &linking, path, replace);
}

os_error os_remove(const wchar_t *path)
{
    wchar_t *full = NULL;
    os_error error = win32_full_path(path, &full);
    if (error != 0)
        return error;
    if (!DeleteFileW(full)) {
        error = GetLastError();
        if (error == ERROR_ACCESS_DENIED &&
            SetFileAttributesW(full, FILE_ATTRIBUTE_NORMAL))
            error = DeleteFileW(full) ? 0 : GetLastError();
    }
    free(full);
    return error;
}
