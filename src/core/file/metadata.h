/*
 * Copies what belongs to a file besides its data: named streams, extended
 * attributes, security, attributes and times. Records in outcome.lost what
 * DEST's volume cannot store; all else that fails is an error, and functions
 * that return false have recorded it in the outcome.
 */
#ifndef REFLINK_CORE_METADATA_H
#define REFLINK_CORE_METADATA_H

#include "source.h"
#include "core/base/session.h"

struct metadata {
    struct os_stream_name *streams; /* SOURCE's, `:name:$DATA` */
    struct os_file **opened; /* DEST's; NULL where it cannot have the stream */
    size_t count;
};

/*
 * Lists SOURCE's named streams. A stream with an invalid name is recorded as
 * lost. If there are any, DEST's must be opened before DEST is marked for
 * deletion, because nothing can be opened under its name after that.
 */
bool metadata_list(struct metadata *metadata, struct os_file *source,
                   struct reflink_outcome *outcome);

/*
 * Opens the streams of DEST, which is open as `made`. `made_path` is its
 * present name, `directory` the one that it is in, or NULL (os_open_at).
 */
bool metadata_open_streams(struct metadata *metadata, struct os_file *directory,
                           const wchar_t *made_path, struct os_file *made,
                           struct reflink_outcome *outcome);

/*
 * Copies the streams' bytes and closes them; copies the extended attributes
 * and, if the policy requires it, security. A stream that DEST's volume
 * cannot store, although it is not full, is left empty and recorded as lost.
 */
bool metadata_copy(struct metadata *metadata, struct reflink_session *session,
                   const struct reflink_policy *policy,
                   const struct source *source, struct os_file *dest,
                   struct reflink_outcome *outcome);

/*
 * Sets attributes and last-write time; and the creation time, unless `created`
 * is 0. A time that the volume cannot store is recorded as lost.
 */
bool metadata_stamp(const struct source *source, struct os_file *dest,
                    int64_t created, struct reflink_outcome *outcome);

/* Returns the attributes that DEST must have if SOURCE is as given. */
uint32_t metadata_kept(const struct os_info *source);

/*
 * Whether every volume can store SOURCE's last-write time. It need not be read
 * back then.
 */
bool metadata_is_ordinary_time(const struct os_info *source);

/*
 * Compares what DEST has `now` with the attributes and the last-write time that
 * it must have, and records as lost what differs. A time may be rounded to 2 s,
 * the coarsest resolution of any volume (FAT).
 */
void metadata_check(const struct os_info *source, const struct os_info *now,
                    struct reflink_outcome *outcome);

/*
 * Clears the archive attribute, which DEST got with its new name, if SOURCE
 * does not have it.
 */
void metadata_clear_archive(const struct source *source, struct os_file *dest,
                            int64_t created, struct reflink_outcome *outcome);

/* Closes the streams that are still open and frees the lists. */
void metadata_end(struct metadata *metadata);

#endif
