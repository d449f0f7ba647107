/* Clusters: cloning them, and what the volume tells of them. */
#include "win32.h"

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

os_error os_allocated(struct os_file *file, uint64_t offset, uint64_t length,
                      struct os_range *ranges, size_t capacity, size_t *count,
                      bool *more)
{
    struct sdk_range in;
    struct sdk_range out[RANGES_AT_ONCE];
    DWORD size = 0;
    if (capacity > RANGES_AT_ONCE)
        capacity = RANGES_AT_ONCE;
    in.offset.QuadPart = (LONGLONG)offset;
    in.length.QuadPart = (LONGLONG)length;
    os_error error =
        win32_control(file, FSCTL_QUERY_ALLOCATED_RANGES, &in, sizeof in, out,
                      (DWORD)(capacity * sizeof out[0]), &size);
    if (error != 0 && error != ERROR_MORE_DATA)
        return error;
    *more = error == ERROR_MORE_DATA;
    *count = 0;
    for (size_t i = 0; i < size / sizeof out[0]; i++) {
        struct os_range range = {(uint64_t)out[i].offset.QuadPart,
                                 (uint64_t)out[i].length.QuadPart};
        if (clip(&range, offset, offset + length))
            ranges[(*count)++] = range;
    }
    return 0;
}

static size_t take_extents(const struct sdk_retrieval_pointers *out,
                           struct os_extent *extents, size_t capacity)
{
    size_t count = out->count < SDK_EXTENTS ? out->count : SDK_EXTENTS;
    uint64_t vcn = (uint64_t)out->starting_vcn.QuadPart;
    if (count > capacity)
        count = capacity;
    for (size_t i = 0; i < count; i++) {
        extents[i].vcn = vcn;
        extents[i].next_vcn = (uint64_t)out->extents[i].next_vcn.QuadPart;
        extents[i].lcn = out->extents[i].lcn.QuadPart;
        vcn = extents[i].next_vcn;
    }
    return count;
}

os_error os_extents(struct os_file *file, uint64_t vcn,
                    struct os_extent *extents, size_t capacity, size_t *count,
                    bool *more)
{
    LARGE_INTEGER in;
    struct sdk_retrieval_pointers out;
    in.QuadPart = (LONGLONG)vcn;
    memset(&out, 0, sizeof out);
    os_error error = win32_control(file, FSCTL_GET_RETRIEVAL_POINTERS, &in,
                                   sizeof in, &out, sizeof out, NULL);
    *count = 0;
    *more = false;
    if (error == ERROR_HANDLE_EOF)
        return 0;
    if (error != 0 && error != ERROR_MORE_DATA)
        return error;
    *count = take_extents(&out, extents, capacity);
    *more = error == ERROR_MORE_DATA || *count < out.count;
    return 0;
}
