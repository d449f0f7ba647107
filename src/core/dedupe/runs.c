#include "runs.h"

#include <stdlib.h>

#include "core/base/allocation.h"
#include "core/base/classify.h"
#include "core/base/zeros.h"
#include "core/errors.h"

/* --- the extents of one file ---------------------------------------------- */

static void skip(struct extent_cursor *cursor, uint64_t vcn)
{
    while (cursor->index < cursor->count &&
           cursor->extents[cursor->index].next_vcn <= vcn)
        cursor->index++;
}

static os_error list(struct extent_cursor *cursor, uint32_t cluster_size,
                     uint64_t vcn)
{
    os_error error = allocation_extents(
        cursor->file, cursor->counted, cluster_size, vcn, cursor->extents,
        RUNS_EXTENTS, &cursor->count, &cursor->more);
    if (!cursor->counted || !classify_unknown_request(error))
        return error;
    cursor->counted = false;
    return allocation_extents(cursor->file, false, cluster_size, vcn,
                              cursor->extents, RUNS_EXTENTS, &cursor->count,
                              &cursor->more);
}

/*
 * Makes extents[index] the one that contains `vcn` or follows it. If there is
 * none, a hole extends to the end.
 */
static os_error seek(struct extent_cursor *cursor, uint32_t cluster_size,
                     uint64_t vcn)
{
    bool backward = vcn < cursor->vcn;
    cursor->vcn = vcn;
    if (cursor->begun && !backward) {
        skip(cursor, vcn);
        if (cursor->index < cursor->count || !cursor->more)
            return 0;
    }
    cursor->begun = true;
    cursor->index = 0;
    os_error error = list(cursor, cluster_size, vcn);
    if (error != 0) {
        cursor->begun = false;
        return error;
    }
    skip(cursor, vcn);
    /* no progress: treat the extents as unknown */
    return cursor->more && cursor->index == cursor->count ? CODE_INVALID_DATA
                                                          : 0;
}

/* Clusters of a file that are contiguous on the volume, or a hole. */
struct piece {
    int64_t lcn;
    uint64_t count;
    uint32_t references;
};

static os_error find(struct extent_cursor *cursor, uint32_t cluster_size,
                     uint64_t vcn, struct piece *piece)
{
    os_error error = seek(cursor, cluster_size, vcn);
    if (error != 0)
        return error;
    *piece = (struct piece){OS_HOLE, UINT64_MAX, 0};
    if (cursor->index >= cursor->count)
        return 0;
    const struct os_extent *extent = &cursor->extents[cursor->index];
    if (extent->vcn > vcn) {
        piece->count = extent->vcn - vcn;
        return 0;
    }
    piece->count = extent->next_vcn - vcn;
    if (extent->lcn != OS_HOLE)
        piece->lcn = extent->lcn + (int64_t)(vcn - extent->vcn);
    piece->references = extent->references;
    return 0;
}

/* --- both files ----------------------------------------------------------- */

