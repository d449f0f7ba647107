#include "read_ahead.h"

#include <stdlib.h>

struct reader {
    struct os_file *file;
    uint64_t offset;
    uint64_t length;
    uint8_t *buffers[READER_BLOCKS];
    struct os_thread *thread;
    struct os_gate *gate; /* for what follows */
    struct reader_block blocks[READER_BLOCKS];
    uint64_t read; /* blocks brought so far */
    uint64_t done; /* blocks given back */
    bool stop;
};

/* Waits until there is room for one more; false if no more is wanted. */
static bool has_room(struct reader *reader)
{
    os_gate_lock(reader->gate);
    while (!reader->stop && reader->read - reader->done == READER_BLOCKS)
        os_gate_wait(reader->gate);
    bool room = !reader->stop;
    os_gate_unlock(reader->gate);
    return room;
}

static struct reader_block read_block(const struct reader *reader, uint64_t at)
{
    uint8_t *bytes = reader->buffers[reader->read % READER_BLOCKS];
    uint64_t left = reader->length - at;
    struct reader_block block = {.bytes = bytes};
    uint32_t done = 0;
    block.length = left < SESSION_BUFFER ? (uint32_t)left : SESSION_BUFFER;
    block.error =
        os_read(reader->file, reader->offset + at, bytes, block.length, &done);
    block.whole = done == block.length;
    return block;
}

static void bring(struct reader *reader, const struct reader_block *block)
{
    os_gate_lock(reader->gate);
    reader->blocks[reader->read % READER_BLOCKS] = *block;
    reader->read++;
    os_gate_wake(reader->gate);
    os_gate_unlock(reader->gate);
}

static void run(void *context)
{
    struct reader *reader = context;
    uint64_t at = 0;
    while (at < reader->length && has_room(reader)) {
        struct reader_block block = read_block(reader, at);
        bring(reader, &block);
        if (block.error != 0 || !block.whole)
            return;
        at += block.length;
    }
}

struct reader *reader_start(const struct reflink_session *session,
                            struct os_file *file, uint64_t offset,
                            uint64_t length)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return NULL;
    reader->file = file;
    reader->offset = offset;
    reader->length = length;
    reader->buffers[0] = session->buffer;
    reader->buffers[1] = session->second;
    reader->gate = os_gate_make();
    if (reader->gate != NULL &&
        os_thread_start(run, reader, &reader->thread) == 0)
        return reader;
    os_gate_free(reader->gate);
    free(reader);
    return NULL;
}

struct reader_block reader_next(struct reader *reader)
{
    os_gate_lock(reader->gate);
    while (reader->read == reader->done)
        os_gate_wait(reader->gate);
    struct reader_block block = reader->blocks[reader->done % READER_BLOCKS];
    os_gate_unlock(reader->gate);
    return block;
}

void reader_done(struct reader *reader)
{
    os_gate_lock(reader->gate);
    reader->done++;
    os_gate_wake(reader->gate);
    os_gate_unlock(reader->gate);
}

void reader_end(struct reader *reader)
{
    os_gate_lock(reader->gate);
    reader->stop = true;
    os_gate_wake(reader->gate);
    os_gate_unlock(reader->gate);
    os_thread_end(reader->thread);
    os_gate_free(reader->gate);
    free(reader);
}
