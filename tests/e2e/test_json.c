/*
 * --json: real output against include/reflink/output.schema.json, judged by a
 * validator that others wrote (check_json.py), which checks too that the
 * summary is last and is the sum.
 */
#include <sys/stat.h>

#include "e2e.h"

TestSuite(json, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

struct json_row {
    enum volume volume;
    const char *arguments[8]; /* behind --json */
    int exit_code;
    const char *out; /* a pattern; NULL: nothing at all */
    const char *profile;
};

#define FILE_IS(status, method)                                                \
    "{\"type\":\"file\",*\"status\":\"" status "\",\"method\":\"" method       \
    "\",*}\n{\"type\":\"summary\",\"files\":1,*}\n"

static const struct json_row rows[] = {
    {XFS4K, {"a", "b"}, 0, FILE_IS("ok", "clone"), NULL},
    {XFS64K, {"-q", "a", "b"}, 0, FILE_IS("ok", "clone"), NULL},
    {BTRFS, {"-v", "a", "b"}, 0, FILE_IS("ok", "clone"), NULL},
    {XFS4K, {"empty", "b"}, 0, FILE_IS("ok", "*"), NULL},
    {XFS4K, {"-f", "a", "old"}, 0, FILE_IS("ok", "clone"), NULL},
    {XFS4K, {"small", "b"}, 0, FILE_IS("ok", "copy"), NULL},
    {XFS4K, {"--reflink=never", "a", "b"}, 0, FILE_IS("ok", "copy"), NULL},
    {XFS4K, {"--verify", "a", "b"}, 0, FILE_IS("ok", "clone"), NULL},
    {XFS4K, {"a", "b"}, 0, FILE_IS("ok", "copy"), "ntfs"},
    {XFS4K, {"tailed", "b"}, 0, FILE_IS("ok", "clone"), "openzfs"},
    {XFS4K, {"a", "b"}, 0, FILE_IS("ok", "clone"), "samba"},
    {PLAIN, {"a", "b"}, 0, FILE_IS("ok", "copy"), NULL},
    {XFS4K, {"--length=4100", "a", "b"}, 0, FILE_IS("ok", "mixed"), NULL},
    {XFS4K, {"--length=0", "a", "b"}, 0, FILE_IS("ok", "*"), NULL},
    {XFS4K, {"a", "a", "0", "64K", "-"}, 0, FILE_IS("ok", "*"), NULL},
    {XFS4K, {"-n", "a", "old"}, 0, FILE_IS("skipped", "none"), NULL},
    {XFS4K, {"a", "old"}, 1, FILE_IS("failed", "none"), NULL},
    {XFS4K, {"none", "b"}, 1, FILE_IS("failed", "none"), NULL},
    {XFS4K, {"a", "none\\b"}, 1, FILE_IS("failed", "none"), NULL},
    {XFS4K, {"folder", "b"}, 1, FILE_IS("failed", "none"), NULL},
    {XFS4K, {"a", "old\\"}, 1, FILE_IS("failed", "none"), NULL},
    {XFS4K, {"--offset=9G", "a", "b"}, 1, FILE_IS("failed", "none"), NULL},
    {PLAIN,
     {"--reflink=always", "a", "b"},
     3,
     FILE_IS("refused", "none"),
     NULL},
    {XFS4K,
     {"--reflink", "--offset=1", "--length=9K", "a", "b"},
     3,
     FILE_IS("refused", "none"),
     NULL},
    {XFS4K, {"--dry-run", "a", "b"}, 0, "{\"type\":\"plan\",*", NULL},
    {XFS4K, {"--dry-run", "-f", "a", "old"}, 0, "{\"type\":\"plan\",*", NULL},
    {XFS4K, {"--dry-run", "a", "old"}, 1, "{\"type\":\"plan\",*", NULL},
    {XFS4K, {"--dry-run", "none", "b"}, 1, "{\"type\":\"plan\",*", NULL},
    {XFS4K, {"--dry-run", "-n", "a", "old"}, 0, "{\"type\":\"plan\",*", NULL},
    {XFS4K,
     {"--dry-run", "--reflink", "--offset=1", "--length=9K", "a", "b"},
     3,
     "{\"type\":\"plan\",*",
     NULL},
    {XFS4K,
     {"--dry-run", "-r", "folder", "new"},
     0,
     "{\"type\":\"plan\",*\"method\":\"none\",*\n*\n",
     NULL},
    {XFS4K,
     {"--dry-run", "zz*", "folder"},
     1,
     "{\"type\":\"plan\",*\n*\n",
     NULL},
    {XFS4K, {"--info", ".", "a"}, 0, "{\"type\":\"volume\",*\n*\n", NULL},
    {PLAIN, {"--info", ".", "none"}, 1, "{\"type\":\"volume\",*\n*\n", NULL},
    {XFS4K,
     {"--extents", "a", "hole", "empty"},
     0,
     "{\"type\":\"extents\",*\n*\n*\n",
     NULL},
    {XFS4K,
     {"--extents", "none", "a"},
     1,
     "{\"type\":\"extents\",*\n*\n",
     NULL},
    {XFS4K, {"--extents", "a"}, 1, "{\"type\":\"extents\",*\n", "samba"},
    {XFS4K, {"--shared", "a", "old"}, 0, "{\"type\":\"shared\",*\n", NULL},
    {XFS4K, {"--shared", "a", "a"}, 0, "{\"type\":\"shared\",*\n", NULL},
    {XFS4K, {"--shared", "a", "none"}, 1, "{\"type\":\"shared\",*\n", NULL},
    {XFS4K, {"a"}, 2, NULL, NULL},
    {XFS4K, {"--bogus", "a", "b"}, 2, NULL, NULL},
};

static void make_files(void)
{
    static const struct range parts[] = {{0, 8192}, {MIB, 4096}, {0, 0}};
    e2e_make("a", MIB);
    e2e_make("old", 5000);
    e2e_make("small", 7);
    e2e_make("tailed", MIB + 300);
    e2e_make("empty", 0);
    e2e_make_sparse("hole", 3 * MIB, parts);
    e2e_make_folder("folder");
}

ParameterizedTestParameters(json, objects)
{
    return e2e_numbers(ROWS(rows));
}

ParameterizedTest(int *number, json, objects)
{
    const struct json_row *row = &rows[*number];
    const char *arguments[10] = {"--json"};
    for (int i = 0; i < 8 && row->arguments[i] != NULL; i++)
        arguments[i + 1] = row->arguments[i];
    e2e_enter(row->volume);
    if (row->profile != NULL)
        e2e_set("REFLINK_BRIDGE_PROFILE", row->profile);
    make_files();
    struct result *result = e2e_run(arguments);
    EXPECT(result, result->exit_code == row->exit_code);
    EXPECT(result, (result->exit_code == 0) == e2e_is(result->err, ""));
    if (row->out == NULL) {
        EXPECT(result, e2e_is(result->out, ""));
        return;
    }
    EXPECT(result, e2e_like(result->out, row->out));
    e2e_expect_json(result);
    if (e2e_has(result->out, "summary"))
        EXPECT(result, e2e_like(result->out, e2e_text("*\"exit_code\":%d}\n",
                                                      row->exit_code)));
}

/* Lies of the volume, and its refusal in the middle. */
ParameterizedTestParameters(json, faults)
{
    return e2e_numbers(6);
}

ParameterizedTest(int *number, json, faults)
{
    static const char *const faults[][2] = {
        {"REFLINK_BRIDGE_LIE", "zeros"},
        {"REFLINK_BRIDGE_LIE", "half"},
        {"REFLINK_BRIDGE_SATURATED", "65536+65536"},
        {"REFLINK_BRIDGE_FAIL", "C00000BB"},
        {"REFLINK_BRIDGE_FAIL", "C000007F"},
        {"REFLINK_BRIDGE_FAIL", "C000009C"},
    };
    e2e_enter(XFS4K);
    e2e_set(faults[*number][0], faults[*number][1]);
    e2e_make("a", MIB);
    struct result *result = RUN("--json", "a", "b");
    e2e_expect_json(result);
    result = RUN("--json", "--reflink", "a", "c");
    e2e_expect_json(result);
}

/* --- names ---------------------------------------------------------------- */

struct name_row {
    const char *name; /* for odd.exe */
    const char *json; /* how it comes out */
    const char *text;
};

static const struct name_row names[] = {
    {"plain", "plain", "plain"},
    {"größe 日本", "größe 日本", "größe 日本"},
    {"\xF0\x90\x8D\x88x", "\xF0\x90\x8D\x88x", "\xF0\x90\x8D\x88x"},
    {"\xF0\x9F\x93\x81", "\xF0\x9F\x93\x81", "\xF0\x9F\x93\x81"},
    {"'{}[],:%s%n", "'{}[],:%s%n", "'{}[],:%s%n"},
    {"d\\x", "d\\\\x", "d\\x"},
    {"^D800", "\xEF\xBF\xBD", "<U+D800>"},
    {"x^DC00y", "x\xEF\xBF\xBDy", "x<U+DC00>y"},
    {"^D83D^DCC1", "\xF0\x9F\x93\x81", "\xF0\x9F\x93\x81"},
    {"^DCC1^D83D", "\xEF\xBF\xBD\xEF\xBF\xBD", "<U+DCC1><U+D83D>"},
    {"^D800^D83D^DCC1", "\xEF\xBF\xBD\xF0\x9F\x93\x81",
     "<U+D800>\xF0\x9F\x93\x81"},
    {"^FFFE^FFFF", "\xEF\xBF\xBE\xEF\xBF\xBF", "\xEF\xBF\xBE\xEF\xBF\xBF"},
    {"a^FEFF", "a\xEF\xBB\xBF", "a<U+FEFF>"},
    {"^0001^0007x", "\\u0001\\u0007x", "<U+0001><U+0007>x"},
    {"x^000Ay", "x\\u000ay", "x<U+000A>y"},
    {"x^001By", "x\\u001by", "x<U+001B>y"},
    {"x^007Fy", "x\\u007fy", "x<U+007F>y"},
    {"x^000Dy", "x\\u000dy", "x<U+000D>y"},
    {"x^0085y", NULL, "x<U+0085>y"},
    {"x^2028y", NULL, "x<U+2028>y"},
    {"x^202Ey", NULL, "x<U+202E>y"},
};

ParameterizedTestParameters(json, odd_names)
{
    return e2e_numbers(ROWS(names));
}

/* As DEST, where Wine takes many of them, and as a SOURCE that is missing. */
ParameterizedTest(int *number, json, odd_names)
{
    const struct name_row *row = &names[*number];
    e2e_enter(PLAIN);
    e2e_make("a", 10);
    e2e_make_folder("d");
    e2e_through_odd();
    struct result *result = RUN("--json", "a", row->name);
    e2e_expect_json(result);
    if (row->json != NULL)
        EXPECT(result,
               e2e_has(result->out, e2e_text("\"dest\":\"%s\"", row->json)));
    result = RUN("--json", row->name, "none\\b");
    EXPECT(result, result->exit_code == 1);
    e2e_expect_json(result);
    if (row->json != NULL)
        EXPECT(result,
               e2e_has(result->out, e2e_text("\"source\":\"%s\"", row->json)));
}

/* The same in lines for people: UTF-8, whatever is in the name. */
ParameterizedTestParameters(json, odd_names_in_lines)
{
    return e2e_numbers(ROWS(names));
}

ParameterizedTest(int *number, json, odd_names_in_lines)
{
    const struct name_row *row = &names[*number];
    e2e_enter(PLAIN);
    e2e_make("a", 10);
    e2e_make_folder("d");
    e2e_through_odd();
    if (row->text == NULL)
        return;
    struct result *result = RUN("a", row->name);
    const char *printed = result->exit_code == 0 ? result->out : result->err;
    EXPECT(result, e2e_has(printed, row->text));
    EXPECT(result, e2e_like(printed, "*\n") && !e2e_like(printed, "*\n*\n"));
}

/* A usage error quotes what was typed, and is no less careful with it. */
Test(json, odd_words_in_usage_errors)
{
    e2e_enter(PLAIN);
    e2e_through_odd();
    struct result *result = RUN("--^001B[31m^000A", "a", "b");
    EXPECT(result, result->exit_code == 2);
    EXPECT(result, e2e_like(result->err, "reflink: unknown option '--"
                                         "<U+001B>[[]31m<U+000A>'\n"
                                         "Try 'reflink --help'.\n"));
}

/* --- the judge itself ----------------------------------------------------- */

/* Adds the first line of `text` to `lines`, changed from and to. */
static const char *broken_line(const char *lines, const char *text,
                               const char *const change[2])
{
    const char *line = e2e_text("%.*s", (int)strcspn(text, "\n"), text);
    const char *at = strstr(line, change[0]);
    cr_assert(at != NULL, "%s", change[0]);
    return e2e_text("%s%.*s%s%s\n", lines, (int)(at - line), line, change[1],
                    at + strlen(change[0]));
}

/* Output that is not as promised is rejected: without this the tests above
   would prove nothing. */
Test(json, broken_is_rejected)
{
    static const char *const changes[][2] = {
        {"\"ok\"", "\"fine\""},
        {"\"copy\"", "\"copied\""},
        {"\"bytes\":7", "\"bytes\":-7"},
        {"\"bytes\":7", "\"bytes\":7.5"},
        {"\"bytes\":7", "\"bytes\":\"7\""},
        {"\"bytes\":7,", ""},
        {"\"bytes\":7", "\"bytes\":07"},
        {"\"bytes\":7", "\"bytes\":7,\"bytes\":7"},
        {"\"bytes\":7", "\"bytes\":NaN"},
        {"\"error\":null", "\"error\":{}"},
        {"\"error\":null", "\"error\":{\"code\":5}"},
        {",\"error\":null", ""},
        {"\"below-cluster\"", "\"Below Cluster\""},
        {"\"below-cluster\"", "null"},
        {"\"type\":\"file\"", "\"type\":\"summary\""},
        {"\"type\":\"file\"", "\"type\":\"other\""},
        {"\"type\":\"file\",", ""},
        {"\"source\":\"small\"", "\"source\":null"},
        {"\"source\":\"small\"", "\"source\":\"\\ud800\""},
        {"\"source\":\"small\"", "\"source\":\"\t\""},
        {"}", ""},
        {"{", "reflink: {"},
    };
    e2e_enter(XFS4K);
    e2e_make("small", 7);
    struct result *result = RUN("--json", "small", "b");
    e2e_expect_json(result);
    const char *broken = "";
    for (size_t i = 0; i < ROWS(changes); i++)
        broken = broken_line(broken, result->out, changes[i]);
    e2e_expect_rejected(broken);
}

Test(json, broken_summaries_are_rejected)
{
    static const char *const changes[][2] = {
        {"\"files\":1", "\"files\":-1"},
        {"\"schema_version\":1", "\"schema_version\":\"1\""},
        {"\"schema_version\":1,", ""},
        {"{\"below-cluster\":1}", "{\"below-cluster\":0}"},
        {"{\"below-cluster\":1}", "{\"Below Cluster\":1}"},
        {"{\"below-cluster\":1}", "[]"},
        {"\"hard_links\":0,", ""},
        {"\"links_into_source\":0,", ""},
        {"\"passed_over\":{},", ""},
        {"\"warnings\":[],", ""},
        {"\"warnings\":[]", "\"warnings\":[{\"reason\":\"x\",\"text\":\"x\"}]"},
        {"\"exit_code\":0", "\"exit_code\":5"},
    };
    e2e_enter(XFS4K);
    e2e_make("small", 7);
    struct result *result = RUN("--json", "small", "b");
    e2e_expect_json(result);
    const char *summary = strchr(result->out, '\n');
    const char *broken = "";
    for (size_t i = 0; i < ROWS(changes); i++)
        broken = broken_line(broken, summary + 1, changes[i]);
    e2e_expect_rejected(broken);
}

/* Keys may be added. */
Test(json, more_keys_are_accepted)
{
    e2e_enter(XFS4K);
    e2e_make("small", 7);
    struct result *result = RUN("--json", "small", "b");
    result->out =
        strdup(e2e_text("{\"one_day\":[1],%s", result->out + strlen("{")));
    e2e_expect_json(result);
}
