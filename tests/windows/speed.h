/*
 * How fast reflink is on this machine, beside what Windows has: one large file,
 * 1,000 small ones, and -j, the number of files in progress at once.
 */
#ifndef CHECK_SPEED_H
#define CHECK_SPEED_H

#include <stdbool.h>
#include <stdint.h>

/* Measures in the current directory, and prints and logs tables. The large
   file has `size` bytes; of the small ones there is one for each MiB of it, and
   no more than 1,000. False: something could not be done. */
bool speed_measure(uint64_t size);

#endif
