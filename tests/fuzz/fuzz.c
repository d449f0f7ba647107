#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

/* Freed memory is kept for a while, less of it than usual: it costs most of the
   time of a run. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=8:max_free_fill_size=0";
}

uint8_t fuzz_byte(struct fuzz_input *input)
{
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->data++;
}

uint64_t fuzz_number(struct fuzz_input *input, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++)
        number |= (uint64_t)fuzz_byte(input) << (8 * i);
    return number;
}

uint64_t fuzz_uint64(struct fuzz_input *input)
{
    uint8_t form = fuzz_byte(input);
    switch (form % 8) {
    case 0:
        return fuzz_number(input, 8);
    case 1:
        return UINT64_MAX - fuzz_byte(input);
    case 2:
        return (UINT64_C(1) << 63) - 128 + fuzz_byte(input);
    case 3:
        return UINT64_C(1) << (fuzz_byte(input) % 64);
    case 4:
        return fuzz_number(input, 2);
    case 5:
        return fuzz_number(input, 4);
    default:
        return fuzz_byte(input);
    }
}

size_t fuzz_units(struct fuzz_input *input, wchar_t *units, size_t most)
{
    size_t length = 0;
    while (length < most && input->size != 0) {
        units[length] = (wchar_t)fuzz_number(input, 2);
        if (units[length] == L'\0')
            break;
        length++;
    }
    units[length] = L'\0';
    return length;
}

size_t fuzz_text(struct fuzz_input *input, wchar_t *text, size_t most)
{
    static const wchar_t special[] = {0x1b,   0x7f,   0x85,   0x9b,   0x202e,
                                      0x2066, 0xd800, 0xdc00, 0xfffd, 0xffff,
                                      0xfe0f, 0xe9,   0x130,  0x131,  0x17f};
    size_t length = 0;
    while (length < most && input->size != 0) {
        uint8_t byte = fuzz_byte(input);
        if (byte == 0)
            break;
        text[length++] =
            byte < 128 ? (wchar_t)byte
                       : special[byte % (sizeof special / sizeof special[0])];
    }
    text[length] = L'\0';
    return length;
}

void fuzz_expect(bool right, const char *what)
{
    if (right)
        return;
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

static size_t encode(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

char *fuzz_utf8(const wchar_t *units, size_t *size)
{
    char *text = malloc(wcslen(units) * 3 + 1);
    fuzz_expect(text != NULL, "no memory");
    *size = 0;
    for (; *units != L'\0'; units++) {
        uint32_t c = (uint32_t)units[0];
        uint32_t low = (uint32_t)units[1];
        bool pair = c >> 10 == 0xD800 >> 10 && low >> 10 == 0xDC00 >> 10;
        if (pair)
            c = 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
        else if (c >> 11 == 0xD800 >> 11)
            c = 0xFFFD;
        units += pair;
        *size += encode(c, text + *size);
    }
    text[*size] = '\0';
    return text;
}

bool fuzz_read_json(const char *line, size_t size, const void *callbacks,
                    void *context)
{
    const unsigned char *text = (const unsigned char *)line;
    yajl_handle parser = yajl_alloc(callbacks, NULL, context);
    fuzz_expect(parser != NULL, "no memory");
    bool right = yajl_parse(parser, text, size) == yajl_status_ok &&
                 yajl_complete_parse(parser) == yajl_status_ok;
    yajl_free(parser);
    if (!right)
        fprintf(stderr, "%.*s\n", (int)size, line);
    return right;
}

void fuzz_expect_json_lines(const wchar_t *lines)
{
    size_t size = 0;
    char *text = fuzz_utf8(lines, &size);
    const char *at = text;
    while (at != text + size) {
        const char *end = memchr(at, '\n', (size_t)(text + size - at));
        fuzz_expect(end != NULL, "a line without an end");
        fuzz_expect(strncmp(at, "{\"type\":\"", 9) == 0 &&
                        fuzz_read_json(at, (size_t)(end - at), NULL, NULL),
                    "a line that is no JSON object with a type");
        at = end + 1;
    }
    free(text);
}
