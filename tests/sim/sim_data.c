/*
 * The data of one file: extents, end of file, valid data length.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

/* ReFS gives zeroed space back in chunks that are so aligned. */
#define ZERO_CHUNK 0x10000u

static uint64_t last_number; /* of all change journals */

void sim_touch(struct sim_node *node)
{
    node = sim_file_of(node);
    node->written = sim_file_time();
    node->written -= node->written % node->volume->time_grain;
    node->changed = sim_file_time();
    node->number = ++last_number;
}

enum { OVERWRITTEN = 1, EXTENDED = 2 };

struct sim_stamp sim_stamp_of(const struct os_file *file)
{
    const struct sim_node *node = sim_file_of(file->node);
    return (struct sim_stamp){node->written, node->changed, node->number};
}

void sim_stamp_write(struct os_file *file, const struct sim_stamp *before,
                     bool extended)
{
    struct sim_node *node = sim_file_of(file->node);
    unsigned reason = extended ? EXTENDED : OVERWRITTEN;

    if (file->reasons & reason)
        node->number = before->number;
    file->reasons |= reason;
    if (node->volume->late_times) {
        node->written = before->written;
        node->changed = before->changed;
        file->late = true;
    }
}

void sim_stamp_close(struct os_file *file)
{
    if (file->late)
        sim_touch(sim_file_of(file->node));
    else if (file->reasons)
        sim_file_of(file->node)->number = ++last_number;
    file->reasons = 0;
    file->late = false;
}

/* ---- allocation ------------------------------------------------------ */

/* Fills holes of [vcn, end) as far as there is space. */
static os_error fill_some(struct sim_node *node, uint64_t vcn, uint64_t end)
{
    bool mapped;
    while (vcn < end) {
        struct sim_run piece = sim_map_piece(&node->extents, vcn, end, &mapped);
        uint64_t length = piece.end - piece.start;
        if (!mapped) {
            uint64_t lcn;
            length = sim_take(node->volume, length, &lcn);
            if (length == 0)
                return CODE_DISK_FULL;
            sim_map_set(&node->extents, vcn, vcn + length, lcn, 0);
        }
        vcn += length;
    }
    return 0;
}

os_error sim_data_fill(struct sim_node *node, uint64_t vcn, uint64_t end)
{
    uint64_t holes;
    if (vcn >= end)
        return 0;
    holes = end - vcn - sim_map_covered(&node->extents, vcn, end);
    if (holes > sim_free_count(node->volume))
        return CODE_DISK_FULL;
    return fill_some(node, vcn, end);
}

void sim_data_punch(struct sim_node *node, uint64_t vcn, uint64_t end)
{
    bool mapped;
    for (uint64_t at = vcn; at < end;) {
        struct sim_run piece = sim_map_piece(&node->extents, at, end, &mapped);
        if (mapped)
            sim_unref(node->volume, piece.value, piece.end - piece.start);
        at = piece.end;
    }
    sim_map_clear(&node->extents, vcn, end);
}

/* What happens to a run of clusters that all have the same count. */
typedef os_error visit_fn(struct sim_node *node, uint64_t vcn, uint64_t lcn,
                          uint64_t count, uint64_t refs, void *arg);

/* Shows `visit` the allocated runs of [vcn, end), until one fails. */
static os_error visit_runs(struct sim_node *node, uint64_t vcn, uint64_t end,
                           visit_fn *visit, void *arg)
{
    const struct sim_map *refs = sim_ref_map(node->volume);
    bool mapped;

    while (vcn < end) {
        struct sim_run piece = sim_map_piece(&node->extents, vcn, end, &mapped);
        if (mapped) {
            struct sim_run run = sim_map_piece(
                refs, piece.value, piece.value + (piece.end - vcn), &mapped);
            os_error error = visit(node, vcn, run.start, run.end - run.start,
                                   run.value, arg);
            if (error)
                return error;
            piece.end = vcn + (run.end - run.start);
        }
        vcn = piece.end;
    }
    return 0;
}

/* Moves a run to clusters of its own, with its bytes if `keep`. */
static os_error move_run(struct sim_node *node, uint64_t vcn, uint64_t lcn,
                         uint64_t count, bool keep)
{
    if (sim_free_count(node->volume) < count)
        return CODE_DISK_FULL;
    while (count > 0) {
        uint64_t fresh;
        uint64_t got = sim_take(node->volume, count, &fresh);
        if (keep)
            sim_content_copy(node->volume, lcn, fresh, got);
        sim_unref(node->volume, lcn, got);
        sim_map_set(&node->extents, vcn, vcn + got, fresh, 0);
        vcn += got;
        lcn += got;
        count -= got;
    }
    return 0;
}

static os_error count_shared(struct sim_node *node, uint64_t vcn, uint64_t lcn,
                             uint64_t count, uint64_t refs, void *arg)
{
    (void)node, (void)vcn, (void)lcn;
    if (refs != 1)
        *(uint64_t *)arg += count;
    return 0;
}

