/*
 * Where a file's data lies: retrieval pointers from FIEMAP, allocated ranges
 * from SEEK_DATA and SEEK_HOLE.
 */
#include "bridge_config.h"
#include "bridge_fsctl.h"
#include "bridge_rules.h"
#include "bridge_status.h"

#include <string.h>

#define NO_LCN (-1)

/* A walk over the extents of a file, `map` being the current batch. */
struct extent_walk {
    int fd;
    uint64_t end; /* of what is of interest, in bytes */
    uint32_t next;
    bool last;
    struct linux_fiemap map;
};

static int fetch(struct extent_walk *walk, uint64_t start)
{
    memset(&walk->map, 0, sizeof walk->map);
    walk->map.start = start;
    walk->map.length = walk->end - start;
    walk->map.flags = LINUX_FIEMAP_FLAG_SYNC;
    walk->map.capacity = LINUX_FIEMAP_BATCH;
    walk->next = 0;
    return linux_fiemap(walk->fd, &walk->map);
}

/* The extents that meet [start, end) bytes of the file. */
static int walk_begin(struct extent_walk *walk, int fd, uint64_t start,
                      uint64_t end)
{
    walk->fd = fd;
    walk->end = end;
    walk->last = start >= end;
    walk->map.mapped = walk->next = 0;
    return walk->last ? 0 : fetch(walk, start);
}

/* The next extent that has a place on the volume, or NULL at the end. */
static const struct linux_extent *walk_next(struct extent_walk *walk)
{
    const uint32_t no_place = LINUX_EXTENT_UNKNOWN | LINUX_EXTENT_INLINE;

    while (!walk->last) {
        const struct linux_extent *e;

        if (walk->next == walk->map.mapped) {
            if (walk->map.mapped == 0)
                return NULL;
            e = &walk->map.extents[walk->map.mapped - 1];
            if (e->logical + e->length >= walk->end ||
                fetch(walk, e->logical + e->length) < 0 ||
                walk->map.mapped == 0)
                return NULL;
        }
        e = &walk->map.extents[walk->next++];
        walk->last = (e->flags & LINUX_EXTENT_LAST) != 0;
        if (e->logical < walk->end && !(e->flags & no_place))
            return e;
    }
    return NULL;
}

bool extents_any_shared(const struct bridge_file *file)
{
    struct extent_walk walk;
    const struct linux_extent *e;

    if (walk_begin(&walk, file->fd, 0, (uint64_t)file->st.size) < 0)
        return false;
    while ((e = walk_next(&walk)) != NULL) {
        if (e->flags & LINUX_EXTENT_SHARED)
            return true;
    }
    return false;
}

/* A run of clusters that the caller's buffer gets as one element. */
struct run {
    int64_t vcn;
    int64_t next_vcn;
    int64_t lcn;
    uint32_t count;
};

/* The caller's buffer being filled. `run` waits until it is known where it
 * ends, because ReFS knows no border between two runs that adjoin. */
struct pointer_list {
    struct fsctl_request *request;
    uint32_t element_size; /* 16, or 24 with reference counts */
    uint32_t capacity;
    uint32_t used;
    bool overflow;
    bool waiting;
    struct run run;
};

enum { POINTER_HEADER = 16, POINTER_SIZE = 16, COUNTED_POINTER_SIZE = 24 };

static void list_flush(struct pointer_list *list)
{
    uint8_t *element;

    if (!list->waiting)
        return;
    list->waiting = false;
    if (list->used == list->capacity) {
        list->overflow = true;
        return;
    }
    element = (uint8_t *)list->request->output + POINTER_HEADER +
              (size_t)list->used++ * list->element_size;
    memset(element, 0, list->element_size);
    memcpy(element, &list->run.next_vcn, 8);
    memcpy(element + 8, &list->run.lcn, 8);
    if (list->element_size == COUNTED_POINTER_SIZE)
        memcpy(element + 16, &list->run.count, 4);
}

static bool adjoins(const struct run *a, const struct run *b, bool with_counts)
{
    if (a->next_vcn != b->vcn || (with_counts && a->count != b->count))
        return false;
    if (a->lcn == NO_LCN || b->lcn == NO_LCN)
        return a->lcn == b->lcn;
    return a->lcn + (a->next_vcn - a->vcn) == b->lcn;
}

static void list_add(struct pointer_list *list, struct run run)
{
    bool with_counts = list->element_size == COUNTED_POINTER_SIZE;

    if (run.vcn >= run.next_vcn)
        return;
    if (list->waiting && adjoins(&list->run, &run, with_counts)) {
        list->run.next_vcn = run.next_vcn;
        return;
    }
    list_flush(list);
    list->run = run;
    list->waiting = true;
}

/* The part of an extent from `vcn` on, cut at `end`, in clusters. */
static struct run run_of(const struct bridge_file *file,
                         const struct linux_extent *e, int64_t vcn, int64_t end)
{
    int64_t first = (int64_t)(e->logical / file->cluster);
    struct run run;

    run.vcn = first > vcn ? first : vcn;
    run.next_vcn =
        rules_round_up((int64_t)(e->logical + e->length), file->cluster) /
        file->cluster;
    if (run.next_vcn > end)
        run.next_vcn = end;
    run.lcn = (int64_t)(e->physical / file->cluster) + (run.vcn - first);
    run.count = e->flags & LINUX_EXTENT_SHARED ? file_shared_count(file) : 1;
    return run;
}

