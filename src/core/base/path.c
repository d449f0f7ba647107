#include "path.h"

#include <stdlib.h>

/* `\\?\`, which Win32 uses verbatim, or `\\.\`, a device; also with `/`. */
static bool has_device_prefix(const wchar_t *path)
{
    return wcslen(path) >= 4 && wcschr(L"\\/", path[0]) != NULL &&
           wcschr(L"\\/", path[1]) != NULL && wcschr(L"?.", path[2]) != NULL &&
           wcschr(L"\\/", path[3]) != NULL;
}

/* The length of the prefix in which colons and separators have no meaning. */
static size_t prefix_length(const wchar_t *path)
{
    size_t start = has_device_prefix(path) ? 4 : 0;
    wchar_t c = path[start];
    bool is_letter = (c >= L'A' && c <= L'Z') || (c >= L'a' && c <= L'z');
    return is_letter && path[start + 1] == L':' ? start + 2 : start;
}

static bool is_separator(const wchar_t *path, wchar_t c)
{
    bool is_verbatim = wcsncmp(path, L"\\\\?\\", 4) == 0;
    return c == L'\\' || (c == L'/' && !is_verbatim);
}

bool path_ends_with_separator(const wchar_t *path)
{
    size_t length = wcslen(path);
    return length != 0 && is_separator(path, path[length - 1]);
}

size_t path_directory_length(const wchar_t *path)
{
    size_t start = prefix_length(path);
    size_t end = wcslen(path);
    while (end > start && !is_separator(path, path[end - 1]))
        end--;
    return end;
}

const wchar_t *path_base_name(const wchar_t *path)
{
    return path + path_directory_length(path);
}

bool path_names_stream(const wchar_t *path)
{
    return wcschr(path_base_name(path), L':') != NULL;
}

bool path_is_name(const wchar_t *name)
{
    return name[0] != L'\0' && wcscmp(name, L".") != 0 &&
           wcscmp(name, L"..") != 0 && wcspbrk(name, L"\\/:") == NULL;
}

wchar_t *path_splice(const wchar_t *path, size_t length, const wchar_t *tail)
{
    size_t tail_length = wcslen(tail);
    wchar_t *whole = malloc((length + tail_length + 1) * sizeof *whole);
    if (whole == NULL)
        return NULL;
    wmemcpy(whole, path, length);
    wmemcpy(whole + length, tail, tail_length + 1);
    return whole;
}

wchar_t *path_directory(const wchar_t *path)
{
    size_t length = path_directory_length(path);
    return length != 0 ? path_splice(path, length, L"")
                       : path_splice(L".", 1, L"");
}

bool path_cut(wchar_t *path)
{
    size_t length = wcslen(path);
    while (length != 0 && path_ends_with_separator(path))
        path[--length] = L'\0';
    size_t directory = path_directory_length(path);
    path[directory] = L'\0';
    return directory != 0 && directory < length;
}

bool path_wants_separator(const wchar_t *directory)
{
    size_t length = wcslen(directory);
    return !path_ends_with_separator(directory) &&
           (length == 0 || length != prefix_length(directory));
}

bool path_has_wildcard(const wchar_t *path)
{
    return wcspbrk(path_base_name(path), L"*?") != NULL;
}

bool path_has_wildcard_directory(const wchar_t *path)
{
    size_t start = prefix_length(path);
    const wchar_t *wildcard = wcspbrk(path + start, L"*?");
    return wildcard != NULL && wildcard < path_base_name(path);
}

wchar_t *path_join(const wchar_t *directory, const wchar_t *name)
{
    size_t length = wcslen(directory);
    if (!path_wants_separator(directory))
        return path_splice(directory, length, name);
    size_t name_length = wcslen(name);
    wchar_t *whole = malloc((length + name_length + 2) * sizeof *whole);
    if (whole == NULL)
        return NULL;
    wmemcpy(whole, directory, length);
    whole[length] = L'\\';
    wmemcpy(whole + length + 1, name, name_length + 1);
    return whole;
}

wchar_t *path_stream(const wchar_t *path, const wchar_t *name)
{
    if (path_directory_length(path) != 0)
        return path_splice(path, wcslen(path), name);
    wchar_t *here = path_splice(L".\\", 2, path);
    wchar_t *stream =
        here != NULL ? path_splice(here, wcslen(here), name) : NULL;
    free(here);
    return stream;
}
