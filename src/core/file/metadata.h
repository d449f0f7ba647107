/*
 * What comes along beside the bytes: named streams, extended attributes,
 * security, attributes and times. What DEST's volume cannot hold is written
 * down in outcome.lost; what fails is an error.
 */
#ifndef REFLINK_CORE_METADATA_H
#define REFLINK_CORE_METADATA_H

#include "source.h"
#include "core/base/session.h"

struct metadata {
    struct os_stream_name *streams; /* SOURCE's, `:name:$DATA` */
    struct os_file **opened;        /* DEST's, NULL where they cannot be */
    size_t count;
};

/*
 * Finds out SOURCE's named streams. One whose name no stream can have is lost.
 * Where there are any, DEST's have to be opened before it is marked for
 * deletion: afterwards nothing can be opened under its name.
 */
bool metadata_look(struct metadata *metadata, struct os_file *source,
                   struct reflink_outcome *outcome);

/* Opens DEST's streams; `made_path` is the name that DEST has now. */
bool metadata_open_streams(struct metadata *metadata, const wchar_t *made_path,
                           struct reflink_outcome *outcome);

/* Makes them empty, where DEST was there already and may have had them. */
bool metadata_empty_streams(struct metadata *metadata,
                            struct reflink_outcome *outcome);

/* Copies the streams by bytes and closes them; one that DEST's volume has no
   room for is lost, and is there, but empty. Then copies extended attributes
   and, if the policy says so, security. */
bool metadata_copy(struct metadata *metadata, struct reflink_session *session,
                   const struct reflink_policy *policy,
                   const struct source *source, struct os_file *dest,
                   struct reflink_outcome *outcome);

/* Sets attributes and last-write time: the last thing done to DEST before it
   gets its name. */
bool metadata_stamp(const struct source *source, struct os_file *dest,
                    struct reflink_outcome *outcome);

/* The attributes that DEST has to have from such a SOURCE. */
uint32_t metadata_kept(const struct os_info *source);

/* Whether DEST, whose attributes are `now`, has them. What it has not is
   written down. */
void metadata_check(const struct os_info *source, uint32_t now,
                    struct reflink_outcome *outcome);

/* Takes off again what DEST's new name gave it. */
void metadata_clear_archive(const struct source *source, struct os_file *dest,
                            struct reflink_outcome *outcome);

/* Closes and frees what is left. */
void metadata_end(struct metadata *metadata);

#endif
