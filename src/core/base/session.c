#include "session.h"

#include <stdlib.h>

#include "core/errors.h"
#include "outcome.h"

struct reflink_session *reflink_session_open(void)
{
    struct reflink_session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return NULL;
    session->buffer = malloc(SESSION_BUFFER);
    session->second = malloc(SESSION_BUFFER);
    session->cancel = os_event_make();
    if (session->buffer == NULL || session->second == NULL ||
        session->cancel == NULL) {
        reflink_session_close(session);
        return NULL;
    }
    return session;
}

void reflink_session_close(struct reflink_session *session)
{
    if (session == NULL)
        return;
    os_event_free(session->cancel);
    free(session->second);
    free(session->buffer);
    volume_free(session->volumes);
    free(session);
}

void reflink_session_watch(struct reflink_session *session,
                           bool (*watch)(void *context,
                                         const struct reflink_outcome *so_far,
                                         uint64_t total),
                           void *context)
{
    session->watch = watch;
    session->watch_context = context;
}

void reflink_session_cancel(struct reflink_session *session)
{
    os_event_set(session->cancel);
}

void session_report(struct reflink_session *session,
                    const struct reflink_outcome *outcome)
{
    if (session->watch != NULL &&
        !session->watch(session->watch_context, outcome, session->total))
        session->stopped = true;
}

bool session_is_cancelled(const struct reflink_session *session)
{
    return os_cancelled() ||
           (session != NULL &&
            (session->stopped || os_event_is_set(session->cancel)));
}

bool session_stop(const struct reflink_session *session,
                  struct reflink_outcome *outcome)
{
    if (!session_is_cancelled(session))
        return false;
    outcome_fail_hint(outcome, CODE_CANCELLED, REFLINK_STEP_NONE, OUTCOME_DEST,
                      REFLINK_HINT_INTERRUPTED);
    return true;
}

void session_sleep_ms(const struct reflink_session *session,
                      uint32_t milliseconds)
{
    os_sleep_ms(milliseconds, session != NULL ? session->cancel : NULL);
}
