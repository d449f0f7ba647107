#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "path.h"

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
    free(session->source.directory);
    free(session->dest.directory);
    free(session);
}

struct lesson *session_lesson(struct reflink_session *session, uint64_t volume)
{
    for (size_t i = 0; i < session->count; i++) {
        if (session->lessons[i].volume == volume)
            return &session->lessons[i];
    }
    size_t size = (session->count + 1) * sizeof *session->lessons;
    struct lesson *lessons = realloc(session->lessons, size);
    if (lessons == NULL)
        return NULL;
    session->lessons = lessons;
    lessons[session->count] = (struct lesson){.volume = volume};
    return &lessons[session->count++];
}

bool session_is_at(const struct place *place, const wchar_t *path)
{
    size_t length = path_directory_length(path);
    return place->directory != NULL && wcslen(place->directory) == length &&
           wmemcmp(place->directory, path, length) == 0;
}

void session_move(struct place *place, const wchar_t *path, uint64_t volume)
{
    free(place->directory);
    *place = (struct place){.volume = volume};
    place->directory = path_splice(path, path_directory_length(path), L"");
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
