/*
 * The engine on the simulated volume against the model: a million random
 * operations and more, each judged.
 *
 *   REFLINK_MODEL_SEED        another seed, decimal or 0x hexadecimal
 *   REFLINK_MODEL_OPERATIONS  how many operations in all
 *   REFLINK_MODEL_WORLD       theme:index, this world only
 *
 * A world that goes wrong is played again with ever fewer operations; what is
 * left of it is printed, with the calls of its last operation and the command
 * that plays it. Of one that crashes, the command alone is printed.
 */
#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shrink.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#endif

#ifdef IS_SANITIZED
#define OPERATIONS UINT64_C(300000)
#else
#define OPERATIONS UINT64_C(2000000)
#endif

#define SEED UINT64_C(20260101)

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && *text != 0 ? strtoull(text, NULL, 0) : otherwise;
}

/* The command for the world that is played now, should it crash. */
static char again[200];

static void print_operations(const struct setting *setting,
                             const struct operation *operations, size_t count)
{
    char line[400];
    setting_print(setting, line, sizeof line);
    fprintf(stderr, "  %s\n", line);
    for (size_t i = 0; i < count; i++) {
        operation_print(&operations[i], line, sizeof line);
        fprintf(stderr, "  %zu  %s\n", i, line);
    }
}

static void tell(struct setting *setting, uint64_t index,
                 struct operation *operations, struct play_result *result)
{
    const char *theme = theme_name(setting->theme);
    fprintf(stderr, "operation %zu: %s\n", result->at, result->why);
    size_t count = shrink(setting, operations, result->at + 1, result);
    fprintf(stderr, "shrunk to %zu operations: %s\n", count, result->why);
    print_operations(setting, operations, count);
    setting->trace = true;
    play(setting, operations, count, false, result);
    fputs(again, stderr);
    cr_expect_fail("%s, world %llu: %s", theme, (unsigned long long)index,
                   result->why);
}

static void name_world(enum theme theme, uint64_t seed, uint64_t index)
{
    snprintf(again, sizeof again,
             "again: REFLINK_MODEL_SEED=%#llx REFLINK_MODEL_WORLD=%s:%llu "
             "model --filter 'model/%s'\n",
             (unsigned long long)seed, theme_name(theme),
             (unsigned long long)index, theme_name(theme));
}

static void on_crash(int number)
{
    fputs(again, stderr);
    signal(number, SIG_DFL);
    raise(number);
}

/* A sanitizer says more where it is left to see to it. */
static void watch_crashes(void)
{
#ifndef IS_SANITIZED
    signal(SIGSEGV, on_crash);
    signal(SIGFPE, on_crash);
#endif
    signal(SIGABRT, on_crash);
}

struct totals {
    uint64_t played;
    uint64_t requests;
    uint64_t faults;
};

/* Plays a world; adds what it took to `*totals`. */
static bool play_world(enum theme theme, uint64_t seed, uint64_t index,
                       struct totals *totals)
{
    struct setting setting;
    struct play_result result;
    name_world(theme, seed, index);
    setting_make(theme, seed, index, &setting);
    struct operation *operations =
        calloc(setting.operations, sizeof *operations);
    cr_assert_not_null(operations);
    play(&setting, operations, setting.operations, true, &result);
    totals->played += result.at + 1;
    totals->requests += result.requests;
    totals->faults += result.faults;
    bool right = result.right;
    if (!right)
        tell(&setting, index, operations, &result);
    free(operations);
    return right;
}

/* The one world that is asked for; false: none is. */
static bool play_asked(enum theme theme, uint64_t seed)
{
    const char *world = getenv("REFLINK_MODEL_WORLD");
    size_t length = strlen(theme_name(theme));
    struct totals totals = {0};
    if (world == NULL || *world == 0)
        return false;
    if (strncmp(world, theme_name(theme), length) == 0 && world[length] == ':')
        play_world(theme, seed, strtoull(world + length + 1, NULL, 0), &totals);
    return true;
}

static void play_theme(enum theme theme)
{
    uint64_t seed = number_from("REFLINK_MODEL_SEED", SEED);
    uint64_t wanted =
        number_from("REFLINK_MODEL_OPERATIONS", OPERATIONS) / THEME_COUNT;
    struct totals totals = {0};
    uint64_t worlds = 0;
    unsigned wrong = 0;
    watch_crashes();
    if (play_asked(theme, seed))
        return;
    fprintf(stderr, "model/%s: seed %#llx\n", theme_name(theme),
            (unsigned long long)seed);
    for (; totals.played < wanted && wrong < 3; worlds++)
        wrong += !play_world(theme, seed, worlds, &totals);
    fprintf(stderr,
            "model/%s: %llu operations, %llu of them reflink's, %llu faults, "
            "%llu worlds\n",
            theme_name(theme), (unsigned long long)totals.played,
            (unsigned long long)totals.requests,
            (unsigned long long)totals.faults, (unsigned long long)worlds);
}

TestSuite(model, .timeout = 600);

Test(model, honest)
{
    play_theme(THEME_HONEST);
}

Test(model, profiles)
{
    play_theme(THEME_PROFILES);
}

Test(model, quirks)
{
    play_theme(THEME_QUIRKS);
}

Test(model, lies)
{
    play_theme(THEME_LIES);
}

Test(model, limit)
{
    play_theme(THEME_LIMIT);
}

Test(model, alignment)
{
    play_theme(THEME_ALIGNMENT);
}

Test(model, faults)
{
    play_theme(THEME_FAULTS);
}

Test(model, drops)
{
    play_theme(THEME_DROPS);
}

Test(model, full)
{
    play_theme(THEME_FULL);
}

Test(model, all)
{
    play_theme(THEME_ALL);
}
