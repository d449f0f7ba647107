#include "nt_path.h"

#include <stdbool.h>

#include "core/os.h"

/* Returns the end of the part that begins at `start`. */
static size_t part_end(const wchar_t *path, size_t start)
{
    return start + wcscspn(path + start, L"\\");
}

size_t nt_path_device_length(const wchar_t *path)
{
    static const wchar_t root[] = L"\\Device\\";
    size_t start = sizeof root / sizeof root[0] - 1;
    if (wcsncmp(path, root, start) != 0)
        return 0;
    size_t end = part_end(path, start);
    bool remote = end - start == 3 && wcsncmp(path + start, L"Mup", 3) == 0;
    while (path[end] == L'\\' && path[end + 1] == L';') {
        remote = true;
        end = part_end(path, end + 1);
    }
    return remote && path[end] == L'\\' ? part_end(path, end + 1) : end;
}

uint64_t nt_path_hash(uint64_t start, const void *bytes, size_t length)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length; i++)
        start = (start ^ at[i]) * UINT64_C(0x100000001b3);
    return start;
}

uint64_t nt_path_device_number(const wchar_t *path)
{
    uint64_t number = NT_PATH_HASH_START;
    size_t length = nt_path_device_length(path);
    for (size_t i = 0; i < length; i++) {
        if (path[i] == L'\\' && path[i + 1] == L';') {
            i = part_end(path, i + 1) - 1;
            continue;
        }
        wchar_t unit = os_fold(path[i]);
        number = nt_path_hash(number, &unit, sizeof unit);
    }
    return length != 0 ? number : 0;
}
