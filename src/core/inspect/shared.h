/*
 * What two files have in common: the clusters that both refer to.
 */
#ifndef REFLINK_CORE_SHARED_H
#define REFLINK_CORE_SHARED_H

#include "layout.h"

/* Bytes of A that lie in the same clusters as these bytes of B. */
struct shared_range {
    uint64_t a_offset;
    uint64_t b_offset;
    uint64_t length;
};

/* Takes one range; false: no more are wanted. */
typedef bool shared_visit(void *context, const struct shared_range *range);

/*
 * Finds the ranges of A whose clusters B refers to, too, wherever in B, and
 * gives them to `visit` in the order of A, as long as they can be. Each
 * cluster of A is in one range at most. Where B refers to it at several
 * offsets, A's own is taken if it is among them, else one of them. Adds the
 * lengths up in `*bytes`, all but those behind a visit that said no.
 *
 * Both layouts have been read. Those of different volumes share nothing.
 * CODE_NOT_ENOUGH_MEMORY is the only error; the memory is linear in B's runs,
 * the time is that of sorting them, plus the ranges found.
 */
os_error shared_find(const struct layout *a, const struct layout *b,
                     shared_visit *visit, void *context, uint64_t *bytes);

bool shared_same_volume(const struct layout *a, const struct layout *b);

/* Two files, and which of them an error is about. */
struct shared_pair {
    struct layout first;
    struct layout second;
    struct reflink_error error;
    bool in_second;
};

/*
 * Opens and reads both files; files of two volumes are only opened. Again after
 * a transient error, as often as the policy says. `*pair` is zeroed before;
 * shared_close is due in any case. False: the pair has the error.
 */
bool shared_open(const wchar_t *const *paths,
                 const struct reflink_policy *policy, struct shared_pair *pair);

void shared_close(struct shared_pair *pair);

#endif
