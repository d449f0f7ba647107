/*
 * Decides when the work on a file is retried with new handles. After a
 * transient error, the wait doubles with each retry. After a clone failed
 * verification, SOURCE is flushed and cloned again once, and then copied.
 */
#ifndef REFLINK_CORE_RETRY_H
#define REFLINK_CORE_RETRY_H

#include <reflink/reflink.h>

enum attempt_end {
    ATTEMPT_DONE,       /* the outcome is final */
    ATTEMPT_UNVERIFIED, /* a clone failed verification */
    ATTEMPT_TRANSIENT   /* a retry may help */
};

struct retry {
    const struct reflink_session *session; /* may be NULL */
    const struct reflink_policy *policy;
    const wchar_t *source_path; /* NULL: SOURCE cannot be flushed */
    bool unverified;            /* clones failed verification for good: copy */
    bool flushed;
    unsigned retries; /* retries so far */
};

/*
 * Whether to retry after an attempt that ended with `end`. If so, has waited or
 * flushed SOURCE as needed, and has reset `*outcome`.
 */
bool retry_again(struct retry *retry, enum attempt_end end,
                 struct reflink_outcome *outcome);

/*
 * Whether to retry work that has no outcome and failed with `code`. If so, has
 * waited as needed.
 */
bool retry_after(struct retry *retry, uint32_t code);

/* Returns how an attempt ended, by the error in its outcome. */
enum attempt_end retry_end_of(const struct reflink_outcome *outcome);

#endif
