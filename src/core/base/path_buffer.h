/* A path that is extended and shortened by one part at a time. */
#ifndef REFLINK_CORE_PATH_BUFFER_H
#define REFLINK_CORE_PATH_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* Initialize it with zeros; `words` is then NULL. */
struct path_buffer {
    wchar_t *words;
    size_t length;
    size_t capacity;
};

/* Sets the path to `words`. Returns false if out of memory. */
bool path_buffer_set(struct path_buffer *path, const wchar_t *words);

/*
 * Appends a part, after one separator. Returns false if out of memory, and then
 * leaves the path unchanged.
 */
bool path_buffer_push(struct path_buffer *path, const wchar_t *name);

/* Truncates the path to a length in characters that it had before. */
void path_buffer_cut(struct path_buffer *path, size_t length);

/* Frees the memory; the path is then empty again. */
void path_buffer_free(struct path_buffer *path);

#endif
