#include "server_copy.h"

#include <string.h>

#include "core/base/classify.h"
#include "core/base/zeros.h"
#include "core/errors.h"

/* A block that is compared. */
enum { BLOCK = 4096 };

/* A server that accepts less in one request is not asked. */
enum { LEAST_LIMIT = 64 << 10 };

/*
 * The limits of Windows and of Samba [IOCTL_COPYCHUNK, Win32; Samba,
 * smb2_ioctl_network_fs.c]. Between two requests, the user can press Ctrl-C.
 */
static const struct os_copy_answer default_limits = {OS_COPY_CHUNKS, 1 << 20,
                                                     16 << 20};

static const struct os_copy_answer *limits_of(const struct volume *volume)
{
    return volume->copy_limits.bytes != 0 ? &volume->copy_limits
                                          : &default_limits;
}

void server_copy_begin(struct server_copy *server,
                       struct reflink_session *session,
                       const struct copy_job *job,
                       struct reflink_outcome *outcome)
{
    *server = (struct server_copy){
        .session = session, .job = job, .outcome = outcome, .stride = 1};
}

/*
 * A lost connection is a failure, and the file is retried. The request
 * itself may have ended the server's process: smbd 4.17 ends if only DEST's
 * share has the module btrfs (seen on Debian 12). So the server is asked again
 * only if an earlier request has succeeded since the last one that was lost.
 *
 * Anything else is a refusal; if it has a cause that also keeps the bytes from
 * being written, such as a full disk, writing them reports it.
 */
static bool on_error(struct server_copy *server, os_error error, bool in_source)
{
    const struct copy_job *job = server->job;
    if (classify_io(error) == ERROR_CLASS_TRANSIENT) {
        if (!job->dest_volume->copy_succeeded)
            job->dest_volume->refuses_copies_of = job->source_volume;
        job->dest_volume->copy_succeeded = false;
        outcome_fail(server->outcome, error,
                     in_source ? REFLINK_STEP_READ : REFLINK_STEP_WRITE,
                     in_source ? OUTCOME_SOURCE : OUTCOME_DEST);
        return false;
    }
    server->refused = true;
    server->outcome->server_refusal = error;
    job->dest_volume->refuses_copies_of = job->source_volume;
    return true;
}

/* Whether the server is to be asked. Both volumes may be one. */
static bool applies(const struct server_copy *server, uint64_t length)
{
    const struct copy_job *job = server->job;
    return job->by_server && !server->refused && length >= SERVER_COPY_LEAST &&
           job->dest_volume->refuses_copies_of != job->source_volume &&
           volume_is_remote(job->dest_volume, job->dest) &&
           volume_is_remote(job->source_volume, job->source);
}

