/*
 * plaincopy SOURCE DEST
 *
 * Copies the files of a directory with the calls that robocopy makes for each,
 * and nothing else: open, read, create, write, set times and attributes, close
 * both. Neither verifies nor protects anything, so it is close to the least
 * that a copy can cost. Prints the number of files.
 */
#include <stdio.h>
#include <wchar.h>
#include <windows.h>

enum { PATH = 1024, BUFFER = 1 << 20 };

static BYTE buffer[BUFFER];

/* By offset, since the bridge relays no other reads and writes to a server. */
static BOOL copy_data(HANDLE source, HANDLE dest, DWORD left)
{
    OVERLAPPED at = {0};
    while (left != 0) {
        DWORD size = left < BUFFER ? left : BUFFER;
        DWORD done = 0;
        if (!ReadFile(source, buffer, size, &size, &at) || size == 0 ||
            !WriteFile(dest, buffer, size, &done, &at))
            return FALSE;
        at.Offset += size;
        left -= size;
    }
    return TRUE;
}

/* Size, time and attributes are those of the listing; files below 4 GiB. */
static BOOL copy_file(const wchar_t *from, const wchar_t *to,
                      const WIN32_FIND_DATAW *data)
{
    FILE_BASIC_INFO basic = {.FileAttributes = data->dwFileAttributes};
    basic.LastWriteTime.LowPart = data->ftLastWriteTime.dwLowDateTime;
    basic.LastWriteTime.HighPart = (LONG)data->ftLastWriteTime.dwHighDateTime;
    HANDLE source = CreateFileW(from, GENERIC_READ, FILE_SHARE_READ, NULL,
                                OPEN_EXISTING, 0, NULL);
    if (source == INVALID_HANDLE_VALUE)
        return FALSE;
    HANDLE dest =
        CreateFileW(to, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    BOOL copied =
        dest != INVALID_HANDLE_VALUE &&
        copy_data(source, dest, data->nFileSizeLow) &&
        SetFileInformationByHandle(dest, FileBasicInfo, &basic, sizeof basic);
    if (dest != INVALID_HANDLE_VALUE)
        CloseHandle(dest);
    CloseHandle(source);
    return copied;
}

int wmain(int argc, wchar_t **argv)
{
    WIN32_FIND_DATAW data;
    wchar_t from[PATH];
    wchar_t to[PATH];
    unsigned files = 0;
    if (argc != 3)
        return 2;
    swprintf(from, PATH, L"%ls\\*", argv[1]);
    HANDLE list = FindFirstFileW(from, &data);
    if (list == INVALID_HANDLE_VALUE || !CreateDirectoryW(argv[2], NULL))
        return 1;
    do {
        if (data.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
            continue;
        swprintf(from, PATH, L"%ls\\%ls", argv[1], data.cFileName);
        swprintf(to, PATH, L"%ls\\%ls", argv[2], data.cFileName);
        if (!copy_file(from, to, &data)) {
            fprintf(stderr, "plaincopy: error %lu\n", GetLastError());
            return 1;
        }
        files++;
    } while (FindNextFileW(list, &data));
    FindClose(list);
    printf("%u\n", files);
    return 0;
}
