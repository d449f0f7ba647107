/*
 * Writes JSON objects, one per line (NDJSON). Commas are added where they are
 * due. Keys are written as they are, so they must need no escaping. Values may
 * contain anything: what is not printable (text.h) is escaped, and an unpaired
 * surrogate becomes U+FFFD, because it has no UTF-8.
 */
#ifndef REFLINK_CLI_JSON_H
#define REFLINK_CLI_JSON_H

#include "text.h"

/* Begins an object on its own line; its first member is `type`. */
void json_begin(struct text *text, const wchar_t *type);

/* Ends the object and the line. */
void json_end(struct text *text);

/* Adds a member that is a string, or null if `value` is NULL. */
void json_string(struct text *text, const wchar_t *key, const wchar_t *value);

/* Adds a member that is a whole number. */
void json_number(struct text *text, const wchar_t *key, uint64_t value);

/* Adds a member that is true or false. */
void json_boolean(struct text *text, const wchar_t *key, bool value);

/* Adds a member that is null. */
void json_null(struct text *text, const wchar_t *key);

/* Begins a member that is an object; json_close ends it. */
void json_open(struct text *text, const wchar_t *key);

/* Ends an object that json_open or json_item began. */
void json_close(struct text *text);

/* Begins a member that is an array; json_array_end ends it. */
void json_array(struct text *text, const wchar_t *key);

/* Begins an object in an array; json_close ends it. */
void json_item(struct text *text);

/* Adds a string to an array. */
void json_element(struct text *text, const wchar_t *value);

/* Ends an array. */
void json_array_end(struct text *text);

#endif
