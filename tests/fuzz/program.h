/* The whole program on simulated volumes. */
#ifndef REFLINK_TESTS_FUZZ_PROGRAM_H
#define REFLINK_TESTS_FUZZ_PROGRAM_H

#include "sim/sim.h"

enum { PROGRAM_WORDS = 24 };

/*
 * Runs it with these `count` words. What holds for every run is checked: the
 * exit code, what is printed, and that nothing is left open.
 */
int program_run(const wchar_t *const *words, int count);

#endif
