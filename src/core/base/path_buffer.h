/* A path that grows and shrinks by one part at a time. */
#ifndef REFLINK_CORE_PATH_BUFFER_H
#define REFLINK_CORE_PATH_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* Zeroed, it is empty; `words` is NULL then. */
struct path_buffer {
    wchar_t *words;
    size_t length;
    size_t capacity;
};

/* Makes it `path`. False: no memory, as below. */
bool path_buffer_set(struct path_buffer *path, const wchar_t *words);

/* Adds a part, behind one separator. */
bool path_buffer_push(struct path_buffer *path, const wchar_t *name);

/* Cuts it back to a length it had. */
void path_buffer_cut(struct path_buffer *path, size_t length);

void path_buffer_free(struct path_buffer *path);

#endif
