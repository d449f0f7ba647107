/* A process that runs one test: this program again, with --one TEST. */
#ifndef REFLINK_TESTS_CHILD_H
#define REFLINK_TESTS_CHILD_H

#include <stdbool.h>
#include <stdint.h>

struct child {
    intptr_t process; /* its ID, or on Windows its handle */
};

/* Called once, before anything else. `program` is argv[0]. */
void child_prepare(const char *program);

/* False: the system starts no process. */
bool child_start(struct child *child, const char *test);

/* Waits for some milliseconds: true if the child has ended, and `*code` is its
   exit code, or below 0 if a signal ended it. It has to be called, or
   child_kill(), until the child has ended. */
bool child_wait(struct child *child, int *code);

/* Ends it at once, and waits for its end. */
void child_kill(struct child *child);

/* Seconds since some moment in the past. */
double child_clock(void);

#endif
