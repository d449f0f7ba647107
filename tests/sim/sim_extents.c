/*
 * The extents of files, with and without reference counts, and what a volume
 * says of its own place and room.
 */
#include "sim_internal.h"

/* What os_extents fills. */
struct extent_list {
    const struct sim_map *refs; /* counts by LCN; NULL: not wanted */
    struct os_extent *extents;
    size_t capacity;
    size_t count;
    bool more;
};

static void add_one(struct extent_list *list, struct os_extent extent)
{
    if (list->count == list->capacity)
        list->more = true;
    else
        list->extents[list->count++] = extent;
}

static void add_hole(struct extent_list *list, uint64_t vcn, uint64_t end)
{
    struct os_extent hole = {vcn, end, OS_HOLE, 0};
    if (vcn < end)
        add_one(list, hole);
}

/* A run of clusters, cut where the counts change if they are wanted. */
static void add_run(struct extent_list *list, const struct sim_run *run)
{
    uint64_t vcn = run->start;
    while (vcn < run->end && !list->more) {
        uint64_t lcn = run->value + (vcn - run->start);
        struct os_extent extent = {vcn, run->end, (int64_t)lcn, 0};
        if (list->refs) {
            bool mapped;
            struct sim_run piece =
                sim_map_piece(list->refs, lcn, lcn + (run->end - vcn), &mapped);
            extent.next_vcn = vcn + (piece.end - lcn);
            extent.references = (uint32_t)piece.value;
        }
        add_one(list, extent);
        vcn = extent.next_vcn;
    }
}

/* From the run on that holds `vcn`, be it a hole that began before. */
static void list_extents(const struct sim_node *node, uint64_t vcn,
                         struct extent_list *list)
{
    const struct sim_map *map = &node->extents;
    size_t i = sim_map_find(map, vcn);
    uint64_t at = 0;

    if (i == map->count)
        return;
    if (map->runs[i].start <= vcn)
        at = map->runs[i].start;
    else if (i > 0)
        at = map->runs[i - 1].end;
    for (; i < map->count && !list->more; i++) {
        struct sim_run run = map->runs[i];
        add_hole(list, at, run.start);
        at = run.end;
        if (list->refs && run.start < vcn) {
            /* a run may hold more counts than the list has room */
            run.value += vcn - run.start;
            run.start = vcn;
        }
        add_run(list, &run);
    }
    if (node->volume->trailing_holes)
        add_hole(list, at, sim_clusters(node->volume, node->size));
}

static void tell_extents(const struct os_file *file, uint64_t vcn,
                         struct extent_list *list)
{
    sim_teller *teller = file->node->volume->teller;
    if (teller)
        teller(file->path, vcn, list->extents, list->capacity, &list->count,
               &list->more);
    else
        list_extents(file->node, vcn, list);
}

os_error os_extents(struct os_file *file, uint64_t vcn,
                    struct os_extent *extents, size_t capacity, size_t *count,
                    bool *more)
{
    struct extent_list list = {NULL, extents, capacity, 0, false};
    os_error error = sim_enter(SIM_OP_EXTENTS, file);
    if (!error)
        error = file->node->volume->extents;
    if (!error) {
        tell_extents(file, vcn, &list);
        *count = list.count;
        *more = list.more;
    }
    return sim_leave(SIM_OP_EXTENTS, file->path, error);
}

os_error os_extents_counted(struct os_file *file, uint64_t vcn,
                            struct os_extent *extents, size_t capacity,
                            size_t *count, bool *more)
{
    struct extent_list list = {NULL, extents, capacity, 0, false};
    os_error error = sim_enter(SIM_OP_EXTENTS_COUNTED, file);
    if (!error)
        error = file->node->volume->extents_counted;
    if (!error) {
        list.refs = sim_ref_map(file->node->volume);
        tell_extents(file, vcn, &list);
        *count = list.count;
        *more = list.more;
    }
    return sim_leave(SIM_OP_EXTENTS_COUNTED, file->path, error);
}

os_error os_free_bytes(struct os_file *file, uint64_t *bytes)
{
    os_error error = sim_enter(SIM_OP_FREE_BYTES, file);
    if (!error)
        *bytes =
            sim_free_count(file->node->volume) * file->node->volume->cluster;
    return sim_leave(SIM_OP_FREE_BYTES, file->path, error);
}

os_error os_is_remote(struct os_file *file, bool *remote)
{
    os_error error = sim_enter(SIM_OP_IS_REMOTE, file);
    if (!error)
        *remote = file->node->volume->remote;
    return sim_leave(SIM_OP_IS_REMOTE, file->path, error);
}
