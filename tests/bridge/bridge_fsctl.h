/*
 * The file-system control requests that the bridge answers itself.
 */
#ifndef BRIDGE_FSCTL_H
#define BRIDGE_FSCTL_H

#include "bridge_file.h"
#include "bridge_nt.h"

#include <stdbool.h>
#include <stdint.h>

/* One request, as a handler sees it. */
struct fsctl_request {
    HANDLE handle;
    struct bridge_file *file; /* behind the handle, on a cloning volume */
    const void *input;
    uint32_t input_size;
    void *output;
    uint32_t output_size;
    uint32_t returned; /* bytes of output, filled in by the handler */
};

/*
 * Answers `code` for `handle`. False when it is none of the bridge's business
 * (another code, another file system): then Wine must answer. Otherwise
 * `*status` is the answer and `*returned` the bytes put into `output`.
 */
bool fsctl_answer(uint32_t code, struct fsctl_request *request,
                  nt_status *status);

/* The code's name for the log, or NULL if it is not one of ours. */
const char *fsctl_name(uint32_t code);

/* The handlers; the handle's access rights have been checked. */
nt_status dup_answer(struct fsctl_request *request);
nt_status dup_ex_answer(struct fsctl_request *request);
nt_status extents_pointers(struct fsctl_request *request);
nt_status extents_pointers_and_counts(struct fsctl_request *request);
nt_status extents_allocated_ranges(struct fsctl_request *request);

/* Whether any cluster of the file is shared with another file. */
bool extents_any_shared(const struct bridge_file *file);

#endif
