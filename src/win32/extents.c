/* Clusters: cloning them, and what the volume tells of them. */
#include "win32.h"

#include <stdlib.h>
#include <string.h>

os_error win32_control(struct os_file *file, DWORD code, void *in,
                       DWORD in_size, void *out, DWORD out_size,
                       DWORD *returned)
{
    DWORD ignored = 0; /* must be there, even without output [REFS 1.1] */
    return DeviceIoControl(file->handle, code, in, in_size, out, out_size,
                           returned != NULL ? returned : &ignored, NULL)
               ? 0
               : GetLastError();
}

os_error os_clone(struct os_file *source, uint64_t source_offset,
                  struct os_file *dest, uint64_t dest_offset, uint64_t length)
{
    struct sdk_duplicate_extents in;
    memset(&in, 0, sizeof in);
    in.file = source->handle;
    in.source_offset.QuadPart = (LONGLONG)source_offset;
    in.target_offset.QuadPart = (LONGLONG)dest_offset;
    in.byte_count.QuadPart = (LONGLONG)length;
    return win32_control(dest, FSCTL_DUPLICATE_EXTENTS_TO_FILE, &in, sizeof in,
                         NULL, 0, NULL);
}

/* The returned size is not looked at: WinBtrfs leaves it 0 [REFS 2.3]. */
os_error os_get_integrity(struct os_file *file, struct os_integrity *out)
{
    struct sdk_get_integrity buffer;
    memset(&buffer, 0, sizeof buffer);
    os_error error = win32_control(file, FSCTL_GET_INTEGRITY_INFORMATION, NULL,
                                   0, &buffer, sizeof buffer, NULL);
    if (error != 0)
        return error;
    out->algorithm = buffer.algorithm;
    out->flags = buffer.flags;
    out->cluster_size = buffer.cluster_size;
    return 0;
}

os_error os_set_integrity(struct os_file *file,
                          const struct os_integrity *integrity)
{
    struct sdk_set_integrity in = {integrity->algorithm, 0, integrity->flags};
    return win32_control(file, FSCTL_SET_INTEGRITY_INFORMATION, &in, sizeof in,
                         NULL, 0, NULL);
}

os_error os_set_sparse(struct os_file *file, bool sparse)
{
    struct sdk_set_sparse in = {sparse ? 1 : 0};
    return win32_control(file, FSCTL_SET_SPARSE, &in, sizeof in, NULL, 0, NULL);
}

os_error os_zero(struct os_file *file, uint64_t offset, uint64_t length)
{
    struct sdk_set_zero in;
    in.offset.QuadPart = (LONGLONG)offset;
    in.beyond.QuadPart = (LONGLONG)(offset + length);
    return win32_control(file, FSCTL_SET_ZERO_DATA, &in, sizeof in, NULL, 0,
                         NULL);
}

/* Cuts `range` to [offset, end); false if nothing is left. */
static bool clip(struct os_range *range, uint64_t offset, uint64_t end)
{
    uint64_t from = range->offset > offset ? range->offset : offset;
    uint64_t to = range->offset + range->length;
    to = to < end ? to : end;
    if (from >= to)
        return false;
    range->offset = from;
    range->length = to - from;
    return true;
}

enum { RANGES_AT_ONCE = 64 };

/*
 * Asks for the ranges in [offset, offset + *length). Windows fills the buffer
 * with those that fit. smbd answers "too small" and nothing else (seen on
 * Samba 4.17), so less of the file is asked for then; `*length` tells how much.
 */
static os_error query_ranges(struct os_file *file, uint64_t offset,
                             uint64_t *length, struct sdk_range *out,
                             size_t *found, bool *more)
{
    struct sdk_range in;
    DWORD size = 0;
    os_error error = ERROR_INSUFFICIENT_BUFFER;
    in.offset.QuadPart = (LONGLONG)offset;
    for (; *length != 0; *length /= 2) {
        in.length.QuadPart = (LONGLONG)*length;
        error =
            win32_control(file, FSCTL_QUERY_ALLOCATED_RANGES, &in, sizeof in,
                          out, RANGES_AT_ONCE * sizeof *out, &size);
        if (error != ERROR_INSUFFICIENT_BUFFER)
            break;
    }
    *more = error == ERROR_MORE_DATA;
    *found = size / sizeof *out;
    return *more ? 0 : error;
}

/* The ranges of [offset, end) as far as there is room; whether there is for
   all of them. */
