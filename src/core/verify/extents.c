#include "extents.h"

#include "core/base/allocation.h"
#include "core/errors.h"

/* --- extents -------------------------------------------------------------- */

static void skip_extents(struct extent_list *list)
{
    while (list->index < list->count &&
           list->extents[list->index].next_vcn <= list->vcn)
        list->index++;
}

/*
 * Makes extents[index] the one that contains `vcn` or follows it. If no extent
 * is left, `vcn` is in a hole that extends to the end.
 */
static os_error fill(struct extent_list *list, uint32_t cluster_size)
{
    skip_extents(list);
    if (list->index < list->count || (list->count != 0 && !list->more))
        return 0;
    list->index = 0;
    os_error error = allocation_extents(
        list->file, false, cluster_size, list->vcn, list->extents,
        EXTENTS_AT_A_TIME, &list->count, &list->more);
    if (error != 0)
        return error;
    skip_extents(list);
    /* no progress: treat the extents as unknown */
    return list->more && list->index == list->count ? CODE_INVALID_DATA : 0;
}

/*
 * Finds the `lcn` of the wanted cluster, and the number of clusters from there
 * on that are contiguous with it.
 */
static os_error find(struct extent_list *list, uint32_t cluster_size,
                     int64_t *lcn, uint64_t *run)
{
    os_error error = fill(list, cluster_size);
    if (error != 0)
        return error;
    *lcn = OS_HOLE;
    *run = UINT64_MAX;
    if (list->index >= list->count)
        return 0;
    const struct os_extent *extent = &list->extents[list->index];
    if (extent->vcn > list->vcn) {
        *run = extent->vcn - list->vcn;
        return 0;
    }
    *run = extent->next_vcn - list->vcn;
    if (extent->lcn != OS_HOLE)
        *lcn = extent->lcn + (int64_t)(list->vcn - extent->vcn);
    return 0;
}

bool extents_are_reported(struct os_file *file, uint64_t offset,
                          uint32_t cluster_size)
{
    struct os_extent extent;
    size_t count = 0;
    bool more = false;
    return cluster_size != 0 &&
           allocation_extents(file, false, cluster_size, offset / cluster_size,
                              &extent, 1, &count, &more) == 0;
}

/* --- data outside the extents --------------------------------------------- */

static uint64_t end_of(const struct os_range *range)
{
    return range->offset + range->length;
}

/*
 * Lists SOURCE's allocated ranges from `from` to its end, as far as one call
 * reports them. Returns false if the volume does not report them.
 */
static bool ask_ranges(struct extent_lists *lists, uint64_t from, uint64_t end)
{
    struct range_list *data = &lists->data;
    bool more = false;
    end = lists->source_size > end ? lists->source_size : end;
    data->index = 0;
    data->count = 0;
    data->end = from;
    if (allocation_ranges(lists->source.file, from, end - from, data->ranges,
                          EXTENTS_RANGES, &data->count, &more) != 0)
        return false;
    data->end =
        more && data->count != 0 ? end_of(&data->ranges[data->count - 1]) : end;
    return true;
}

/*
 * Whether SOURCE has data in [from, end), or may have because the volume does
 * not report it.
 */
static bool has_data(struct extent_lists *lists, uint64_t from, uint64_t end)
{
    struct range_list *data = &lists->data;
    if (end > data->end && !ask_ranges(lists, from, end))
        return true;
    while (data->index < data->count &&
           end_of(&data->ranges[data->index]) <= from)
        data->index++;
    return data->index < data->count && data->ranges[data->index].offset < end;
}

/* --- the extents of both files -------------------------------------------- */

/*
 * A run of clusters that is contiguous in both files: `length` bytes that begin
 * `at` bytes into the request.
 */
struct cluster_run {
    uint64_t at;
    uint64_t length;
    int64_t source_lcn;
    int64_t dest_lcn;
};

/* Compares one run. Returns false if it differs, or if that is unknown. */
static bool judge(const struct cluster_run *run,
                  struct reflink_session *session,
                  const struct compare_pair *pair,
                  struct extents_finding *finding)
{
    if (run->source_lcn != run->dest_lcn) {
        bool equal = run->dest_lcn == OS_HOLE &&
                     compare_is_unwritten(session, pair, run->at, run->length);
        if (!equal)
            finding->result = EXTENTS_DIFFERENT;
        return equal;
    }
    if (run->source_lcn == OS_HOLE) {
        finding->hole =
            (struct os_range){run->at, compare_cut(pair, run->at, run->length)};
        return true;
    }
    if (!finding->has_data)
        finding->first = run->at;
    finding->has_data = true;
    finding->end = run->at + run->length;
    return true;
}

/*
 * Finds the next run, of at most `left` clusters. Returns its clusters, or 0 if
 * the volume does not report them.
 */
static uint64_t next_run(struct extent_lists *lists, uint64_t left,
                         struct cluster_run *run)
{
    uint64_t in_source = 0;
    uint64_t in_dest = 0;
    uint32_t unit = lists->cluster_size;
    if (find(&lists->source, unit, &run->source_lcn, &in_source) != 0 ||
        find(&lists->dest, unit, &run->dest_lcn, &in_dest) != 0)
        return 0;
    uint64_t clusters = in_source < in_dest ? in_source : in_dest;
    clusters = clusters < left ? clusters : left;
    lists->source.vcn += clusters;
    lists->dest.vcn += clusters;
    run->length = clusters * lists->cluster_size;
    return clusters;
}

void extents_compare(struct extent_lists *lists,
                     struct reflink_session *session,
                     const struct compare_pair *pair,
                     struct extents_finding *finding)
{
    struct cluster_run run = {0};
    *finding = (struct extents_finding){.result = EXTENTS_NOT_REPORTED};
    if (lists->cluster_size == 0)
        return;
    lists->source.vcn = pair->source_offset / lists->cluster_size;
    lists->dest.vcn = pair->dest_offset / lists->cluster_size;
    uint64_t left = pair->length / lists->cluster_size +
                    (pair->length % lists->cluster_size != 0);
    while (left != 0) {
        uint64_t clusters = next_run(lists, left, &run);
        if (clusters == 0 || !judge(&run, session, pair, finding))
            return;
        run.at += run.length;
        left -= clusters;
    }
    /* Data may exist where the volume reports no clusters. It may be resident,
       may have been written a moment ago and have no clusters yet, or the
       extents may be counted in units other than the reported cluster size. A
       SOURCE that is not sparse cannot have a hole. A sparse one is asked for
       data in its last hole, where its newest data would be. */
    uint64_t from = pair->source_offset + finding->hole.offset;
    bool may_hide_data =
        finding->hole.length != 0 &&
        (!pair->holes || has_data(lists, from, from + finding->hole.length));
    finding->result = may_hide_data ? EXTENTS_MISSING : EXTENTS_EQUAL;
}

bool extents_go_on(struct extent_lists *lists)
{
    int64_t lcn = OS_HOLE;
    uint64_t run = 0;
    if (lists->source_size == 0)
        return false;
    lists->source.vcn = lists->source_size / lists->cluster_size +
                        (lists->source_size % lists->cluster_size != 0);
    return find(&lists->source, lists->cluster_size, &lcn, &run) == 0 &&
           lcn != OS_HOLE;
}
