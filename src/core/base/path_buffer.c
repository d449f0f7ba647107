#include "path_buffer.h"

#include <stdlib.h>

#include "path.h"

static bool reserve(struct path_buffer *path, size_t length)
{
    if (length < path->capacity)
        return true;
    size_t capacity = path->capacity < 256 ? 256 : path->capacity;
    while (capacity <= length)
        capacity *= 2;
    wchar_t *words = realloc(path->words, capacity * sizeof *words);
    if (words == NULL)
        return false;
    path->words = words;
    path->capacity = capacity;
    return true;
}

static bool append(struct path_buffer *path, const wchar_t *words)
{
    size_t length = wcslen(words);
    if (!reserve(path, path->length + length))
        return false;
    wmemcpy(path->words + path->length, words, length + 1);
    path->length += length;
    return true;
}

bool path_buffer_set(struct path_buffer *path, const wchar_t *words)
{
    path->length = 0;
    return append(path, words);
}

bool path_buffer_push(struct path_buffer *path, const wchar_t *name)
{
    size_t before = path->length;
    if (path_wants_separator(path->words) && !append(path, L"\\"))
        return false;
    if (append(path, name))
        return true;
    path_buffer_cut(path, before);
    return false;
}

void path_buffer_cut(struct path_buffer *path, size_t length)
{
    path->length = length;
    path->words[length] = L'\0';
}

void path_buffer_free(struct path_buffer *path)
{
    free(path->words);
    *path = (struct path_buffer){0};
}
