/*
 * What a volume answers to FSCTL_DUPLICATE_EXTENTS_TO_FILE, decided from
 * facts alone: no handle, no file, no system call. The order and the status
 * codes are those of MS-FSA 2.1.5.10.4, completed by MS-FSCC 2.3.8 (end of
 * the source, overlap) and the API's page "Block Cloning" (destination's end,
 * 4 GiB, integrity), where MS-FSA is silent.
 */
#ifndef BRIDGE_RULES_H
#define BRIDGE_RULES_H

#include "bridge_profile.h"

#include <stdbool.h>
#include <stdint.h>

/* All offsets and sizes are in bytes. */
struct dup_facts {
    uint32_t input_size;  /* of the buffer the caller passed */
    uint32_t needed_size; /* of the structure */
    uint32_t cluster;     /* the volume's, a power of two */
    int64_t source_offset;
    int64_t target_offset;
    int64_t count;
    bool volume_read_only;
    bool target_is_data;    /* a file's data, no directory */
    uint32_t source_status; /* of looking the source handle up */
    bool source_is_data;
    bool source_readable; /* FILE_READ_DATA and FILE_READ_ATTRIBUTES */
    int64_t source_size;  /* end of file */
    int64_t target_size;
    bool same_volume;
    bool same_file;
    bool source_sparse;
    bool target_sparse;
    uint32_t source_integrity; /* any number; equal when they agree */
    uint32_t target_integrity;
    bool lock_conflict;
    bool source_flushed; /* or opened unbuffered */
};

enum dup_action {
    DUP_NOTHING, /* the status is the whole answer */
    DUP_CLONE,
    DUP_COPY, /* bytes, in silence */
    DUP_ZERO, /* the destination's range reads as zeros afterwards */
    DUP_CRASH /* the driver takes the machine down */
};

struct dup_verdict {
    uint32_t status; /* NTSTATUS */
    enum dup_action action;
    int64_t count; /* bytes to act on; at most what was asked for */
};

/*
 * Judges one request on a volume of kind `profile`. The verdict's action is
 * DUP_NOTHING whenever its status is an error.
 */
struct dup_verdict rules_judge(const struct bridge_profile *profile,
                               const struct dup_facts *facts);

/* `value` rounded up to a multiple of `unit`, a power of two. */
int64_t rules_round_up(int64_t value, uint32_t unit);

#endif