static os_error unshare(struct sim_node *node, uint64_t vcn, uint64_t lcn,
                        uint64_t count, uint64_t refs, void *arg)
{
    (void)arg;
    return refs == 1 ? 0 : move_run(node, vcn, lcn, count, true);
}

/*
 * Makes [vcn, end) ready for a write: no holes, and a cluster whose count is
 * not 1 is redirected to a new one [MS-FSA 2.1.5.4]. All, or nothing and 112.
 */
static os_error prepare(struct sim_node *node, uint64_t vcn, uint64_t end)
{
    uint64_t need = end - vcn - sim_map_covered(&node->extents, vcn, end);
    os_error error;

    (void)visit_runs(node, vcn, end, count_shared, &need);
    if (need > sim_free_count(node->volume))
        return CODE_DISK_FULL;
    error = visit_runs(node, vcn, end, unshare, NULL);
    return error ? error : fill_some(node, vcn, end);
}

/* ---- zeros ----------------------------------------------------------- */

static os_error wipe_run(struct sim_node *node, uint64_t vcn, uint64_t lcn,
                         uint64_t count, uint64_t refs, void *arg)
{
    (void)arg;
    if (sim_content_is_zero(node->volume, lcn, count))
        return 0;
    if (refs != 1)
        return move_run(node, vcn, lcn, count, false);
    sim_content_zero(node->volume, lcn, count);
    return 0;
}

/* Wipes bytes of a single cluster, of which some stay. */
static os_error wipe_part(struct sim_node *node, uint64_t from, uint64_t to)
{
    uint32_t cluster = node->volume->cluster;
    uint32_t length = (uint32_t)(to - from);
    uint64_t vcn = from / cluster;
    os_error error;
    uint8_t *zeros;
    bool mapped;
    struct sim_run piece = sim_map_piece(&node->extents, vcn, vcn + 1, &mapped);

    if (!mapped || sim_content_is_zero(node->volume, piece.value, 1))
        return 0;
    error = prepare(node, vcn, vcn + 1);
    if (error)
        return error;
    piece = sim_map_piece(&node->extents, vcn, vcn + 1, &mapped);
    zeros = sim_grow(NULL, length);
    memset(zeros, 0, length);
    sim_content_write(node->volume, piece.value, (uint32_t)(from % cluster),
                      zeros, length);
    free(zeros);
    return 0;
}

os_error sim_data_wipe(struct sim_node *node, uint64_t from, uint64_t to)
{
    uint64_t cluster = node->volume->cluster;
    uint64_t first = sim_clusters(node->volume, from);
    uint64_t last = to / cluster;
    os_error error = 0;

    if (from >= to)
        return 0;
    if (from % cluster)
        error = wipe_part(node, from, sim_min(to, first * cluster));
    if (!error && first < last)
        error = visit_runs(node, first, last, wipe_run, NULL);
    if (!error && first <= last && to % cluster)
        error = wipe_part(node, last * cluster, to);
    return error;
}

os_error sim_data_zero(struct sim_node *node, uint64_t from, uint64_t to)
{
    uint64_t chunk = sim_max(ZERO_CHUNK, node->volume->cluster);
    uint64_t first = (from / chunk + (from % chunk != 0)) * chunk;
    uint64_t last = to / chunk * chunk;

    if (node->sparse && first < last)
        sim_data_punch(node, first / node->volume->cluster,
                       last / node->volume->cluster);
    return sim_data_wipe(node, from, sim_min(to, node->valid));
}

os_error sim_data_validate(struct sim_node *node, uint64_t to)
{
    os_error error = 0;
    if (to > node->valid) {
        error = sim_data_wipe(node, node->valid, to);
        if (!error)
            node->valid = to;
    }
    return error;
}

/* ---- end of file, sparse flag ---------------------------------------- */

/*
 * A dense file that grows has its clusters set aside [MS-FSA 2.1.5.15.5].
 * Nothing is written there: the valid data length stays.
 */
os_error sim_data_resize(struct sim_node *node, uint64_t size)
{
    uint64_t old = sim_clusters(node->volume, node->size);
    uint64_t new = sim_clusters(node->volume, size);
    os_error error = 0;

    if (size > node->size && !node->sparse && !node->volume->lazy)
        error = sim_data_fill(node, old, new);
    if (error)
        return error;
    if (new < old)
        sim_data_punch(node, new, old);
    node->size = size;
    node->valid = sim_min(node->valid, size);
    return 0;
}

/* Clearing may fail half-way, and what is filled stays so [MS-FSA 2.1.5.10.38].
 */
os_error sim_data_sparse(struct sim_node *node, bool sparse)
{
    os_error error = 0;
    if (node->sparse && !sparse && !node->volume->lazy)
        error = fill_some(node, 0, sim_clusters(node->volume, node->size));
    if (!error)
        node->sparse = sparse;
    return error;
}

/* ---- bytes ----------------------------------------------------------- */

