/*
 * What a person at a console sees. That Wine's console can be had is checked
 * first; a system where it cannot be skips the rest.
 */
#include <signal.h>
#include <unistd.h>

#include "console.h"

TestSuite(console, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

enum { LONG_COPY = 256 * 1024 * 1024, PAUSE_US = 700000 };

/* Has the copy last for longer than the first half second, whatever the disk
   does: it is stopped in the middle. */
static void stretch(void)
{
    e2e_await_copying();
    console_signal(SIGSTOP);
    usleep(PAUSE_US);
    console_signal(SIGCONT);
}

static struct result *copy_slowly(const char *const *arguments,
                                  unsigned columns)
{
    console_begin(arguments, columns, NULL);
    stretch();
    return console_end();
}

Test(console, lines)
{
    static const char *const arguments[] = {"a", "b", NULL};
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    console_begin(arguments, 120, NULL);
    struct result *result = console_end();
    EXPECT(result, result->exit_code == 0);
    EXPECT(result,
           e2e_like(result->err, "cloned  a -> b  (1 MiB, 1 request, *)\n"));
    EXPECT(result, !e2e_has(result->out, "%"));
    console_begin(arguments, 120, NULL);
    result = console_end();
    EXPECT(result, result->exit_code == 1);
    EXPECT(result,
           e2e_like(result->err, "reflink: b: it already exists; "
                                 "use -f to replace it, or -n to leave it "
                                 "alone\n"));
}

/* Wine's console has one cell for each UTF-16 unit and shows a pair as two
   replacement characters, so names here have no pair. */
Test(console, names)
{
    static const char *const arguments[] = {"größe-日本.img", "ёж ≠ ∑ 漢字",
                                            NULL};
    e2e_enter(PLAIN);
    e2e_make(arguments[0], 5);
    console_begin(arguments, 120, NULL);
    struct result *result = console_end();
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->err, "copied  größe-日本.img -> "
                                         "ёж ≠ ∑ 漢字  (5 bytes, *): *\n"));
}

Test(console, progress_comes_and_goes)
{
    static const char *const arguments[] = {"--reflink=never", "a", "größe.img",
                                            NULL};
    e2e_enter(PLAIN);
    e2e_make("a", LONG_COPY);
    console_begin(arguments, 100, NULL);
    stretch();
    cr_assert(console_await("left"), "%s", console_screen());
    const char *during = console_screen();
    cr_expect(e2e_like(during, "größe.img  [[]*]  *%  * of 256 MiB  */s  * left"
                               "*\n"),
              "%s", during);
    cr_expect(strcspn(during, "\n") < 100, "%s", during);
    struct result *result = console_end();
    EXPECT(result, result->exit_code == 0);
    EXPECT(result,
           e2e_like(result->err, "copied  a -> größe.img  (256 MiB, *): *\n"));
    EXPECT(result, !e2e_has(result->err, "%"));
    EXPECT(result, !e2e_like(result->err, "*\n*\n"));
}

/* However narrow the console: one line, which leaves nothing behind. */
ParameterizedTestParameters(console, widths)
{
    return e2e_numbers(3);
}

ParameterizedTest(int *number, console, widths)
{
    static const unsigned widths[] = {40, 60, 132};
    static const char *const arguments[] = {
        "-f", "--reflink=never", "a",
        "a-name-that-is-much-longer-than-what-is-left-of-the-line.vhdx", NULL};
    e2e_enter(PLAIN);
    e2e_make("a", LONG_COPY);
    console_begin(arguments, widths[*number], NULL);
    stretch();
    cr_assert(console_await("%"), "%s", console_screen());
    const char *during = console_screen();
    cr_expect(e2e_like(during, "*%*\n") && !e2e_like(during, "*\n*\n"), "%s",
              during);
    struct result *result = console_end();
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->err, "copied  a -> *"));
    EXPECT(result, !e2e_has(result->err, "%"));
}

/* No line for -q and --progress=never, however long it takes; with --json it
   is on stderr and stdout is as without. */
ParameterizedTestParameters(console, silence)
{
    return e2e_numbers(2);
}

ParameterizedTest(int *number, console, silence)
{
    static const char *const options[] = {"--quiet", "--progress=never"};
    const char *const arguments[] = {options[*number], "--reflink=never", "a",
                                     "b", NULL};
    e2e_enter(PLAIN);
    e2e_make("a", LONG_COPY);
    struct result *result = copy_slowly(arguments, 100);
    EXPECT(result, result->exit_code == 0 && e2e_same_bytes("a", "b"));
    EXPECT(result, !e2e_has(result->out, "%"));
    EXPECT(result, e2e_like(result->err, *number == 0 ? "" : "copied *\n"));
}

Test(console, json_in_a_file)
{
    static const char *const arguments[] = {"--json", "--reflink=never", "a",
                                            "b", NULL};
    e2e_enter(PLAIN);
    e2e_make("a", LONG_COPY);
    const char *out = "printed";
    console_begin(arguments, 100, out);
    stretch();
    struct result *result = console_end();
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_has(result->out, "%"));
    EXPECT(result, e2e_is(result->err, ""));
    result->out = strdup(e2e_read(out));
    e2e_expect_json(result);
}

/* The key, as a person would press it. */
Test(console, ctrl_c)
{
    static const char *const arguments[] = {"-f", "--reflink=never", "a", "b",
                                            NULL};
    e2e_enter(PLAIN);
    e2e_make("a", LONG_COPY);
    e2e_make("b", 1000);
    uint64_t old_hash = e2e_hash("b");
    console_begin(arguments, 100, NULL);
    e2e_await_copying();
    console_signal(SIGSTOP);
    usleep(PAUSE_US);
    console_type("\x03");
    usleep(PAUSE_US);
    console_signal(SIGCONT);
    struct result *result = console_end();
    EXPECT(result, result->exit_code == 130);
    EXPECT(result, e2e_has(result->err, "reflink: b: "));
    EXPECT(result, e2e_has(result->err, "nothing half-written is left"));
    EXPECT(result, !e2e_has(result->err, "%"));
    EXPECT(result, e2e_is(e2e_files(), "a b"));
    EXPECT(result, e2e_hash("b") == old_hash);
}