static struct os_copy_request request_at(const struct server_copy *server,
                                         uint64_t at, uint64_t length)
{
    const struct copy_job *job = server->job;
    const struct os_copy_answer *limits = limits_of(job->dest_volume);
    uint64_t most = (uint64_t)limits->chunks * limits->chunk_bytes;
    if (most > limits->bytes)
        most = limits->bytes;
    return (struct os_copy_request){
        .key = server->key,
        .source_offset = job->source_offset + at,
        .dest_offset = job->dest_offset + at,
        .length = (uint32_t)(length < most ? length : most),
        .chunk = limits->chunk_bytes};
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/*
 * Takes over the limits of a server that has just said that a request is beyond
 * them. Returns false if it said none, or did so before, or if they allow so
 * little that reading and writing takes fewer requests.
 */
static bool take_limits(struct volume *volume,
                        const struct os_copy_answer *answer)
{
    uint32_t chunks = smaller(answer->chunks, default_limits.chunks);
    if (volume->copy_limits.bytes != 0 || answer->bytes < LEAST_LIMIT ||
        (uint64_t)chunks * answer->chunk_bytes < LEAST_LIMIT)
        return false;
    volume->copy_limits =
        (struct os_copy_answer){chunks, answer->chunk_bytes,
                                smaller(answer->bytes, default_limits.bytes)};
    return true;
}

/* Adds a request to those that are verified: once there is no room, every
   second one is dropped, and only every second one is added from then on. */
static void add_sample(struct server_copy *server, uint64_t at, uint64_t length)
{
    server->last = (struct os_range){at, length};
    if (server->requests == server->stride * SERVER_COPY_SAMPLES) {
        for (size_t i = 0; i < SERVER_COPY_SAMPLES / 2; i++)
            server->samples[i] = server->samples[2 * i];
        server->stride *= 2;
    }
    if (server->requests % server->stride == 0)
        server->samples[server->requests / server->stride] = server->last;
    server->requests++;
}

static bool get_key(struct server_copy *server)
{
    os_error error = 0;
    if (!server->has_key)
        error = os_get_copy_key(server->job->source, &server->key);
    server->has_key = error == 0;
    return error == 0 || on_error(server, error, true);
}

bool server_copy_data(struct server_copy *server, uint64_t at, uint64_t length,
                      uint64_t *done)
{
    struct reflink_outcome *outcome = server->outcome;
    struct volume *volume = server->job->dest_volume;
    *done = 0;
    if (!applies(server, length))
        return true;
    if (!get_key(server))
        return false;
    while (!server->refused && *done < length) {
        struct os_copy_request request =
            request_at(server, at + *done, length - *done);
        struct os_copy_answer answer = {0};
        if (session_stop(server->session, outcome))
            return false;
        os_error error = os_server_copy(server->job->dest, &request, &answer);
        if (error == CODE_INVALID_PARAMETER && take_limits(volume, &answer))
            continue;
        if (error == 0 && answer.bytes != request.length)
            error = CODE_INVALID_DATA;
        server->torn = server->torn || error != 0;
        if (error != 0)
            return on_error(server, error, false);
        volume->copy_succeeded = true;
        add_sample(server, at + *done, request.length);
        *done += request.length;
        server->copied += request.length;
        outcome->bytes_copied += request.length;
        outcome->bytes_copied_by_server += request.length;
        session_report(server->session, outcome);
    }
    return true;
}

/* --- verification --------------------------------------------------------- */

/*
 * Compares a block. `*equal` is set to false if it differs, `*data` to true if
 * it is not zeros. Returns false if it could not be read.
 */
static bool compare_block(struct server_copy *server, uint64_t at,
                          uint32_t length, bool *equal, bool *data)
{
    const struct copy_job *job = server->job;
    uint8_t *source = server->session->buffer;
    uint8_t *dest = server->session->second;
    uint32_t read = 0;
    uint32_t found = 0;
    os_error error =
        os_read(job->source, job->source_offset + at, source, length, &read);
    if (error != 0) {
        outcome_fail(server->outcome, error, REFLINK_STEP_READ, OUTCOME_SOURCE);
        return false;
    }
    error = os_read(job->dest, job->dest_offset + at, dest, length, &found);
    if (error != 0) {
        outcome_fail(server->outcome, error, REFLINK_STEP_COMPARE,
                     OUTCOME_DEST);
        return false;
    }
    if (read != length || found != length || memcmp(source, dest, length) != 0)
        *equal = false;
    else if (!zeros_only(source, length))
        *data = true;
    return true;
}

static bool compare_ends(struct server_copy *server,
                         const struct os_range *request, bool *equal,
                         bool *data)
{
    uint32_t length =
        request->length < BLOCK ? (uint32_t)request->length : BLOCK;
    return compare_block(server, request->offset, length, equal, data) &&
           compare_block(server, request->offset + request->length - length,
                         length, equal, data);
}

/* Takes back what the server has reported. */
static void disbelieve(struct server_copy *server)
{
    struct reflink_outcome *outcome = server->outcome;
    server->refused = true;
    server->torn = true;
    server->job->dest_volume->refuses_copies_of = server->job->source_volume;
    outcome->server_refusal = CODE_INVALID_DATA;
    outcome->bytes_copied_by_server -= server->copied;
}

bool server_copy_verify(struct server_copy *server, bool *believed)
{
    const struct copy_job *job = server->job;
    bool equal = true;
    bool data = false;
    *believed = true;
    if (server->requests == 0 || !job->verify)
        return true;
    uint64_t count = (server->requests - 1) / server->stride + 1;
    for (uint64_t i = 0; i < count && equal; i++) {
        if (!compare_ends(server, &server->samples[i], &equal, &data))
            return false;
    }
    if ((server->requests - 1) % server->stride != 0 && equal &&
        !compare_ends(server, &server->last, &equal, &data))
        return false;
    job->dest_volume->copies_on_server |= equal && data;
    *believed = equal && job->dest_volume->copies_on_server;
    if (!*believed)
        disbelieve(server);
    return true;
}
