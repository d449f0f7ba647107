/*
 * What a tree is made of beside its files: directories with what rides on
 * them, and links. Each function fills `*outcome`, whose status is not
 * REFLINK_OK where it failed.
 */
#ifndef REFLINK_CORE_DIRECTORY_H
#define REFLINK_CORE_DIRECTORY_H

#include "core/base/outcome.h"
#include "core/base/session.h"

/* The outcome of each of these has REFLINK_METHOD_NONE: no bytes of a file are
   in it. */

/* Makes the directory `dest`; one that is there already will do. */
void directory_make(const wchar_t *source, const wchar_t *dest,
                    struct reflink_outcome *outcome);

/*
 * Gives `dest` the named streams and extended attributes of `source`, if the
 * policy says so its security, then its attributes and times: due when
 * nothing more is made in it.
 */
void directory_finish(struct reflink_session *session,
                      const struct reflink_policy *policy,
                      const wchar_t *source, const wchar_t *dest,
                      struct reflink_outcome *outcome);

/*
 * What REFLINK_DRY_DIRECTORY or REFLINK_DRY_LINK would come to at `dest`:
 * false, and the outcome has failed, if that cannot be; the status is
 * REFLINK_SKIPPED where the directory is there already, or anything that the
 * policy leaves alone.
 */
bool directory_foresee(const struct reflink_policy *policy,
                       const wchar_t *source, const wchar_t *dest,
                       enum reflink_dry_kind kind,
                       struct reflink_outcome *outcome);

/* Makes at `dest` the link that `source` is. What stands there already is
   never replaced; REFLINK_SKIPPED if the policy is to leave it alone. */
void directory_link(const struct reflink_policy *policy, const wchar_t *source,
                    const wchar_t *dest, struct reflink_outcome *outcome);

/* For a dry run of a tree: DEST's directories may not exist yet. */
void directory_allow_missing(struct reflink_session *session);

#endif
