/*
 * Ctrl-C in the middle of a copy. Wine turns SIGINT into the event that a
 * console would send; test_console.c presses the key. Ctrl-Break cannot be
 * had: on the same console GenerateConsoleCtrlEvent sends a Ctrl-C and fails
 * for a Ctrl-Break (Wine 8).
 */
#include <signal.h>
#include <unistd.h>

#include "e2e.h"

TestSuite(interrupt, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

enum { LONG_COPY = 256 * 1024 * 1024 };

static const char message[] =
    "reflink: b: interrupted; nothing half-written is left\n";

/* Starts it, stops it in the middle, so that what comes now is in time. */
static void begin(const char *const *arguments)
{
    e2e_begin(arguments);
    e2e_await_copying();
    e2e_signal(SIGSTOP);
}

static struct result *interrupt(void)
{
    e2e_signal(SIGINT);
    e2e_signal(SIGCONT);
    return e2e_finish();
}

Test(interrupt, new_dest)
{
    static const char *const arguments[] = {"--reflink=never", "a", "b", NULL};
    e2e_enter(PLAIN);
    e2e_make("a", LONG_COPY);
    begin(arguments);
    struct result *result = interrupt();
    EXPECT(result, result->exit_code == 130);
    EXPECT(result, e2e_is(result->out, ""));
    EXPECT(result, e2e_like(result->err, message));
    EXPECT(result, e2e_is(e2e_files(), "a"));
}

Test(interrupt, old_dest)
{
    static const char *const arguments[] = {"-f", "a", "b", NULL};
    e2e_enter(PLAIN);
    e2e_make("a", LONG_COPY);
    e2e_make("b", 3000);
    const char *before = e2e_snapshot();
    begin(arguments);
    struct result *result = interrupt();
    EXPECT(result, result->exit_code == 130);
    EXPECT(result, e2e_like(result->err, message));
    EXPECT(result, e2e_is(e2e_snapshot(), before));
}

Test(interrupt, json)
{
    static const char *const arguments[] = {"--json", "a", "b", NULL};
    e2e_enter(PLAIN);
    e2e_make("a", LONG_COPY);
    begin(arguments);
    struct result *result = interrupt();
    EXPECT(result, result->exit_code == 130);
    EXPECT(result, e2e_like(result->err, message));
    EXPECT(result, e2e_like(result->out, "{\"type\":\"file\",*\"status\":"
                                         "\"interrupted\",*\"code\":1223,*}\n"
                                         "{\"type\":\"summary\",\"files\":1,*"
                                         "\"exit_code\":130}\n"));
    e2e_expect_json(result);
    EXPECT(result, e2e_is(e2e_files(), "a"));
}

/* Signals that wait are one signal, so these come while it runs. */
static struct result *interrupt_often(const char *const *arguments)
{
    e2e_begin(arguments);
    e2e_await_copying();
    for (int i = 0; i < 40; i++) {
        e2e_signal(SIGINT);
        usleep(250);
    }
    return e2e_finish();
}

/* The second time it ends at once, with no time for words, and what was
   half-written goes all the same. Once in some eighty times a signal finds
   Wine's handler gone and Linux ends the process, without an exit code. */
Test(interrupt, twice)
{
    static const char *const arguments[] = {"-f", "a", "b", NULL};
    unsigned at_once = 0;
    e2e_enter(PLAIN);
    e2e_make("a", LONG_COPY);
    e2e_make("b", 3000);
    const char *before = e2e_snapshot();
    for (int i = 0; i < 5; i++) {
        struct result *result = interrupt_often(arguments);
        EXPECT(result, result->exit_code == 130 || result->exit_code == -1);
        at_once += result->exit_code == 130 && e2e_is(result->err, "");
        for (int j = 0; j < 100 && e2e_has(e2e_files(), "~"); j++)
            usleep(10000);
        EXPECT(result, e2e_is(e2e_snapshot(), before));
    }
    cr_expect(at_once != 0, "it never ended at once");
}

/* In place, what is outside the range stays as it was. */
Test(interrupt, range)
{
    static const char *const arguments[] = {
        "--dest-offset=64K", "--length=200M", "--json", "a", "b", NULL};
    e2e_enter(PLAIN);
    e2e_make("a", LONG_COPY);
    e2e_make("b", 64 * KIB);
    uint64_t head = e2e_hash("b");
    e2e_begin(arguments);
    while (e2e_allocated("b") <= MIB)
        usleep(500);
    e2e_signal(SIGINT);
    struct result *result = e2e_finish();
    EXPECT(result, result->exit_code == 130 || result->exit_code == 0);
    e2e_expect_json(result);
    EXPECT(result, e2e_is(e2e_files(), "a b"));
    cr_assert_eq(truncate("b", 64 * 1024), 0);
    EXPECT(result, e2e_hash("b") == head);
}
