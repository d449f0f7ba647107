/*
 * Where the clusters of SOURCE and of its clone lie, held beside each other as
 * the volume tells it.
 */
#ifndef REFLINK_CORE_EXTENTS_H
#define REFLINK_CORE_EXTENTS_H

#include "compare.h"

enum { MAPS_EXTENTS = 256, EXTENTS_RANGES = 64 };

/* A file's extents, read from the volume as they are needed, forward only. */
struct maps_extents {
    struct os_file *file;
    uint64_t vcn; /* next cluster wanted */
    struct os_extent extents[MAPS_EXTENTS];
    size_t count;
    size_t index;
    bool more;
};

/* What of a file is allocated, likewise. */
struct maps_ranges {
    struct os_range ranges[EXTENTS_RANGES];
    size_t count;
    size_t index;
    uint64_t end; /* up to here they are told */
};

/* Both files of a verification. */
struct extent_lists {
    struct maps_extents source;
    struct maps_extents dest;
    struct maps_ranges data;
    uint32_t cluster_size; /* that of the extents; 0: unknown */
    uint64_t source_size;  /* end of file; 0: not known */
};

enum maps_result {
    EXTENTS_EQUAL,
    EXTENTS_DIFFERENT,
    EXTENTS_NOT_REPORTED,
    EXTENTS_MISSING /* equal, but there may be more than they tell */
};

/* What they tell of a request. */
struct extents_finding {
    enum maps_result result;
    bool has_data;
    uint64_t first;       /* byte of the request that lies in a cluster, */
    uint64_t end;         /* and the end of the last such run */
    struct os_range hole; /* the last run that neither file has clusters for */
};

/* Compares the clusters of both ranges, run by run. Requests come in the order
   of both files. */
void extents_compare(struct extent_lists *lists,
                     struct reflink_session *session,
                     const struct compare_pair *pair,
                     struct extents_finding *finding);

/*
 * Whether SOURCE has extents behind its end, once all requests were compared:
 * they are counted in smaller units than the cluster size that was told, so
 * that too few of them were compared; or they are room taken ahead.
 */
bool extents_go_on(struct extent_lists *lists);

/* Whether the volume tells where the clusters lie, from `offset` of the file
   on. */
bool extents_are_reported(struct os_file *file, uint64_t offset,
                          uint32_t cluster_size);

#endif
