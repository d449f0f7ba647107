/* Compares the extents of SOURCE and its clone, as the volume reports them. */
#ifndef REFLINK_CORE_EXTENTS_H
#define REFLINK_CORE_EXTENTS_H

#include "compare.h"

enum { EXTENTS_AT_A_TIME = 256, EXTENTS_RANGES = 64 };

/* A file's extents, read from the volume as needed, forward only. */
struct extent_list {
    struct os_file *file;
    uint64_t vcn; /* the next cluster wanted */
    struct os_extent extents[EXTENTS_AT_A_TIME];
    size_t count;
    size_t index;
    bool more;
};

/* A file's allocated ranges, read as needed, forward only. */
struct range_list {
    struct os_range ranges[EXTENTS_RANGES];
    size_t count;
    size_t index;
    uint64_t end; /* the ranges are known up to this offset */
};

/* The extents of both files in a verification. */
struct extent_lists {
    struct extent_list source;
    struct extent_list dest;
    struct range_list data;
    uint32_t cluster_size; /* the unit of the extents; 0: unknown */
    uint64_t source_size;  /* end of file; 0: unknown */
};

enum extents_result {
    EXTENTS_EQUAL,
    EXTENTS_DIFFERENT,
    EXTENTS_NOT_REPORTED,
    EXTENTS_MISSING /* equal, but there may be data outside of them */
};

/* The result of the comparison for one request. */
struct extents_finding {
    enum extents_result result;
    bool has_data;
    /* The first byte of the request that is in a cluster; valid with
       `has_data`. */
    uint64_t first;
    /* The end of the last run that is in clusters; valid with `has_data`. */
    uint64_t end;
    /* The last run for which neither file has clusters. */
    struct os_range hole;
};

/*
 * Compares the clusters of both ranges run by run. Calls must follow the order
 * of the requests in both files.
 */
void extents_compare(struct extent_lists *lists,
                     struct reflink_session *session,
                     const struct compare_pair *pair,
                     struct extents_finding *finding);

/*
 * Whether SOURCE has extents past its end, after all requests were compared.
 * Either they are counted in units smaller than the reported cluster size, so
 * that too few of them were compared, or they are preallocated space.
 */
bool extents_go_on(struct extent_lists *lists);

/* Whether the volume reports the file's extents from `offset` on. */
bool extents_are_reported(struct os_file *file, uint64_t offset,
                          uint32_t cluster_size);

#endif