/* Reads within one cluster, as if all of it were valid. */
static void read_part(const struct sim_node *node, uint64_t offset,
                      uint8_t *buffer, uint32_t length)
{
    uint32_t cluster = node->volume->cluster;
    uint64_t vcn = offset / cluster;
    bool mapped;
    struct sim_run piece = sim_map_piece(&node->extents, vcn, vcn + 1, &mapped);

    if (mapped)
        sim_content_read(node->volume, piece.value,
                         (uint32_t)(offset % cluster), buffer, length);
    else
        memset(buffer, 0, length);
}

/* How much of [offset, end) lies in the cluster of `offset`. */
static uint32_t part_length(const struct sim_node *node, uint64_t offset,
                            uint64_t end)
{
    uint64_t cluster = node->volume->cluster;
    return (uint32_t)sim_min(end - offset, cluster - offset % cluster);
}

uint32_t sim_data_read(const struct sim_node *node, uint64_t offset,
                       void *buffer, uint32_t length)
{
    uint8_t *bytes = buffer;
    uint64_t end = sim_min(node->size, offset + length);
    uint64_t valid = sim_min(node->valid, end);
    uint64_t at = offset;

    if (offset >= node->size)
        return 0;
    while (at < valid) {
        uint32_t part = part_length(node, at, valid);
        read_part(node, at, bytes + (at - offset), part);
        at += part;
    }
    memset(bytes + (at - offset), 0, (size_t)(end - at));
    return (uint32_t)(end - offset);
}

/* Stores bytes in clusters that are ready for it. */
static void store_bytes(struct sim_node *node, uint64_t offset,
                        const uint8_t *bytes, uint64_t end)
{
    uint64_t cluster = node->volume->cluster;
    bool mapped;

    for (uint64_t at = offset; at < end;) {
        uint32_t part = part_length(node, at, end);
        struct sim_run piece = sim_map_piece(&node->extents, at / cluster,
                                             at / cluster + 1, &mapped);
        sim_content_write(node->volume, piece.value, (uint32_t)(at % cluster),
                          bytes + (at - offset), part);
        at += part;
    }
}

os_error sim_data_write(struct sim_node *node, uint64_t offset,
                        const void *buffer, uint32_t length)
{
    uint64_t cluster = node->volume->cluster;
    uint64_t end = offset + length;
    uint64_t old_size = node->size;
    os_error error = 0;

    if (length == 0)
        return 0;
    if (end > node->size)
        error = sim_data_resize(node, end);
    if (error)
        return error;
    error = sim_data_validate(node, offset);
    if (!error)
        error =
            prepare(node, offset / cluster, sim_clusters(node->volume, end));
    if (error) {
        (void)sim_data_resize(node, old_size);
        return error;
    }
    store_bytes(node, offset, buffer, end);
    node->valid = sim_max(node->valid, end);
    node->dirty = true;
    sim_touch(node);
    return 0;
}

/* Puts the pattern into the whole clusters [vcn, end). */
static os_error pattern_clusters(struct sim_node *node, uint64_t vcn,
                                 uint64_t end, uint64_t seed)
{
    os_error error;
    bool mapped;

    sim_data_punch(node, vcn, end);
    error = sim_data_fill(node, vcn, end);
    while (!error && vcn < end) {
        struct sim_run piece = sim_map_piece(&node->extents, vcn, end, &mapped);
        sim_content_pattern(node->volume, piece.value, piece.end - piece.start,
                            vcn * node->volume->cluster, seed);
        vcn = piece.end;
    }
    return error;
}

/* Puts the pattern into part of a cluster. */
static os_error pattern_part(struct sim_node *node, uint64_t from, uint64_t to,
                             uint64_t seed)
{
    uint32_t length = (uint32_t)(to - from);
    uint8_t *bytes = sim_grow(NULL, length + 1u);
    os_error error;

    for (uint32_t i = 0; i < length; i++)
        bytes[i] = sim_pattern_byte(seed, from + i);
    error = sim_data_write(node, from, bytes, length);
    free(bytes);
    return error;
}

os_error sim_data_pattern(struct sim_node *node, uint64_t offset,
                          uint64_t length, uint64_t seed)
{
    uint64_t cluster = node->volume->cluster;
    uint64_t end = offset + length;
    uint64_t first = sim_clusters(node->volume, offset);
    uint64_t last = end / cluster;
    os_error error = 0;

    if (first > last)
        last = first; /* all within one cluster */
    if (end > node->size)
        error = sim_data_resize(node, end);
    if (!error)
        error = sim_data_validate(node, offset);
    if (!error && offset % cluster)
        error = pattern_part(node, offset, sim_min(end, first * cluster), seed);
    if (!error && first < last) {
        error = pattern_clusters(node, first, last, seed);
        node->valid = sim_max(node->valid, last * cluster);
    }
    if (!error && last * cluster < end)
        error = pattern_part(node, last * cluster, end, seed);
    node->dirty = true;
    sim_touch(node);
    return error;
}
