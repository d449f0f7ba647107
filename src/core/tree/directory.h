/*
 * Creates the directories of a tree, with their metadata. Each function
 * fills `*outcome`; its status is not REFLINK_OK if it
 * failed or did nothing.
 */
#ifndef REFLINK_CORE_DIRECTORY_H
#define REFLINK_CORE_DIRECTORY_H

#include "core/base/outcome.h"
#include "core/base/session.h"
#include "core/file/held_directory.h"

/* All outcomes have REFLINK_METHOD_NONE, since no file data are involved. */

/*
 * Creates the directory `dest` in `parent`, or DEST itself if that is NULL, and
 * opens it in `*opened`. An existing directory is accepted; with `follow`, also
 * a link to one. Otherwise a link is an error.
 */
void directory_make(const wchar_t *source, struct held_directory *parent,
                    const wchar_t *dest, bool follow,
                    struct held_directory **opened,
                    struct reflink_outcome *outcome);

/*
 * Copies the named streams and extended attributes of `source` to `directory`,
 * which this run has created, then its security if the policy requires it, and
 * then its attributes and times. Call it when nothing more will be created in
 * it.
 */
void directory_copy_metadata(struct reflink_session *session,
                             const struct reflink_policy *policy,
                             const wchar_t *source,
                             struct held_directory *directory,
                             struct reflink_outcome *outcome);

/* Clones or copies a file, as reflink_file does, to `dest` in `directory`. */
void directory_file(struct reflink_session *session,
                    const struct reflink_policy *policy, const wchar_t *source,
                    struct held_directory *directory, const wchar_t *dest,
                    struct reflink_outcome *outcome);

/*
 * Finds out what directory_make would do. Returns false if it would fail; the
 * outcome has the error. The status is REFLINK_SKIPPED if the directory exists.
 */
bool directory_dry_run(const wchar_t *source, const wchar_t *dest, bool follow,
                       struct reflink_outcome *outcome);

/* Lets a dry run of a tree accept that DEST's directories do not exist yet. */
void directory_allow_missing(struct reflink_session *session);

#endif
