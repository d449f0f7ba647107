/* Fewer operations that go wrong all the same: delta debugging. */
#ifndef REFLINK_TESTS_SHRINK_H
#define REFLINK_TESTS_SHRINK_H

#include "play.h"

/*
 * Cuts `operations`, whose last is the one that went wrong, down to a list of
 * which none can be left out; likewise their faults. Returns how many there
 * are, and in `*result` what goes wrong then.
 */
size_t shrink(const struct setting *setting, struct operation *operations,
              size_t count, struct play_result *result);

#endif
