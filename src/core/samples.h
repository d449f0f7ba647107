/*
 * Blocks of two files, compared several at a time: each read waits for the
 * disk or for the server, and not for the processor.
 */
#ifndef REFLINK_CORE_SAMPLES_H
#define REFLINK_CORE_SAMPLES_H

#include "compare.h"

enum { SAMPLE_SIZE = 4096 };

/* One block, of at most SAMPLE_SIZE bytes, and what came of it. */
struct sample {
    uint64_t source_at;
    uint64_t dest_at;
    uint32_t length;
    bool equal;
    os_error error; /* of reading `side` */
    enum compare_side side;
};

/* Compares all of them. Few are read one after the other, and so are all
   where no threads can be had. */
void samples_compare(struct os_file *source, struct os_file *dest,
                     struct sample *samples, size_t count);

#endif
