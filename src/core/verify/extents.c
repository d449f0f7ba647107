#include "extents.h"

#include "core/base/allocation.h"
#include "core/base/classify.h"
#include "core/errors.h"

bool extents_are_reported(struct os_file *file, uint32_t cluster_size,
                          uint64_t size)
{
    struct os_extent extent;
    size_t count = 0;
    bool more = false;
    if (cluster_size == 0)
        return false;
    uint64_t vcn = size / cluster_size + (size % cluster_size != 0);
    if (allocation_extents(file, false, cluster_size, vcn, &extent, 1, &count,
                           &more) != 0)
        return false;
    return size == 0 || count == 0 || extent.lcn == OS_HOLE;
}

/* --- the list of one file ------------------------------------------------- */

static os_error read_extents(struct extents_list *list, uint64_t at)
{
    struct os_extent extents[EXTENTS_AT_A_TIME];
    uint64_t unit = list->cluster_size;
    os_error error = allocation_extents(list->file, false, list->cluster_size,
                                        at / unit, extents, EXTENTS_AT_A_TIME,
                                        &list->count, &list->more);
    for (size_t i = 0; error == 0 && i < list->count; i++)
        list->pieces[i] = (struct extents_piece){
            extents[i].vcn * unit, extents[i].next_vcn * unit, extents[i].lcn};
    return error;
}

static os_error read_ranges(struct extents_list *list, uint64_t at)
{
    struct os_range ranges[EXTENTS_AT_A_TIME];
    os_error error =
        allocation_ranges(list->file, at, list->end - at, ranges,
                          EXTENTS_AT_A_TIME, &list->count, &list->more);
    for (size_t i = 0; error == 0 && i < list->count; i++)
        list->pieces[i] = (struct extents_piece){
            ranges[i].offset, ranges[i].offset + ranges[i].length, 0};
    return error;
}

static void skip(struct extents_list *list, uint64_t at)
{
    while (list->index < list->count && list->pieces[list->index].end <= at)
        list->index++;
}

/*
 * Makes pieces[index] the one that contains `at` or follows it. If none is
 * left, there is a hole from `at` to the end.
 */
static void advance(struct extents_list *list, uint64_t at)
{
    skip(list, at);
    if (list->unknown || list->index < list->count ||
        (list->started && !list->more))
        return;
    list->started = true;
    list->index = 0;
    os_error error = list->cluster_size != 0 ? read_extents(list, at)
                                             : read_ranges(list, at);
    if (error == 0)
        skip(list, at);
    /* a list that does not go on is not a list */
    list->unknown = error != 0 || (list->more && list->index == list->count);
    list->unsupported = classify_unsupported(error);
}

/*
 * Finds the cluster of the byte at `at`, OS_HOLE if there is none, and shortens
 * `*length` to the bytes that follow it without a gap. Returns false if the
 * volume does not report it.
 */
static bool find(struct extents_list *list, uint64_t at, int64_t *lcn,
                 uint64_t *length)
{
    advance(list, at);
    if (list->unknown)
        return false;
    *lcn = OS_HOLE;
    if (list->index >= list->count)
        return true;
    const struct extents_piece *piece = &list->pieces[list->index];
    uint64_t end = piece->offset > at ? piece->offset : piece->end;
    *length = *length < end - at ? *length : end - at;
    if (piece->offset > at || piece->lcn == OS_HOLE)
        return true;
    *lcn = piece->lcn;
    if (list->cluster_size != 0)
        *lcn += (int64_t)((at - piece->offset) / list->cluster_size);
    return true;
}

/* Whether a list that is known to its end has extents past the end of file. */
static bool goes_on(const struct extents_list *list, uint64_t size)
{
    if (size == 0 || list->count == 0)
        return false;
    const struct extents_piece *last = &list->pieces[list->count - 1];
    return last->lcn != OS_HOLE && last->end - list->cluster_size >= size;
}

/* --- both files ----------------------------------------------------------- */

static bool is_sparse(struct os_file *file)
{
    struct os_info info;
    return os_query_state(file, &info) == 0 &&
           (info.attributes & OS_ATTRIBUTE_SPARSE) != 0;
}

void extents_begin(struct extents *extents, const struct compare_pair *pairs,
                   size_t count, uint32_t cluster_size, uint64_t source_size)
{
    const struct compare_pair *last = &pairs[count - 1];
    struct extents_list *source = &extents->source;
    *extents = (struct extents){
        .source = {.file = last->source, .cluster_size = cluster_size},
        .dest = {.file = last->dest, .cluster_size = cluster_size},
        .source_ranges = {.file = last->source,
                          .end = last->source_offset + last->length,
                          .unknown = !last->holes},
        .dest_ranges = {.file = last->dest,
                        .end = last->dest_offset + last->length,
                        .unknown = true},
    };
    if (cluster_size != 0)
        advance(source, pairs->source_offset);
    extents->has_extents =
        cluster_size != 0 && !source->unknown &&
        (source->more
             ? extents_are_reported(source->file, cluster_size, source_size)
             : !goes_on(source, source_size));
    /* some volumes accept the sparse flag and do not keep it */
    if (!extents->has_extents && last->blank)
        extents->dest_ranges.unknown = !is_sparse(last->dest);
}

/* Returns false if the volume does not report the clusters. */
static bool compare_extents(struct extents *extents,
                            const struct compare_pair *pair,
                            struct extents_run *run)
{
    int64_t source = OS_HOLE;
    int64_t dest = OS_HOLE;
    if (!find(&extents->source, pair->source_offset + run->at, &source,
              &run->length) ||
        !find(&extents->dest, pair->dest_offset + run->at, &dest, &run->length))
        return false;
    if (source != dest) {
        run->kind = dest == OS_HOLE ? EXTENTS_ABSENT : EXTENTS_DIFFERENT;
        return true;
    }
    run->kind = source == OS_HOLE ? EXTENTS_HOLE : EXTENTS_SHARED;
    return true;
}

void extents_next(struct extents *extents, const struct compare_pair *pair,
                  uint64_t at, struct extents_run *run)
{
    int64_t lcn = 0;
    *run = (struct extents_run){at, pair->length - at, EXTENTS_UNKNOWN};
    if (extents->has_extents)
        extents->has_extents = compare_extents(extents, pair, run);
    if (!extents->has_extents && !pair->blank)
        return;
    if (extents->has_extents && run->kind != EXTENTS_HOLE)
        return;
    /* Data may exist where the volume reports no clusters: it may be resident,
       or have been written a moment ago and have no clusters yet. */
    bool known = find(&extents->source_ranges, pair->source_offset + at, &lcn,
                      &run->length);
    run->kind = known && lcn == OS_HOLE ? EXTENTS_HOLE : EXTENTS_UNKNOWN;
    if (run->kind == EXTENTS_UNKNOWN &&
        find(&extents->dest_ranges, pair->dest_offset + at, &lcn,
             &run->length) &&
        lcn == OS_HOLE)
        run->kind = EXTENTS_ABSENT;
}
