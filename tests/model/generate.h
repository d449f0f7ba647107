/*
 * Random operations on a few files, from a seed: what reflink is asked to do,
 * and what somebody else does to the files in between. An operation is a
 * plain struct, so that a list of them can be run again, cut and printed.
 */
#ifndef REFLINK_TESTS_GENERATE_H
#define REFLINK_TESTS_GENERATE_H

#include <reflink/reflink.h>

#include <stddef.h>

/* ---- chance ---------------------------------------------------------- */

struct chance {
    uint64_t state;
};

/* A source of its own for part `index` of what `seed` stands for. */
struct chance chance_of(uint64_t seed, uint64_t index);

uint64_t chance_next(struct chance *chance);
uint64_t chance_below(struct chance *chance, uint64_t limit); /* not 0 */
bool chance_in(struct chance *chance, unsigned in_a_hundred);

/* Fills `bytes` with what `seed` stands for; 0 stands for zeros. */
void chance_fill(uint64_t seed, uint8_t *bytes, size_t length);

/* ---- operations ------------------------------------------------------ */

/* Files 0 to 3 and 4 lie on one volume, 5 on another. */
enum { MODEL_FILES = 6, MODEL_OTHER = 5 };

enum operation_kind {
    OPERATION_FILE,   /* reflink, the whole file */
    OPERATION_RANGE,  /* reflink, a range */
    OPERATION_MAKE,   /* somebody makes DEST anew */
    OPERATION_WRITE,  /* somebody writes to DEST */
    OPERATION_RESIZE, /* somebody sets DEST's size */
    OPERATION_SPARSE, /* somebody sets or clears DEST's sparse flag */
    OPERATION_REMOVE, /* somebody removes DEST */
    OPERATION_LINK,   /* DEST becomes another name of SOURCE */
    OPERATION_SETTLE  /* DEST reaches the disk */
};

/* The system calls that faults are planted on. */
enum fault_call {
    FAULT_NONE,
    FAULT_ANY,
    FAULT_OPEN,
    FAULT_QUERY,
    FAULT_QUERY_VOLUME,
    FAULT_ALLOCATION_UNIT,
    FAULT_GET_INTEGRITY,
    FAULT_SET_INTEGRITY,
    FAULT_SET_SPARSE,
    FAULT_SET_SIZE,
    FAULT_READ,
    FAULT_WRITE,
    FAULT_PARTIAL_WRITE,
    FAULT_ZERO,
    FAULT_ALLOCATED,
    FAULT_EXTENTS,
    FAULT_CLONE,
    FAULT_SET_METADATA,
    FAULT_MARK_DELETED,
    FAULT_RENAME,
    FAULT_REMOVE,
    FAULT_FLUSH,
    FAULT_FLUSH_PATH,
    FAULT_RANDOM,
    FAULT_DROP,       /* the connection, at a clone request */
    FAULT_DROP_FILES, /* and all open files with it */
    FAULT_CALLS
};

struct operation_fault {
    enum fault_call call;
    uint32_t nth; /* from 1 on */
    uint32_t code;
};

enum { OPERATION_FAULTS = 2 };

struct operation {
    enum operation_kind kind;
    unsigned source;
    unsigned dest;
    struct reflink_policy policy;
    struct reflink_range range;
    uint64_t offset; /* of a write; the new size */
    uint64_t length; /* of a write; the size of what is made */
    uint64_t seed;   /* of its bytes */
    uint64_t holes;  /* bit i: cluster i of what is made is not written */
    bool sparse;
    bool integrity;
    bool read_only;
    struct operation_fault faults[OPERATION_FAULTS];
};

/* What the generator knows of the files when it makes the next operation. */
struct generate_view {
    bool exists[MODEL_FILES];
    uint64_t size[MODEL_FILES];
    uint32_t cluster;
    uint64_t largest; /* that files are to get, but for far ranges */
    unsigned files;   /* of which the first so many are used */
    unsigned faults;  /* operations of a hundred that meet some */
    unsigned drops;   /* likewise */
    bool far;         /* ranges may lie where no array can be */
    bool integrity;   /* files with checksums can be made */
};

void generate_operation(struct chance *chance, const struct generate_view *view,
                        struct operation *operation);

/* Offset, length and to_end of a range that is a good test. */
void generate_range(struct chance *chance, const struct generate_view *view,
                    unsigned source, unsigned dest,
                    struct reflink_range *range);

/* One line without a line end, for people; cut at `size`. */
void operation_print(const struct operation *operation, char *text,
                     size_t size);

const char *fault_name(enum fault_call call);

#endif
