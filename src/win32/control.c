/* Clones clusters, and queries extents, allocated ranges and integrity. */
#include "answers.h"
#include "win32.h"

#include <stdlib.h>
#include <string.h>

os_error win32_control(struct os_file *file, DWORD code, void *in,
                       DWORD in_size, void *out, DWORD out_size,
                       DWORD *returned)
{
    /* required even if there is no output [DeviceIoControl] */
    DWORD ignored = 0;
    return DeviceIoControl(file->handle, code, in, in_size, out, out_size,
                           returned != NULL ? returned : &ignored, NULL)
               ? 0
               : win32_last_error();
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

/*
 * Ignores the returned size: WinBtrfs leaves it 0 [maharmstone/btrfs,
 * src/fsctl.c].
 */
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

enum { RANGES_AT_ONCE = 64 };

/*
 * Queries the ranges in [offset, offset + *length). Windows fills the buffer
 * with those that fit. Samba returns ERROR_INSUFFICIENT_BUFFER and no range
 * (seen with 4.17); then a shorter part of the file is queried, and `*length`
 * is the length of that part.
 */
static os_error query_ranges(struct os_file *file, uint64_t offset,
                             uint64_t *length, struct sdk_range *out,
                             DWORD *size, bool *more)
{
    struct sdk_range in;
    const DWORD room = RANGES_AT_ONCE * sizeof *out;
    os_error error = ERROR_INSUFFICIENT_BUFFER;
    in.offset.QuadPart = (LONGLONG)offset;
    for (; *length != 0; *length /= 2) {
        in.length.QuadPart = (LONGLONG)*length;
        error = win32_control(file, FSCTL_QUERY_ALLOCATED_RANGES, &in,
                              sizeof in, out, room, size);
        if (error != ERROR_INSUFFICIENT_BUFFER)
            break;
    }
    *more = error == ERROR_MORE_DATA;
    /* the driver writes the size itself, so it may be too large */
    if (*size > room)
        *size = room;
    return *more ? 0 : error;
}

os_error os_allocated(struct os_file *file, uint64_t offset, uint64_t length,
                      struct os_range *ranges, size_t capacity, size_t *count,
                      bool *more)
{
    struct sdk_range out[RANGES_AT_ONCE];
    uint64_t end = offset + length;
    *count = 0;
    *more = false;
    while (*count == 0 && !*more && offset < end) {
        uint64_t part = end - offset;
        DWORD size = 0;
        os_error error = query_ranges(file, offset, &part, out, &size, more);
        if (error != 0)
            return error;
        *count = answers_ranges(out, size, offset, offset + part, ranges,
                                capacity, more);
        offset += part;
    }
    *more = *more || (*count != 0 && offset < end);
    return 0;
}

/*
 * 38 (ERROR_HANDLE_EOF) means that nothing is allocated from `vcn` on [MS-FSA
 * 2.1.5.10.15].
 */
static os_error list_extents(struct os_file *file, bool counted, uint64_t vcn,
                             struct os_extent *extents, size_t capacity,
                             size_t *count, bool *more)
{
    enum { MAX_EXTENTS = 1 << 16 }; /* 2 MiB at most */
    DWORD element =
        counted ? sizeof(struct sdk_counted_extent) : sizeof(struct sdk_extent);
    LARGE_INTEGER in;
    in.QuadPart = (LONGLONG)vcn;
    if (capacity > MAX_EXTENTS)
        capacity = MAX_EXTENTS;
    DWORD size = sizeof(struct sdk_extents_head) + (DWORD)capacity * element;
    void *answer = calloc(1, size);
    if (answer == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    os_error error =
        win32_control(file,
                      counted ? FSCTL_GET_RETRIEVAL_POINTERS_AND_REFCOUNT
                              : FSCTL_GET_RETRIEVAL_POINTERS,
                      &in, sizeof in, answer, size, NULL);
    *count = 0;
    *more = error == ERROR_MORE_DATA;
    if (error == 0 || error == ERROR_MORE_DATA)
        *count =
            answers_extents(answer, size, counted, extents, capacity, more);
    free(answer);
    return error == ERROR_HANDLE_EOF || error == ERROR_MORE_DATA ? 0 : error;
}

os_error os_extents(struct os_file *file, uint64_t vcn,
                    struct os_extent *extents, size_t capacity, size_t *count,
                    bool *more)
{
    return list_extents(file, false, vcn, extents, capacity, count, more);
}

os_error os_extents_counted(struct os_file *file, uint64_t vcn,
                            struct os_extent *extents, size_t capacity,
                            size_t *count, bool *more)
{
    return list_extents(file, true, vcn, extents, capacity, count, more);
}
