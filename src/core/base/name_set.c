#include "name_set.h"

#include <stdlib.h>

#include "core/os.h"

int name_compare(const wchar_t *a, const wchar_t *b)
{
    while (*a != L'\0' && os_fold(*a) == os_fold(*b)) {
        a++;
        b++;
    }
    return (int)os_fold(*a) - (int)os_fold(*b);
}

/* FNV-1a with 64 bits, per UTF-16 unit. */
static uint64_t hash_of(const wchar_t *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name != L'\0'; name++)
        hash = (hash ^ (uint64_t)os_fold(*name)) * UINT64_C(0x100000001b3);
    return hash;
}

bool name_set_add(struct name_set *names, const wchar_t *name)
{
    if (names->count == names->capacity) {
        size_t capacity = names->capacity == 0 ? 64 : names->capacity * 2;
        uint64_t *hashes = realloc(names->hashes, capacity * sizeof *hashes);
        if (hashes == NULL)
            return false;
        names->hashes = hashes;
        names->capacity = capacity;
    }
    names->hashes[names->count++] = hash_of(name);
    return true;
}

static int compare_hashes(const void *a, const void *b)
{
    const uint64_t *one = a;
    const uint64_t *other = b;
    return (*one > *other) - (*one < *other);
}

size_t name_set_keep_repeated(struct name_set *names)
{
    size_t kept = 0;
    if (names->count < 2)
        return names->count = 0;
    qsort(names->hashes, names->count, sizeof *names->hashes, compare_hashes);
    for (size_t i = 1; i < names->count; i++) {
        uint64_t hash = names->hashes[i];
        if (hash == names->hashes[i - 1] &&
            (kept == 0 || names->hashes[kept - 1] != hash))
            names->hashes[kept++] = hash;
    }
    return names->count = kept;
}

size_t name_set_find(const struct name_set *names, const wchar_t *name)
{
    uint64_t hash = hash_of(name);
    const uint64_t *found = NULL;
    if (names->count != 0)
        found = bsearch(&hash, names->hashes, names->count, sizeof hash,
                        compare_hashes);
    return found != NULL ? (size_t)(found - names->hashes) : names->count;
}

void name_set_free(struct name_set *names)
{
    free(names->hashes);
    *names = (struct name_set){0};
}
