/* Identity, times, attributes, names and the end of files. */
#include "win32.h"

#include <stdlib.h>
#include <string.h>

static os_error last_error_unless(BOOL success)
{
    return success ? 0 : GetLastError();
}

/* 128 bits where the volume has them, as ReFS does; else the older 64. */
static os_error query_identity(HANDLE handle, struct os_identity *identity)
{
    struct sdk_file_id id;
    BY_HANDLE_FILE_INFORMATION old;
    memset(identity, 0, sizeof *identity);
    if (GetFileInformationByHandleEx(
            handle, (FILE_INFO_BY_HANDLE_CLASS)SDK_FILE_ID_INFO, &id,
            sizeof id)) {
        identity->volume = id.volume;
        memcpy(identity->file, id.id, sizeof identity->file);
        return 0;
    }
    if (!GetFileInformationByHandle(handle, &old))
        return GetLastError();
    identity->volume = old.dwVolumeSerialNumber;
    memcpy(identity->file, &old.nFileIndexLow, sizeof old.nFileIndexLow);
    memcpy(identity->file + sizeof old.nFileIndexLow, &old.nFileIndexHigh,
           sizeof old.nFileIndexHigh);
    return 0;
}

os_error os_query(struct os_file *file, struct os_info *info)
{
    FILE_BASIC_INFO basic;
    FILE_STANDARD_INFO standard;
    if (!GetFileInformationByHandleEx(file->handle, FileBasicInfo, &basic,
                                      sizeof basic) ||
        !GetFileInformationByHandleEx(file->handle, FileStandardInfo, &standard,
                                      sizeof standard))
        return GetLastError();
    info->size = (uint64_t)standard.EndOfFile.QuadPart;
    info->attributes = basic.FileAttributes;
    info->written = basic.LastWriteTime.QuadPart;
    info->changed = basic.ChangeTime.QuadPart;
    return query_identity(file->handle, &info->identity);
}

/* Times left 0 stay as they are. */
os_error os_set_metadata(struct os_file *file, uint32_t attributes,
                         int64_t written)
{
    FILE_BASIC_INFO basic;
    memset(&basic, 0, sizeof basic);
    basic.LastWriteTime.QuadPart = written;
    basic.FileAttributes = attributes != 0 ? attributes : FILE_ATTRIBUTE_NORMAL;
    return last_error_unless(SetFileInformationByHandle(
        file->handle, FileBasicInfo, &basic, sizeof basic));
}

os_error os_mark_deleted(struct os_file *file, bool deleted)
{
    FILE_DISPOSITION_INFO disposition;
    disposition.DeleteFile = deleted;
    return last_error_unless(SetFileInformationByHandle(
        file->handle, FileDispositionInfo, &disposition, sizeof disposition));
}

/* A rename of this kind is not offered there: the classic one may be. */
static bool is_unknown_rename(os_error error)
{
    return error == ERROR_INVALID_FUNCTION || error == ERROR_NOT_SUPPORTED ||
           error == ERROR_INVALID_PARAMETER || error == ERROR_INVALID_LEVEL ||
           error == ERROR_CALL_NOT_IMPLEMENTED;
}

/* POSIX semantics replace a file that others have open [REFS 11]. The first
   member is BOOLEAN in the classic class and flags in the newer one. */
static os_error rename_to(HANDLE handle, FILE_RENAME_INFO *info, DWORD size,
                          bool replace)
{
    DWORD flags = replace ? SDK_RENAME_REPLACE | SDK_RENAME_POSIX |
                                SDK_RENAME_IGNORE_READONLY
                          : 0;
    memcpy(info, &flags, sizeof flags);
    os_error error = last_error_unless(SetFileInformationByHandle(
        handle, (FILE_INFO_BY_HANDLE_CLASS)SDK_FILE_RENAME_INFO_EX, info,
        size));
    if (!is_unknown_rename(error))
        return error;
    memset(info, 0, sizeof flags);
    info->ReplaceIfExists = replace;
    return last_error_unless(
        SetFileInformationByHandle(handle, FileRenameInfo, info, size));
}

static os_error rename_once(HANDLE handle, const wchar_t *full, bool replace)
{
    size_t length = wcslen(full) * sizeof *full;
    size_t size = sizeof(FILE_RENAME_INFO) + length;
    FILE_RENAME_INFO *info = calloc(1, size);
    if (info == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    info->FileNameLength = (DWORD)length;
    memcpy(info->FileName, full, length);
    os_error error = rename_to(handle, info, (DWORD)size, replace);
    free(info);
    return error;
}

/* The classic rename does not go over a read-only file: its attribute is
   taken off for that moment, and given back if it was not the cause. */
static os_error rename_over_readonly(HANDLE handle, const wchar_t *full)
{
    DWORD attributes = GetFileAttributesW(full);
    if (attributes == INVALID_FILE_ATTRIBUTES ||
        !(attributes & FILE_ATTRIBUTE_READONLY) ||
        !SetFileAttributesW(full, attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY))
        return ERROR_ACCESS_DENIED;
    os_error error = rename_once(handle, full, true);
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
    error = rename_once(file->handle, full, replace);
    if (error == ERROR_ACCESS_DENIED && replace)
        error = rename_over_readonly(file->handle, full);
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
        error = GetLastError();
        if (error == ERROR_ACCESS_DENIED &&
            SetFileAttributesW(full, FILE_ATTRIBUTE_NORMAL))
            error = last_error_unless(DeleteFileW(full));
    }
    free(full);
    return error;
}
