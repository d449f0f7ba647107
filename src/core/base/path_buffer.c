#include "path_buffer.h"

#include <stdlib.h>

#include "path.h"

static bool reserve(struct growing_path *path, size_t length)
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

static bool append(struct growing_path *path, const wchar_t *words)
{
    size_t length = wcslen(words);
    if (!reserve(path, path->length + length))
        return false;
    wmemcpy(path->words + path->length, words, length + 1);
    path->length += length;
    return true;
}

bool growing_path_set(struct growing_path *path, const wchar_t *words)
{
    path->length = 0;
    return append(path, words);
}

bool growing_path_push(struct growing_path *path, const wchar_t *name)
{
    size_t before = path->length;
    if (path_wants_separator(path->words) && !append(path, L"\\"))
        return false;
    if (append(path, name))
        return true;
    growing_path_cut(path, before);
    return false;
}

void growing_path_cut(struct growing_path *path, size_t length)
{
    path->length = length;
    path->words[length] = L'\0';
}

void growing_path_free(struct growing_path *path)
{
    free(path->words);
    *path = (struct growing_path){0};
}
