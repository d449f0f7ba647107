/*
 * Compares names by the system's case rules. Includes a set that finds
 * duplicates among millions of names, with a few bytes for each.
 */
#ifndef REFLINK_CORE_NAME_SET_H
#define REFLINK_CORE_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* Compares two names for sorting; 0 if they are equal. */
int name_compare(const wchar_t *a, const wchar_t *b);

/* Hashes of names. Initialize it with zeros. */
struct name_set {
    uint64_t *hashes;
    size_t count;
    size_t capacity;
};

/* Returns false if out of memory. */
bool name_set_add(struct name_set *names, const wchar_t *name);

/*
 * Keeps only the names that were added more than once, and returns their
 * number. Two names with equal hashes count as one, which is rare.
 */
size_t name_set_keep_repeated(struct name_set *names);

/*
 * Returns the index of `name` among those kept, or their count if it is not one
 * of them.
 */
size_t name_set_find(const struct name_set *names, const wchar_t *name);

/* Frees the memory; the set is then empty again. */
void name_set_free(struct name_set *names);

#endif
