#include "fingerprint.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/allocation.h"
#include "core/base/classify.h"
#include "core/clone/cluster.h"
#include "core/errors.h"

/* --- clusters ------------------------------------------------------------- */

enum { EXTENTS = 256 };

/* The extents of a file, as they are read. */
struct reading {
    struct os_file *file;
    struct os_hash *hash;
    struct fingerprint_layout *layout;
    uint32_t cluster_size;
    uint64_t end; /* in clusters */
    uint64_t vcn; /* all before this one were added */
    bool holes;
    bool more;
    struct os_extent extents[EXTENTS];
    size_t count;
};

/* Lists the extents from the next cluster on. */
static bool list(struct reading *reading)
{
    bool *counted = &reading->layout->counted;
    os_error error = allocation_extents(
        reading->file, *counted, reading->cluster_size, reading->vcn,
        reading->extents, EXTENTS, &reading->count, &reading->more);
    if (*counted && classify_unknown_request(error)) {
        *counted = false;
        error = allocation_extents(reading->file, false, reading->cluster_size,
                                   reading->vcn, reading->extents, EXTENTS,
                                   &reading->count, &reading->more);
    }
    return error == 0;
}

/* Adds an extent to the digest. Clears `known` if the file has a hole there. */
static os_error add(struct reading *reading, const struct os_extent *extent)
{
    uint64_t end =
        extent->next_vcn < reading->end ? extent->next_vcn : reading->end;
    if (end <= reading->vcn || extent->lcn == OS_HOLE)
        return 0;
    uint64_t from = extent->vcn > reading->vcn ? extent->vcn : reading->vcn;
    uint64_t entry[3];
    entry[0] = from;
    entry[1] = end;
    entry[2] = (uint64_t)extent->lcn + (from - extent->vcn);
    if (from != reading->vcn)
        reading->holes = true;
    if (extent->references > 1)
        reading->layout->shared += (end - from) * reading->cluster_size;
    reading->layout->known = true;
    reading->vcn = end;
    return os_hash_add(reading->hash, entry, sizeof entry);
}

static os_error read_extents(struct reading *reading)
{
    os_error error = 0;
    reading->more = true;
    while (reading->more && reading->vcn < reading->end && error == 0) {
        uint64_t before = reading->vcn;
        if (!list(reading))
            break;
        for (size_t i = 0; i < reading->count && error == 0; i++)
            error = add(reading, &reading->extents[i]);
        if (reading->vcn == before)
            break;
    }
    if (reading->vcn < reading->end)
        reading->holes = true;
    return error;
}

os_error fingerprint_layout(struct os_file *file, const struct os_info *info,
                            struct fingerprint_layout *layout)
{
    struct reading *reading = calloc(1, sizeof *reading);
    if (reading == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    memset(layout, 0, sizeof *layout);
    layout->counted = true;
    *reading = (struct reading){
        .file = file, .layout = layout, .cluster_size = cluster_size_of(file)};
    os_error error = os_hash_begin(&reading->hash);
    if (error == 0 && reading->cluster_size != 0) {
        reading->end = info->size / reading->cluster_size +
                       (info->size % reading->cluster_size != 0);
        error = read_extents(reading);
    }
    if (error == 0)
        error = os_hash_end(reading->hash, layout->digest);
    if (reading->holes && (info->attributes & OS_ATTRIBUTE_SPARSE) == 0)
        layout->known = false;
    os_hash_free(reading->hash);
    free(reading);
    return error;
}

/* --- bytes ---------------------------------------------------------------- */

/* Adds `length` bytes at `offset` to the digest. */
static os_error add_bytes(struct os_file *file, struct os_hash *hash,
                          uint64_t offset, uint8_t *buffer, uint32_t length)
{
    uint32_t done = 0;
    os_error error = os_read(file, offset, buffer, length, &done);
    if (error == 0 && done != length)
        error = CODE_FILE_INVALID;
    return error == 0 ? os_hash_add(hash, buffer, length) : error;
}

os_error fingerprint_ends(struct os_file *file, uint64_t size, uint8_t *buffer,
                          uint32_t room, uint8_t digest[OS_DIGEST_SIZE])
{
    if (size <= 2 * FINGERPRINT_END)
        return fingerprint_content(file, size, buffer, room, NULL, NULL,
                                   digest);
    struct os_hash *hash = NULL;
    os_error error = os_hash_begin(&hash);
    if (error == 0)
        error = add_bytes(file, hash, 0, buffer, FINGERPRINT_END);
    if (error == 0)
        error = add_bytes(file, hash, size - FINGERPRINT_END, buffer,
                          FINGERPRINT_END);
    if (error == 0)
        error = os_hash_end(hash, digest);
    os_hash_free(hash);
    return error;
}

os_error fingerprint_content(struct os_file *file, uint64_t size,
                             uint8_t *buffer, uint32_t room,
                             void (*read)(void *context, uint64_t bytes),
                             void *context, uint8_t digest[OS_DIGEST_SIZE])
{
    struct os_hash *hash = NULL;
    os_error error = os_hash_begin(&hash);
    for (uint64_t at = 0; at < size && error == 0;) {
        uint32_t step = size - at < room ? (uint32_t)(size - at) : room;
        error = os_cancelled() ? CODE_CANCELLED
                               : add_bytes(file, hash, at, buffer, step);
        at += step;
        if (read != NULL)
            read(context, step);
    }
    if (error == 0)
        error = os_hash_end(hash, digest);
    os_hash_free(hash);
    return error;
}
