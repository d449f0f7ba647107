/*
 * Lists where a file's clusters are: all extents that its volume reports, as
 * runs of whole clusters.
 *
 * All amounts are in bytes of whole clusters. So the last run may end past the
 * end of file, and the totals may be larger than the file.
 */
#ifndef REFLINK_CORE_LAYOUT_H
#define REFLINK_CORE_LAYOUT_H

#include <reflink/reflink.h>

#include "core/os.h"

#define LAYOUT_HOLE UINT64_MAX

/*
 * Clusters that are contiguous in the file and on the volume, with equal
 * reference counts. The first run begins at offset 0, and each one begins where
 * the one before it ends. Neighbours that could be one run are one.
 */
struct layout_run {
    uint64_t offset; /* in the file */
    uint64_t length;
    /* Offset on the volume, or LAYOUT_HOLE. Data stored in the file's own
       record counts as a hole. */
    uint64_t volume_offset;
    /* 0 for a hole, or if unknown. */
    uint32_t references;
};

struct layout {
    struct os_file *file; /* open to query it; NULL: not open */
    struct os_info info;
    uint32_t cluster_size;
    bool counted; /* reference counts are known; they may be outdated */
    struct layout_run *runs;
    size_t count;
    size_t capacity;
    uint64_t allocated;
    uint64_t holes;
    uint64_t shared;    /* referenced more than once; if `counted` */
    uint64_t exclusive; /* allocated but not shared; if `counted` */
};

/*
 * Opens `path`, a file or `file:stream`, and queries it. Returns false if it
 * failed; the error is in `*error`. The caller calls layout_close in any case.
 */
bool layout_open(const wchar_t *path, struct layout *layout,
                 struct reflink_error *error);

/*
 * Reads the runs and computes the totals. Returns false if it failed; the error
 * is in `*error`. The hint REFLINK_HINT_NOT_REPORTED means that the volume does
 * not report extents, and CODE_INVALID_DATA that it reports impossible ones.
 */
bool layout_read(struct layout *layout, struct reflink_error *error);

/*
 * Opens and reads the file, and retries after a transient error as often as the
 * policy says. Returns false if it failed; the error is in `*error`. The caller
 * calls layout_close in any case.
 */
bool layout_query(const wchar_t *path, const struct reflink_policy *policy,
                  struct layout *layout, struct reflink_error *error);

/* Closes the file and frees the runs. */
void layout_close(struct layout *layout);

#endif
