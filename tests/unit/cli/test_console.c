/* What a run prints at its end, and what others count in it. */
#include "cli/console.h"
#include "core/errors.h"
#include "world.h"

TestSuite(console, .timeout = 120);

static const struct options tree = {.recursive = true};

static const struct reflink_outcome two_of_a_name = {
    .source = L"R:\\a",
    .dest = L"R:\\b",
    .status = REFLINK_FAILED,
    .error = {.code = CODE_ALREADY_EXISTS,
              .step = REFLINK_STEP_CREATE,
              .hint = REFLINK_HINT_COLLISION}};

static void expect_printed(const wchar_t *out, const wchar_t *err)
{
    cr_expect_eq(wcscmp(sim_printed(OS_STDOUT), out), 0, "stdout: %ls",
                 sim_printed(OS_STDOUT));
    cr_expect_eq(wcscmp(sim_printed(OS_STDERR), err), 0, "stderr: %ls",
                 sim_printed(OS_STDERR));
}

static void expect_has(enum os_stream stream, const wchar_t *what)
{
    cr_expect_not_null(wcsstr(sim_printed(stream), what), "%ls",
                       sim_printed(stream));
}

Test(console, counts_of_others)
{
    struct world w = world_make("refs-4k");
    struct console console;
    cr_assert(console_begin(&console, &tree, true));
    console_hard_link(&console);
    console_link_into_source(&console);
    console_link_into_source(&console);
    console_passed_over(&console, TOTALS_SYSTEM_DIRECTORY, L"R:\\x");
    cr_expect_eq(console_end(&console), 0);
    expect_printed(
        L"0 files: 0 cloned (0 bytes), 0 copied (0 bytes), 0 failed\n"
        L"1 file is a hard link to a file copied before; it became a file of "
        L"its own (-H keeps hard links)\n"
        L"2 links point back into SOURCE\n"
        L"1 directory of the system was passed over\n",
        L"");
    world_end(&w);
}

Test(console, a_usage_error_is_exit_2)
{
    struct world w = world_make("refs-4k");
    struct console console;
    cr_assert(console_begin(&console, &tree, true));
    console_usage_error(&console, &two_of_a_name);
    console_usage_error(&console, &two_of_a_name);
    cr_expect_eq(console_end(&console), 2);
    expect_printed(L"", L"reflink: R:\\b: two sources would get this name\n"
                        L"reflink: R:\\b: two sources would get this name\n"
                        L"reflink: nothing was copied\n");
    world_end(&w);
}

/* A program gets the error and the summary, in a dry run too. */
Test(console, a_usage_error_in_json)
{
    static const wchar_t *const types[] = {L"{\"type\":\"file\",",
                                           L"{\"type\":\"plan\","};
    for (int dry_run = 0; dry_run < 2; dry_run++) {
        const struct options options = {
            .recursive = true, .json = true, .dry_run = dry_run != 0};
        struct world w = world_make("refs-4k");
        struct console console;
        cr_assert(console_begin(&console, &options, true));
        console_usage_error(&console, &two_of_a_name);
        cr_expect_eq(console_end(&console), 2);
        expect_has(OS_STDOUT, types[dry_run]);
        expect_has(OS_STDOUT, L"\"error\":{\"code\":183,");
        expect_has(OS_STDOUT, L"\"exit_code\":2}\n");
        expect_has(OS_STDERR, L"reflink: nothing was copied\n");
        world_end(&w);
    }
}

/* What was only counted comes before the summary; with -v all is printed. */
Test(console, errors_that_are_alike)
{
    const struct reflink_outcome full = {
        .source = L"R:\\a",
        .dest = L"R:\\b",
        .status = REFLINK_FAILED,
        .error = {.code = CODE_DISK_FULL, .step = REFLINK_STEP_WRITE}};
    for (int verbose = 0; verbose < 2; verbose++) {
        const struct options options = {.recursive = true,
                                        .verbose = verbose != 0};
        struct world w = world_make("refs-4k");
        struct console console;
        size_t lines = 0;
        cr_assert(console_begin(&console, &options, true));
        for (int i = 0; i < 100; i++)
            console_done(&console, &full);
        cr_expect_eq(console_end(&console), 1);
        for (const wchar_t *at = sim_printed(OS_STDERR); *at != L'\0'; at++)
            lines += *at == L'\n';
        cr_expect_eq(lines, verbose ? 100 : 2, "%zu", lines);
        if (!verbose)
            expect_has(OS_STDERR, L"reflink: and 99 more files in R:\\ failed "
                                  L"for the same reason: writing to it: ");
        expect_has(OS_STDOUT, L", 100 failed\n");
        world_end(&w);
    }
}
