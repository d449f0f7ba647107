/* Reads, writes, resizes and flushes files. */
#include "win32.h"

#include <string.h>

os_error os_set_size(struct os_file *file, uint64_t size)
{
    FILE_END_OF_FILE_INFO end;
    end.EndOfFile.QuadPart = (LONGLONG)size;
    return SetFileInformationByHandle(file->handle, FileEndOfFileInfo, &end,
                                      sizeof end)
               ? 0
               : win32_last_error();
}

/*
 * For a file opened without FILE_FLAG_OVERLAPPED, reads and writes also use
 * this offset, and are complete when the call returns [ReadFile].
 */
static OVERLAPPED at_offset(uint64_t offset)
{
    OVERLAPPED at = {0};
    at.Offset = (DWORD)offset;
    at.OffsetHigh = (DWORD)(offset >> 32);
    return at;
}

os_error os_read(struct os_file *file, uint64_t offset, void *buffer,
                 uint32_t length, uint32_t *done)
{
    *done = 0;
    while (*done < length) {
        OVERLAPPED at = at_offset(offset + *done);
        DWORD read = 0;
        if (!ReadFile(file->handle, (BYTE *)buffer + *done, length - *done,
                      &read, &at)) {
            os_error error = win32_last_error();
            return error != ERROR_HANDLE_EOF ? error : 0;
        }
        if (read == 0)
            return 0;
        *done += read;
    }
    return 0;
}

os_error os_write(struct os_file *file, uint64_t offset, const void *buffer,
                  uint32_t length)
{
    uint32_t done = 0;
    while (done < length) {
        OVERLAPPED at = at_offset(offset + done);
        DWORD written = 0;
        if (!WriteFile(file->handle, (const BYTE *)buffer + done, length - done,
                       &written, &at))
            return win32_last_error();
        if (written == 0)
            return ERROR_DISK_FULL;
        done += written;
    }
    return 0;
}

os_error os_flush(struct os_file *file)
{
    return FlushFileBuffers(file->handle) ? 0 : win32_last_error();
}

os_error os_flush_path(const wchar_t *path)
{
    static const struct win32_opening writing = {
        GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        OPEN_EXISTING, 0, false};
    struct os_file file;
    os_error error = win32_open(NULL, path, &writing, &file.handle);
    if (error != 0)
        return error;
    error = os_flush(&file);
    CloseHandle(file.handle);
    return error;
}
