/* Opens, reads, writes and resizes files. */
#include "win32.h"

#include <stdlib.h>
#include <string.h>

struct opening {
    DWORD access;
    DWORD share;
    DWORD disposition;
    DWORD flags;
};

/*
 * The access rights are those that a clone request and SET_INTEGRITY require
 * [MS-FSA 2.1.5.10.4, 2.1.5.10.33]. A link in place of a new DEST is never
 * followed. Files that are read or written from start to end are opened for
 * sequential access, so that the system reads ahead and need not keep all of
 * them in its cache [CreateFileW, caching behavior].
 */
static const struct opening openings[] = {
    [OS_OPEN_LOOK] = {FILE_READ_ATTRIBUTES,
                      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                      OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS},
    [OS_OPEN_SOURCE] = {FILE_READ_DATA | FILE_READ_ATTRIBUTES | FILE_READ_EA,
                        FILE_SHARE_READ | FILE_SHARE_DELETE, OPEN_EXISTING,
                        FILE_FLAG_SEQUENTIAL_SCAN},
    [OS_OPEN_SOURCE_SHARED] = {FILE_READ_DATA | FILE_READ_ATTRIBUTES |
                                   FILE_READ_EA,
                               FILE_SHARE_READ | FILE_SHARE_WRITE |
                                   FILE_SHARE_DELETE,
                               OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN},
    [OS_CREATE_NEW] = {GENERIC_READ | GENERIC_WRITE | DELETE, 0, CREATE_NEW,
                       FILE_FLAG_OPEN_REPARSE_POINT |
                           FILE_FLAG_SEQUENTIAL_SCAN},
    [OS_OPEN_SOURCE_DIRECTORY] = {FILE_READ_ATTRIBUTES | FILE_READ_EA,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE |
                                      FILE_SHARE_DELETE,
                                  OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS},
    [OS_OPEN_DIRECTORY] =
        {FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | FILE_WRITE_EA,
         FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, OPEN_EXISTING,
         FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT},
    /* shares everything: the file's own handle may delete it */
    [OS_CREATE_STREAM] = {GENERIC_WRITE,
                          FILE_SHARE_READ | FILE_SHARE_WRITE |
                              FILE_SHARE_DELETE,
                          OPEN_ALWAYS, 0},
    /* rights that no sharing mode is about, so an exclusively opened file can
       be opened, too [MS-FSA 2.1.5.1.2.2] */
    [OS_OPEN_SECURITY] = {READ_CONTROL | WRITE_DAC,
                          FILE_SHARE_READ | FILE_SHARE_WRITE |
                              FILE_SHARE_DELETE,
                          OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT},
    [OS_OPEN_IN_PLACE] = {GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ,
                          OPEN_EXISTING, 0},
};

/*
 * Opens a file; refuses a device or pipe with ERROR_INVALID_FUNCTION.
 *
 * GetFileType queries the volume and can fail. It then returns
 * FILE_TYPE_UNKNOWN and sets an error [GetFileType], for example when the
 * connection has just been lost.
 */
static os_error open_handle(const wchar_t *path, const struct opening *how,
                            HANDLE *handle)
{
    wchar_t *full = NULL;
    os_error error = win32_full_path(path, &full);
    if (error != 0)
        return error;
    *handle = CreateFileW(full, how->access, how->share, NULL, how->disposition,
                          how->flags, NULL);
    error = *handle == INVALID_HANDLE_VALUE ? win32_last_error() : 0;
    free(full);
    /* CREATE_NEW always creates a file, never a device or pipe */
    if (error != 0 || how->disposition == CREATE_NEW)
        return error;
    SetLastError(NO_ERROR);
    DWORD type = GetFileType(*handle);
    if (type == FILE_TYPE_DISK)
        return 0;
    error = type == FILE_TYPE_UNKNOWN ? GetLastError() : 0;
    CloseHandle(*handle);
    return error != 0 ? error : ERROR_INVALID_FUNCTION;
}

os_error os_open(const wchar_t *path, unsigned intent, struct os_file **file)
{
    unsigned base = intent & OS_INTENT_MASK;
    struct opening how = openings[base];
    struct os_file *opened = malloc(sizeof *opened);
    if (opened == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (intent & OS_WITH_SECURITY) {
        how.access |= READ_CONTROL;
        if (base == OS_CREATE_NEW || base == OS_OPEN_DIRECTORY)
            how.access |= WRITE_DAC | WRITE_OWNER;
    }
    if (intent & OS_WITH_OWNER)
        how.access |= WRITE_OWNER;
    if (intent & OS_ENCRYPTED)
        how.flags |= FILE_ATTRIBUTE_ENCRYPTED;
    os_error error = open_handle(path, &how, &opened->handle);
    if (error == ERROR_ACCESS_DENIED && (how.access & WRITE_OWNER)) {
        /* The owner of a directory may set its permissions but not always its
           owner, and the owner may already be correct. */
        how.access &= ~(DWORD)WRITE_OWNER;
        error = open_handle(path, &how, &opened->handle);
    }
    if (error != 0) {
        free(opened);
        return error;
    }
    *file = opened;
    return 0;
}

void os_close(struct os_file *file)
{
    if (file == NULL)
        return;
    CloseHandle(file->handle);
    free(file);
}

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
    static const struct opening writing = {
        GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        OPEN_EXISTING, 0};
    struct os_file file;
    os_error error = open_handle(path, &writing, &file.handle);
    if (error != 0)
        return error;
    error = os_flush(&file);
    CloseHandle(file.handle);
    return error;
}
