/*
 * What one run has learned about each volume, and the buffers it works with.
 */
#ifndef REFLINK_CORE_SESSION_H
#define REFLINK_CORE_SESSION_H

#include <reflink/reflink.h>

#include "core/os.h"
#include "core/clone/plan.h"

/* What one volume taught; kept for the run [REFS 11]. */
struct lesson {
    struct os_identity volume; /* that of a file on it */
    uint32_t alignment;        /* refused below this; 0: nothing learned */
    enum plan_tail tail;       /* what it takes at the end of file */
    bool no_cloning;           /* it answered that it has no such request */
    bool no_integrity;         /* likewise, of integrity streams */
    struct os_volume told;     /* what it told of itself; unknown: not asked */
    uint32_t unit;    /* its allocation unit; 0: not asked, or not told */
    uint32_t kept;    /* OS_ATTRIBUTE_* that it was seen to keep */
    wchar_t root[64]; /* for people; empty: not asked */
};

/* Bytes in each of the session's two buffers, and so of a read or write: what
   every Windows server since Windows 7 takes in one message [MS-SMB2 3.3.5.3.1,
   product behavior]. */
#define SESSION_BUFFER ((uint32_t)1 << 20)

struct reflink_session {
    struct lesson *lessons;
    size_t count;
    uint8_t *buffer; /* SESSION_BUFFER bytes */
    uint8_t *second; /* likewise */
    void (*watch)(void *context, const struct reflink_outcome *so_far,
                  uint64_t total); /* or NULL */
    void *watch_context;
    uint64_t total;         /* bytes of the file at hand */
    struct claims *claims;  /* where others work beside it, else NULL */
    bool makes_directories; /* a dry run: DEST's directory may be missing */
};

/* Tells whoever watches how far it got. */
void session_tell(const struct reflink_session *session,
                  const struct reflink_outcome *outcome);

/* The lesson of the volume that a file of this identity is on, made if there is
   none; NULL: no memory. Valid until the next call. */
struct lesson *session_lesson(struct reflink_session *session,
                              const struct os_identity *identity);

#endif
