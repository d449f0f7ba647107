/* Between the files of the harness. */
#ifndef E2E_INTERNAL_H
#define E2E_INTERNAL_H

#include <sys/types.h>

#include "e2e.h"

/* Ends the test: the harness itself, or the system, is at fault. */
_Noreturn void e2e_broken(const char *what);

/* A folder outside the volumes for outputs and logs of the test. */
const char *e2e_desk(void);

/* The whole of a text file; empty if there is none. */
char *e2e_slurp(const char *path);

/* Whether programs get the bridge now. */
bool e2e_bridged(void);

enum { E2E_MOST_WORDS = 32 };

/* Fills `words`, which has room for E2E_MOST_WORDS, with the whole command
   line, NULL behind the last. */
void e2e_put_words(const char **words, const char *const *arguments);

/* The temporary in the fresh folder that has bytes already, or NULL. */
const char *e2e_newest_temporary(void);

/* Starts a program, both outputs to files; its process id. */
pid_t e2e_spawn(const char *const *words, const char *out, const char *err);

/* Exit code, or -1. After `seconds` the process is killed. */
int e2e_wait(pid_t process, int seconds);

#endif
