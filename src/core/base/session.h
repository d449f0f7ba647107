/*
 * What the files of one run share: what is known of the volumes, two buffers,
 * and the callback that reports progress.
 */
#ifndef REFLINK_CORE_SESSION_H
#define REFLINK_CORE_SESSION_H

#include <reflink/reflink.h>

#include "core/os.h"
#include "volume.h"

/*
 * Bytes in each of the session's two buffers, and the size of reads and writes.
 * Every Windows server since Windows 7 accepts this in one message [MS-SMB2
 * 3.3.5.3.1, product behavior].
 */
#define SESSION_BUFFER ((uint32_t)1 << 20)

struct reflink_session {
    struct volume *volumes; /* known volumes, newest first */
    uint8_t *buffer;        /* SESSION_BUFFER bytes */
    uint8_t *second;        /* SESSION_BUFFER bytes */
    /* Reports progress, or NULL. */
    bool (*watch)(void *context, const struct reflink_outcome *so_far,
                  uint64_t total);
    void *watch_context;
    bool stopped;            /* `watch` has ended the current file */
    struct os_event *cancel; /* set by reflink_session_cancel */
    uint64_t total;          /* bytes of the current file */
    uint32_t waited_ms;      /* in all, for other programs to close DESTs */
    /* Shared with other threads that clone; NULL if there are none. */
    struct source_locks *source_locks;
    /* The run's table of hard links (hard_links.h); NULL: there is none. */
    struct hard_links *hard_links;
    /* In a dry run, DEST's directory may not exist yet. */
    bool makes_directories;
};

/* Reports the progress of the current file to `watch`, if it is set. */
void session_report(struct reflink_session *session,
                    const struct reflink_outcome *outcome);

/*
 * Whether the user pressed Ctrl-C, the session was cancelled, or `watch` ended
 * the file. `session` may be NULL here and in the functions below.
 */
bool session_is_cancelled(const struct reflink_session *session);

/* The same. If so, records that as the failure. */
bool session_stop(const struct reflink_session *session,
                  struct reflink_outcome *outcome);

/* Sleeps that long, or until Ctrl-C or the session is cancelled. */
void session_sleep_ms(const struct reflink_session *session,
                      uint32_t milliseconds);

#endif
