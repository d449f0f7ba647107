/* Lists named streams, and reads and sets extended attributes. */
#include "answers.h"
#include "win32.h"

#include <stdlib.h>
#include <string.h>

/*
 * Queries start with the first size and grow up to the second; no list is
 * larger.
 */
enum { LIST_FIRST = 4096, LIST_MAX = 4 << 20 };

/*
 * The system does not report how much of the buffer it filled, so the buffer is
 * zeroed, and all of it is parsed.
 */
os_error os_list_streams(struct os_file *file, struct os_stream_name **streams,
                         size_t *count)
{
    *streams = NULL;
    *count = 0;
    for (DWORD size = LIST_FIRST; size <= LIST_MAX; size *= 4) {
        BYTE *list = calloc(1, size);
        if (list == NULL)
            return ERROR_NOT_ENOUGH_MEMORY;
        if (GetFileInformationByHandleEx(file->handle, FileStreamInfo, list,
                                         size)) {
            os_error error = answers_streams(list, size, streams, count);
            free(list);
            return error;
        }
        os_error error = win32_last_error();
        free(list);
        bool no_streams =
            error == ERROR_HANDLE_EOF || error == ERROR_INVALID_PARAMETER ||
            error == ERROR_INVALID_FUNCTION || error == ERROR_NOT_SUPPORTED ||
            error == ERROR_CALL_NOT_IMPLEMENTED || error == ERROR_INVALID_LEVEL;
        if (no_streams)
            return 0;
        if (error != ERROR_MORE_DATA && error != ERROR_INSUFFICIENT_BUFFER)
            return error;
    }
    return ERROR_MORE_DATA;
}

/*
 * Both functions use FILE_FULL_EA_INFORMATION [MS-FSCC 2.4.16]. Win32 has no
 * functions for extended attributes.
 */
os_error os_get_ea(struct os_file *file, void **block, size_t *size)
{
    struct sdk_io_status status;
    LONG result = SDK_STATUS_BUFFER_OVERFLOW;
    ULONG room = 0;
    *block = NULL;
    *size = 0;
    for (ULONG next = LIST_FIRST;
         result == SDK_STATUS_BUFFER_OVERFLOW && next <= SDK_EA_MAX;
         next *= 4) {
        room = next;
        free(*block);
        *block = calloc(1, room);
        if (*block == NULL)
            return ERROR_NOT_ENOUGH_MEMORY;
        memset(&status, 0, sizeof status);
        result = NtQueryEaFile(file->handle, &status, *block, room, FALSE, NULL,
                               0, NULL, TRUE);
        if (result == SDK_STATUS_BUFFER_TOO_SMALL)
            result = SDK_STATUS_BUFFER_OVERFLOW;
    }
    *size = status.information < room ? (size_t)status.information : room;
    if (result >= 0 && *size != 0)
        return 0;
    free(*block);
    *block = NULL;
    bool no_ea = result == SDK_STATUS_NO_EAS_ON_FILE ||
                 result == SDK_STATUS_EAS_NOT_SUPPORTED ||
                 result == SDK_STATUS_NOT_SUPPORTED ||
                 result == SDK_STATUS_NOT_IMPLEMENTED ||
                 result == SDK_STATUS_INVALID_DEVICE_REQUEST;
    return result >= 0 || no_ea ? 0 : RtlNtStatusToDosError(result);
}

os_error os_set_ea(struct os_file *file, const void *block, size_t size)
{
    struct sdk_io_status status;
    memset(&status, 0, sizeof status);
    void *copy = malloc(size);
    if (copy == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    memcpy(copy, block, size);
    LONG result = NtSetEaFile(file->handle, &status, copy, (ULONG)size);
    free(copy);
    return result >= 0 ? 0 : RtlNtStatusToDosError(result);
}
