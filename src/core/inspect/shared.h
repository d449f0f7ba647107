/* Finds the clusters that two files share. */
#ifndef REFLINK_CORE_SHARED_H
#define REFLINK_CORE_SHARED_H

#include "layout.h"

/* Bytes of A that are in the same clusters as these bytes of B. */
struct shared_range {
    uint64_t a_offset;
    uint64_t b_offset;
    uint64_t length;
};

/* Receives one range. Returns false to stop. */
typedef bool shared_visit(void *context, const struct shared_range *range);

/*
 * Finds the ranges of A whose clusters are also referenced anywhere in B, and
 * passes them to `visit` in the order of A, each as long as possible. Each
 * cluster of A is in at most one range. If B references it at several offsets,
 * the range has A's own offset if that is one of them, and otherwise any of
 * them. `*bytes` is the total length, without ranges after `visit` returned
 * false.
 *
 * Both layouts must have been read. Files on different volumes share nothing.
 * The only error is CODE_NOT_ENOUGH_MEMORY. Memory is linear in B's runs; the
 * time is that of sorting them, plus the number of ranges found.
 */
os_error shared_find(const struct layout *a, const struct layout *b,
                     shared_visit *visit, void *context, uint64_t *bytes);

/* Whether both files are on the same volume. */
bool shared_same_volume(const struct layout *a, const struct layout *b);

/* Two files, and which of them an error concerns. */
struct shared_pair {
    struct layout first;
    struct layout second;
    struct reflink_error error;
    bool in_second;
};

/*
 * Opens and reads both files; only opens them if they are on different volumes.
 * Retries after a transient error as often as the policy says. `*pair` must be
 * zeroed before. Returns false if it failed; the pair has the error. The caller
 * calls shared_close in any case.
 */
bool shared_open(const wchar_t *const *paths,
                 const struct reflink_policy *policy, struct shared_pair *pair);

/* Closes both files and frees their runs. */
void shared_close(struct shared_pair *pair);

#endif
