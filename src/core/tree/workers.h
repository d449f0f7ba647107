/*
 * Several files in flight: each is done by one thread, and its end is told
 * by the caller's thread, in the order in which the files were handed in.
 * With one job all of it happens in the caller's thread.
 */
#ifndef REFLINK_CORE_WORKERS_H
#define REFLINK_CORE_WORKERS_H

#include <reflink/reflink.h>

#include <stddef.h>

/* What is done with a file, a directory at its end, an outcome. `context` is
   handed to each; all paths live until the call returns. */
struct workers_job {
    /* Does one file, in any thread, several at a time. */
    void (*file)(void *context, struct reflink_session *session,
                 const wchar_t *source, const wchar_t *dest,
                 struct reflink_outcome *outcome);
    /* One file is done, or failed: in order. */
    void (*done)(void *context, const struct reflink_outcome *outcome);
    /* All that was handed in before is done: in order. */
    void (*behind)(void *context, struct reflink_session *session,
                   const wchar_t *source, const wchar_t *dest);
    /* Some of a file has been moved; in any thread. */
    void (*moved)(void *context, const struct reflink_outcome *so_far,
                  uint64_t total);
    void *context;
};

struct workers;

/* `jobs` files in flight, 1 or more; fewer where threads cannot be had. NULL:
   there is no memory. `work` is copied. */
struct workers *workers_open(const struct workers_job *work, unsigned jobs);

/* Hands in a file of `size` bytes. */
void workers_file(struct workers *workers, const wchar_t *source,
                  const wchar_t *dest, uint64_t size);

/* Hands in something to be done behind all that was handed in before. */
void workers_behind(struct workers *workers, const wchar_t *source,
                    const wchar_t *dest);

/* Hands in an outcome, to be told in its turn. */
void workers_told(struct workers *workers,
                  const struct reflink_outcome *outcome);

/* What was done so far; of files in flight, what was moved. */
struct workers_state {
    uint64_t files;
    uint64_t bytes;
};

/* From any thread. */
struct workers_state workers_state(struct workers *workers);

/* Waits until all is done and told, and ends the threads. A NULL is let
   pass. */
void workers_close(struct workers *workers);

#endif
