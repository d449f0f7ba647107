/* A path that grows and shrinks by one part at a time. */
#ifndef REFLINK_CORE_GROWING_PATH_H
#define REFLINK_CORE_GROWING_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* Zeroed, it is empty; `words` is NULL then. */
struct growing_path {
    wchar_t *words;
    size_t length;
    size_t capacity;
};

/* Makes it `path`. False: no memory, as below. */
bool growing_path_set(struct growing_path *path, const wchar_t *words);

/* Adds a part, behind one separator. */
bool growing_path_push(struct growing_path *path, const wchar_t *name);

/* Cuts it back to a length it had. */
void growing_path_cut(struct growing_path *path, size_t length);

void growing_path_free(struct growing_path *path);

#endif
