/*
 * The contract as a model: files are arrays of bytes, and nothing is known of
 * clusters but how long they are. It shares no code with src/core.
 */
#ifndef REFLINK_TESTS_MODEL_H
#define REFLINK_TESTS_MODEL_H

#include "generate.h"

/* Files longer than this are too far for an array. */
#define MODEL_MOST (UINT64_C(64) << 20)

/* A file, whatever its names. */
struct model_file {
    uint8_t *bytes;
    uint64_t size;
    unsigned names;
};

struct model {
    struct model_file *files[MODEL_FILES]; /* by name; NULL: missing */
};

void model_clear(struct model *model);

/* What somebody else does to files. A missing one is made. */
void model_write(struct model *model, unsigned file, uint64_t offset,
                 const uint8_t *bytes, uint64_t length);
void model_resize(struct model *model, unsigned file, uint64_t size);
void model_remove(struct model *model, unsigned file);
void model_link(struct model *model, unsigned existing, unsigned file);

/* Makes the file hold these bytes, under all its names. */
void model_set(struct model *model, unsigned file, const uint8_t *bytes,
               uint64_t size);

/* ---- one request ----------------------------------------------------- */

/* What stands in the way of cloning, or does not: told by the test. */
struct model_facts {
    uint32_t cluster;    /* 0: nothing is to be expected from it */
    uint32_t unit;       /* whole ones of these can be shared; 0: unknown */
    bool shares_tails;   /* and a last, partial one at both files' ends */
    bool can_share;      /* nothing but alignment stands against cloning */
    bool cannot_share;   /* it cannot be cloned, whatever its alignment */
    bool dest_read_only; /* the file, not its volume */
    bool same_file;      /* two names, or one, of one file */
    bool in_doubt;       /* a true clone may not be believed */
};

enum { /* sets of enum reflink_status */
       MODEL_OK = 1 << REFLINK_OK,
       MODEL_SKIPPED = 1 << REFLINK_SKIPPED,
       MODEL_FAILED = 1 << REFLINK_FAILED,
       MODEL_REFUSED = 1 << REFLINK_REFUSED,
       MODEL_DIFFERENT = 1 << REFLINK_DIFFERENT,
       MODEL_INTERRUPTED = 1 << REFLINK_INTERRUPTED
};

struct model_expected {
    unsigned statuses;    /* those that the contract allows */
    bool runs;            /* not settled by names and numbers alone */
    bool at_once;         /* refused before anything is done to DEST */
    bool far;             /* DEST would end where no array can */
    uint64_t length;      /* bytes to transfer, once it runs */
    uint64_t new_size;    /* of DEST then */
    uint64_t least_clone; /* bytes that are to be cloned when it is OK */
    uint64_t most_clone;  /* and that may be */
};

/* What may come of a FILE or RANGE operation, if the system does its part. */
void model_expect(const struct model *model, const struct operation *operation,
                  const struct model_facts *facts,
                  struct model_expected *expected);

/*
 * DEST's bytes if the operation succeeds, `expected->new_size` of them. The
 * caller frees; NULL if there are none.
 */
uint8_t *model_after(const struct model *model,
                     const struct operation *operation,
                     const struct model_expected *expected);

/* Carries the operation out. */
void model_apply(struct model *model, const struct operation *operation,
                 const struct model_expected *expected);

/*
 * Whether a range that failed may have left DEST so: old outside, old or new
 * inside; `loose`: anything inside. Says what is wrong, and where, if not.
 */
bool model_allows(const struct model *model, const struct operation *operation,
                  const struct model_expected *expected, bool loose,
                  const uint8_t *bytes, uint64_t size, char *why,
                  size_t why_size);

#endif
