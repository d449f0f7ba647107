#include "program.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/options.h"
#include "cli/report.h"
#include "fuzz.h"
#include "win32/startup.h"

int wmain(int argc, wchar_t **argv);

void process_begin(void)
{
}

/* Neither a control character nor one that changes the writing direction. */
static bool is_harmless(wchar_t c)
{
    return c == L'\n' ||
           (c >= 0x20 && (c < 0x7F || c > 0x9F) && (c < 0x202A || c > 0x202E) &&
            (c < 0x2066 || c > 0x2069));
}

/* What a line of progress does is for its own tests. */
static void expect_harmless(const wchar_t *text)
{
    for (; *text != L'\0'; text++)
        fuzz_expect(is_harmless(*text), "a control character is printed");
}

static void expect_output(const struct options *options, int code)
{
    const wchar_t *out = sim_printed(OS_STDOUT);
    const wchar_t *err = sim_printed(OS_STDERR);
    bool page =
        options->action == OPTIONS_HELP || options->action == OPTIONS_VERSION;
    expect_harmless(out);
    if (options->progress != PROGRESS_ALWAYS)
        expect_harmless(err);
    if (options->json && !page && code != EXIT_CODE_USAGE)
        fuzz_expect_json_lines(out);
    if (code == EXIT_CODE_USAGE || code == EXIT_CODE_FAILED)
        fuzz_expect(wcsncmp(err, L"reflink: ", 9) == 0 ||
                        wcsstr(err, L"\nreflink: ") != NULL ||
                        options->progress == PROGRESS_ALWAYS,
                    "an error that nobody is told of");
}

/* For who runs one input again: what was asked, and what came of it. */
static void show(const wchar_t *const *words, int count, int code)
{
    for (int i = 0; i < count; i++)
        fprintf(stderr, " %ls", words[i]);
    fprintf(stderr, "\n%ls%ls(%d)\n", sim_printed(OS_STDOUT),
            sim_printed(OS_STDERR), code);
}

int program_run(const wchar_t *const *words, int count)
{
    static wchar_t name[] = L"reflink";
    wchar_t *argv[PROGRAM_WORDS + 2] = {name};
    struct options options;
    struct text error = {0};
    for (int i = 0; i < count; i++)
        argv[i + 1] = (wchar_t *)words[i];
    bool parsed = options_parse(count + 1, argv, &options, &error);
    int code = wmain(count + 1, argv);
    if (getenv("FUZZ_SHOW") != NULL)
        show(words, count, code);
    fuzz_expect(code >= EXIT_CODE_DONE && code <= EXIT_CODE_DIFFERENT,
                "the exit code");
    fuzz_expect(parsed || code == EXIT_CODE_USAGE, "a usage error is none");
    expect_output(&options, code);
    fuzz_expect(sim_open_handles() == 0, "a handle is left open");
    fuzz_expect(sim_check(), "the reference counts");
    options_free(&options);
    text_free(&error);
    return code;
}
