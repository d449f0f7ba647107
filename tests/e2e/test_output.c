/*
 * The lines that people read, to the letter but for times; dry runs; stdout
 * that cannot be written; progress in a log.
 */
#include <signal.h>
#include <unistd.h>

#include "e2e.h"

TestSuite(output, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

/* --- lines ---------------------------------------------------------------- */

struct golden_row {
    enum volume volume;
    const char *arguments[8];
    int exit_code;
    const char *out; /* patterns */
    const char *err;
};

#define TIME "[<0-9]*s)"

static const struct golden_row golden[] = {
    {XFS4K, {"a", "b"}, 0, "cloned  a -> b  (1 MiB, 1 request, " TIME "\n", ""},
    {XFS4K,
     {"a", "folder"},
     0,
     "cloned  a -> folder\\a  (1 MiB, 1 request, " TIME "\n",
     ""},
    {XFS4K,
     {"tailed", "b"},
     0,
     "cloned  tailed -> b  (1 MiB, 1 request, " TIME "\n",
     ""},
    {XFS4K,
     {"huge", "b"},
     0,
     "cloned  huge -> b  (9 GiB, [1-9] requests, " TIME "\n",
     ""},
    {XFS4K,
     {"small", "b"},
     0,
     "copied  small -> b  (7 bytes, " TIME ": smaller than one cluster\n",
     ""},
    {XFS4K,
     {"--reflink=never", "a", "b"},
     0,
     "copied  a -> b  (1 MiB, " TIME
     ": cloning was not asked for (--reflink=never)\n",
     ""},
    {PLAIN,
     {"a", "b"},
     0,
     "copied  a -> b  (1 MiB, " TIME ": S:\\ (*) cannot clone blocks\n",
     ""},
    {XFS4K,
     {"--length=4100", "a", "b"},
     0,
     "mixed   a -> b  (4 KiB cloned, 4 bytes copied): the range is not "
     "aligned to clusters\n",
     ""},
    {XFS4K, {"-n", "a", "old"}, 0, "", ""},
    {XFS4K, {"-nv", "a", "old"}, 0, "skipped a -> old: already exists\n", ""},
    {XFS4K,
     {"a", "old"},
     1,
     "",
     "reflink: old: it already exists; use -f to replace it, or -n to leave "
     "it alone\n"},
    {XFS4K,
     {"none", "b"},
     1,
     "",
     "reflink: none: opening it for reading: * (2)\n"},
    {XFS4K, {"-q", "none", "b"}, 1, "", "reflink: none: *: * (2)\n"},
    {PLAIN,
     {"--reflink", "a", "b"},
     3,
     "",
     "reflink: b: cloning into it*: S:\\ (*) cannot clone blocks\n"},
    {XFS4K, {"-q", "a", "b"}, 0, "", ""},
    {PLAIN, {"-q", "a", "b"}, 0, "", ""},
    {XFS4K, {"-q", "--dry-run", "a", "b"}, 0, "", ""},
    {XFS4K,
     {"--dry-run", "tailed", "b"},
     0,
     "plan    tailed -> b  (1 MiB cloned in 1 request, 0 bytes copied)\n"
     "  create     create the file, marked for deletion until it is complete\n"
     "  sparse     set its sparse flag\n"
     "  size       set its size in bytes: 1048876\n"
     "  clone      1048876 bytes from 0 to 0 (request rounded up to 1052672)\n"
     "  dense      clear its sparse flag again\n"
     "  attributes set attributes and times\n"
     "  rename     give it its final name\n",
     ""},
    {PLAIN,
     {"--dry-run", "-f", "a", "old"},
     0,
     "plan    a -> old  (0 bytes cloned in 0 requests, 1 MiB copied): S:\\ (*) "
     "cannot clone blocks\n"
     "  create     create the file, marked for deletion until it is complete\n"
     "  size       set its size in bytes: 1048576\n"
     "  copy       1048576 bytes from 0 to 0\n"
     "  attributes set attributes and times\n"
     "  replace    replace the existing file with it\n",
     ""},
    {XFS4K, {"--dry-run", "a", "old"}, 1, "", "reflink: old: *exists*-f*\n"},
    {XFS4K,
     {"--dry-run", "--reflink", "--offset=1", "--length=9K", "a", "b"},
     3,
     "",
     "reflink: b: cloning into it: the range is not aligned to "
     "clusters\n"},
};

static void make_files(void)
{
    static const struct range parts[] = {
        {0, MIB}, {5 * GIB, 8192}, {9 * GIB - 4096, 4096}, {0, 0}};
    e2e_make("a", MIB);
    e2e_make("tailed", MIB + 300);
    e2e_make("old", 5000);
    e2e_make("small", 7);
    e2e_make_sparse("huge", 9 * GIB, parts);
    e2e_make_folder("folder");
}

ParameterizedTestParameters(output, golden)
{
    return e2e_numbers(ROWS(golden));
}

ParameterizedTest(int *number, output, golden)
{
    const struct golden_row *row = &golden[*number];
    e2e_enter(row->volume);
    make_files();
    struct result *result = e2e_run(row->arguments);
    EXPECT(result, result->exit_code == row->exit_code);
    EXPECT(result, e2e_like(result->out, row->out));
    EXPECT(result, e2e_like(result->err, row->err));
}

/* No more than the contract's lines, in the way that files have them. */
Test(output, is_utf8_without_a_mark)
{
    e2e_enter(PLAIN);
    e2e_make("größe-日本-\xF0\x90\x8D\x88.img", 5);
    struct result *result = RUN("größe-日本-\xF0\x90\x8D\x88.img", "ß");
    EXPECT(result, e2e_like(result->out, "copied  größe-日本-\xF0\x90\x8D\x88"
                                         ".img -> ß  (5 bytes, *): *\n"));
    result = RUN("ё", "b");
    EXPECT(result, e2e_like(result->err, "reflink: ё: *\n"));
    EXPECT(result, e2e_is(result->out, ""));
}

/* What is long is written in pieces, which part no character of two units: one
   of these texts has such a character at each place where they could. */
Test(output, long_text_is_whole)
{
    enum { PAIRS = 6000 };
    char word[2 + PAIRS * 4 + 1];
    e2e_enter(PLAIN);
    for (size_t shift = 0; shift < 2; shift++) {
        memset(word, 'a', shift);
        for (size_t i = 0; i < PAIRS; i++)
            memcpy(word + shift + i * 4, "\xF0\x90\x8D\x88", 4);
        word[shift + PAIRS * (size_t)4] = '\0';
        struct result *result = RUN(word, "b");
        EXPECT(result, result->exit_code == 1);
        EXPECT(result, e2e_has(result->err, word));
    }
}

/* --- stdout that takes nothing -------------------------------------------- */

#define UNWRITTEN "reflink: cannot write to standard output\n"

ParameterizedTestParameters(output, unwritable)
{
    return e2e_numbers(8);
}

ParameterizedTest(int *number, output, unwritable)
{
    static const char *const rows[][4] = {
        {"a", "b"},         {"--json", "a", "b"},   {"--dry-run", "a", "b"},
        {"--help"},         {"--version"},          {"--info", "a"},
        {"--extents", "a"}, {"--shared", "a", "a"},
    };
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    e2e_stdout("/dev/full");
    struct result *result = e2e_run(rows[*number]);
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_is(result->err, UNWRITTEN));
    EXPECT(result, e2e_is(e2e_files(), *number < 2 ? "a b" : "a"));
}

