/*
 * The names and sentences of the command line for programs that embed reflink;
 * part of the library, with messages.c and text.c.
 */
#include <reflink/reflink.h>

#include "messages.h"

uint32_t reflink_version(void)
{
    return REFLINK_VERSION;
}

/* A caller may have a newer header, or pass what a file had. */
static bool is_below(int value, int count)
{
    return value >= 0 && value < count;
}

const wchar_t *reflink_reason_name(enum reflink_reason reason)
{
    return is_below((int)reason, REFLINK_REASON_COUNT) ? message_reason(reason)
                                                       : NULL;
}

const wchar_t *reflink_status_name(enum reflink_status status)
{
    return is_below((int)status, REFLINK_INTERRUPTED + 1)
               ? message_status(status)
               : NULL;
}

const wchar_t *reflink_method_name(enum reflink_method method)
{
    return is_below((int)method, REFLINK_METHOD_MIXED + 1)
               ? message_method(method)
               : NULL;
}

const wchar_t *reflink_warning_name(uint32_t warning)
{
    for (unsigned i = 0; i < REFLINK_WARNING_COUNT; i++) {
        if (warning == UINT32_C(1) << i)
            return message_warning_reason(i);
    }
    return NULL;
}

const wchar_t *reflink_support_name(enum reflink_support support)
{
    return is_below((int)support, REFLINK_SUPPORT_COUNT)
               ? message_support(support)
               : NULL;
}

/* Gives the caller a sentence, and frees it. */
static size_t give(struct text *text, wchar_t *buffer, size_t capacity)
{
    size_t length = text->length;
    if (capacity != 0) {
        size_t part = length < capacity - 1 ? length : capacity - 1;
        wmemcpy(buffer, text_words(text), part);
        buffer[part] = L'\0';
    }
    text_free(text);
    return length;
}

size_t reflink_error_text(const struct reflink_error *error, wchar_t *buffer,
                          size_t capacity)
{
    struct text text = {0};
    bool known = is_below((int)error->step, REFLINK_STEP_COUNT) &&
                 is_below((int)error->hint, REFLINK_HINT_COUNT);
    if (error->code != 0 && known)
        message_add_error(&text, error);
    return give(&text, buffer, capacity);
}

size_t reflink_reason_text(const struct reflink_outcome *outcome,
                           wchar_t *buffer, size_t capacity)
{
    struct text text = {0};
    if (reflink_reason_name(outcome->reason) != NULL)
        message_add_reason(&text, outcome, false);
    return give(&text, buffer, capacity);
}
