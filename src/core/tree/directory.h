/*
 * Creates what a tree contains besides files: directories with their metadata,
 * and links. Each function fills `*outcome`; its status is not REFLINK_OK if it
 * failed or did nothing.
 */
#ifndef REFLINK_CORE_DIRECTORY_H
#define REFLINK_CORE_DIRECTORY_H

#include "core/base/outcome.h"
#include "core/base/session.h"

/* All outcomes have REFLINK_METHOD_NONE, since no file data are involved. */

/* Creates the directory `dest`. An existing directory is accepted. */
void directory_make(const wchar_t *source, const wchar_t *dest,
                    struct reflink_outcome *outcome);

/*
 * Copies the named streams and extended attributes of `source` to `dest`, then
 * its security if the policy requires it, and then its attributes and times.
 * Call it when nothing more will be created in `dest`.
 */
void directory_copy_metadata(struct reflink_session *session,
                             const struct reflink_policy *policy,
                             const wchar_t *source, const wchar_t *dest,
                             struct reflink_outcome *outcome);

/*
 * Finds out what a step of `kind`, REFLINK_DRY_DIRECTORY or REFLINK_DRY_LINK,
 * would do at `dest`. Returns false if it would fail; the outcome has the
 * error. The status is REFLINK_SKIPPED if the directory exists, or if the
 * policy keeps what exists in place of a link.
 */
bool directory_dry_run(const struct reflink_policy *policy,
                       const wchar_t *source, const wchar_t *dest,
                       enum reflink_dry_kind kind,
                       struct reflink_outcome *outcome);

/*
 * Recreates the link `source` at `dest`. Never replaces anything there; the
 * status is REFLINK_SKIPPED if the policy is to keep it.
 */
void directory_link(const struct reflink_policy *policy, const wchar_t *source,
                    const wchar_t *dest, struct reflink_outcome *outcome);

/* Lets a dry run of a tree accept that DEST's directories do not exist yet. */
void directory_allow_missing(struct reflink_session *session);

#endif
