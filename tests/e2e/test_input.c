/* Bad input: each kind its own message and exit code, and nothing done. */
#include <sys/stat.h>

#include "e2e.h"

TestSuite(input, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

struct input_row {
    const char *arguments[8];
    int exit_code;
    const char *message; /* a pattern for stderr */
};

#define USAGE "\nTry 'reflink --help'.\n"

static const struct input_row rows[] = {
    {{NULL}, 2, "reflink: *missing*SOURCE*" USAGE},
    {{"a"}, 2, "reflink: *missing*DEST*'a'*" USAGE},
    {{"--offset=0", "a", "b", "c"}, 2, "reflink: *'c'*" USAGE},
    {{"a", ""}, 2, "reflink: *empty*" USAGE},
    {{"", "b"}, 2, "reflink: *empty*" USAGE},
    {{"--bogus", "a", "b"}, 2, "reflink: *--bogus*" USAGE},
    {{"a", "b", "--bogus=1"}, 2, "reflink: *--bogus*" USAGE},
    {{"-z", "a", "b"}, 2, "reflink: *-z*" USAGE},
    {{"-fz", "a", "b"}, 2, "reflink: *-z*-fz*" USAGE},
    {{"--reflink=maybe", "a", "b"}, 2, "reflink: --reflink*maybe*" USAGE},
    {{"--reflink=", "a", "b"}, 2, "reflink: --reflink*''*" USAGE},
    {{"--reflink=ALWAYS", "a", "b"}, 2, "reflink: --reflink*ALWAYS*" USAGE},
    {{"--verify=some", "a", "b"}, 2, "reflink: --verify*some*" USAGE},
    {{"--verify=", "a", "b"}, 2, "reflink: --verify*''*" USAGE},
    {{"--force=yes", "a", "b"}, 2, "reflink: --force*yes*" USAGE},
    {{"--help=me", "a", "b"}, 2, "reflink: --help*me*" USAGE},
    {{"---", "a", "b"}, 2, "reflink: *---*" USAGE},
    {{"none", "b"}, 1, "reflink: none: *: * (2)*\n"},
    {{"none\\a", "b"}, 1, "reflink: none\\a: *: * (3)*\n"},
    {{"none", "old"}, 1, "reflink: none: *: * (2)*\n"},
    {{"-f", "none", "old"}, 1, "reflink: none: *: * (2)*\n"},
    {{"d", "b"}, 1, "reflink: d: *directory*\n"},
    {{"d\\", "b"}, 1, "reflink: d\\: *\n"},
    {{"secret", "b"}, 1, "reflink: secret: *: * (5)*\n"},
    {{"-f", "secret", "old"}, 1, "reflink: secret: *: * (5)*\n"},
    {{"a", "none\\b"}, 1, "reflink: none\\b: *directory*does not exist*\n"},
    {{"a", "none\\"}, 1, "reflink: none\\: *create it first*\n"},
    {{"a", "old\\"}, 1, "reflink: old\\: *directory*\n"},
    {{"a", "old\\b"}, 1, "reflink: old\\b: *\n"},
    {{"a", "old"}, 1, "reflink: old: *exists*-f*-n*\n"},
    {{"-f", "a", "d2"}, 1, "reflink: d2\\a: *directory*\n"},
    {{"a", "sealed\\b"}, 1, "reflink: sealed\\b: *: * (5)*\n"},
    {{"-f", "a", "sealed\\old"}, 1, "reflink: sealed\\old: *: * (5)*\n"},
    {{"a", "W:\\b"}, 1, "reflink: W:\\b: *\n"},
    {{"W:\\a", "b"}, 1, "reflink: W:\\a: *\n"},
    {{"a", "b*"}, 2, "reflink: DEST cannot contain wildcards: 'b*'\n*"},
    {{"a", "b|c"}, 1, "reflink: b|c: *\n"},
    {{"NUL", "b"}, 1, "reflink: NUL: *not a file*\n"},
    {{"a", "NUL"}, 1, "reflink: NUL: *not a file*\n"},
    {{"-f", "a", "NUL"}, 1, "reflink: NUL: *not a file*\n"},
    /* a variable that was empty, and a space behind it */
    {{"a", " "}, 1, "reflink:  : *: * (123)*\n"},
    {{"a", "   "}, 1, "reflink:    : *: * (123)*\n"},
    {{"-f", "a", " "}, 1, "reflink:  : *: * (123)*\n"},
    {{" ", "b"}, 1, "reflink:  : *: * (123)*\n"},
    {{"-q", "a", "old", " "}, 1, "reflink:  : *\n"},
    {{"-q", " ", "none", "d2"}, 1, "reflink:  : *: * (123)*\n*none: *"},
    {{"-q", "-t", " ", "a"}, 1, "reflink:  : *directory does not exist*\n"},
    {{"-q", "-t", "d", " "}, 1, "reflink:  : *: * (123)*\n"},
    {{"-rq", ".", " "}, 1, "reflink:  : *: * (123)*\n"},
    {{"-rq", " ", "b"}, 1, "reflink:  : *: * (123)*\n"},
    {{"--dry-run", "a", " "}, 1, "reflink:  : *: * (123)*\n"},
    {{"--dry-run", "-rq", " ", "b"}, 1, "reflink:  : *: * (123)*\n"},
    {{"--offset=0", "--length=1", "a", " "}, 1, "reflink:  : *: * (123)*\n"},
    {{"--offset=0", "--length=1", " ", "a"}, 1, "reflink:  : *: * (123)*\n"},
    {{"--info", " "}, 1, "reflink:  : *: * (123)*\n"},
    {{"--extents", "  "}, 1, "reflink:   : *: * (123)*\n"},
    {{"--shared", "a", " "}, 1, "reflink:  : *: * (123)*\n"},
    {{"--shared", " ", "a"}, 1, "reflink:  : *: * (123)*\n"},
};

static void make_all(void)
{
    e2e_make("a", 200 * KIB);
    e2e_make("old", 5000);
    e2e_make_folder("d");
    e2e_make("d/old", 6000);
    e2e_make_folder("d2");
    e2e_make_folder("d2/a");
    e2e_make("secret", 7000);
    e2e_make_folder("sealed");
    e2e_make("sealed/old", 10);
    cr_assert(chmod("secret", 0) == 0 && chmod("sealed", 0555) == 0);
}

static bool can_read(const char *name)
{
    FILE *file = fopen(name, "rb");
    if (file != NULL)
        fclose(file);
    return file != NULL;
}

/* Whether the row is about what this user must not do. */
static bool is_about_rights(const struct input_row *row)
{
    for (size_t i = 0; row->arguments[i] != NULL; i++) {
        if (e2e_is(row->arguments[i], "secret") ||
            e2e_has(row->arguments[i], "sealed"))
            return true;
    }
    return false;
}

static void check(const struct input_row *row)
{
    make_all();
    if (is_about_rights(row) && can_read("secret"))
        cr_skip_test("this user may read everything");
    const char *before = e2e_snapshot();
    struct result *result = e2e_run(row->arguments);
    e2e_expect_nothing_done(result, row->exit_code, before);
    EXPECT(result, e2e_like(result->err, row->message));
    EXPECT(result, result->requests == 0);
}

ParameterizedTestParameters(input, plain)
{
    return e2e_numbers(ROWS(rows));
}

ParameterizedTest(int *number, input, plain)
{
    e2e_enter(PLAIN);
    check(&rows[*number]);
}

ParameterizedTestParameters(input, where_clusters_are_shared)
{
    return e2e_numbers(ROWS(rows));
}

ParameterizedTest(int *number, input, where_clusters_are_shared)
{
    e2e_enter(XFS4K);
    check(&rows[*number]);
}

/* As the rows above; an object names it, too. */
Test(input, spaces_as_json)
{
    static const char *const forms[][4] = {{"--json", "a", " "},
                                           {"--json", " ", "b"},
                                           {"--json", "--info", " "},
                                           {"--json", "--extents", " "},
                                           {"--json", "--dry-run", "a", " "}};
    e2e_enter(PLAIN);
    make_all();
    const char *before = e2e_snapshot();
    for (size_t i = 0; i < ROWS(forms); i++) {
        const char *arguments[5] = {NULL};
        memcpy(arguments, forms[i], sizeof forms[i]);
        struct result *result = e2e_run(arguments);
        EXPECT(result, result->exit_code == 1);
        EXPECT(result, e2e_like(result->err, "reflink:  : *: * (123)*\n"));
        EXPECT(result, e2e_has(result->out, "\"code\":123,"));
        EXPECT(result, e2e_has(result->out, "\"path\":\" \""));
    }
    cr_expect(e2e_is(e2e_snapshot(), before));
}

/* Usage errors tell apart what is wrong: no two rows share a message. */
Test(input, messages_differ)
{
    struct result *results[17];
    e2e_enter(PLAIN);
    for (size_t i = 0; i < ROWS(results); i++)
        results[i] = e2e_run(rows[i].arguments);
    for (size_t i = 0; i < ROWS(results); i++) {
        for (size_t j = i + 1; j < ROWS(results); j++)
            EXPECT(results[j], !e2e_is(results[i]->err, results[j]->err));
    }
}
