/* The work on one file and KEEP: both open, and what is known of them. */
#ifndef REFLINK_CORE_PAIR_H
#define REFLINK_CORE_PAIR_H

#include "core/base/outcome.h"
#include "dedupe.h"
#include "runs.h"

enum { PAIR_LEAST_CLUSTER = 512 };

struct pair {
    struct dedupe *dedupe;
    struct dedupe_result *result;
    const wchar_t *path;
    struct os_file *file; /* NULL: not open */
    struct os_info info;  /* of the file, before anything was done */
    struct volume *volume;
    struct os_integrity integrity; /* of both files, if `has_integrity` */
    bool has_integrity;
    bool integrity_differs;
    uint32_t cluster_size; /* 0: unknown */
    uint32_t alignment;    /* tried after a refusal; 0: none */
    uint64_t end;          /* of what is compared */
    struct runs runs;
    bool keeps_state; /* times and attributes are kept by the handle */
    bool stopped;     /* no more requests for this file */
    bool has_data;    /* some bytes were compared */
    /* Bit i is set if cluster i of the bytes in memory is equal. */
    uint8_t equal[DEDUPE_REQUEST / PAIR_LEAST_CLUSTER / 8];
};

/*
 * Opens KEEP, unless it is open, and the file, so that nobody else can write to
 * them, and flushes both. Returns false if that failed, or if the file is to be
 * left alone: the outcome has the error or the reason. The caller closes
 * `pair->file` in any case.
 */
bool pair_open(struct pair *pair);

/* Finds out whether the two files can share clusters. Returns false if not; the
   outcome has the reason or the error. */
bool pair_prepare(struct pair *pair);

struct reflink_outcome *pair_outcome(const struct pair *pair);

/* Records a failure, and returns false. */
bool pair_fail(const struct pair *pair, os_error error, enum reflink_step step,
               enum outcome_side side);

/* Records why the file gets no more requests, and returns false. `in_keep`:
   KEEP is the cause. */
bool pair_give_reason(struct pair *pair, enum reflink_reason reason,
                      bool in_keep);

/* Returns the unit of comparison, in bytes. */
uint32_t pair_cluster(const struct pair *pair);

/* Returns the alignment of requests, in bytes. */
uint32_t pair_unit(const struct pair *pair);

/* Whether to go on with this file. If the user pressed Ctrl-C, that is recorded
   as the failure. */
bool pair_can_continue(const struct pair *pair);

#endif
