#include <criterion/criterion.h>
#include <stdlib.h>

#include "core/base/path.h"
#include "win32/nt_path.h"

TestSuite(path, .timeout = 120);

Test(path, streams_are_recognised)
{
    static const struct {
        const wchar_t *path;
        bool stream;
    } rows[] = {
        {L"file", false},
        {L"file:stream", true},
        {L"file::$DATA", true},
        {L"C:file", false},
        {L"C:file:s", true},
        {L"C:\\dir\\file", false},
        {L"C:\\dir\\file:s", true},
        {L"c:/dir/file:s", true},
        {L"\\\\?\\C:\\file", false},
        {L"\\\\?\\C:\\file:s", true},
        {L"\\\\?\\Volume{1}\\file", false},
        {L"\\\\server\\share\\file:s", true},
        {L"1:s", true},
        {L".\\C:s", true},
        {L"C:", false},
        {L"\\\\.\\C:", false},
        {L"\\\\.\\C:\\file:s", true},
        {L"//?/C:file", false},
        {L"dir:s\\file", false}, /* the system refuses that one */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(path_names_stream(rows[i].path), rows[i].stream, "row %zu",
                     i);
}

Test(path, names_that_a_file_can_have)
{
    static const wchar_t *const names[] = {L"a",    L"...", L".a",  L"a.",
                                           L"a..b", L"..a", L" ",   L"con",
                                           L"*",    L"a b", L"~1.x"};
    static const wchar_t *const no_names[] = {
        L"",     L".",     L"..",   L"\\",   L"/",       L":",
        L"a\\b", L"..\\b", L"../b", L"\\a",  L"a/",      L"a:b",
        L"C:",   L"C:\\a", L"a:",   L"..\\", L"\\\\?\\", L"a::$DATA"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_expect(path_is_name(names[i]), "%ls", names[i]);
    for (size_t i = 0; i < sizeof no_names / sizeof no_names[0]; i++)
        cr_expect_not(path_is_name(no_names[i]), "%ls", no_names[i]);
}

Test(path, base_name_is_the_last_part)
{
    static const wchar_t *const rows[][2] = {
        {L"a", L"a"},
        {L"d\\a", L"a"},
        {L"d/a", L"a"},
        {L"C:a", L"a"},
        {L"C:\\a", L"a"},
        {L"C:\\d/e\\a b", L"a b"},
        {L"\\\\?\\C:\\d\\a", L"a"},
        {L"\\\\?\\C:\\d\\a/b", L"a/b"},
        {L"\\\\s\\h\\a", L"a"},
        {L"d\\", L""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(wcscmp(path_base_name(rows[i][0]), rows[i][1]), 0,
                     "row %zu", i);
}

Test(path, separators_at_the_end)
{
    cr_expect(path_ends_with_separator(L"d\\"));
    cr_expect(path_ends_with_separator(L"d/"));
    cr_expect(path_ends_with_separator(L"\\\\?\\C:\\d\\"));
    cr_expect_not(path_ends_with_separator(L"\\\\?\\C:\\d/"));
    cr_expect_not(path_ends_with_separator(L"d"));
    cr_expect_not(path_ends_with_separator(L""));
}

Test(path, join_puts_one_separator)
{
    static const wchar_t *const rows[][3] = {
        {L"d", L"a", L"d\\a"},
        {L"d\\", L"a", L"d\\a"},
        {L"d/", L"a", L"d/a"},
        {L"C:", L"a", L"C:a"},
        {L"C:\\", L"a", L"C:\\a"},
        {L"\\\\s\\h", L"a", L"\\\\s\\h\\a"},
        {L"\\\\?\\C:\\", L"a", L"\\\\?\\C:\\a"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wchar_t *joined = path_join(rows[i][0], rows[i][1]);
        cr_expect_eq(wcscmp(joined, rows[i][2]), 0, "row %zu: %ls", i, joined);
        free(joined);
    }
}

Test(path, cutting_goes_up)
{
    static const wchar_t *const rows[][2] = {
        {L"C:\\d\\a", L"C:\\d\\"},
        {L"C:\\d\\", L"C:\\"},
        {L"a/b//", L"a/"},
        {L"C:d", L"C:"},
        {L"\\\\?\\C:\\d", L"\\\\?\\C:\\"},
    };
    static const wchar_t *const ends[] = {L"C:\\", L"a", L"", L"\\\\?\\C:\\"};
    wchar_t path[16];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wcscpy(path, rows[i][0]);
        cr_expect(path_cut(path), "row %zu", i);
        cr_expect_eq(wcscmp(path, rows[i][1]), 0, "row %zu: %ls", i, path);
    }
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        wcscpy(path, ends[i]);
        cr_expect_not(path_cut(path), "end %zu", i);
    }
}

Test(path, streams_of_a_name_alone)
{
    static const wchar_t *const rows[][2] = {
        {L"a", L".\\a:s"},
        {L"file", L".\\file:s"},
        {L"d\\a", L"d\\a:s"},
        {L"C:a", L"C:a:s"},
        {L"\\\\?\\C:\\a", L"\\\\?\\C:\\a:s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wchar_t *stream = path_stream(rows[i][0], L":s");
        cr_expect_eq(wcscmp(stream, rows[i][1]), 0, "row %zu: %ls", i, stream);
        free(stream);
    }
}

Test(path, splice_keeps_the_head)
{
    wchar_t *path = path_splice(L"C:\\d\\a", 5, L"b");
    cr_assert_eq(wcscmp(path, L"C:\\d\\b"), 0);
    free(path);
}

Test(path, the_device_in_an_nt_path)
{
    static const struct {
        const wchar_t *path;
        const wchar_t *device;
    } rows[] = {
        {L"\\Device\\HarddiskVolume3\\a\\b", L"\\Device\\HarddiskVolume3"},
        {L"\\Device\\HarddiskVolume3", L"\\Device\\HarddiskVolume3"},
        {L"\\Device\\HarddiskVolume31\\a", L"\\Device\\HarddiskVolume31"},
        {L"\\Device\\Mup\\one\\share\\a", L"\\Device\\Mup\\one"},
        {L"\\Device\\Mup\\;LanmanRedirector\\;Z:00000000000a1b2c\\one\\share",
         L"\\Device\\Mup\\;LanmanRedirector\\;Z:00000000000a1b2c\\one"},
        {L"\\Device\\LanmanRedirector\\;Z:0\\one\\share\\a",
         L"\\Device\\LanmanRedirector\\;Z:0\\one"},
        {L"\\Device\\Mup\\;\\one\\share", L"\\Device\\Mup\\;\\one"},
        {L"\\Device\\M\\one\\share", L"\\Device\\M"},
        {L"\\Device\\Mux\\one\\share", L"\\Device\\Mux"},
        {L"\\Device\\Mupp\\one\\share", L"\\Device\\Mupp"},
        {L"\\Device\\Mup\\", L"\\Device\\Mup\\"},
        {L"\\Device\\", L"\\Device\\"},
        {L"\\Device", L""},
        {L"C:\\a", L""},
        {L"", L""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t length = nt_path_device_length(rows[i].path);
        cr_expect_eq(length, wcslen(rows[i].device), "%ls: %zu", rows[i].path,
                     length);
    }
}

/* The same server is one device, whatever it is called and mapped to. */
Test(path, the_number_of_a_device)
{
    static const struct {
        const wchar_t *a;
        const wchar_t *b;
        bool same;
    } rows[] = {
        {L"\\Device\\HarddiskVolume3\\a", L"\\Device\\HARDDISKvolume3\\b",
         true},
        {L"\\Device\\HarddiskVolume3\\a", L"\\Device\\HarddiskVolume4\\a",
         false},
        {L"\\Device\\Mup\\one\\share",
         L"\\Device\\Mup\\;LanmanRedirector\\;Z:0\\ONE\\x", true},
        {L"\\Device\\Mup\\;Z:0\\one\\share", L"\\Device\\Mup\\;Y:0\\one\\share",
         true},
        {L"\\Device\\Mup\\;Z:0\\one\\share", L"\\Device\\Mup\\;Z:0\\two\\share",
         false},
        {L"\\Device\\Mup\\;Z", L"\\Device\\Mup\\;Y", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t a = nt_path_device_number(rows[i].a);
        cr_expect_neq(a, 0, "row %zu", i);
        cr_expect_eq(a == nt_path_device_number(rows[i].b), rows[i].same,
                     "row %zu", i);
    }
    cr_expect_eq(nt_path_device_number(L"C:\\a"), 0);
    cr_expect_eq(nt_path_device_number(L""), 0);
    /* the published test vector of the hash */
    cr_expect_eq(nt_path_hash(NT_PATH_HASH_START, "foobar", 6),
                 UINT64_C(0x85944171f73967e8));
}
