/* Many threads that use the library at the same time, each with a session. */
#include <stdatomic.h>

#include "world.h"

TestSuite(threads, .timeout = 300);

enum { THREADS = 64, FILES = 8 };

struct user {
    int number;
    unsigned failed;
    uint64_t cloned;
    struct os_thread *thread;
};

/* A file of its own, and one that all clone. */
static void clone_two(struct user *user, struct reflink_session *session,
                      int file)
{
    struct reflink_policy policy = {.size = sizeof policy};
    wchar_t source[40];
    wchar_t dest[40];
    for (int shared = 0; shared < 2; shared++) {
        struct reflink_outcome outcome = {.size = sizeof outcome};
        swprintf(source, 40, shared ? L"R:\\a" : L"R:\\s%d", user->number);
        swprintf(dest, 40, L"R:\\d%d-%d-%d", user->number, file, shared);
        reflink_file(session, &policy, source, dest, &outcome);
        user->failed += outcome.status != REFLINK_OK;
        user->cloned += outcome.bytes_cloned;
    }
}

static void use_library(void *context)
{
    struct user *user = context;
    struct reflink_session *session = reflink_session_open();
    for (int file = 0; file < FILES; file++)
        clone_two(user, session, file);
    reflink_session_close(session);
}

static void expect_files(const struct user *user)
{
    wchar_t source[40];
    wchar_t dest[40];
    cr_expect_eq(user->failed, 0, "thread %d", user->number);
    cr_expect_eq(user->cloned, FILES * (8192 + 65536), "thread %d",
                 user->number);
    swprintf(source, 40, L"R:\\s%d", user->number);
    for (int file = 0; file < FILES; file++) {
        swprintf(dest, 40, L"R:\\d%d-%d-0", user->number, file);
        cr_expect(sim_same_bytes(source, dest));
        swprintf(dest, 40, L"R:\\d%d-%d-1", user->number, file);
        cr_expect(sim_same_bytes(L"R:\\a", dest));
    }
}

Test(threads, sixty_four_at_a_time)
{
    struct world w = world_make("refs-4k");
    struct user users[THREADS] = {{0}};
    sim_fill_pattern(L"R:\\a", 0, 65536, 1);
    for (int i = 0; i < THREADS; i++) {
        wchar_t path[40];
        users[i].number = i;
        swprintf(path, 40, L"R:\\s%d", i);
        sim_fill_pattern(path, 0, 8192, (uint64_t)i + 2);
    }
    sim_yield_at_random(1);
    for (int i = 0; i < THREADS; i++)
        cr_assert_eq(os_thread_start(use_library, &users[i], &users[i].thread),
                     0);
    for (int i = 0; i < THREADS; i++)
        os_thread_end(users[i].thread);
    for (int i = 0; i < THREADS; i++)
        expect_files(&users[i]);
    world_end(&w);
}
