/*
 * Text that grows: lines are put together here and printed elsewhere. Without
 * the memory for all of it there is none of it: it is empty, and what is added
 * then is lost, until it is cleared. Half a line would mislead, and half an
 * object break who reads it.
 */
#ifndef REFLINK_CLI_TEXT_H
#define REFLINK_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* Zeroed, it is the empty text. `data` is NULL until something is added. */
struct text {
    wchar_t *data;
    size_t length;
    size_t capacity;
    bool failed; /* there was no memory for all of it */
};

void text_free(struct text *text);

/* There was no memory for something that it was to have. */
void text_fail(struct text *text);

/* The same if there was none for `part`, which words of it were taken from. */
void text_fail_with(struct text *text, const struct text *part);

/* Empties it, and keeps its memory. */
void text_clear(struct text *text);

void text_add(struct text *text, const wchar_t *words);

/* A name, so that one can read it and a console does nothing but show it: a
   control character or one that turns the direction of writing becomes
   U+FFFD, as an unpaired surrogate does on its way to UTF-8. */
void text_add_name(struct text *text, const wchar_t *name);

/* The length and conversion of a uint64_t, to stand after `%`. PRIu64 is a
   narrow literal, which MSVC puts together with no wide one (its error C2308).
 */
#define TEXT_U64 L"llu"

/* As vswprintf: %ls for a wide string, TEXT_U64 for a uint64_t. */
void text_format(struct text *text, const wchar_t *format, ...);

/* The text so far; never NULL. */
const wchar_t *text_words(const struct text *text);

/* For people: `300 bytes`, `4.2 GiB`; powers of 1024, one decimal. */
void text_add_size(struct text *text, uint64_t bytes);

/* For people: `3 ms`, `9.5 s`, `2 min 5 s`. */
void text_add_time(struct text *text, uint64_t microseconds);

#endif
