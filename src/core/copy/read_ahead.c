#include "read_ahead.h"

#include <stdlib.h>

struct read_ahead {
    struct os_file *file;
    uint64_t offset;
    uint64_t length;
    uint8_t *buffers[READ_AHEAD_BLOCKS];
    struct os_thread *thread;
    struct os_monitor *monitor; /* protects all members below */
    struct read_ahead_block blocks[READ_AHEAD_BLOCKS];
    uint64_t read; /* blocks read so far */
    uint64_t done; /* blocks that may be overwritten */
    bool stop;
};

/* Waits until a buffer is free. Returns false if the reader is to stop. */
static bool has_room(struct read_ahead *reader)
{
    os_monitor_lock(reader->monitor);
    while (!reader->stop && reader->read - reader->done == READ_AHEAD_BLOCKS)
        os_monitor_wait(reader->monitor);
    bool room = !reader->stop;
    os_monitor_unlock(reader->monitor);
    return room;
}

static struct read_ahead_block read_block(const struct read_ahead *reader,
                                          uint64_t at)
{
    uint8_t *bytes = reader->buffers[reader->read % READ_AHEAD_BLOCKS];
    uint64_t left = reader->length - at;
    struct read_ahead_block block = {.bytes = bytes};
    uint32_t done = 0;
    block.length = left < SESSION_BUFFER ? (uint32_t)left : SESSION_BUFFER;
    block.error =
        os_read(reader->file, reader->offset + at, bytes, block.length, &done);
    block.whole = done == block.length;
    return block;
}

static void deliver(struct read_ahead *reader,
                    const struct read_ahead_block *block)
{
    os_monitor_lock(reader->monitor);
    reader->blocks[reader->read % READ_AHEAD_BLOCKS] = *block;
    reader->read++;
    os_monitor_wake(reader->monitor);
    os_monitor_unlock(reader->monitor);
}

static void run(void *context)
{
    struct read_ahead *reader = context;
    uint64_t at = 0;
    while (at < reader->length && has_room(reader)) {
        struct read_ahead_block block = read_block(reader, at);
        deliver(reader, &block);
        if (block.error != 0 || !block.whole)
            return;
        at += block.length;
    }
}

struct read_ahead *read_ahead_start(const struct reflink_session *session,
                                    struct os_file *file, uint64_t offset,
                                    uint64_t length)
{
    struct read_ahead *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return NULL;
    reader->file = file;
    reader->offset = offset;
    reader->length = length;
    reader->buffers[0] = session->buffer;
    reader->buffers[1] = session->second;
    reader->monitor = os_monitor_make();
    if (reader->monitor != NULL &&
        os_thread_start(run, reader, &reader->thread) == 0)
        return reader;
    os_monitor_free(reader->monitor);
    free(reader);
    return NULL;
}

struct read_ahead_block read_ahead_next(struct read_ahead *reader)
{
    os_monitor_lock(reader->monitor);
    while (reader->read == reader->done)
        os_monitor_wait(reader->monitor);
    struct read_ahead_block block =
        reader->blocks[reader->done % READ_AHEAD_BLOCKS];
    os_monitor_unlock(reader->monitor);
    return block;
}

void read_ahead_done(struct read_ahead *reader)
{
    os_monitor_lock(reader->monitor);
    reader->done++;
    os_monitor_wake(reader->monitor);
    os_monitor_unlock(reader->monitor);
}

void read_ahead_end(struct read_ahead *reader)
{
    os_monitor_lock(reader->monitor);
    reader->stop = true;
    os_monitor_wake(reader->monitor);
    os_monitor_unlock(reader->monitor);
    os_thread_end(reader->thread);
    os_monitor_free(reader->monitor);
    free(reader);
}