void runs_begin(struct runs *runs, struct os_file *keep, struct os_file *file,
                uint32_t cluster_size, uint64_t end, bool holes)
{
    struct piece first;
    *runs =
        (struct runs){.end = end, .cluster_size = cluster_size, .holes = holes};
    runs->keep.file = keep;
    runs->file.file = file;
    runs->reported = cluster_size != 0 &&
                     find(&runs->keep, cluster_size, 0, &first) == 0 &&
                     find(&runs->file, cluster_size, 0, &first) == 0;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Finds a run from the extents. Returns false if they are not reported. */
static bool find_by_extents(struct runs *runs, uint64_t offset, struct run *run)
{
    uint64_t unit = runs->cluster_size;
    struct piece keep;
    struct piece file;
    if (find(&runs->keep, runs->cluster_size, offset / unit, &keep) != 0 ||
        find(&runs->file, runs->cluster_size, offset / unit, &file) != 0)
        return false;
    uint64_t count = least(keep.count, file.count);
    uint64_t left = runs->end - offset;
    run->length = count < left / unit ? count * unit : left;
    if (keep.lcn == OS_HOLE || file.lcn == OS_HOLE)
        run->kind = RUN_HOLE;
    else
        run->kind = keep.lcn == file.lcn ? RUN_SHARED : RUN_DATA;
    return true;
}

/* Finds the first allocated range of a file within the run; if there is none,
   or if it begins later, the run is shortened to what is alike. */
static bool cut_to_range(struct os_file *file, struct run *run)
{
    struct os_range range;
    size_t count = 0;
    bool more = false;
    if (allocation_ranges(file, run->offset, run->length, &range, 1, &count,
                          &more) != 0)
        return true;
    if (count != 0 && range.offset == run->offset) {
        run->length = range.length;
        return true;
    }
    if (count != 0)
        run->length = range.offset - run->offset;
    return false;
}

/* Finds a run from the allocated ranges, which may be unknown as well. */
static void find_by_ranges(struct runs *runs, uint64_t offset, struct run *run)
{
    run->length = runs->end - offset;
    run->kind = RUN_DATA;
    if (runs->holes && (!cut_to_range(runs->keep.file, run) ||
                        !cut_to_range(runs->file.file, run)))
        run->kind = RUN_HOLE;
}

static void find_one(struct runs *runs, uint64_t offset, struct run *run)
{
    run->offset = offset;
    if (runs->reported && find_by_extents(runs, offset, run))
        return;
    runs->reported = false;
    find_by_ranges(runs, offset, run);
}

void runs_find(struct runs *runs, uint64_t offset, uint64_t most,
               struct run *run)
{
    find_one(runs, offset, run);
    while (offset + run->length < runs->end &&
           (run->kind != RUN_DATA || run->length < most)) {
        struct run next;
        find_one(runs, offset + run->length, &next);
        if (next.kind != run->kind)
            break;
        run->length += next.length;
    }
}

/* --- after a request ------------------------------------------------------ */

/* Whether the next `length` of the bytes are zeros, as far as there are any. */
static bool are_zeros(uint64_t at, uint64_t length, uint64_t end,
                      const uint8_t *bytes)
{
    return zeros_only(bytes + at, (uint32_t)least(length, end - at));
}

enum runs_sharing runs_check(const struct runs *runs, uint64_t offset,
                             uint64_t length, const uint8_t *bytes)
{
    if (!runs->reported)
        return RUNS_NOT_REPORTED;
    struct extent_cursor *cursors = calloc(2, sizeof *cursors);
    enum runs_sharing sharing = RUNS_EQUAL;
    uint32_t unit = runs->cluster_size;
    if (cursors == NULL)
        return RUNS_NOT_REPORTED;
    cursors[0].file = runs->keep.file;
    cursors[1].file = runs->file.file;
    for (uint64_t at = 0; at < length && sharing == RUNS_EQUAL;) {
        struct piece keep;
        struct piece file;
        if (find(&cursors[0], unit, (offset + at) / unit, &keep) != 0 ||
            find(&cursors[1], unit, (offset + at) / unit, &file) != 0) {
            sharing = RUNS_NOT_REPORTED;
            break;
        }
        uint64_t count = least(keep.count, file.count);
        uint64_t step = count < length / unit ? count * unit : length;
        if (keep.lcn != file.lcn && (bytes == NULL || file.lcn != OS_HOLE ||
                                     !are_zeros(at, step, length, bytes)))
            sharing = RUNS_DIFFERENT;
        at += step;
    }
    free(cursors);
    return sharing;
}

uint64_t runs_exclusive(const struct runs *runs, uint64_t offset,
                        uint64_t length)
{
    if (!runs->reported)
        return 0;
    struct extent_cursor *cursor = calloc(1, sizeof *cursor);
    uint32_t unit = runs->cluster_size;
    uint64_t bytes = 0;
    if (cursor == NULL)
        return 0;
    cursor->file = runs->file.file;
    cursor->counted = true;
    for (uint64_t at = 0; at < length;) {
        struct piece piece;
        if (find(cursor, unit, (offset + at) / unit, &piece) != 0)
            break;
        uint64_t step =
            least(length - at,
                  piece.count < length / unit ? piece.count * unit : length);
        if (piece.lcn != OS_HOLE && piece.references <= 1)
            bytes += step;
        at += step;
    }
    free(cursor);
    return bytes;
}
