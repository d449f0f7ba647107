/*
 * What one run has learned about each volume, and the buffers it works with.
 */
#ifndef REFLINK_CORE_SESSION_H
#define REFLINK_CORE_SESSION_H

#include <reflink/reflink.h>

#include "os.h"
#include "plan.h"

/* What one volume taught; kept for the run [REFS 11]. */
struct lesson {
    uint64_t volume;       /* identity of the volume */
    uint32_t alignment;    /* refused below this; 0: nothing learned */
    enum plan_tail tail;   /* what it takes at the end of file */
    bool no_cloning;       /* it answered that it has no such request */
    bool no_integrity;     /* likewise, of integrity streams */
    struct os_volume told; /* what it told of itself; unknown: not asked */
    uint32_t unit;         /* its allocation unit; 0: not asked, or not told */
    uint32_t kept;         /* OS_ATTRIBUTE_* that it was seen to keep */
};

/*
 * The directory of the last SOURCE or DEST, and its volume. To ask each file
 * for it is slow on some systems. A file that is not a link lies there.
 */
struct place {
    wchar_t *directory; /* NULL: there was none yet */
    uint64_t volume;
    wchar_t root[64]; /* of the volume, for people; empty: not asked */
};

/* Bytes in each of the session's two buffers; a multiple of 64 KiB. */
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
    struct place source;
    struct place dest;
};

/* Tells whoever watches how far it got. */
void session_tell(const struct reflink_session *session,
                  const struct reflink_outcome *outcome);

/* The lesson of `volume`, made if there is none; NULL: no memory. Valid
   until the next call. */
struct lesson *session_lesson(struct reflink_session *session, uint64_t volume);

/* Whether `path` names something in this place. */
bool session_is_at(const struct place *place, const wchar_t *path);

/* Makes the directory of `path`, on `volume`, the place. Without memory there
   is none. */
void session_move(struct place *place, const wchar_t *path, uint64_t volume);

#endif
