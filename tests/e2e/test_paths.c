/* Names of every kind, for SOURCE and for DEST. */
#include <sys/stat.h>
#include <unistd.h>

#include "e2e.h"

TestSuite(paths, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

static const char *const names[] = {
    "with blanks in it",
    " leading",
    "Grüße.bin",
    "файл",
    "日本語のファイル.vhdx",
    "😀🚀.img",
    "e\u0301 combined",
    "two.dots..and~tilde",
    "100%PATH%^&(1)!",
    "'quoted'",
    "#[x]{y};=,+@$",
    "CaseMatters.TXT",
    "~reflink-like.tmp",
    "ends-in-\u00a0",
};

ParameterizedTestParameters(paths, names)
{
    return e2e_numbers(ROWS(names));
}

ParameterizedTest(int *number, paths, names)
{
    const char *name = names[*number];
    const char *copy = e2e_text("%s copy", name);
    e2e_enter(XFS4K);
    e2e_make(name, MIB);
    e2e_make_folder("d");
    struct result *result = RUN(name, copy);
    EXPECT(result,
           e2e_is(result->out, e2e_text("cloned  %s -> %s%s", name, copy,
                                        strstr(result->out, "  (1 MiB"))));
    EXPECT(result, e2e_same_extents(name, copy));
    result = RUN("-f", name, copy);
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_extents(name, copy));
    result = RUN(name, "d");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_extents(name, e2e_text("d/%s", name)));
    result = RUN(name, copy);
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_has(result->err, e2e_text("reflink: %s: ", copy)));
}

/* A name of 255 units, the most that a volume allows. */
Test(paths, longest_name)
{
    char name[256];
    e2e_enter(XFS4K);
    memset(name, 'n', 255);
    name[255] = '\0';
    e2e_make("a", MIB);
    struct result *result = RUN("a", name);
    EXPECT(result, e2e_same_extents("a", name));
    result = RUN("-f", "a", name);
    EXPECT(result, result->exit_code == 0 && e2e_same_extents("a", name));
    result = RUN(name, "b");
    e2e_expect_cloned(result, name, "b", e2e_text("a b %s", name));
}

enum { DEPTH = 12 };

/* Makes folders, one in the other, and returns the path down there. */
static const char *make_deep(char separator)
{
    const char *linux_path = "";
    const char *path = "";
    for (int i = 0; i < DEPTH; i++) {
        const char *name = e2e_text("%02d-a-folder-with-a-rather-long-name", i);
        linux_path = e2e_text("%s%s/", linux_path, name);
        path = e2e_text("%s%s%c", path, name, separator);
        e2e_make_folder(linux_path);
    }
    return path;
}

static const char *for_linux(const char *path)
{
    char *copy = strdup(path);
    for (char *at = copy; at != NULL && *at != '\0'; at++) {
        if (*at == '\\')
            *at = '/';
    }
    return copy;
}

static void check_deep(const char *source, const char *dest, const char *deep)
{
    struct result *result = RUN(source, dest);
    EXPECT(result, strlen(dest) > 260);
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_extents("a", e2e_text("%sb", deep)));
    result = RUN("-f", source, dest);
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_extents("a", e2e_text("%sb", deep)));
    result = RUN(dest, e2e_text("%s2", dest));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_extents("a", e2e_text("%sb2", deep)));
}

ParameterizedTestParameters(paths, deep)
{
    return e2e_numbers(6);
}

ParameterizedTest(int *number, paths, deep)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    const char *deep = make_deep(*number == 1 ? '/' : '\\');
    const char *b = e2e_text("%sb", deep);
    const char *const dests[] = {
        b,
        b,
        e2e_windows(b),
        e2e_text("\\\\?\\%s", e2e_windows(b)),
        e2e_unc(b),
        e2e_text("\\\\?\\UNC%s", e2e_unc(b) + 1),
    };
    check_deep("a", dests[*number], for_linux(deep));
}

/* From a current folder that is itself beyond 260 units. */
Test(paths, from_a_deep_folder)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    const char *deep = for_linux(make_deep('\\'));
    e2e_make(e2e_text("%sx", deep), MIB);
    struct result *result = RUN(e2e_windows(e2e_text("%sx", deep)),
                                e2e_text("%s..\\y", e2e_windows(deep)));
    EXPECT(result, result->exit_code == 0);
}

/* Every way to write the path of one file in one folder. */
ParameterizedTestParameters(paths, forms)
{
    return e2e_numbers(8);
}

ParameterizedTest(int *number, paths, forms)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    const char *b = e2e_windows("b");
    const char *const forms[][2] = {
        {e2e_windows("a"), b},
        {for_linux(e2e_windows("a")), for_linux(b)},
        {e2e_text("\\\\?\\%s", e2e_windows("a")), e2e_text("\\\\?\\%s", b)},
        {e2e_text("\\\\.\\%s", e2e_windows("a")), e2e_text("\\\\.\\%s", b)},
        {e2e_unc("a"), e2e_unc("b")},
        {e2e_text("\\\\?\\UNC%s", e2e_unc("a") + 1),
         e2e_text("\\\\?\\UNC%s", e2e_unc("b") + 1)},
        {"P:a", "P:b"},
        {e2e_windows("a") + 2, b + 2},
    };
    struct result *result = RUN(forms[*number][0], forms[*number][1]);
    e2e_expect_cloned(result, "a", "b", "a b");
    EXPECT(result, e2e_has(result->out, forms[*number][0]));
    EXPECT(result, e2e_has(result->out, forms[*number][1]));
}

/* SOURCE by one name of the volume, DEST by another: it is one volume. */
Test(paths, two_names_of_a_volume)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    e2e_expect_cloned(RUN(e2e_windows("a"), e2e_windows_alias("b")), "a", "b",
                      "a b");
    e2e_expect_cloned(RUN(e2e_unc("a"), e2e_windows("c")), "a", "c", "a b c");
    e2e_expect_cloned(RUN(e2e_windows_alias("a"), e2e_unc("d")), "a", "d",
                      "a b c d");
}

/* A colon in the last part names a stream, which is never cloned. */
ParameterizedTestParameters(paths, streams)
{
    return e2e_numbers(6);
}

ParameterizedTest(int *number, paths, streams)
{
    static const char *const rows[][2] = {
        {"a:stream", "b"},   {"a", "b:stream"},     {"a::$DATA", "b"},
        {"a", "old:stream"}, {".\\a:x:$DATA", "b"}, {"a", "P:b:stream"},
    };
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    e2e_make("old", 5);
    const char *before = e2e_snapshot();
    struct result *result = RUN("-f", rows[*number][0], rows[*number][1]);
    e2e_expect_nothing_done(result, 1, before);
    EXPECT(result, e2e_has(result->err, "stream"));
    EXPECT(result, result->requests == 0);
}
