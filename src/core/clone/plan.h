/*
 * Splits a transfer into clone requests and byte copies, from the range, the
 * cluster size and the volume's limits. Makes no OS calls, so that limits,
 * tails, overlaps and overflow can be tested exactly.
 */
#ifndef REFLINK_CORE_PLAN_H
#define REFLINK_CORE_PLAN_H

#include <reflink/reflink.h>

#include "core/base/volume.h"

/*
 * The longest clone request: below 4 GiB, as the documentation demands, and a
 * multiple of 1 MiB, which makes it a multiple of every known cluster size
 * [Block Cloning, Win32].
 */
#define PLAN_LIMIT (UINT64_C(0x100000000) - UINT64_C(0x100000))

/*
 * Within one file, no request is longer than the distance between the two
 * ranges, and each is verified on its own. If the distance is shorter than
 * PLAN_SHORT_DISTANCE and there are more than PLAN_MANY_REQUESTS requests,
 * copying is faster.
 */
#define PLAN_SHORT_DISTANCE (UINT64_C(1) << 20)
#define PLAN_MANY_REQUESTS 1024

struct plan_input {
    uint64_t source_offset;
    uint64_t dest_offset;
    uint64_t length;
    uint64_t source_size; /* end of file */
    uint64_t dest_size;   /* end of file once the range is written */
    uint32_t unit;        /* alignment that the volume requires; a power of 2 */
    uint32_t cluster;     /* a tail is rounded up to this; divides `unit` */
    uint64_t limit;       /* longest request, at least `unit` */
    enum volume_tail tail;
    bool same_file;  /* both ranges are in one file: as for memmove */
    bool tail_alone; /* whole clusters before this part were cloned */
    bool sparing;    /* copy if cloning takes very many short requests */
};

struct plan {
    struct plan_input in;
    uint64_t head;  /* bytes copied before the first whole cluster */
    uint64_t body;  /* bytes in whole clusters that are cloned */
    uint64_t tail;  /* bytes after the last whole cluster */
    uint64_t chunk; /* bytes in each request except the last */
    uint64_t requests;
    enum volume_tail tail_request; /* how the tail is transferred */
    bool backward;                 /* from the last piece to the first */
    bool nothing;                  /* the range is cloned onto itself */
    enum reflink_reason reason;    /* why bytes are copied, if any are */
};

/* A part of the range that is cloned by one request, or copied. */
struct plan_piece {
    bool clone; /* false: copied */
    uint64_t source_offset;
    uint64_t dest_offset;
    uint64_t length;  /* bytes of the files */
    uint64_t request; /* bytes to request, tail rounded up; 0 for a copy */
};

/*
 * Splits the range `in` into pieces. The caller has checked that both ranges
 * end at or before OS_MAX_FILE_SIZE, and SOURCE's also at or before the end of
 * the file.
 */
void plan_make(const struct plan_input *in, struct plan *plan);

/* Returns the number of pieces; 0 if the length is 0. */
uint64_t plan_count(const struct plan *plan);

/* Returns piece `index`, counted in the order of execution. */
struct plan_piece plan_piece(const struct plan *plan, uint64_t index);

/*
 * Whether both offsets are on cluster boundaries, and the end is on one or is
 * the end of SOURCE.
 */
bool plan_aligned(const struct plan_input *in);

#endif
