/*
 * What the command line asked for, carried out: finds each source's target
 * and keeps what the outcomes point to.
 */
#ifndef REFLINK_CORE_CLONER_H
#define REFLINK_CORE_CLONER_H

#include <reflink/reflink.h>

struct cloner {
    struct reflink_session *session;
    wchar_t *target; /* that of the last source */
};

/* False: there is no memory for it; cloner_end is due all the same. */
bool cloner_begin(struct cloner *run);

/*
 * Clones `source` to `dest`, or into it if it is a directory; all of it, or
 * `range` if that is not NULL. What `*outcome`
 * points to lives until the next call or cloner_end.
 */
void cloner_one(struct cloner *run, const struct reflink_policy *policy,
                const wchar_t *source, const wchar_t *dest,
                const struct reflink_range *range,
                struct reflink_outcome *outcome);

/* The same as a dry run: `tell` is called for each step. */
void cloner_dry(struct cloner *run, const struct reflink_policy *policy,
                const wchar_t *source, const wchar_t *dest,
                const struct reflink_range *range,
                void (*tell)(void *context,
                             const struct reflink_dry_step *step),
                void *context, struct reflink_outcome *outcome);

void cloner_end(struct cloner *run);

#endif
