/*
 * What happened is written down where it happens: the first failure and the
 * weightiest reason stay.
 */
#ifndef REFLINK_CORE_OUTCOME_H
#define REFLINK_CORE_OUTCOME_H

#include <reflink/reflink.h>

enum outcome_side { OUTCOME_SOURCE, OUTCOME_DEST };

/* Records a failure, unless one is recorded already. CODE_CANCELLED is an
   interruption. */
void outcome_fail(struct reflink_outcome *outcome, uint32_t code,
                  enum reflink_step step, enum outcome_side side);

/* The same, with what reflink knows beyond the system's message. */
void outcome_fail_hint(struct reflink_outcome *outcome, uint32_t code,
                       enum reflink_step step, enum outcome_side side,
                       enum reflink_hint hint);

/* Whether the user wants an end; then that is recorded as the failure. */
bool outcome_stop(struct reflink_outcome *outcome);

/* Records why bytes were, or would be, copied. */
void outcome_reason(struct reflink_outcome *outcome,
                    enum reflink_reason reason);

/* Forgets what an attempt did that is about to be made again. */
void outcome_reset(struct reflink_outcome *outcome);

/* Clears it for a new file; returns the time, for outcome_end. */
uint64_t outcome_begin(struct reflink_outcome *outcome, const wchar_t *source,
                       const wchar_t *dest);

/* Derives bytes and method from what was cloned and copied, and adds what
   the words for it will need; the volume's root only if it is not there. */
void outcome_end(struct reflink_outcome *outcome, uint64_t start);

#endif
