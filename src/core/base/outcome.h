/*
 * Records what happens to a file, at the place where it happens. Keeps the
 * first failure and the most important reason.
 */
#ifndef REFLINK_CORE_OUTCOME_H
#define REFLINK_CORE_OUTCOME_H

#include <reflink/reflink.h>

enum outcome_side { OUTCOME_SOURCE, OUTCOME_DEST };

/*
 * Records a failure with its Win32 code, unless there is one already.
 * CODE_CANCELLED sets the status REFLINK_INTERRUPTED, any other code
 * REFLINK_FAILED.
 */
void outcome_fail(struct reflink_outcome *outcome, uint32_t code,
                  enum reflink_step step, enum outcome_side side);

/*
 * Records a failure like outcome_fail, with a hint that adds to the system's
 * message.
 */
void outcome_fail_hint(struct reflink_outcome *outcome, uint32_t code,
                       enum reflink_step step, enum outcome_side side,
                       enum reflink_hint hint);

/* Records why bytes were copied, or would be. */
void outcome_reason(struct reflink_outcome *outcome,
                    enum reflink_reason reason);

/* Clears the results of an attempt before a retry. */
void outcome_reset(struct reflink_outcome *outcome);

/* Clears the outcome for a new file. Returns the start time for outcome_end. */
uint64_t outcome_begin(struct reflink_outcome *outcome, const wchar_t *source,
                       const wchar_t *dest);

/*
 * Computes bytes and method from what was cloned, copied and linked, the
 * elapsed time since `start`, and the volume's root if the reason's message
 * needs it and it is not set yet.
 */
void outcome_end(struct reflink_outcome *outcome, uint64_t start);

#endif