/* Where nothing is to be printed, nothing is wrong; where something is, it
   weighs as much as a file that failed. */
Test(output, unwritable_and_unused)
{
    e2e_enter(PLAIN);
    e2e_make("a", MIB);
    e2e_stdout("/dev/full");
    struct result *result = RUN("-q", "a", "b");
    EXPECT(result, result->exit_code == 0);
    result = RUN("--reflink=always", "a", "c");
    EXPECT(result, result->exit_code == 3);
    result = RUN("--json", "--reflink=always", "a", "c");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_like(result->err, "reflink: c: *\n" UNWRITTEN));
}

/* --- dry runs ------------------------------------------------------------- */

struct dry_row {
    const char *arguments[8];
    const char *profile;
};

static const struct dry_row dry_rows[] = {
    {{"a", "b"}, "refs"},
    {{"-f", "a", "old"}, "refs"},
    {{"tailed", "b"}, "refs"},
    {{"a", "b"}, "samba"},
    {{"tailed", "b"}, "openzfs"},
    {{"huge", "b"}, "refs"},
    {{"small", "b"}, "refs"},
    {{"--reflink=always", "a", "b"}, "refs"},
    {{"--reflink=never", "a", "b"}, "refs"},
    {{"a", "b"}, "ntfs"},
    {{"--length=100000", "a", "b"}, "refs"},
    {{"--offset=100", "--length=300000", "a", "old"}, "refs"},
    {{"--dest-offset=128K", "--length=256K", "a", "old"}, "refs"},
    {{"--source-offset=1", "a", "old"}, "refs"},
    {{"a", "a", "0", "512K", "512K"}, "refs"},
    {{"a", "a", "0", "128K", "-"}, "refs"},
    {{"a", "a", "128K", "0", "-"}, "refs"},
    {{"--length=0", "a", "b"}, "refs"},
};

enum { DRY_COUNT = CLONING_VOLUMES * ROWS(dry_rows) };

static const char *number_behind(const char *text, const char *key)
{
    const char *at = strstr(text, e2e_text("\"%s\":", key));
    if (at == NULL)
        return "?";
    at += strlen(key) + 3;
    return e2e_text("%.*s", (int)strspn(at, "0123456789"), at);
}

