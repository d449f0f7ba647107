/*
 * A transfer cut into pieces: range + cluster size + limits in, clone
 * requests and byte copies out. No OS call is made here, so that limits,
 * tails, overlaps and overflow can be tested exactly.
 */
#ifndef REFLINK_CORE_PLAN_H
#define REFLINK_CORE_PLAN_H

#include <reflink/reflink.h>

#include "core/base/volume.h"

/*
 * The longest clone request: below 4 GiB, as the documents ask, and a
 * multiple of 1 MiB, so of every cluster size seen [Block Cloning, Win32].
 */
#define PLAN_LIMIT (UINT64_C(0x100000000) - UINT64_C(0x100000))

/*
 * Within one file no request is longer than the distance that the range is
 * moved by, and each is verified by itself. Where that is short and they are
 * more than so many, it is quicker to copy.
 */
#define PLAN_SHORT_DISTANCE (UINT64_C(1) << 20)
#define PLAN_MANY_REQUESTS 1024

struct plan_input {
    uint64_t source_offset;
    uint64_t dest_offset;
    uint64_t length;
    uint64_t source_size; /* end of file */
    uint64_t dest_size;   /* likewise, when the range is in place */
    uint32_t unit;        /* alignment the volume asks for; a power of 2 */
    uint32_t cluster;     /* what a tail is rounded up to; divides `unit` */
    uint64_t limit;       /* longest request, at least `unit` */
    enum volume_tail tail;
    bool same_file;  /* both ranges lie in one file: memmove's rules */
    bool tail_alone; /* whole clusters were cloned before this part */
    bool sparing;    /* copy what would take very many short requests */
};

struct plan {
    struct plan_input in;
    uint64_t head;  /* bytes copied in front of the first whole cluster */
    uint64_t body;  /* bytes in whole clusters that are cloned */
    uint64_t tail;  /* bytes behind the last whole cluster */
    uint64_t chunk; /* bytes in each request but the last */
    uint64_t requests;
    enum volume_tail tail_way;  /* how the tail travels here */
    bool backward;              /* from the last piece to the first */
    bool nothing;               /* a range onto itself */
    enum reflink_reason reason; /* why bytes are copied, if any are */
};

/* A piece, as it is carried out. */
struct plan_piece {
    bool clone; /* else by bytes */
    uint64_t source_offset;
    uint64_t dest_offset;
    uint64_t length;  /* bytes of the files */
    uint64_t request; /* bytes asked for, tail rounded up; 0 for a copy */
};

/*
 * Cuts `in` into pieces. The caller has checked that both ranges end at
 * OS_MAX_FILE_SIZE at most and that the source's lies within the source.
 */
void plan_make(const struct plan_input *in, struct plan *plan);

/* How many pieces there are; none for a length of 0. */
uint64_t plan_count(const struct plan *plan);

/* Piece `index` in the order of execution. */
struct plan_piece plan_piece(const struct plan *plan, uint64_t index);

/* Whether offset and length are on cluster borders or end with SOURCE. */
bool plan_aligned(const struct plan_input *in);

#endif
