#include "samples.h"

void samples_begin(struct samples *samples, uint64_t length, size_t capacity)
{
    *samples = (struct samples){.capacity = capacity, .step = UINT64_MAX};
    if (capacity > 1)
        samples->step = length / (capacity - 1) + 1;
}

void samples_add(struct samples *samples, uint64_t at, uint64_t length)
{
    uint64_t end = at + length;
    samples->last = length > SAMPLES_SIZE ? end - SAMPLES_SIZE : at;
    while (samples->next < end && samples->count + 1 < samples->capacity) {
        uint64_t block = samples->next > at ? samples->next : at;
        samples->at[samples->count++] = block;
        samples->next = (block / samples->step + 1) * samples->step;
    }
    samples->has_data = true;
}

void samples_end(struct samples *samples)
{
    if (samples->has_data && (samples->count == 0 ||
                              samples->at[samples->count - 1] < samples->last))
        samples->at[samples->count++] = samples->last;
}

size_t samples_order(struct samples *samples)
{
    struct samples all = *samples;
    size_t step = (all.count + 1) / 2;
    size_t first = 0;
    samples->count = 0;
    for (int others = 0; others < 2; others++) {
        for (size_t i = 0; i < all.count; i++) {
            bool is_other = i % step != 0 && i + 1 != all.count;
            if (is_other == (others == 1))
                samples->at[samples->count++] = all.at[i];
        }
        first = others == 0 ? samples->count : first;
    }
    return first;
}
