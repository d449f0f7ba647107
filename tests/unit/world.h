/*
 * A small world for tests of the core: volumes R: (the profile under test)
 * and S: (refs-4k), a session, a policy, and one call that runs a file.
 */
#ifndef REFLINK_TESTS_WORLD_H
#define REFLINK_TESTS_WORLD_H

#include <criterion/criterion.h>
#include <reflink/reflink.h>

#include "sim/sim.h"

struct world {
    struct sim_volume *volume; /* R: */
    struct sim_volume *other;  /* S: */
    struct reflink_session *session;
    struct reflink_policy policy;
    struct reflink_outcome outcome;
};

/* Resets the simulator and mounts both volumes. */
struct world world_make(const char *profile);

/* Asserts that nothing is left open, counts add up, and no temporary lies
   about; ends the session. */
void world_end(struct world *world);

/* Clones R:\a to R:\b unless told otherwise. */
void world_run(struct world *world);
void world_run_paths(struct world *world, const wchar_t *source,
                     const wchar_t *dest);

/*
 * The distance of the calls, or allocations, at which tests do something that
 * would take long at each: 3, or 1 where REFLINK_EVERY_CALL is set, as
 * `tests/run.sh long` does.
 */
unsigned world_step(void);

/* Clone requests seen since the last reset. */
size_t world_requests(void);

#endif
