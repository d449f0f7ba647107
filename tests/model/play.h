/*
 * Plays a world: each operation is done by the engine on the simulated system
 * and by the model, and what became of it is judged.
 */
#ifndef REFLINK_TESTS_PLAY_H
#define REFLINK_TESTS_PLAY_H

#include "setting.h"

struct play_result {
    bool right;
    size_t at; /* which operation was wrong */
    char why[512];
    uint64_t requests; /* operations that were the engine's */
    uint64_t faults;   /* system calls that failed, and lost connections */
};

/*
 * Plays `count` operations. With `generate`, they are made on the way and
 * left in `operations`. Ends at the first wrong one.
 */
void play(const struct setting *setting, struct operation *operations,
          size_t count, bool generate, struct play_result *result);

#endif
