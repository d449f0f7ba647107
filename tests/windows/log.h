/*
 * The machine-readable log: one JSON object a line, in UTF-8. Without log_open
 * nothing is written. Text that is not wide is ASCII, or UTF-8 already.
 */
#ifndef CHECK_LOG_H
#define CHECK_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

/* Replaces the file `path`; false if it cannot be made. */
bool log_open(const wchar_t *path);
void log_close(void);

/* An object, from its "type" to its end; each value goes in between. */
void log_begin(const char *type);
void log_text(const char *key, const char *value);
void log_wide(const char *key, const wchar_t *value);
void log_number(const char *key, uint64_t value);
void log_end(void);

#endif
