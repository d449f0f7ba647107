#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <winioctl.h>

enum { BLOCK = 1 << 20, ISLAND = 1 << 16, EXTENTS = 512 };

static const wchar_t verbatim[] = L"\\\\?\\";

/* SplitMix64: a number for each eight bytes of a file, no two alike. */
static uint64_t word_at(uint64_t seed, uint64_t index)
{
    uint64_t z = seed * UINT64_C(0x9e3779b97f4a7c15) + index;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* The bytes of a file of that seed, from any offset on. */
static void fill(uint8_t *bytes, uint64_t length, uint64_t seed, uint64_t from)
{
    for (uint64_t i = 0; i < length;) {
        uint64_t word = word_at(seed, (from + i) / 8);
        for (uint64_t k = (from + i) % 8; k < 8 && i < length; k++)
            bytes[i++] = (uint8_t)(word >> 8 * k);
    }
}

/* Explorer and most programs reach no path of more than 260 characters, and
   Win32 drops dots and spaces at a name's end; with \\?\ it does neither. */
const wchar_t *files_path(const wchar_t *name, wchar_t *path)
{
    wchar_t folder[FILES_PATH] = L"";
    bool absolute = wcsncmp(name, L"\\\\", 2) == 0 ||
                    (wcslen(name) > 2 && wcsncmp(name + 1, L":\\", 2) == 0);
    if (wcsncmp(name, verbatim, 4) == 0) {
        swprintf(path, FILES_PATH, L"%ls", name);
        return path;
    }
    if (!absolute && GetCurrentDirectoryW(FILES_PATH, folder) != 0 &&
        folder[wcslen(folder) - 1] != L'\\')
        wcscat(folder, L"\\");
    const wchar_t *first = absolute ? name : folder;
    bool unc = wcsncmp(first, L"\\\\", 2) == 0;
    swprintf(path, FILES_PATH, L"%ls%ls%ls%ls", verbatim, unc ? L"UNC\\" : L"",
             first + (unc ? 2 : 0), absolute ? L"" : name);
    return path;
}

static HANDLE open_file(const wchar_t *name, DWORD access, DWORD how)
{
    wchar_t path[FILES_PATH];
    return CreateFileW(files_path(name, path), access,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                       NULL, how, 0, NULL);
}

static bool seek(HANDLE file, uint64_t offset)
{
    LARGE_INTEGER at;
    at.QuadPart = (LONGLONG)offset;
    return SetFilePointerEx(file, at, NULL, FILE_BEGIN);
}

static bool write_pattern(HANDLE file, uint64_t offset, uint64_t length,
                          uint64_t seed)
{
    uint8_t *bytes = malloc(BLOCK);
    bool written = bytes != NULL && seek(file, offset);
    while (written && length != 0) {
        DWORD step = length < BLOCK ? (DWORD)length : BLOCK;
        DWORD done = 0;
        fill(bytes, step, seed, offset);
        written = WriteFile(file, bytes, step, &done, NULL) && done == step;
        offset += step;
        length -= step;
    }
    free(bytes);
    return written;
}

static bool write_file(const wchar_t *name, DWORD how, uint64_t offset,
                       uint64_t length, uint64_t seed)
{
    HANDLE file = open_file(name, GENERIC_WRITE, how);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    bool written = write_pattern(file, offset, length, seed);
    CloseHandle(file);
    return written;
}

bool files_make(const wchar_t *name, uint64_t size, uint64_t seed)
{
    return write_file(name, CREATE_NEW, 0, size, seed);
}

bool files_write(const wchar_t *name, uint64_t offset, uint64_t length,
                 uint64_t seed)
{
    return write_file(name, OPEN_EXISTING, offset, length, seed);
}

/* Wine alone takes the request and does nothing. */
static bool is_sparse(HANDLE file)
{
    BY_HANDLE_FILE_INFORMATION info;
    return GetFileInformationByHandle(file, &info) &&
           (info.dwFileAttributes & FILE_ATTRIBUTE_SPARSE_FILE) != 0;
}

bool files_make_sparse(const wchar_t *name, uint64_t size,
                       const uint64_t *offsets, size_t count, uint64_t seed)
{
    DWORD ignored = 0;
    HANDLE file = open_file(name, GENERIC_WRITE, CREATE_NEW);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    bool made = DeviceIoControl(file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0,
                                &ignored, NULL) &&
                is_sparse(file) && seek(file, size) && SetEndOfFile(file);
    for (size_t i = 0; i < count && made; i++)
        made = write_pattern(file, offsets[i], ISLAND, seed);
    CloseHandle(file);
    return made;
}

static bool read_and_compare(HANDLE file, uint64_t length, uint64_t seed,
                             uint64_t from)
{
    uint8_t *bytes = malloc(2 * (size_t)BLOCK);
    bool equal = bytes != NULL;
    while (equal && length != 0) {
        DWORD step = length < BLOCK ? (DWORD)length : BLOCK;
        DWORD done = 0;
        fill(bytes + BLOCK, step, seed, from);
        equal = ReadFile(file, bytes, step, &done, NULL) && done == step &&
                memcmp(bytes, bytes + BLOCK, step) == 0;
        from += step;
        length -= step;
    }
    free(bytes);
    return equal;
}

bool files_hold(const wchar_t *name, uint64_t offset, uint64_t length,
                uint64_t seed, uint64_t from)
{
    HANDLE file = open_file(name, GENERIC_READ, OPEN_EXISTING);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    bool equal =
        seek(file, offset) && read_and_compare(file, length, seed, from);
    CloseHandle(file);
    return equal;
}

uint64_t files_size(const wchar_t *name)
{
    wchar_t path[FILES_PATH];
    WIN32_FILE_ATTRIBUTE_DATA data;
    if (!GetFileAttributesExW(files_path(name, path), GetFileExInfoStandard,
                              &data))
        return FILES_NONE;
    return (uint64_t)data.nFileSizeHigh << 32 | data.nFileSizeLow;
}

bool files_are(const wchar_t *name, uint64_t size, uint64_t seed)
{
    return files_size(name) == size && files_hold(name, 0, size, seed, 0);
}

/* RETRIEVAL_POINTERS_BUFFER with room for more than one extent. */
struct pointers {
    DWORD count;
    LARGE_INTEGER starting_vcn;
    LARGE_INTEGER extents[2 * EXTENTS]; /* next VCN and LCN in turn */
};

static bool read_pointers(const wchar_t *name, struct pointers *pointers)
{
    STARTING_VCN_INPUT_BUFFER from = {0};
    DWORD returned = 0;
    HANDLE file = open_file(name, FILE_READ_ATTRIBUTES, OPEN_EXISTING);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    memset(pointers, 0, sizeof *pointers);
    bool told =
        DeviceIoControl(file, FSCTL_GET_RETRIEVAL_POINTERS, &from, sizeof from,
                        pointers, sizeof *pointers, &returned, NULL);
    CloseHandle(file);
    return told && pointers->count != 0;
}

/* Where cluster `vcn` lies: -1 is a hole. */
static LONGLONG lcn_of(const struct pointers *pointers, LONGLONG vcn)
{
    LONGLONG first = pointers->starting_vcn.QuadPart;
    for (DWORD i = 0; i < pointers->count; i++) {
        LONGLONG next = pointers->extents[2 * i].QuadPart;
        LONGLONG lcn = pointers->extents[2 * i + 1].QuadPart;
        if (vcn >= first && vcn < next)
            return lcn < 0 ? -1 : lcn + (vcn - first);
        first = next;
    }
    return -1;
}

/* All but the last cluster of both, which need not be whole. */
enum files_sharing files_sharing(const wchar_t *a, const wchar_t *b)
{
    static struct pointers of_a;
    static struct pointers of_b;
    if (!read_pointers(a, &of_a) || !read_pointers(b, &of_b))
        return FILES_UNTOLD;
    LONGLONG end = of_a.extents[2 * (of_a.count - 1)].QuadPart;
    for (LONGLONG vcn = 0; vcn + 1 < end; vcn++) {
        if (lcn_of(&of_a, vcn) != lcn_of(&of_b, vcn))
            return FILES_APART;
    }
    return FILES_SHARED;
}

bool files_any(const wchar_t *pattern)
{
    wchar_t path[FILES_PATH];
    WIN32_FIND_DATAW data;
    HANDLE list = FindFirstFileW(files_path(pattern, path), &data);
    if (list == INVALID_HANDLE_VALUE)
        return false;
    FindClose(list);
    return true;
}

bool files_make_directory(const wchar_t *name)
{
    wchar_t path[FILES_PATH];
    return CreateDirectoryW(files_path(name, path), NULL);
}

static bool is_own_or_parent(const wchar_t *name)
{
    return wcscmp(name, L".") == 0 || wcscmp(name, L"..") == 0;
}

/* A link to a directory is not entered. */
static bool is_directory(const WIN32_FIND_DATAW *data)
{
    return (data->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0 &&
           (data->dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0;
}

/* Calls `visit` with each file and, after all that is in it, each directory
   below `path`, until one of the calls is answered with false. */
static bool walk(const wchar_t *path,
                 bool (*visit)(const wchar_t *, const WIN32_FIND_DATAW *))
{
    wchar_t *whole = malloc(FILES_PATH * sizeof *whole);
    WIN32_FIND_DATAW data;
    if (whole == NULL)
        return false;
    swprintf(whole, FILES_PATH, L"%ls\\*", path);
    HANDLE list = FindFirstFileW(whole, &data);
    BOOL more = list != INVALID_HANDLE_VALUE;
    bool on = true;
    for (; more && on; more = FindNextFileW(list, &data)) {
        if (is_own_or_parent(data.cFileName))
            continue;
        swprintf(whole, FILES_PATH, L"%ls\\%ls", path, data.cFileName);
        on =
            (!is_directory(&data) || walk(whole, visit)) && visit(whole, &data);
    }
    if (list != INVALID_HANDLE_VALUE)
        FindClose(list);
    free(whole);
    return on;
}

static bool is_no_staging_file(const wchar_t *path,
                               const WIN32_FIND_DATAW *data)
{
    (void)path;
    return wcsncmp(data->cFileName, L"~reflink-", 9) != 0;
}

bool files_no_staging_file(const wchar_t *directory)
{
    wchar_t path[FILES_PATH];
    return walk(files_path(directory, path), is_no_staging_file);
}

static bool remove_entry(const wchar_t *path, const WIN32_FIND_DATAW *data)
{
    if (data->dwFileAttributes & FILE_ATTRIBUTE_READONLY)
        SetFileAttributesW(path, FILE_ATTRIBUTE_NORMAL);
    if (data->dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
        RemoveDirectoryW(path);
    else
        DeleteFileW(path);
    return true;
}

bool files_remove_tree(const wchar_t *directory)
{
    wchar_t path[FILES_PATH];
    walk(files_path(directory, path), remove_entry);
    return RemoveDirectoryW(path);
}
