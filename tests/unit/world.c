#include "world.h"

#include <stdlib.h>

struct world world_make(const char *profile)
{
    struct world world = {0};
    sim_reset();
    world.volume = sim_mount(L"R:\\", profile);
    world.other = sim_mount(L"S:\\", "refs-4k");
    world.session = reflink_session_open();
    world.policy.size = sizeof world.policy;
    world.policy.retries = 5;
    world.outcome.size = sizeof world.outcome;
    cr_assert_not_null(world.session);
    return world;
}

static void expect_no_temporary(const wchar_t *directory)
{
    for (size_t i = 0; i < sim_file_count(directory); i++)
        cr_expect_null(wcsstr(sim_file_name(directory, i), L"~reflink-"),
                       "left behind: %ls", sim_file_name(directory, i));
}

void world_end(struct world *world)
{
    reflink_session_close(world->session);
    cr_expect_eq(sim_open_handles(), 0);
    cr_expect(sim_check());
    cr_expect_not(sim_crashed);
    expect_no_temporary(L"R:\\");
    expect_no_temporary(L"S:\\");
}

void world_run_paths(struct world *world, const wchar_t *source,
                     const wchar_t *dest)
{
    reflink_file(world->session, &world->policy, source, dest, &world->outcome);
}

void world_run(struct world *world)
{
    world_run_paths(world, L"R:\\a", L"R:\\b");
}

size_t world_requests(void)
{
    const struct sim_clone_request *requests;
    size_t count = 0;
    sim_clone_requests(&requests, &count);
    return count;
}

unsigned world_step(void)
{
    return getenv("REFLINK_EVERY_CALL") != NULL ? 1 : 3;
}
