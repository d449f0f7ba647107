/*
 * Text that grows. Lines are put together in memory and printed elsewhere.
 *
 * If memory runs out, the text becomes empty, its `failed` is set, and whatever
 * is added to it is ignored until text_clear. So a text is complete or empty:
 * half a line would mislead the user, and half a JSON object would break the
 * program that parses it.
 */
#ifndef REFLINK_CLI_TEXT_H
#define REFLINK_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* An empty text is all zeros. Its owner calls text_free. */
struct text {
    wchar_t *data; /* NULL until something is added */
    size_t length; /* in characters, without the terminating null */
    size_t capacity;
    bool failed; /* out of memory */
};

/* Frees the memory; the text is then empty. */
void text_free(struct text *text);

/* Sets `failed` and empties the text: memory ran out for a part of it. */
void text_fail(struct text *text);

/* Calls text_fail if `part`, whose string was added to `text`, has failed. */
void text_fail_with(struct text *text, const struct text *part);

/* Empties the text and clears `failed`; keeps the memory. */
void text_clear(struct text *text);

/* Adds a copy of the string. */
void text_add(struct text *text, const wchar_t *string);

/* Adds a copy of the first `length` characters of the string. */
void text_add_part(struct text *text, const wchar_t *string, size_t length);

/* Whether `c`, on a console, is seen, does nothing, and leaves the order of
   what is around it. Half a surrogate pair is not printable. */
bool text_is_printable(wchar_t c);

/*
 * Adds a copy of a name, such as a path. A character that could make a console
 * do something, display the name in another order, or not be seen, and an
 * unpaired surrogate, become `<U+202E>`: no file that Win32 creates has a `<`
 * in its name [Naming Files, Paths, and Namespaces], so no two names look
 * alike.
 */
void text_add_name(struct text *text, const wchar_t *name);

/* Formats a uint64_t, after `%`. PRIu64 does not, because it is a narrow
   literal and MSVC does not concatenate it with a wide one (error C2308). */
#define TEXT_U64 L"llu"

/* Adds what vswprintf would write: %ls for a wide string, TEXT_U64 for a
   uint64_t. More than 1 Mi characters count as out of memory. */
void text_format(struct text *text, const wchar_t *format, ...);

/* Returns the string, never NULL. It is valid until the text changes. */
const wchar_t *text_words(const struct text *text);

/* Adds a number of bytes for people: `300 bytes` or `4.2 GiB`, in powers of
   1024 with at most one decimal. */
void text_add_size(struct text *text, uint64_t bytes);

/* Adds a duration for people: `3 ms`, `9.5 s` or `2 min 5 s`. */
void text_add_time(struct text *text, uint64_t microseconds);

#endif
