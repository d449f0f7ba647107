/*
 * Runs what the command line asks for on one source at a time: finds its target
 * path and clones or copies it. Keeps the memory that the outcomes point to.
 */
#ifndef REFLINK_CORE_CLONER_H
#define REFLINK_CORE_CLONER_H

#include <reflink/reflink.h>

struct cloner {
    struct reflink_session *session;
    bool exact; /* DEST is the name itself, never a directory to put into */
    wchar_t *target; /* of the last source */
};

/* Returns false if out of memory. The caller calls cloner_end in any case. */
bool cloner_begin(struct cloner *cloner, bool exact);

/*
 * Clones `source` to `dest`, or into `dest` if that is a directory: the whole
 * file, or only `range` if that is not NULL. What `*outcome` points to is valid
 * until the next call or cloner_end.
 */
void cloner_run(struct cloner *cloner, const struct reflink_policy *policy,
                const wchar_t *source, const wchar_t *dest,
                const struct reflink_range *range,
                struct reflink_outcome *outcome);

/* Does a dry run of cloner_run: calls `report` for each step. */
void cloner_dry_run(struct cloner *cloner, const struct reflink_policy *policy,
                    const wchar_t *source, const wchar_t *dest,
                    const struct reflink_range *range,
                    void (*report)(void *context,
                                   const struct reflink_dry_step *step),
                    void *context, struct reflink_outcome *outcome);

/* Closes the session and frees the target path. */
void cloner_end(struct cloner *cloner);

#endif
