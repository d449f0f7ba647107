/*
 * What each function of the public interface does first and last: it takes the
 * caller's structs, which may be those of an older or newer header.
 */
#ifndef REFLINK_CORE_CALL_H
#define REFLINK_CORE_CALL_H

#include "session.h"

struct call {
    struct reflink_policy policy;
    struct reflink_outcome outcome;
};

/*
 * Reads the caller's policy and clears the outcome. Returns false if the size
 * of a struct is too small; the outcome has the error.
 */
bool call_begin(struct call *call, struct reflink_session *session,
                const struct reflink_policy *policy,
                const struct reflink_outcome *outcome);

/* Gives the caller the outcome, and returns its status. */
enum reflink_status call_end(const struct call *call,
                             struct reflink_outcome *outcome);

/*
 * The same for a single policy, and for any struct of the public interface that
 * has `size` bytes here and had `least` in version 0.2. Return false if the
 * caller's is smaller than that.
 */
bool call_read_policy(const struct reflink_policy *from,
                      struct reflink_policy *policy);
bool call_write(void *to, const void *from, uint32_t size, uint32_t least);

#endif
