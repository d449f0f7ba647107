/*
 * What the files of one run share: what is known of the volumes, two buffers,
 * and who watches.
 */
#ifndef REFLINK_CORE_SESSION_H
#define REFLINK_CORE_SESSION_H

#include <reflink/reflink.h>

#include "core/os.h"
#include "volume.h"

/* Bytes in each of the session's two buffers, and so of a read or write: what
   every Windows server since Windows 7 takes in one message [MS-SMB2 3.3.5.3.1,
   product behavior]. */
#define SESSION_BUFFER ((uint32_t)1 << 20)

struct reflink_session {
    struct volume *volumes; /* seen so far, the last first */
    uint8_t *buffer;        /* SESSION_BUFFER bytes */
    uint8_t *second;        /* likewise */
    void (*watch)(void *context, const struct reflink_outcome *so_far,
                  uint64_t total); /* or NULL */
    void *watch_context;
    uint64_t total; /* bytes of the file at hand */
    struct source_locks
        *source_locks;      /* where others work beside it, else NULL */
    bool makes_directories; /* a dry run: DEST's directory may be missing */
};

/* Tells whoever watches how far it got. */
void session_report(const struct reflink_session *session,
                    const struct reflink_outcome *outcome);

#endif
