/*
 * A layer over the simulated volume that replaces what it answers to queries,
 * by what the input says: any value that os.h allows. The linker puts it
 * between (--wrap).
 */
#ifndef REFLINK_TESTS_FUZZ_GARBAGE_H
#define REFLINK_TESTS_FUZZ_GARBAGE_H

#include "fuzz.h"

/* What was answered falsely since garbage_begin. */
struct garbage {
    bool sizes;    /* a file's size, or its attributes */
    bool identity; /* which file it is, or what it is */
    bool times;
    bool extents;   /* where its clusters are */
    bool allocated; /* what is no hole */
    bool lists;     /* streams, attributes or entries that there are not */
    bool reads;     /* a read ended early */
};

/* From now on answers are replaced, as long as there is input; no file has more
   than `most` bytes. */
void garbage_begin(struct fuzz_input *input, uint64_t most);

/* From now on answers are true. */
struct garbage garbage_end(void);

#endif
