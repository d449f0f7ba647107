#include "text.h"

#include <stdarg.h>
#include <stdlib.h>

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

void text_clear(struct text *text)
{
    text->length = 0;
    text->failed = false;
    if (text->data != NULL)
        text->data[0] = L'\0';
}

void text_fail(struct text *text)
{
    text_clear(text);
    text->failed = true;
}

void text_fail_with(struct text *text, const struct text *part)
{
    if (part->failed)
        text_fail(text);
}

const wchar_t *text_words(const struct text *text)
{
    return text->data != NULL ? text->data : L"";
}

/* Allocates memory for `more` characters and a terminating null. */
static bool reserve(struct text *text, size_t more)
{
    if (text->failed)
        return false;
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return true;
    size_t capacity = text->capacity < 64 ? 64 : text->capacity;
    while (capacity < needed)
        capacity *= 2;
    wchar_t *data = realloc(text->data, capacity * sizeof *data);
    if (data == NULL) {
        text_fail(text);
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void text_add_part(struct text *text, const wchar_t *string, size_t length)
{
    if (!reserve(text, length))
        return;
    wmemcpy(text->data + text->length, string, length);
    text->length += length;
    text->data[text->length] = L'\0';
}

void text_add(struct text *text, const wchar_t *string)
{
    text_add_part(text, string, wcslen(string));
}

/* Line separators and the characters that change the writing direction [Unicode
   UAX #9: Directional Formatting Characters] are not. */
bool text_is_printable(wchar_t c)
{
    return c >= 0x20 && (c < 0x7F || c > 0x9F) && c != 0x061C &&
           (c < 0x200E || c > 0x200F) && (c < 0x2028 || c > 0x202E) &&
           (c < 0x2066 || c > 0x2069);
}

/* Characters that take no space are not seen; but some languages are written
   with joiners. */
static bool is_seen(wchar_t c)
{
    return text_is_printable(c) && c != 0x00AD && c != 0x180E && c != 0x200B &&
           (c < 0x2060 || c > 0x206F) && (c < 0xD800 || c > 0xDFFF) &&
           c != 0xFEFF && (c < 0xFFF9 || c > 0xFFFB);
}

/* How many units of `name` make its first character; 0 if that has to be
   escaped, or if `name` is at its end. */
static size_t printable_units(const wchar_t *name)
{
    if (name[0] >= 0xD800 && name[0] <= 0xDBFF && name[1] >= 0xDC00 &&
        name[1] <= 0xDFFF)
        return 2;
    return is_seen(name[0]) ? 1 : 0;
}

void text_add_name(struct text *text, const wchar_t *name)
{
    for (;;) {
        size_t length = 0;
        size_t units;
        while ((units = printable_units(name + length)) != 0)
            length += units;
        text_add_part(text, name, length);
        name += length;
        if (*name == L'\0')
            return;
        text_format(text, L"<U+%04X>", (unsigned)*name++);
    }
}

/* vswprintf does not report how much memory it needs, so the buffer grows until
   the text fits. */
void text_format(struct text *text, const wchar_t *format, ...)
{
    enum { MOST = 1 << 20 };
    for (size_t room = 128; room <= MOST; room *= 4) {
        if (!reserve(text, room))
            return;
        va_list arguments;
        va_start(arguments, format);
        int length =
            vswprintf(text->data + text->length, room, format, arguments);
        va_end(arguments);
        /* if `room` is too small, C runtimes return a negative number, the
           length needed, or the length written */
        if (length >= 0 && (size_t)length < room - 1) {
            text->length += (size_t)length;
            return;
        }
        text->data[text->length] = L'\0';
    }
    text_fail(text);
}

void text_add_size(struct text *text, uint64_t bytes)
{
    static const wchar_t *const units[] = {L"KiB", L"MiB", L"GiB",
                                           L"TiB", L"PiB", L"EiB"};
    if (bytes < 1024) {
        text_format(text, L"%" TEXT_U64 L" %ls", bytes,
                    bytes == 1 ? L"byte" : L"bytes");
        return;
    }
    size_t unit = 0;
    uint64_t size = 1024;
    while (unit < 5 && bytes / size >= 1024) {
        size *= 1024;
        unit++;
    }
    uint64_t whole = bytes / size;
    uint64_t tenths = bytes % size * 10 / size;
    if (tenths == 0)
        text_format(text, L"%" TEXT_U64 L" %ls", whole, units[unit]);
    else
        text_format(text, L"%" TEXT_U64 L".%" TEXT_U64 L" %ls", whole, tenths,
                    units[unit]);
}

void text_add_time(struct text *text, uint64_t microseconds)
{
    uint64_t ms = microseconds / 1000;
    uint64_t seconds = ms / 1000;
    if (ms == 0)
        text_add(text, L"< 1 ms");
    else if (seconds == 0)
        text_format(text, L"%" TEXT_U64 L" ms", ms);
    else if (seconds < 60 && ms % 1000 / 100 != 0)
        text_format(text, L"%" TEXT_U64 L".%" TEXT_U64 L" s", seconds,
                    ms % 1000 / 100);
    else if (seconds < 60)
        text_format(text, L"%" TEXT_U64 L" s", seconds);
    else if (seconds < 3600)
        text_format(text, L"%" TEXT_U64 L" min %" TEXT_U64 L" s", seconds / 60,
                    seconds % 60);
    else
        text_format(text, L"%" TEXT_U64 L" h %" TEXT_U64 L" min",
                    seconds / 3600, seconds / 60 % 60);
}
