/*
 * Queries a file's identity, times and attributes, sets them, and marks a file
 * for deletion.
 */
#include "answers.h"
#include "nt_path.h"
#include "usn.h"
#include "win32.h"

#include <stdlib.h>
#include <string.h>

/*
 * Finds a number for the name of the device that a file is on, or 0 if it is
 * unknown. The only error is that memory ran out.
 */
static os_error find_device(HANDLE handle, uint64_t *device)
{
    wchar_t *path = NULL;
    os_error error =
        win32_final_path(handle, VOLUME_NAME_NT | FILE_NAME_OPENED, &path);
    *device = error == 0 ? nt_path_device_number(path) : 0;
    free(path);
    return error == ERROR_NOT_ENOUGH_MEMORY ? error : 0;
}

enum { ID_128_BITS = 1, ID_64_BITS };

/*
 * Uses the 128-bit file number if the volume has it, as ReFS does; otherwise
 * `number`, the older 64-bit one. Each goes with a serial number of another
 * length, and they are not related. Hashing the kind of number ensures that one
 * kind never equals the other.
 */
static os_error identify(HANDLE handle, uint64_t number,
                         struct os_identity *identity)
{
    struct sdk_file_id id;
    DWORD old = 0;
    uint64_t serial = 0;
    BYTE kind = 0;
    memset(identity, 0, sizeof *identity);
    if (GetFileInformationByHandleEx(
            handle, (FILE_INFO_BY_HANDLE_CLASS)SDK_FILE_ID_INFO, &id,
            sizeof id)) {
        serial = id.volume;
        kind = ID_128_BITS;
        memcpy(identity->file, id.id, sizeof identity->file);
    } else if (GetVolumeInformationByHandleW(handle, NULL, 0, &old, NULL, NULL,
                                             NULL, 0)) {
        serial = old;
        kind = ID_64_BITS;
        memcpy(identity->file, &number, sizeof number);
    } else {
        return win32_last_error();
    }
    identity->volume =
        nt_path_hash(nt_path_hash(NT_PATH_HASH_START, &serial, sizeof serial),
                     &kind, sizeof kind);
    return find_device(handle, &identity->device);
}

/*
 * GetFileInformationByHandle makes the same request, but does not return the
 * change time, the allocated size and the size of the EAs. The name is not
 * needed, so it does not matter that it does not fit.
 */
static os_error query(struct os_file *file, struct os_info *info,
                      uint64_t *number)
{
    struct sdk_io_status status;
    struct sdk_file_all all;
    memset(&all, 0, sizeof all);
    memset(info, 0, sizeof *info);
    LONG result = NtQueryInformationFile(file->handle, &status, &all,
                                         sizeof all, SDK_FILE_ALL_INFORMATION);
    if (result < 0 && result != SDK_STATUS_BUFFER_OVERFLOW)
        return RtlNtStatusToDosError(result);
    answers_info(&all, info);
    *number = (uint64_t)all.index.QuadPart;
    return 0;
}

os_error os_query_state(struct os_file *file, struct os_info *info)
{
    uint64_t number = 0;
    return query(file, info, &number);
}

/*
 * The Windows Overlay Filter reads a file's data from a compressed stream or an
 * image, as after `compact /exe`, and hides its reparse point. The file below
 * the filter is sparse and has no clusters [FSCTL_GET_EXTERNAL_BACKING; wimlib,
 * win32_capture.c]. Nothing documents that the filter also hides the sparse
 * flag, so only sparse files cost this additional request.
 */
os_error os_query(struct os_file *file, struct os_info *info)
{
    const uint32_t both =
        FILE_ATTRIBUTE_SPARSE_FILE | FILE_ATTRIBUTE_REPARSE_POINT;
    uint64_t number = 0;
    os_error error = query(file, info, &number);
    if (error != 0)
        return error;
    if ((info->attributes & both) == FILE_ATTRIBUTE_SPARSE_FILE) {
        BYTE provider[256]; /* WOF_EXTERNAL_INFO and more; ignored */
        DWORD size = 0;
        error = win32_control(file, FSCTL_GET_EXTERNAL_BACKING, NULL, 0,
                              provider, sizeof provider, &size);
        if (error == 0 || error == ERROR_MORE_DATA)
            info->attributes |= FILE_ATTRIBUTE_REPARSE_POINT;
    }
    return identify(file->handle, number, &info->identity);
}

/* Accepts version 3 records for the 128-bit file numbers of ReFS. */
os_error os_change_number(struct os_file *file, uint64_t *number)
{
    struct sdk_usn_versions in = {2, 3};
    uint64_t record[128]; /* fits a name of 255 characters */
    DWORD size = 0;
    os_error error = win32_control(file, FSCTL_READ_FILE_USN_DATA, &in,
                                   sizeof in, record, sizeof record, &size);
    if (error == ERROR_JOURNAL_NOT_ACTIVE ||
        error == ERROR_JOURNAL_DELETE_IN_PROGRESS)
        return ERROR_NOT_SUPPORTED;
    if (error == 0 && !usn_read(record, size, number))
        return ERROR_NOT_SUPPORTED;
    return error;
}

/* The system does not change times that are 0 [FILE_BASIC_INFO]. */
os_error os_set_metadata(struct os_file *file, uint32_t attributes,
                         int64_t created, int64_t written)
{
    FILE_BASIC_INFO basic;
    memset(&basic, 0, sizeof basic);
    basic.CreationTime.QuadPart = created;
    basic.LastWriteTime.QuadPart = written;
    basic.FileAttributes = attributes != 0 ? attributes : FILE_ATTRIBUTE_NORMAL;
    return SetFileInformationByHandle(file->handle, FileBasicInfo, &basic,
                                      sizeof basic)
               ? 0
               : win32_last_error();
}

/* MS-FSCC 2.6 lists the attributes that can be set. */
os_error os_restore_state(struct os_file *file, const struct os_info *info)
{
    const DWORD settable = FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN |
                           FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE |
                           FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE |
                           FILE_ATTRIBUTE_NOT_CONTENT_INDEXED;
    FILE_BASIC_INFO basic;
    memset(&basic, 0, sizeof basic);
    basic.LastWriteTime.QuadPart = info->written;
    basic.ChangeTime.QuadPart = info->changed;
    basic.FileAttributes = info->attributes & settable;
    if (basic.FileAttributes == 0)
        basic.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    return SetFileInformationByHandle(file->handle, FileBasicInfo, &basic,
                                      sizeof basic)
               ? 0
               : win32_last_error();
}

os_error os_mark_deleted(struct os_file *file, bool deleted)
{
    FILE_DISPOSITION_INFO disposition;
    disposition.DeleteFile = deleted;
    return SetFileInformationByHandle(file->handle, FileDispositionInfo,
                                      &disposition, sizeof disposition)
               ? 0
               : win32_last_error();
}
