/*
 * Copies on a server [MS-SMB2 3.3.5.15.5, 3.3.5.15.6]: keys, limits, and what a
 * server does with a request.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

enum { COPY_BUFFER = 1 << 16 };

/* What a key holds, and nobody else knows. */
struct key {
    struct os_file *file;
    uint64_t id;
};

_Static_assert(sizeof(struct key) <= sizeof(struct os_copy_key), "it fits");

os_error os_get_copy_key(struct os_file *source, struct os_copy_key *key)
{
    os_error error = sim_enter(SIM_OP_GET_COPY_KEY, source);
    if (!error)
        error = source->node->volume->remote ? source->node->volume->copy_key
                                             : CODE_INVALID_FUNCTION;
    if (!error) {
        struct key mine = {source, source->node->id};
        memset(key, 0, sizeof *key);
        memcpy(key->bytes, &mine, sizeof mine);
    }
    return sim_leave(SIM_OP_GET_COPY_KEY, source->path, error);
}

/* The open file that has the key, or NULL. */
static struct os_file *find_source(const struct os_copy_key *key)
{
    struct key mine;
    memcpy(&mine, key->bytes, sizeof mine);
    for (struct os_file *file = sim_handles(); file; file = file->next) {
        if (file == mine.file && file->node && file->node->id == mine.id)
            return file;
    }
    return NULL;
}

static bool on_one_server(const struct sim_volume *a,
                          const struct sim_volume *b)
{
    return a == b || (a->server != 0 && a->server == b->server);
}

static uint32_t count_chunks(const struct os_copy_request *request)
{
    return (request->length + request->chunk - 1) / request->chunk;
}

/* What Windows and Samba accept. */
static struct os_copy_answer limits_of(const struct sim_volume *volume)
{
    static const struct os_copy_answer usual = {256, 1 << 20, 16 << 20};
    return volume->copy_limits.bytes ? volume->copy_limits : usual;
}

static os_error check_limits(const struct sim_volume *volume,
                             const struct os_copy_request *request,
                             struct os_copy_answer *answer)
{
    struct os_copy_answer most = limits_of(volume);
    if (request->length != 0 && request->length <= most.bytes &&
        request->chunk <= most.chunk_bytes &&
        count_chunks(request) <= most.chunks)
        return 0;
    if (!volume->hides_copy_limits)
        *answer = most;
    return CODE_INVALID_PARAMETER;
}

static os_error check_files(const struct os_file *source,
                            const struct os_file *dest,
                            const struct os_copy_request *request)
{
    const unsigned both = SIM_READ | SIM_WRITE;
    struct sim_node *node;
    if (!source || !on_one_server(source->node->volume, dest->node->volume))
        return CODE_FILE_NOT_FOUND;
    node = source->node;
    if (!(source->rights & SIM_READ) || (dest->rights & both) != both)
        return CODE_ACCESS_DENIED;
    if (dest->node->volume->read_only)
        return CODE_WRITE_PROTECT;
    if (sim_map_covered(&node->locks, request->source_offset,
                        request->source_offset + request->length))
        return CODE_LOCK_VIOLATION;
    /* Windows' STATUS_INVALID_VIEW_SIZE [MS-SMB2, product behavior] */
    return request->source_offset + request->length > node->size
               ? CODE_ACCESS_DENIED
               : 0;
}

/* Copies the bytes, or writes as many zeros. */
static os_error put(struct sim_node *source, struct sim_node *dest,
                    const struct os_copy_request *request, uint32_t length,
                    bool zeros)
{
    uint8_t *buffer = sim_grow(NULL, COPY_BUFFER);
    os_error error = 0;

    for (uint32_t done = 0; !error && done < length;) {
        uint32_t part = (uint32_t)sim_min(COPY_BUFFER, length - done);
        if (zeros)
            memset(buffer, 0, part);
        else
            part = sim_data_read(source, request->source_offset + done, buffer,
                                 part);
        error = sim_data_write(dest, request->dest_offset + done, buffer, part);
        done += part;
    }
    free(buffer);
    return error;
}

static enum sim_lie next_lie(struct sim_volume *volume)
{
    if (volume->copy_lie == SIM_LIE_NONE)
        return SIM_LIE_NONE;
    if (volume->copy_lie_skip > 0) {
        volume->copy_lie_skip--;
        return SIM_LIE_NONE;
    }
    enum sim_lie lie = volume->copy_lie;
    if (volume->copy_lie_times > 0 && --volume->copy_lie_times == 0)
        volume->copy_lie = SIM_LIE_NONE;
    return lie;
}

static os_error serve(struct sim_node *source, struct sim_node *dest,
                      const struct os_copy_request *request,
                      struct os_copy_answer *answer)
{
    struct os_copy_answer whole = {count_chunks(request), 0, request->length};
    uint32_t half = request->length / 2;

    *answer = whole;
    if (dest->volume->copies_half) {
        answer->chunks = half / request->chunk;
        answer->chunk_bytes = half % request->chunk;
        answer->bytes = half;
        return put(source, dest, request, half, false);
    }
    switch (next_lie(dest->volume)) {
    case SIM_LIE_NOTHING:
        return 0;
    case SIM_LIE_HALF:
        return put(source, dest, request, half, false);
    case SIM_LIE_ZEROS:
        return put(source, dest, request, request->length, true);
    default:
        return put(source, dest, request, request->length, false);
    }
}

os_error os_server_copy(struct os_file *dest,
                        const struct os_copy_request *request,
                        struct os_copy_answer *answer)
{
    os_error error = sim_enter(SIM_OP_SERVER_COPY, dest);
    struct os_file *source = find_source(&request->key);

    memset(answer, 0, sizeof *answer);
    if (!error)
        error = dest->node->volume->copy;
    if (!error)
        error = check_limits(dest->node->volume, request, answer);
    if (!error)
        error = check_files(source, dest, request);
    if (!error)
        error = serve(source->node, dest->node, request, answer);
    return sim_leave(SIM_OP_SERVER_COPY, dest->path, error);
}
