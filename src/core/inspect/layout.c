#include "layout.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/allocation.h"
#include "core/base/classify.h"
#include "core/clone/cluster.h"
#include "core/errors.h"
#include "core/file/retry.h"
#include "core/clone/plan.h"

enum { EXTENTS_AT_ONCE = 1024 };

static bool fail(struct reflink_error *error, os_error code,
                 enum reflink_step step, enum reflink_hint hint)
{
    if (hint == REFLINK_HINT_NONE)
        hint = classify_hint(code);
    *error = (struct reflink_error){code, step, hint, true};
    return false;
}

bool layout_open(const wchar_t *path, struct layout *layout,
                 struct reflink_error *error)
{
    memset(layout, 0, sizeof *layout);
    os_error code = os_open(path, OS_OPEN_LOOK, &layout->file);
    if (code != 0) {
        layout->file = NULL;
        return fail(error, code, REFLINK_STEP_OPEN_SOURCE,
                    code == CODE_INVALID_FUNCTION ? REFLINK_HINT_NOT_A_FILE
                                                  : REFLINK_HINT_NONE);
    }
    code = os_query(layout->file, &layout->info);
    if (code != 0)
        return fail(error, code, REFLINK_STEP_QUERY, REFLINK_HINT_NONE);
    if (layout->info.attributes & OS_ATTRIBUTE_DIRECTORY)
        return fail(error, CODE_DIRECTORY_NOT_SUPPORTED,
                    REFLINK_STEP_OPEN_SOURCE, REFLINK_HINT_DIRECTORY);
    return true;
}

void layout_close(struct layout *layout)
{
    os_close(layout->file);
    free(layout->runs);
    memset(layout, 0, sizeof *layout);
}

/* Whether `run`, which begins in the file where `last` ends, continues it. */
static bool continues(const struct layout_run *last,
                      const struct layout_run *run)
{
    if (last->volume_offset == LAYOUT_HOLE || run->volume_offset == LAYOUT_HOLE)
        return last->volume_offset == run->volume_offset;
    return last->volume_offset + last->length == run->volume_offset &&
           last->references == run->references;
}

static os_error append(struct layout *layout, const struct layout_run *run)
{
    if (layout->count != 0 &&
        continues(&layout->runs[layout->count - 1], run)) {
        layout->runs[layout->count - 1].length += run->length;
        return 0;
    }
    if (layout->count == layout->capacity) {
        size_t capacity = layout->capacity != 0 ? layout->capacity * 2 : 16;
        struct layout_run *runs =
            capacity <= SIZE_MAX / sizeof *runs
                ? realloc(layout->runs, capacity * sizeof *runs)
                : NULL;
        if (runs == NULL)
            return CODE_NOT_ENOUGH_MEMORY;
        layout->runs = runs;
        layout->capacity = capacity;
    }
    layout->runs[layout->count++] = *run;
    return 0;
}

/* The reading of one file. */
struct reader {
    struct layout *layout;
    uint64_t end; /* clusters up to the end of file */
    uint64_t vcn; /* all clusters before this one have been added */
    struct os_extent extents[EXTENTS_AT_ONCE];
};

/* Adds [vcn, next) as a hole, up to the end of file. */
static os_error add_hole(struct reader *reader, uint64_t next)
{
    uint64_t cluster = reader->layout->cluster_size;
    uint64_t vcn = reader->vcn;
    uint64_t end = next < reader->end ? next : reader->end;
    if (next > vcn)
        reader->vcn = next;
    if (end <= vcn)
        return 0;
    struct layout_run run = {vcn * cluster, (end - vcn) * cluster, LAYOUT_HOLE,
                             0};
    return append(reader->layout, &run);
}

/*
 * Adds an extent, without the part that was reported before. A gap before it is
 * a hole.
 */
