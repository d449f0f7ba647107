#include <criterion/criterion.h>

#include "cli/size.h"

TestSuite(size, .timeout = 120);

Test(size, what_is_taken)
{
    static const struct {
        const wchar_t *words;
        uint64_t size;
    } rows[] = {
        {L"0", 0},
        {L"00", 0},
        {L"1", 1},
        {L"4096", 4096},
        {L"0x0", 0},
        {L"0x10", 16},
        {L"0XfF", 255},
        {L"0x1B", 27}, /* a digit, not a suffix */
        {L"1k", 1024},
        {L"1K", 1024},
        {L"1KiB", 1024},
        {L"1kib", 1024},
        {L"1KB", 1000},
        {L"1kb", 1000},
        {L"3M", UINT64_C(3) << 20},
        {L"3MiB", UINT64_C(3) << 20},
        {L"3MB", 3000000},
        {L"2G", UINT64_C(2) << 30},
        {L"2GB", UINT64_C(2000000000)},
        {L"2T", UINT64_C(2) << 40},
        {L"2TB", UINT64_C(2000000000000)},
        {L"2P", UINT64_C(2) << 50},
        {L"2PB", UINT64_C(2000000000000000)},
        {L"0x10K", 16384},
        {L"0x1PiB", UINT64_C(1) << 50},
        {L"18446744073709551615", UINT64_MAX},
        {L"0xffffffffffffffff", UINT64_MAX},
        {L"16383P", UINT64_C(16383) << 50},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t size = 99;
        cr_expect(size_parse(rows[i].words, &size), "row %zu", i);
        cr_expect_eq(size, rows[i].size, "row %zu", i);
    }
}

Test(size, what_is_not)
{
    static const wchar_t *const rows[] = {
        L"",
        L" ",
        L"K",
        L"-1",
        L"+1",
        L" 1",
        L"1 ",
        L"1 K",
        L"0x",
        L"0xK",
        L"0xg",
        L"1.5G",
        L"1,000",
        L"1B",
        L"1E",
        L"1KK",
        L"1Ki",
        L"1KiBs",
        L"1KBs",
        L"1iB",
        L"abc",
        L"1e3",
        L"--1",
        L"１",
        L"1_000",
        L"18446744073709551616",
        L"0x10000000000000000",
        L"16384P",
        L"18447PB",
        L"99999999999999999999999",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t size = 99;
        cr_expect_not(size_parse(rows[i], &size), "row %zu", i);
        cr_expect_eq(size, 99, "row %zu", i);
    }
}

/* What is written like a size is told from a name, however large. */
Test(size, form)
{
    static const struct {
        const wchar_t *words;
        bool form;
    } rows[] = {
        {L"0", true},
        {L"4K", true},
        {L"0x1Fkib", true},
        {L"18446744073709551616", true},
        {L"99999999999999999999999P", true},
        {L"0xffffffffffffffffff", true},
        {L"", false},
        {L"-", false},
        {L"-1", false},
        {L"+1", false},
        {L"K", false},
        {L"0x", false},
        {L"4Ki", false},
        {L"1B", false},
        {L"1 K", false},
        {L"1.img", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(size_has_syntax(rows[i].words), rows[i].form, "'%ls'",
                     rows[i].words);
}
