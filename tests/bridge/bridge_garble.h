/*
 * Answers that no driver and no server should give: REFLINK_BRIDGE_GARBLE
 * changes what requests for information about clusters, ranges, integrity and
 * volumes are answered with, after the bridge, Wine or a real server has
 * answered.
 */
#ifndef BRIDGE_GARBLE_H
#define BRIDGE_GARBLE_H

#include "bridge_nt.h"

#include <stdint.h>

/*
 * Changes an answer to the request `name`, NULL for one that has none here,
 * that has `*returned` bytes of `output`, which has room for `size`. Returns
 * the status to answer with. Refusals, and answers without output, stay as they
 * are.
 */
nt_status garble(const char *name, nt_status status, void *output,
                 uint32_t size, uintptr_t *returned);

#endif