static os_error add_extent(struct reader *reader,
                           const struct os_extent *extent)
{
    if (extent->next_vcn <= reader->vcn)
        return 0;
    os_error error = add_hole(reader, extent->vcn);
    if (error != 0)
        return error;
    if (extent->lcn == OS_HOLE)
        return add_hole(reader, extent->next_vcn);
    uint64_t cluster = reader->layout->cluster_size;
    uint64_t skipped = reader->vcn - extent->vcn;
    struct layout_run run = {
        .offset = reader->vcn * cluster,
        .length = (extent->next_vcn - reader->vcn) * cluster,
        .volume_offset = (uint64_t)(extent->lcn + (int64_t)skipped) * cluster,
        .references = extent->references};
    reader->vcn = extent->next_vcn;
    return append(reader->layout, &run);
}

/*
 * Requests the extents with reference counts. If the first such request is
 * refused, requests them without from then on.
 */
static os_error request_extents(struct reader *reader, size_t *count,
                                bool *more)
{
    struct layout *layout = reader->layout;
    os_error error = allocation_extents(
        layout->file, layout->counted, layout->cluster_size, reader->vcn,
        reader->extents, EXTENTS_AT_ONCE, count, more);
    if (!layout->counted || !classify_unknown_request(error) ||
        reader->vcn != 0)
        return error;
    layout->counted = false;
    return allocation_extents(layout->file, false, layout->cluster_size,
                              reader->vcn, reader->extents, EXTENTS_AT_ONCE,
                              count, more);
}

static os_error read_runs(struct layout *layout)
{
    uint64_t cluster = layout->cluster_size;
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    reader->layout = layout;
    reader->end = layout->info.size / cluster +
                  (layout->info.size % cluster != 0 ? 1 : 0);
    if (reader->end > OS_MAX_FILE_SIZE / cluster)
        reader->end = OS_MAX_FILE_SIZE / cluster;
    layout->counted = true;
    bool more = true;
    os_error error = 0;
    while (error == 0 && more) {
        size_t count = 0;
        uint64_t before = reader->vcn;
        error = os_cancelled() ? CODE_CANCELLED
                               : request_extents(reader, &count, &more);
        for (size_t i = 0; i < count && error == 0; i++)
            error = add_extent(reader, &reader->extents[i]);
        /* a list that does not extend past the previous one would be read
           again and again */
        if (error == 0 && count != 0 && more && reader->vcn == before)
            error = CODE_INVALID_DATA;
        more = more && count != 0;
    }
    if (error == 0)
        error = add_hole(reader, reader->end);
    free(reader);
    return error;
}

static void compute_totals(struct layout *layout)
{
    for (size_t i = 0; i < layout->count; i++) {
        const struct layout_run *run = &layout->runs[i];
        if (run->volume_offset == LAYOUT_HOLE)
            layout->holes += run->length;
        else if (run->references > 1)
            layout->shared += run->length;
        else
            layout->exclusive += run->length;
    }
    layout->allocated = layout->shared + layout->exclusive;
}

bool layout_read(struct layout *layout, struct reflink_error *error)
{
    layout->cluster_size = cluster_size_of(layout->file);
    if (layout->cluster_size == 0)
        return fail(error, CODE_NOT_SUPPORTED, REFLINK_STEP_QUERY_VOLUME,
                    REFLINK_HINT_NOT_REPORTED);
    os_error code = read_runs(layout);
    if (code == 0) {
        compute_totals(layout);
        return true;
    }
    if (code == CODE_NOT_ENOUGH_MEMORY)
        return fail(error, code, REFLINK_STEP_MEMORY, REFLINK_HINT_NONE);
    enum reflink_hint hint = REFLINK_HINT_NONE;
    if (classify_unknown_request(code))
        hint = REFLINK_HINT_NOT_REPORTED;
    if (code == CODE_CANCELLED)
        hint = REFLINK_HINT_INTERRUPTED;
    return fail(error, code, REFLINK_STEP_EXTENTS, hint);
}

bool layout_query(const wchar_t *path, const struct reflink_policy *policy,
                  struct layout *layout, struct reflink_error *error)
{
    struct retry retry = {.policy = policy};
    for (;;) {
        if (layout_open(path, layout, error) && layout_read(layout, error))
            return true;
        if (!retry_after(&retry, error->code))
            return false;
        layout_close(layout);
    }
}
