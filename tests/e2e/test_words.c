/* Help, version, quiet and verbose, and how options are written. */
#include "e2e.h"

TestSuite(words, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

ParameterizedTestParameters(words, help)
{
    return e2e_numbers(4);
}

ParameterizedTest(int *number, words, help)
{
    static const char *const spellings[] = {"--help", "-h", "/?", "-?"};
    e2e_enter(PLAIN);
    struct result *result = RUN(spellings[*number]);
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_is(result->err, ""));
    EXPECT(result, e2e_like(result->out, "Usage: reflink *SOURCE*DEST*"));
    EXPECT(result, e2e_is(result->out, RUN("--help")->out));
    result = RUN("a", "b", spellings[*number], "c");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_is(e2e_files(), ""));
}

/* Each option of the contract that this version has stands in the help. */
Test(words, help_is_complete)
{
    static const char *const options[] = {"--reflink=auto",
                                          "=always]",
                                          "--reflink=never",
                                          "--force",
                                          "--no-clobber",
                                          "--quiet",
                                          "--verbose",
                                          "--verify=sample",
                                          "=full]",
                                          "none",
                                          "--version",
                                          "/?",
                                          "-?",
                                          "-h"};
    e2e_enter(PLAIN);
    struct result *result = RUN("--help");
    for (size_t i = 0; i < ROWS(options); i++)
        EXPECT(result, e2e_has(result->out, options[i]));
    for (const char *at = result->out; *at != '\0'; at++) {
        EXPECT(result, strcspn(at, "\n") < 80);
        at += strcspn(at, "\n");
    }
}

Test(words, version)
{
    e2e_enter(PLAIN);
    struct result *result = RUN("--version");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_is(result->out, "reflink " E2E_VERSION "\n"));
    EXPECT(result, e2e_is(result->err, ""));
}

Test(words, quiet)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    struct result *result = RUN("-q", "a", "b");
    EXPECT(result, result->exit_code == 0 && e2e_same_extents("a", "b"));
    EXPECT(result, e2e_is(result->out, "") && e2e_is(result->err, ""));
    result = RUN("--quiet", "--reflink=never", "a", "c");
    EXPECT(result, result->exit_code == 0 && e2e_same_bytes("a", "c"));
    EXPECT(result, e2e_is(result->out, "") && e2e_is(result->err, ""));
    const char *before = e2e_snapshot();
    e2e_expect_nothing_done(RUN("-q", "a", "b"), 1, before);
}

Test(words, verbose)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    struct result *result = RUN("-v", "a", "b");
    EXPECT(result, result->exit_code == 0 && e2e_same_extents("a", "b"));
    EXPECT(result,
           e2e_like(result->out, "*cloned  a -> b  (1 MiB, 1 request, *)\n*"));
    result = RUN("-q", "-v", "a", "c");
    EXPECT(result, e2e_has(result->out, "cloned  a -> c"));
    result = RUN("-v", "-q", "a", "d");
    EXPECT(result, e2e_is(result->out, ""));
}

struct line_row {
    uint64_t size;
    const char *option;
    const char *line;
};

static const struct line_row lines[] = {
    {4096, "--reflink=auto", "cloned  a -> b  (4 KiB, 1 request, *)\n"},
    {MIB + MIB / 2, "--reflink=auto",
     "cloned  a -> b  (1.5 MiB, 1 request, *)\n"},
    {1, "--reflink=auto", "copied  a -> b  (1 byte, *): *cluster*\n"},
    {300, "--reflink=auto", "copied  a -> b  (300 bytes, *): *cluster*\n"},
    {300 * KIB, "--reflink=never", "copied  a -> b  (300 KiB, *): *asked*\n"},
};

ParameterizedTestParameters(words, lines)
{
    return e2e_numbers(ROWS(lines));
}

ParameterizedTest(int *number, words, lines)
{
    const struct line_row *row = &lines[*number];
    e2e_enter(XFS4K);
    e2e_make("a", row->size);
    struct result *result = RUN(row->option, "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, row->line));
    EXPECT(result, !e2e_like(result->out, "*\n*\n"));
}

/* Options may stand anywhere, be joined, and end at `--`. */
struct spelling_row {
    const char *arguments[8];
    const char *source;
    const char *dest;
};

static const struct spelling_row spellings[] = {
    {{"a", "new", "--reflink=always"}, "a", "new"},
    {{"a", "--reflink=always", "new"}, "a", "new"},
    {{"--", "a", "new"}, "a", "new"},
    {{"--", "-a", "--new"}, "-a", "--new"},
    {{"-f", "a", "--", "--help"}, "a", "--help"},
    {{"-fv", "a", "old"}, "a", "old"},
    {{"-vqvf", "a", "old"}, "a", "old"},
    {{"a", "old", "-f"}, "a", "old"},
    {{"--force", "--verbose", "a", "old"}, "a", "old"},
    {{".\\a", "./new"}, "a", "new"},
    {{"d/../a", "d\\new"}, "a", "d/new"},
};

ParameterizedTestParameters(words, spellings)
{
    return e2e_numbers(ROWS(spellings));
}

ParameterizedTest(int *number, words, spellings)
{
    const struct spelling_row *row = &spellings[*number];
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    e2e_make("-a", MIB);
    e2e_make("old", 5);
    e2e_make_folder("d");
    struct result *result = e2e_run(row->arguments);
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "cloned *\n"));
    EXPECT(result, e2e_same_bytes(row->source, row->dest));
    EXPECT(result, e2e_same_extents(row->source, row->dest));
}
