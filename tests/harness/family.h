/*
 * A process's family: all processes that it started, directly or not.
 *
 * Wine's processes leave their parent soon after the start, and Criterion
 * kills a test without what the test started. So a test and the test run each
 * adopt what loses its parent (family_adopt), and end all of it at the end
 * (family_end), by process ID: nothing that belongs to somebody else is hit.
 */
#ifndef FAMILY_H
#define FAMILY_H

#include <stddef.h>
#include <sys/types.h>

/* From now on a descendant that loses its parent becomes this process's
   child (PR_SET_CHILD_SUBREAPER, Linux 3.4). Children do not inherit this. */
void family_adopt(void);

/* Fills `ids` with at most `capacity` living descendants of this process
   (zombies do not count) and returns how many were stored. */
size_t family_list(pid_t *ids, size_t capacity);

/* Sends SIGKILL to all descendants but `spared` (0: to all) and reaps them,
   until none is left or a few seconds have passed. Returns how many were there
   to be killed. */
size_t family_end(pid_t spared);

#endif
