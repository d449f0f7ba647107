/*
 * A console: the program runs on a pseudo-terminal, for which Wine starts its
 * own conhost, and a small terminal here shows what a person would see.
 */
#ifndef E2E_CONSOLE_H
#define E2E_CONSOLE_H

#include "e2e.h"

/*
 * Starts reflink.exe on a new console, this many columns wide. Its stdout
 * goes there, too, unless `out` names a file for it.
 */
void console_begin(const char *const *arguments, unsigned columns,
                   const char *out);

/* Whether this text has come within ten seconds, escape sequences and all. The
   program is slowed down meanwhile. */
bool console_await(const char *text);

/* Sends the program a signal of Linux: SIGSTOP to have time pass. */
void console_signal(int number);

/* Types these keys. */
void console_type(const char *keys);

/* Reads to the end of the program. out: all that has come, as it came; err:
   what the screen shows then, without blanks at line ends. */
struct result *console_end(void);

/* What the screen showed when the text was awaited. */
const char *console_screen(void);

#endif
