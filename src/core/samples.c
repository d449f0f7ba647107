#include "samples.h"

#include <string.h>

enum { MOST_THREADS = 7, FEW = 16 };

/* What the threads share. */
struct reading {
    struct os_file *source;
    struct os_file *dest;
    struct sample *samples;
    size_t count;
    struct os_gate *gate; /* held for `next`; NULL: there is but one thread */
    size_t next;
};

static void compare(const struct reading *reading, struct sample *sample)
{
    uint8_t source[SAMPLE_SIZE];
    uint8_t dest[SAMPLE_SIZE];
    uint32_t from_source = 0;
    uint32_t from_dest = 0;
    sample->equal = false;
    sample->side = COMPARE_SOURCE;
    sample->error = os_read(reading->source, sample->source_at, source,
                            sample->length, &from_source);
    if (sample->error != 0)
        return;
    sample->side = COMPARE_DEST;
    sample->error = os_read(reading->dest, sample->dest_at, dest,
                            sample->length, &from_dest);
    sample->equal = sample->error == 0 && from_source == sample->length &&
                    from_dest == sample->length &&
                    memcmp(source, dest, sample->length) == 0;
}

/* One that nobody has taken; NULL: there is none left. */
static struct sample *take(struct reading *reading)
{
    struct sample *sample = NULL;
    if (reading->gate != NULL)
        os_gate_lock(reading->gate);
    if (reading->next < reading->count)
        sample = &reading->samples[reading->next++];
    if (reading->gate != NULL)
        os_gate_unlock(reading->gate);
    return sample;
}

static void run(void *context)
{
    struct reading *reading = context;
    struct sample *sample = NULL;
    while ((sample = take(reading)) != NULL)
        compare(reading, sample);
}

void samples_compare(struct os_file *source, struct os_file *dest,
                     struct sample *samples, size_t count)
{
    struct reading reading = {
        .source = source, .dest = dest, .samples = samples, .count = count};
    struct os_thread *threads[MOST_THREADS];
    size_t started = 0;
    if (count > FEW)
        reading.gate = os_gate_make();
    while (reading.gate != NULL && started < MOST_THREADS &&
           started + 1 < count &&
           os_thread_start(run, &reading, &threads[started]) == 0)
        started++;
    run(&reading);
    while (started != 0)
        os_thread_end(threads[--started]);
    os_gate_free(reading.gate);
}
