/*
 * Finds out which parts of two files, at equal offsets, are in the same
 * clusters already, and which could be.
 */
#ifndef REFLINK_CORE_RUNS_H
#define REFLINK_CORE_RUNS_H

#include "core/os.h"

enum run_kind {
    RUN_SHARED, /* in the same clusters */
    RUN_HOLE,   /* one of the files, or both, have no cluster there */
    RUN_DATA    /* in different clusters, or the volume does not report it */
};

/* A part of both files. */
struct run {
    uint64_t offset;
    uint64_t length;
    enum run_kind kind;
};

enum { RUNS_EXTENTS = 256 };

/* A file's extents, read from the volume as needed. */
struct extent_cursor {
    struct os_file *file;
    bool counted; /* with reference counts */
    struct os_extent extents[RUNS_EXTENTS];
    size_t count;
    size_t index;
    bool more;
    bool begun;
    uint64_t vcn; /* the last cluster that was looked for */
};

/* The comparison of two files. */
struct runs {
    uint64_t end; /* in bytes; of the shorter file */
    uint32_t cluster_size;
    bool reported; /* the volume reports the extents of both files */
    bool holes;    /* a file is sparse, so ask for allocated ranges */
    struct extent_cursor keep;
    struct extent_cursor file;
};

/*
 * Begins to compare the first `end` bytes. `cluster_size`: 0 if unknown; then
 * extents are not used. `holes`: one of the files is sparse.
 */
void runs_begin(struct runs *runs, struct os_file *keep, struct os_file *file,
                uint32_t cluster_size, uint64_t end, bool holes);

/*
 * Finds the run that begins at `offset`, which is below the end. It is as long
 * as possible, but RUN_DATA only up to `most` bytes or a little more. It ends
 * on a cluster boundary or at the end of the comparison.
 */
void runs_find(struct runs *runs, uint64_t offset, uint64_t most,
               struct run *run);

/* What the volume reports of a range after a request. */
enum runs_sharing { RUNS_EQUAL, RUNS_DIFFERENT, RUNS_NOT_REPORTED };

/*
 * Whether both files have the same clusters over the whole range. Both may have
 * no cluster, or only FILE, if the bytes there are zeros: XFS gives a clone a
 * hole where the original has clusters that were never written. `bytes` are
 * those of the range; NULL: they count as not zeros.
 */
enum runs_sharing runs_check(const struct runs *runs, uint64_t offset,
                             uint64_t length, const uint8_t *bytes);

/*
 * Returns how many bytes of the range of FILE are in clusters that nothing else
 * references. Where the volume does not report references, these are all bytes
 * in clusters.
 */
uint64_t runs_exclusive(const struct runs *runs, uint64_t offset,
                        uint64_t length);

#endif
