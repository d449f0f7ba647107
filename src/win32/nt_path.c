#include "nt_path.h"

#include <stdbool.h>

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
