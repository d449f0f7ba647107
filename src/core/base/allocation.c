#include "allocation.h"

#include "core/errors.h"

/* `most` is the maximum number of clusters in a file or on a volume. */
static bool makes_sense(const struct os_extent *extent, uint64_t most)
{
    if (extent->next_vcn > most || extent->next_vcn <= extent->vcn)
        return false;
    return extent->lcn < 0 ||
           (uint64_t)extent->lcn <= most - (extent->next_vcn - extent->vcn);
}

os_error allocation_extents(struct os_file *file, bool counted,
                            uint32_t cluster_size, uint64_t vcn,
                            struct os_extent *extents, size_t capacity,
                            size_t *count, bool *more)
{
    os_error error =
        counted ? os_extents_counted(file, vcn, extents, capacity, count, more)
                : os_extents(file, vcn, extents, capacity, count, more);
    if (error == 0 && *more && *count == 0)
        error = CODE_INVALID_DATA;
    for (size_t i = 0; error == 0 && i < *count; i++) {
        if (!makes_sense(&extents[i], OS_MAX_FILE_SIZE / cluster_size))
            error = CODE_INVALID_DATA;
        else if (extents[i].lcn < 0)
            extents[i].lcn = OS_HOLE;
    }
    return error;
}

os_error allocation_ranges(struct os_file *file, uint64_t offset,
                           uint64_t length, struct os_range *ranges,
                           size_t capacity, size_t *count, bool *more)
{
    os_error error =
        os_allocated(file, offset, length, ranges, capacity, count, more);
    if (error == 0 && *more && *count == 0)
        error = CODE_INVALID_DATA;
    for (size_t i = 0; error == 0 && i < *count; i++) {
        const struct os_range *range = &ranges[i];
        if (range->offset < offset || range->offset - offset >= length ||
            range->length == 0 ||
            range->length > length - (range->offset - offset))
            error = CODE_INVALID_DATA;
    }
    return error;
}
