#include "json.h"

/* Adds a comma, unless an object, an array or a line has just begun. */
static void separate(struct text *text)
{
    wchar_t last = text->length != 0 ? text->data[text->length - 1] : L'\n';
    if (last != L'{' && last != L'[' && last != L'\n')
        text_add(text, L",");
}

static void add_key(struct text *text, const wchar_t *key)
{
    separate(text);
    text_add(text, L"\"");
    text_add(text, key);
    text_add(text, L"\":");
}

static bool is_high(wchar_t c)
{
    return c >= 0xD800 && c <= 0xDBFF;
}

static bool is_low(wchar_t c)
{
    return c >= 0xDC00 && c <= 0xDFFF;
}

static void add_escaped(struct text *text, const wchar_t *value)
{
    text_add(text, L"\"");
    for (const wchar_t *at = value; *at != L'\0'; at++) {
        wchar_t one[2] = {at[0], L'\0'};
        wchar_t pair[3] = {at[0], at[1], L'\0'};
        if (is_high(at[0]) && is_low(at[1])) {
            text_add(text, pair);
            at++;
        } else if (is_high(at[0]) || is_low(at[0])) {
            text_add(text, L"\xFFFD");
        } else if (!text_is_printable(at[0])) {
            text_format(text, L"\\u%04x", (unsigned)at[0]);
        } else {
            if (at[0] == L'"' || at[0] == L'\\')
                text_add(text, L"\\");
            text_add(text, one);
        }
    }
    text_add(text, L"\"");
}

void json_begin(struct text *text, const wchar_t *type)
{
    text_add(text, L"{");
    json_string(text, L"type", type);
}

void json_end(struct text *text)
{
    text_add(text, L"}\n");
}

void json_string(struct text *text, const wchar_t *key, const wchar_t *value)
{
    if (value == NULL) {
        json_null(text, key);
        return;
    }
    add_key(text, key);
    add_escaped(text, value);
}

void json_number(struct text *text, const wchar_t *key, uint64_t value)
{
    add_key(text, key);
    text_format(text, L"%" TEXT_U64, value);
}

void json_boolean(struct text *text, const wchar_t *key, bool value)
{
    add_key(text, key);
    text_add(text, value ? L"true" : L"false");
}

void json_null(struct text *text, const wchar_t *key)
{
    add_key(text, key);
    text_add(text, L"null");
}

void json_open(struct text *text, const wchar_t *key)
{
    add_key(text, key);
    text_add(text, L"{");
}

void json_close(struct text *text)
{
    text_add(text, L"}");
}

void json_array(struct text *text, const wchar_t *key)
{
    add_key(text, key);
    text_add(text, L"[");
}

void json_item(struct text *text)
{
    separate(text);
    text_add(text, L"{");
}

void json_element(struct text *text, const wchar_t *value)
{
    separate(text);
    add_escaped(text, value);
}

void json_array_end(struct text *text)
{
    text_add(text, L"]");
}
