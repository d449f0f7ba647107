/* Starts reflink.exe for the jobs, and keeps what it says. */
#ifndef CHECK_RUN_H
#define CHECK_RUN_H

#include <stdbool.h>
#include <wchar.h>

/* `program` is started from now on; what it prints goes to the file `output`.
   Both paths are full ones. */
void run_with(const wchar_t *program, const wchar_t *output);

/* Starts it with these arguments, as one would type them, in the current
   directory, and waits. The exit code; -1: it could not be started. */
int run_reflink(const wchar_t *arguments);

/* The same, ended by force after so many milliseconds, unless it has ended by
   then. */
void run_and_kill(const wchar_t *arguments, unsigned milliseconds);

/* The same, with Ctrl-Break after so many milliseconds. RUN_NO_CONSOLE: it
   could not be sent. */
enum { RUN_NO_CONSOLE = -2 };
int run_and_break(const wchar_t *arguments, unsigned milliseconds);

/* Starts another program with this command line, as run_reflink does. */
int run_command(const wchar_t *command);

/* What the last run printed, stdout and stderr; valid until the next one. */
const char *run_output(void);

bool run_said(const char *words);

#endif
