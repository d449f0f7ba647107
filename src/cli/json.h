/*
 * JSON objects, one a line (NDJSON). Keys are plain words of this program.
 * Strings come out valid whatever is in them: an unpaired surrogate becomes
 * U+FFFD, and nothing but printable text is left unescaped.
 */
#ifndef REFLINK_CLI_JSON_H
#define REFLINK_CLI_JSON_H

#include "text.h"

/* Begins an object on its own line whose first member is its type. */
void json_begin(struct text *text, const wchar_t *type);

/* Ends it, with the line. */
void json_end(struct text *text);

/* Members. A NULL string is null. */
void json_string(struct text *text, const wchar_t *key, const wchar_t *value);
void json_number(struct text *text, const wchar_t *key, uint64_t value);
void json_boolean(struct text *text, const wchar_t *key, bool value);
void json_null(struct text *text, const wchar_t *key);

/* A member that is an object, and its end. */
void json_open(struct text *text, const wchar_t *key);
void json_close(struct text *text);

/* A member that is an array; its objects stand between json_item and
   json_close, its strings are added by json_element. */
void json_array(struct text *text, const wchar_t *key);
void json_item(struct text *text);
void json_element(struct text *text, const wchar_t *value);
void json_array_end(struct text *text);

#endif
