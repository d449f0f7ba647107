#include "session.h"

#include <stdlib.h>

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
    volume_free(session->volumes);
    free(session);
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

void session_report(const struct reflink_session *session,
                    const struct reflink_outcome *outcome)
{
    if (session->watch != NULL)
        session->watch(session->watch_context, outcome, session->total);
}