static bool take_ranges(const struct sdk_range *out, size_t found,
                        uint64_t offset, uint64_t end, struct os_range *ranges,
                        size_t capacity, size_t *count)
{
    for (size_t i = 0; i < found; i++) {
        struct os_range range = {(uint64_t)out[i].offset.QuadPart,
                                 (uint64_t)out[i].length.QuadPart};
        if (!clip(&range, offset, end))
            continue;
        if (*count == capacity)
            return false;
        ranges[(*count)++] = range;
    }
    return true;
}

os_error os_allocated(struct os_file *file, uint64_t offset, uint64_t length,
                      struct os_range *ranges, size_t capacity, size_t *count,
                      bool *more)
{
    struct sdk_range out[RANGES_AT_ONCE];
    uint64_t end = offset + length;
    *count = 0;
    *more = false;
    while (*count == 0 && offset < end) {
        uint64_t part = end - offset;
        size_t found = 0;
        os_error error = query_ranges(file, offset, &part, out, &found, more);
        if (error != 0)
            return error;
        if (!take_ranges(out, found, offset, offset + part, ranges, capacity,
                         count))
            *more = true;
        offset += part;
    }
    *more = *more || (*count != 0 && offset < end);
    return 0;
}

/* One list of extents being asked for: with reference counts or without. */
struct listing {
    DWORD code;
    DWORD element; /* bytes of one */
    uint64_t vcn;
    struct sdk_extents_head *head; /* and the elements behind it */
    DWORD size;                    /* of both, in bytes */
};

static struct os_extent take_one(const struct listing *listing, uint64_t vcn,
                                 size_t index)
{
    struct sdk_counted_extent one = {0};
    const BYTE *elements = (const BYTE *)(listing->head + 1);
    memcpy(&one, elements + index * listing->element, listing->element);
    return (struct os_extent){vcn, (uint64_t)one.next_vcn.QuadPart,
                              one.lcn.QuadPart, one.references};
}

static size_t take_extents(const struct listing *listing,
                           struct os_extent *extents, size_t capacity)
{
    uint64_t vcn = (uint64_t)listing->head->starting_vcn.QuadPart;
    size_t count = listing->head->count;
    if (count > capacity)
        count = capacity;
    for (size_t i = 0; i < count; i++) {
        extents[i] = take_one(listing, vcn, i);
        vcn = extents[i].next_vcn;
    }
    return count;
}

/* 38 (ERROR_HANDLE_EOF): nothing is allocated from there on [REFS 5]. */
static os_error ask_extents(struct os_file *file, struct listing *listing,
                            struct os_extent *extents, size_t capacity,
                            size_t *count, bool *more)
{
    LARGE_INTEGER in;
    in.QuadPart = (LONGLONG)listing->vcn;
    os_error error = win32_control(file, listing->code, &in, sizeof in,
                                   listing->head, listing->size, NULL);
    *count = 0;
    *more = false;
    if (error == ERROR_HANDLE_EOF)
        return 0;
    if (error != 0 && error != ERROR_MORE_DATA)
        return error;
    *count = take_extents(listing, extents, capacity);
    *more = error == ERROR_MORE_DATA || *count < listing->head->count;
    return 0;
}

static os_error list_extents(struct os_file *file, struct listing *listing,
                             struct os_extent *extents, size_t capacity,
                             size_t *count, bool *more)
{
    enum { MOST = 1 << 16 }; /* at once: two megabytes */
    if (capacity > MOST)
        capacity = MOST;
    listing->size =
        (DWORD)(sizeof *listing->head) + (DWORD)capacity * listing->element;
    listing->head = calloc(1, listing->size);
    if (listing->head == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    os_error error = ask_extents(file, listing, extents, capacity, count, more);
    free(listing->head);
    return error;
}

os_error os_extents(struct os_file *file, uint64_t vcn,
                    struct os_extent *extents, size_t capacity, size_t *count,
                    bool *more)
{
    struct listing listing = {.code = FSCTL_GET_RETRIEVAL_POINTERS,
                              .element = sizeof(struct sdk_extent),
                              .vcn = vcn};
    return list_extents(file, &listing, extents, capacity, count, more);
}

os_error os_extents_counted(struct os_file *file, uint64_t vcn,
                            struct os_extent *extents, size_t capacity,
                            size_t *count, bool *more)
{
    struct listing listing = {.code = FSCTL_GET_RETRIEVAL_POINTERS_AND_REFCOUNT,
                              .element = sizeof(struct sdk_counted_extent),
                              .vcn = vcn};
    return list_extents(file, &listing, extents, capacity, count, more);
}