/* A line `FROM TO LENGTH` for each clone step of the JSON. */
static const char *planned_json(const char *out)
{
    static const char head[] = "{\"step\":\"clone\"";
    const char *text = "";
    for (const char *at = strstr(out, head); at != NULL;
         at = strstr(at + 1, head)) {
        const char *step = e2e_text("%.*s", (int)strcspn(at, "}"), at);
        text = e2e_text(
            "%s%s %s %s\n", text, number_behind(step, "source_offset"),
            number_behind(step, "dest_offset"), number_behind(step, "request"));
    }
    return text;
}

/* The same from the lines for people. */
static const char *planned_lines(const char *out)
{
    const char *text = "";
    for (const char *at = strstr(out, "\n  clone "); at != NULL;
         at = strstr(at + 1, "\n  clone ")) {
        unsigned long long length = 0;
        unsigned long long from = 0;
        unsigned long long to = 0;
        unsigned long long request = 0;
        int count = sscanf(at,
                           " clone %llu bytes from %llu to %llu (request "
                           "rounded up to %llu)",
                           &length, &from, &to, &request);
        text = e2e_text("%s%llu %llu %llu\n", text, from, to,
                        count == 4 ? request : length);
    }
    return text;
}

/* And from what the bridge was asked. */
static const char *requested(const char *log)
{
    const char *text = "";
    for (const char *at = log; *at != '\0';) {
        unsigned long long from = 0;
        unsigned long long to = 0;
        unsigned long long length = 0;
        if (sscanf(at, "DUP%*[_EX] source=%llu target=%llu length=%llu", &from,
                   &to, &length) == 3 ||
            sscanf(at, "DUP source=%llu target=%llu length=%llu", &from, &to,
                   &length) == 3)
            text = e2e_text("%s%llu %llu %llu\n", text, from, to, length);
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    return text;
}

static struct result *run_with(const char *option, const char *const *arguments)
{
    const char *words[12] = {"--dry-run", option};
    int count = option != NULL ? 2 : 1;
    for (; *arguments != NULL; arguments++)
        words[count++] = *arguments;
    return e2e_run(words);
}

ParameterizedTestParameters(output, dry_run_is_what_follows)
{
    return e2e_numbers(DRY_COUNT);
}

/* A plan changes nothing, asks for nothing, and is what the run then does.
   Not here: what only a request can show, as Samba's refusal of a last cluster
   that is not whole. */
ParameterizedTest(int *number, output, dry_run_is_what_follows)
{
    const struct dry_row *row = &dry_rows[(size_t)*number % ROWS(dry_rows)];
    e2e_enter((enum volume)((size_t)*number / ROWS(dry_rows)));
    e2e_set("REFLINK_BRIDGE_PROFILE", row->profile);
    make_files();
    const char *before = e2e_snapshot();
    struct result *lines = run_with(NULL, row->arguments);
    EXPECT(lines, lines->exit_code == 0 && lines->requests == 0);
    EXPECT(lines, e2e_like(lines->out, "plan    *"));
    EXPECT(lines, e2e_is(e2e_snapshot(), before));
    struct result *json = run_with("--json", row->arguments);
    EXPECT(json, json->exit_code == 0 && json->requests == 0);
    EXPECT(json, e2e_is(e2e_snapshot(), before));
    struct result *real = e2e_run(row->arguments);
    EXPECT(real, real->exit_code == 0);
    const char *done = requested(real->log);
    EXPECT(real, (real->requests != 0) == (*done != '\0'));
    cr_expect(e2e_is(planned_json(json->out), done), "planned:\n%s%s",
              planned_json(json->out), e2e_story(real, "these requests"));
    cr_expect(e2e_is(planned_lines(lines->out), done), "planned:\n%s%s",
              lines->out, e2e_story(real, "these requests"));
}

/* --- progress in a log ---------------------------------------------------- */

Test(output, progress_in_a_log_of_a_short_run)
{
    e2e_enter(PLAIN);
    e2e_make("a", 8 * MIB);
    struct result *result = RUN("--progress=always", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_is(result->err, ""));
    EXPECT(result, e2e_like(result->out, "copied  a -> b *\n"));
}

struct log_row {
    const char *option;
    const char *err;
};

static const struct log_row logs[] = {
    {"--progress=always", "b *%  * MiB of 256 MiB  */s  * left\n"},
    {"--progress=auto", ""},
    {"--progress=never", ""},
};

ParameterizedTestParameters(output, progress_in_a_log)
{
    return e2e_numbers(ROWS(logs));
}

/* The copy is made to last by stopping it. */
ParameterizedTest(int *number, output, progress_in_a_log)
{
    const struct log_row *row = &logs[*number];
    const char *const arguments[] = {row->option, "--reflink=never", "a", "b",
                                     NULL};
    e2e_enter(PLAIN);
    e2e_make("a", 256 * MIB);
    e2e_begin(arguments);
    e2e_await_copying();
    e2e_signal(SIGSTOP);
    sleep(*number == 0 ? 10 : 1);
    e2e_signal(SIGCONT);
    struct result *result = e2e_finish();
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->err, row->err));
    EXPECT(result, !e2e_like(result->err, "*\n*\n"));
    EXPECT(result, e2e_like(result->out, "copied  a -> b  (256 MiB, *): *\n"));
}
