/*
 * The places at which a request is sampled: spread over its data, the first and
 * the last block among them. The last one has what was written last, and what a
 * request leaves out that was clipped.
 */
#ifndef REFLINK_CORE_SAMPLES_H
#define REFLINK_CORE_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SAMPLES_MOST = 32, SAMPLES_SIZE = 4096 };

struct samples {
    uint64_t at[SAMPLES_MOST]; /* offsets in the request, ascending */
    size_t count;
    size_t capacity;
    uint64_t step; /* one block in each part of this length that has data */
    uint64_t next;
    uint64_t last; /* the last block of the data so far */
    bool has_data;
};

/*
 * Begins a sample of at most `capacity` blocks, 1 to SAMPLES_MOST, of a request
 * of `length` bytes. With one block, that is the last.
 */
void samples_begin(struct samples *samples, uint64_t length, size_t capacity);

/* Adds `length` bytes of data, not 0, that follow all data added before. */
void samples_add(struct samples *samples, uint64_t at, uint64_t length);

/* Adds the last block, if any data was added. */
void samples_end(struct samples *samples);

/*
 * Puts the blocks in the order in which they are to be compared: first up to
 * three that are far from each other, and then the others. Returns how many are
 * in the first group.
 */
size_t samples_order(struct samples *samples);

#endif
