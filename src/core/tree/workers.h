/*
 * Processes several files in parallel. One thread does each file; the caller's
 * thread reports the results in the order in which the files were added. With
 * one job, everything happens in the caller's thread.
 */
#ifndef REFLINK_CORE_WORKERS_H
#define REFLINK_CORE_WORKERS_H

#include <reflink/reflink.h>

#include <stdbool.h>
#include <stddef.h>

struct held_directory;

/*
 * What to do with each item. Each call gets `context`; all paths are valid
 * until the call returns.
 */
struct workers_job {
    /* Does one file. Called in any thread, several at a time. */
    void (*file)(void *context, struct reflink_session *session,
                 const wchar_t *source, struct held_directory *directory,
                 const wchar_t *dest, struct reflink_outcome *outcome);
    /* One file is done or failed. Called in order. */
    void (*done)(void *context, const struct reflink_outcome *outcome);
    /* All earlier items are done. Called in order. */
    void (*after)(void *context, struct reflink_session *session,
                  const wchar_t *source, struct held_directory *directory,
                  const wchar_t *dest);
    /* Reports progress of a file. Called in any thread. */
    void (*moved)(void *context, const struct reflink_outcome *so_far,
                  uint64_t total);
    void *context;
    /* Files that are hard links to each other in SOURCE become hard links in
       DEST (hard_links.h). */
    bool keeps_hard_links;
};

struct workers;

/*
 * Starts workers for up to `jobs` files in parallel, 1 or more; fewer if
 * threads cannot be created. Copies `work`. NULL: out of memory.
 */
struct workers *workers_open(const struct workers_job *work, unsigned jobs);

/*
 * Adds a file of `size` bytes. `directory`, which DEST is in, may be NULL; it
 * is kept until the file is done and reported.
 */
void workers_file(struct workers *workers, const wchar_t *source,
                  struct held_directory *directory, const wchar_t *dest,
                  uint64_t size);

/*
 * Adds a call of `after`, to be made after all earlier items are done. Keeps
 * `directory`, too.
 */
void workers_after(struct workers *workers, const wchar_t *source,
                   struct held_directory *directory, const wchar_t *dest);

/* Adds an outcome, to be reported in order. */
void workers_report(struct workers *workers,
                    const struct reflink_outcome *outcome);

/* Files and bytes done so far, with the bytes done of current files. */
struct workers_state {
    uint64_t files;
    uint64_t bytes;
};

/* May be called in any thread. */
struct workers_state workers_state(struct workers *workers);

/* Waits until all is done and reported, and ends the threads. Ignores NULL. */
void workers_close(struct workers *workers);

#endif