/* Lists all runs from `vcn` to the end of the file, holes among them. */
static nt_status list_runs(struct pointer_list *list, int64_t vcn)
{
    const struct bridge_file *file = list->request->file;
    int64_t end = rules_round_up(file->st.size, file->cluster) / file->cluster;
    struct extent_walk walk;
    const struct linux_extent *e;
    bool any = false;
    int result = walk_begin(&walk, file->fd, (uint64_t)vcn * file->cluster,
                            (uint64_t)end * file->cluster);

    while (result == 0 && !list->overflow && (e = walk_next(&walk)) != NULL) {
        struct run run = run_of(file, e, vcn, end);

        list_add(list, (struct run){vcn, run.vcn, NO_LCN, 0});
        list_add(list, run);
        vcn = run.next_vcn;
        any = true;
    }
    if (result < 0)
        return file_status(result);
    if (!any)
        return ST_END_OF_FILE;
    list_add(list, (struct run){vcn, end, NO_LCN, 0});
    list_flush(list);
    return list->overflow ? ST_BUFFER_OVERFLOW : ST_SUCCESS;
}

static nt_status pointers(struct fsctl_request *request, uint32_t element_size)
{
    struct pointer_list list = {.request = request,
                                .element_size = element_size};
    nt_status status;
    int64_t vcn;

    if (!file_is_data(request->file) || request->input_size < sizeof vcn)
        return ST_INVALID_PARAMETER;
    memcpy(&vcn, request->input, sizeof vcn);
    if (vcn < 0 || vcn > INT64_MAX / request->file->cluster)
        return ST_INVALID_PARAMETER;
    if (request->output_size < POINTER_HEADER + element_size)
        return ST_BUFFER_TOO_SMALL;
    list.capacity = (request->output_size - POINTER_HEADER) / element_size;
    status = list_runs(&list, vcn);
    if (status != ST_SUCCESS && status != ST_BUFFER_OVERFLOW)
        return status;
    memset(request->output, 0, POINTER_HEADER);
    memcpy(request->output, &list.used, sizeof list.used);
    memcpy((uint8_t *)request->output + 8, &vcn, sizeof vcn);
    request->returned = POINTER_HEADER + list.used * element_size;
    return status;
}

nt_status extents_pointers(struct fsctl_request *request)
{
    if (bridge_config.pointers_off ||
        !bridge_config.profile->retrieval_pointers)
        return ST_INVALID_DEVICE_REQUEST;
    return pointers(request, POINTER_SIZE);
}

nt_status extents_pointers_and_counts(struct fsctl_request *request)
{
    if (bridge_config.pointers_off || !bridge_config.profile->reference_counts)
        return ST_INVALID_DEVICE_REQUEST;
    return pointers(request, COUNTED_POINTER_SIZE);
}

/* Appends a range to the output; false when it does not fit. */
static bool put_range(struct fsctl_request *request, int64_t offset,
                      int64_t end)
{
    struct allocated_range range = {offset, end - offset};

    if (request->returned + sizeof range > request->output_size)
        return false;
    memcpy((uint8_t *)request->output + request->returned, &range,
           sizeof range);
    request->returned += sizeof range;
    return true;
}

static nt_status put_data_ranges(struct fsctl_request *request, int fd,
                                 int64_t offset, int64_t end)
{
    while (offset < end) {
        int64_t data = linux_seek(fd, offset, LINUX_SEEK_DATA);
        int64_t hole;

        if (data == -LINUX_ENXIO || data >= end)
            break;
        hole = data < 0 ? data : linux_seek(fd, data, LINUX_SEEK_HOLE);
        if (hole < 0)
            return file_status(hole);
        offset = hole;
        if (hole > end)
            hole = end;
        if (!put_range(request, data, hole))
            return request->returned ? ST_BUFFER_OVERFLOW : ST_BUFFER_TOO_SMALL;
    }
    return ST_SUCCESS;
}

nt_status extents_allocated_ranges(struct fsctl_request *request)
{
    struct allocated_range in;
    int64_t end = request->file->st.size;
    nt_status status;
    int fd;

    if (!file_is_data(request->file) || request->input_size < sizeof in)
        return ST_INVALID_PARAMETER;
    memcpy(&in, request->input, sizeof in);
    if (in.offset < 0 || in.length < 0 || in.length > INT64_MAX - in.offset)
        return ST_INVALID_PARAMETER;
    if (in.offset + in.length < end)
        end = in.offset + in.length;
    if (in.offset >= end || file_is_backed_externally(request->file))
        return ST_SUCCESS;
    if (!file_is_sparse(request->file))
        return put_range(request, in.offset, end) ? ST_SUCCESS
                                                  : ST_BUFFER_TOO_SMALL;
    fd = linux_reopen(request->file->fd, LINUX_O_RDONLY);
    if (fd < 0)
        return file_status(fd);
    status = put_data_ranges(request, fd, in.offset, end);
    linux_close(fd);
    return status;
}
