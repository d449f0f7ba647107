/*
 * Where a file's clusters lie: the extents that its volume tells, all of
 * them, as runs of whole clusters.
 *
 * All amounts are bytes of whole clusters. So the last run may end behind the
 * end of file, and the totals be larger than the file.
 */
#ifndef REFLINK_CORE_LAYOUT_H
#define REFLINK_CORE_LAYOUT_H

#include <reflink/reflink.h>

#include "core/os.h"

#define LAYOUT_HOLE UINT64_MAX

/*
 * Clusters that follow each other in the file and on the volume, and are
 * referenced equally often. Each run begins where the one before it ends,
 * the first at 0; neighbours that could be one run are.
 */
struct layout_run {
    uint64_t offset; /* in the file */
    uint64_t length;
    uint64_t place;      /* offset on the volume, or LAYOUT_HOLE; data in the
                            file's own record is a hole, too */
    uint32_t references; /* 0: not told, or a hole */
};

struct layout {
    struct os_file *file; /* open to be looked at; NULL: not open */
    struct os_info info;
    uint32_t cluster_size;
    bool counted; /* references are told; they may lag behind */
    struct layout_run *runs;
    size_t count;
    size_t capacity;
    uint64_t allocated;
    uint64_t holes;
    uint64_t shared;    /* referenced more than once; if counted */
    uint64_t exclusive; /* the rest of what is allocated; likewise */
};

/*
 * Opens `path`, a file or `file:stream`, and learns which it is. `*layout` is
 * set up in any case, and layout_close due. False: `*error` says why.
 */
bool layout_open(const wchar_t *path, struct layout *layout,
                 struct reflink_error *error);

/*
 * Reads the runs and adds them up. With an error of REFLINK_HINT_NOT_REPORTED
 * the volume does not tell; CODE_INVALID_DATA: what it tells makes no sense.
 */
bool layout_read(struct layout *layout, struct reflink_error *error);

/* Both, and again after a transient error, as often as the policy says. */
bool layout_take(const wchar_t *path, const struct reflink_policy *policy,
                 struct layout *layout, struct reflink_error *error);

void layout_close(struct layout *layout);

#endif
