#include "session.h"

#include <stdlib.h>

#include "identity.h"

struct reflink_session *reflink_session_open(void)
{
    struct reflink_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return NULL;
    session->buffer = malloc(SESSION_BUFFER);
    session->second = malloc(SESSION_BUFFER);
    if (session->buffer == NULL || session->second == NULL) {
        reflink_session_close(session);
        return NULL;
    }
    return session;
}

void reflink_session_close(struct reflink_session *session)
{
    if (session == NULL)
        return;
    free(session->second);
    free(session->buffer);
    free(session->lessons);
    free(session);
}

struct lesson *session_lesson(struct reflink_session *session,
                              const struct os_identity *identity)
{
    for (size_t i = 0; i < session->count; i++) {
        if (identity_same_volume(&session->lessons[i].volume, identity))
            return &session->lessons[i];
    }
    size_t size = (session->count + 1) * sizeof *session->lessons;
    struct lesson *lessons = realloc(session->lessons, size);
    if (lessons == NULL)
        return NULL;
    session->lessons = lessons;
    lessons[session->count] = (struct lesson){.volume = *identity};
    return &lessons[session->count++];
}

void reflink_session_watch(struct reflink_session *session,
                           void (*watch)(void *context,
                                         const struct reflink_outcome *so_far,
                                         uint64_t total),
                           void *context)
{
    session->watch = watch;
    session->watch_context = context;
}

void session_tell(const struct reflink_session *session,
                  const struct reflink_outcome *outcome)
{
    if (session->watch != NULL)
        session->watch(session->watch_context, outcome, session->total);
}
