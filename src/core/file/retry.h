/*
 * When one file's work is begun again, on new handles: after a transient
 * error, waiting twice as long each time, and after a clone that failed its
 * proof, once flushed and then by bytes.
 */
#ifndef REFLINK_CORE_RESTART_H
#define REFLINK_CORE_RESTART_H

#include <reflink/reflink.h>

enum attempt_end {
    ATTEMPT_END,      /* the outcome is final */
    ATTEMPT_UNPROVED, /* a clone failed its proof */
    ATTEMPT_TRANSIENT /* a new start may help */
};

struct restart {
    const struct reflink_policy *policy;
    const wchar_t *source_path;
    bool unproved; /* clones failed their proof for good: copy */
    bool flushed;
    unsigned retries; /* made so far */
};

/*
 * Says whether to begin again after an attempt that ended so; has waited or
 * flushed SOURCE then, as needed, and cleared `*outcome`.
 */
bool restart_again(struct restart *restart, enum attempt_end end,
                   struct reflink_outcome *outcome);

/*
 * The same for work that has no outcome and fails with `code`: whether to
 * begin again, after the wait.
 */
bool restart_after(struct restart *restart, uint32_t code);

/* The end of an attempt whose outcome has an error, or none. */
enum attempt_end restart_end_of(const struct reflink_outcome *outcome);

#endif
