#include "win32.h"

#include <stdlib.h>

static bool starts_with(const wchar_t *path, const wchar_t *prefix)
{
    return wcsncmp(path, prefix, wcslen(prefix)) == 0;
}

static os_error copy_with_prefix(const wchar_t *prefix, const wchar_t *path,
                                 wchar_t **full)
{
    size_t head = wcslen(prefix);
    size_t tail = wcslen(path) + 1;
    *full = malloc((head + tail) * sizeof **full);
    if (*full == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    wmemcpy(*full, prefix, head);
    wmemcpy(*full + head, path, tail);
    return 0;
}

/*
 * Calls GetFullPathNameW with a buffer of the size it asks for. For a path of
 * spaces only, it fails without setting an error.
 */
static os_error expand(const wchar_t *path, wchar_t **expanded)
{
    SetLastError(ERROR_INVALID_NAME);
    DWORD capacity = GetFullPathNameW(path, 0, NULL, NULL);
    if (capacity == 0)
        return win32_last_error();
    *expanded = malloc(capacity * sizeof **expanded);
    if (*expanded == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    SetLastError(ERROR_INVALID_NAME);
    DWORD length = GetFullPathNameW(path, capacity, *expanded, NULL);
    if (length != 0 && length < capacity)
        return 0;
    os_error error =
        length == 0 ? win32_last_error() : ERROR_INSUFFICIENT_BUFFER;
    free(*expanded);
    *expanded = NULL;
    return error;
}

os_error win32_full_path(const wchar_t *path, wchar_t **full)
{
    if (starts_with(path, L"\\\\?\\"))
        return copy_with_prefix(L"", path, full);
    if (*path == L'\0')
        return ERROR_PATH_NOT_FOUND;
    wchar_t *expanded = NULL;
    os_error error = expand(path, &expanded);
    if (error != 0)
        return error;
    if (starts_with(expanded, L"\\\\.\\") || starts_with(expanded, L"\\\\?\\"))
        error = copy_with_prefix(L"", expanded, full);
    else if (starts_with(expanded, L"\\\\"))
        error = copy_with_prefix(L"\\\\?\\UNC\\", expanded + 2, full);
    else
        error = copy_with_prefix(L"\\\\?\\", expanded, full);
    free(expanded);
    return error;
}

os_error win32_final_path(HANDLE handle, DWORD flags, wchar_t **full)
{
    DWORD capacity = GetFinalPathNameByHandleW(handle, NULL, 0, flags);
    if (capacity == 0)
        return win32_last_error();
    *full = calloc((size_t)capacity + 1, sizeof **full);
    if (*full == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    DWORD length =
        GetFinalPathNameByHandleW(handle, *full, capacity + 1, flags);
    if (length != 0 && length <= capacity)
        return 0;
    os_error error =
        length == 0 ? win32_last_error() : ERROR_INSUFFICIENT_BUFFER;
    free(*full);
    *full = NULL;
    return error;
}

os_error os_full_path(const wchar_t *path, wchar_t **full)
{
    return win32_full_path(path, full);
}

os_error os_final_path(struct os_file *file, wchar_t **full)
{
    return win32_final_path(file->handle, 0, full);
}

wchar_t os_fold(wchar_t c)
{
    return RtlUpcaseUnicodeChar(c);
}
