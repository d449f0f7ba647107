#include "report_once.h"

#include <string.h>

#include "messages.h"

void report_once_free(struct report_once *once)
{
    for (unsigned i = 0; i < once->error_count; i++) {
        text_free(&once->errors[i].directory);
        text_free(&once->errors[i].cause);
        text_free(&once->errors[i].held);
    }
    memset(once, 0, sizeof *once);
}

bool report_once_volume(struct report_once *once,
                        const struct reflink_outcome *outcome)
{
    for (unsigned i = 0; i < once->volume_count; i++) {
        const struct report_once_volume *volume = &once->volumes[i];
        if (volume->reason == outcome->reason &&
            wcscmp(volume->root, outcome->volume_root) == 0 &&
            wcscmp(volume->file_system, outcome->file_system) == 0)
            return false;
    }
    if (once->volume_count < REPORT_ONCE_VOLUMES) {
        struct report_once_volume *volume =
            &once->volumes[once->volume_count++];
        volume->reason = outcome->reason;
        wcscpy(volume->root, outcome->volume_root);
        wcscpy(volume->file_system, outcome->file_system);
    }
    return true;
}

/* Returns the number of characters up to the last separator, and with it. */
static size_t directory_length(const wchar_t *path)
{
    size_t length = wcslen(path);
    while (length != 0 && path[length - 1] != L'\\' && path[length - 1] != L'/')
        length--;
    return length;
}

static bool is_same(const struct report_once_error *error, const wchar_t *path,
                    size_t length, const wchar_t *cause)
{
    return error->directory.length == length &&
           wcsncmp(text_words(&error->directory), path, length) == 0 &&
           wcscmp(text_words(&error->cause), cause) == 0;
}

/* Notes the first error of a kind, if there is room for it. */
static void add_error(struct report_once *once, const wchar_t *path,
                      size_t length, const wchar_t *cause)
{
    struct report_once_error error = {.count = 1};
    if (once->error_count == REPORT_ONCE_ERRORS)
        return;
    text_add_part(&error.directory, path, length);
    text_add(&error.cause, cause);
    if (error.directory.failed || error.cause.failed) {
        text_free(&error.directory);
        text_free(&error.cause);
        return;
    }
    once->errors[once->error_count++] = error;
}

void report_once_error(struct report_once *once, const wchar_t *path,
                       const wchar_t *cause, const struct text *line,
                       struct text *err)
{
    size_t length = directory_length(path);
    for (unsigned i = 0; i < once->error_count; i++) {
        struct report_once_error *error = &once->errors[i];
        if (!is_same(error, path, length, cause))
            continue;
        error->count++;
        if (error->count <= REPORT_ONCE_LINES)
            text_add(&error->held, text_words(line));
        return;
    }
    add_error(once, path, length, cause);
    text_add(err, text_words(line));
}

void report_once_rest(const struct report_once *once, struct text *err)
{
    for (unsigned i = 0; i < once->error_count; i++) {
        const struct report_once_error *error = &once->errors[i];
        if (error->count <= REPORT_ONCE_LINES) {
            text_add(err, text_words(&error->held));
            text_fail_with(err, &error->held);
            continue;
        }
        text_add(err, L"reflink: ");
        message_add_count(err, MESSAGE_MORE_FAILED, error->count - 1);
        text_add_name(err, error->directory.length != 0
                               ? text_words(&error->directory)
                               : L".\\");
        text_format(err, message_same_reason, text_words(&error->cause));
    }
}
