/*
 * When one file's work is begun again, on new handles: after a transient
 * error, waiting twice as long each time, and after a clone that failed its
 * verification, once flushed and then by bytes.
 */
#ifndef REFLINK_CORE_RETRY_H
#define REFLINK_CORE_RETRY_H

#include <reflink/reflink.h>

enum attempt_end {
    ATTEMPT_END,        /* the outcome is final */
    ATTEMPT_UNVERIFIED, /* a clone failed its verification */
    ATTEMPT_TRANSIENT   /* a new start may help */
};

struct retry {
    const struct reflink_policy *policy;
    const wchar_t *source_path;
    bool unverified; /* clones failed their verification for good: copy */
    bool flushed;
    unsigned retries; /* made so far */
};

/*
 * Says whether to begin again after an attempt that ended so; has waited or
 * flushed SOURCE then, as needed, and cleared `*outcome`.
 */
bool retry_again(struct retry *retry, enum attempt_end end,
                 struct reflink_outcome *outcome);

/*
 * The same for work that has no outcome and fails with `code`: whether to
 * begin again, after the wait.
 */
bool retry_after(struct retry *retry, uint32_t code);

/* The end of an attempt whose outcome has an error, or none. */
enum attempt_end retry_end_of(const struct reflink_outcome *outcome);

#endif
