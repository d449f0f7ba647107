/*
 * Names as the system tells them apart: by its case rules. And a set that
 * finds those that come twice among millions in a few bytes each.
 */
#ifndef REFLINK_CORE_NAME_SET_H
#define REFLINK_CORE_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* Orders two names; 0 if they are one. */
int name_compare(const wchar_t *a, const wchar_t *b);

/* Hashes of names. Zero is an empty one. */
struct name_set {
    uint64_t *hashes;
    size_t count;
    size_t capacity;
};

/* False: no memory. */
bool name_set_add(struct name_set *names, const wchar_t *name);

/* Keeps only what was added more than once; the answer is how many. Two names
   that share a hash count as one, which seldom happens. */
size_t name_set_keep_repeated(struct name_set *names);

/* Which of those kept `name` is; their count if it is none. */
size_t name_set_find(const struct name_set *names, const wchar_t *name);

void name_set_free(struct name_set *names);

#endif
