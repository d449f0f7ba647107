/*
 * Names as the system tells them apart: by its case rules. And a set that
 * finds those that come twice among millions in a few bytes each.
 */
#ifndef REFLINK_CORE_NAMES_H
#define REFLINK_CORE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* Orders two names; 0 if they are one. */
int names_compare(const wchar_t *a, const wchar_t *b);

/* Hashes of names. Zero is an empty one. */
struct names {
    uint64_t *hashes;
    size_t count;
    size_t capacity;
};

/* False: no memory. */
bool names_add(struct names *names, const wchar_t *name);

/* Keeps only what was added more than once; the answer is how many. Two names
   that share a hash count as one, which seldom happens. */
size_t names_keep_repeated(struct names *names);

/* Which of those kept `name` is; their count if it is none. */
size_t names_find(const struct names *names, const wchar_t *name);

void names_free(struct names *names);

#endif
