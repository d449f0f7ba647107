/*
 * JSON of any values, numbers and nesting, read again by a parser that others
 * wrote: it has just these values, in the same order.
 */
#include "cli/json.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "fuzz.h"

enum { MOST_DEPTH = 8, MOST_VALUES = 64, MOST_UNITS = 40 };

/* A string as it has to come out, or a number if `text` is NULL. */
struct value {
    char *text;
    size_t size;
    uint64_t number;
};

struct document {
    struct text text;
    struct value values[MOST_VALUES];
    size_t count; /* of them */
    size_t read;
    bool is_array[MOST_DEPTH];
    size_t depth;
    unsigned keys;
};

static void add_string(struct document *document, struct fuzz_input *input,
                       const wchar_t *key)
{
    wchar_t units[MOST_UNITS + 1];
    struct value *value = &document->values[document->count++];
    fuzz_units(input, units, MOST_UNITS);
    value->text = fuzz_utf8(units, &value->size);
    if (document->is_array[document->depth])
        json_element(&document->text, units);
    else
        json_string(&document->text, key, units);
}

static void add_number(struct document *document, struct fuzz_input *input,
                       const wchar_t *key)
{
    struct value *value = &document->values[document->count++];
    /* the parser's numbers have a sign */
    value->number = fuzz_uint64(input) >> 1;
    json_number(&document->text, key, value->number);
}

static void open(struct document *document, bool array, const wchar_t *key)
{
    if (array)
        json_array(&document->text, key);
    else if (document->is_array[document->depth])
        json_item(&document->text);
    else
        json_open(&document->text, key);
    document->is_array[++document->depth] = array;
}

static void close(struct document *document)
{
    if (document->is_array[document->depth--])
        json_array_end(&document->text);
    else
        json_close(&document->text);
}

/* An array takes strings and objects. */
static void add(struct document *document, struct fuzz_input *input)
{
    wchar_t key[16];
    bool in_array = document->is_array[document->depth];
    swprintf(key, 16, L"k%u", document->keys++);
    switch (fuzz_byte(input) % 7) {
    case 0:
        if (document->depth + 1 < MOST_DEPTH)
            open(document, !in_array, key);
        return;
    case 1:
        if (document->depth + 1 < MOST_DEPTH)
            open(document, false, key);
        return;
    case 2:
        if (document->depth != 0)
            close(document);
        return;
    case 3:
        if (!in_array)
            add_number(document, input, key);
        return;
    case 4:
        if (!in_array)
            json_boolean(&document->text, key, true);
        return;
    case 5:
        if (!in_array)
            json_string(&document->text, key, NULL);
        return;
    default:
        add_string(document, input, key);
        return;
    }
}

static const struct value *next_value(struct document *document)
{
    fuzz_expect(document->read < document->count, "a value too many");
    return &document->values[document->read++];
}

static int on_string(void *context, const unsigned char *text, size_t size)
{
    const struct value *value = next_value(context);
    return value->text != NULL && value->size == size &&
           memcmp(value->text, text, size) == 0;
}

static int on_number(void *context, long long number)
{
    const struct value *value = next_value(context);
    return value->text == NULL && value->number == (uint64_t)number;
}

static const yajl_callbacks callbacks = {.yajl_string = on_string,
                                         .yajl_integer = on_number};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct document document = {.count = 1};
    size_t bytes = 0;
    document.values[0] = (struct value){fuzz_utf8(L"test", &bytes), bytes, 0};
    json_begin(&document.text, L"test");
    while (input.size != 0 && document.count < MOST_VALUES)
        add(&document, &input);
    while (document.depth != 0)
        close(&document);
    json_end(&document.text);
    char *line = fuzz_utf8(text_words(&document.text), &bytes);
    fuzz_expect(fuzz_read_json(line, bytes, &callbacks, &document),
                "other values than were written");
    fuzz_expect(document.read == document.count, "a value is missing");
    fuzz_expect(strchr(line, '\n') == line + bytes - 1, "not one line");
    for (size_t i = 0; i < document.count; i++)
        free(document.values[i].text);
    free(line);
    text_free(&document.text);
    return 0;
}
