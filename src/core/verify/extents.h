/*
 * Walks through SOURCE and its clone side by side, run by run. A run is a part
 * of the request in which the volume reports the same for all bytes.
 *
 * The extents of both files are listed, if the volume reports them. Otherwise
 * the allocated ranges of each file that is marked sparse are listed: a file
 * that is not has no holes, as far as the volume reports. Each list is read
 * once for all requests, and forward only.
 */
#ifndef REFLINK_CORE_EXTENTS_H
#define REFLINK_CORE_EXTENTS_H

#include "compare.h"

enum { EXTENTS_AT_A_TIME = 256 };

enum extents_kind {
    EXTENTS_SHARED,    /* both files have the same clusters */
    EXTENTS_DIFFERENT, /* DEST has other clusters than SOURCE */
    EXTENTS_ABSENT,    /* DEST has a hole, and SOURCE has none */
    EXTENTS_UNKNOWN,   /* both may have data; no clusters are reported */
    EXTENTS_HOLE       /* SOURCE has no data */
};

/* `length` bytes that begin `at` bytes into the request. */
struct extents_run {
    uint64_t at;
    uint64_t length;
    enum extents_kind kind;
};

/* A part of a file that has data, or an extent that is a hole. */
struct extents_piece {
    uint64_t offset;
    uint64_t end;
    int64_t lcn; /* OS_HOLE; or the first cluster, 0 if it is not reported */
};

/* The extents or the allocated ranges of one file, read as needed. */
struct extents_list {
    struct os_file *file;
    uint32_t cluster_size; /* of the extents; 0: these are allocated ranges */
    uint64_t end;          /* allocated ranges are listed up to here */
    bool unknown;          /* the volume does not report them */
    bool unsupported;      /* ... nor does it support the request */
    struct extents_piece pieces[EXTENTS_AT_A_TIME];
    size_t count;
    size_t index;
    bool started;
    bool more;
};

struct extents {
    struct extents_list source;
    struct extents_list dest;
    struct extents_list source_ranges;
    struct extents_list dest_ranges;
    bool has_extents; /* `source` and `dest` can be compared */
};

/*
 * Prepares the walk through `count` requests, at least 1, that are in the
 * order of both files. `cluster_size` is the unit of the volume's extents, 0 if
 * unknown; `source_size` is SOURCE's end of file, 0 if unknown.
 */
void extents_begin(struct extents *extents, const struct compare_pair *pairs,
                   size_t count, uint32_t cluster_size, uint64_t source_size);

/*
 * Finds the run that begins `at` bytes into the request, which is the one of
 * the last call or a later one.
 */
void extents_next(struct extents *extents, const struct compare_pair *pair,
                  uint64_t at, struct extents_run *run);

/*
 * Whether the volume reports the file's extents in clusters of `cluster_size`
 * bytes. It does not if there are extents past the end of the file, at `size`:
 * either they are counted in smaller units, and most of the file's would not be
 * looked at, or they are preallocated space. If `size` is 0, that is not known.
 */
bool extents_are_reported(struct os_file *file, uint32_t cluster_size,
                          uint64_t size);

#endif
