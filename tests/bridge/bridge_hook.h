/*
 * Replacing a function of Wine's ntdll.dll.
 *
 * There every Nt function is a 32-byte, position-independent system-call
 * thunk (seen in Wine 8): a copy of it in executable memory remains the way
 * to the original, and a jump is written over its start.
 */
#ifndef BRIDGE_HOOK_H
#define BRIDGE_HOOK_H

#include <stdbool.h>

/* Any function; cast to and from it, as C11 6.3.2.3 allows. */
typedef void (*hook_function)(void);

struct hook {
    const char *name;
    hook_function replacement;
    hook_function *original; /* filled in */
};

/* Installs all or answers false; call it before the program's code runs. */
bool hook_install(const struct hook *hooks, int count);

#endif
