#include <criterion/criterion.h>

#include "cli/text.h"

TestSuite(text, .timeout = 120);

static void expect(void (*add)(struct text *, uint64_t), uint64_t value,
                   const wchar_t *words)
{
    struct text text = {0};
    add(&text, value);
    cr_expect_eq(wcscmp(text_words(&text), words), 0, "%llu gives '%ls'",
                 (unsigned long long)value, text_words(&text));
    text_free(&text);
}

Test(text, sizes)
{
    static const struct {
        uint64_t bytes;
        const wchar_t *words;
    } rows[] = {
        {0, L"0 bytes"},
        {1, L"1 byte"},
        {300, L"300 bytes"},
        {1023, L"1023 bytes"},
        {1024, L"1 KiB"},
        {1536, L"1.5 KiB"},
        {1048575, L"1023.9 KiB"}, /* never more than there is */
        {1048576, L"1 MiB"},
        {UINT64_C(40) << 30, L"40 GiB"},
        {UINT64_C(4509715661), L"4.2 GiB"},
        {UINT64_C(1) << 40, L"1 TiB"},
        {UINT64_C(1) << 60, L"1 EiB"},
        {UINT64_MAX, L"15.9 EiB"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(text_add_size, rows[i].bytes, rows[i].words);
}

Test(text, times)
{
    static const struct {
        uint64_t us;
        const wchar_t *words;
    } rows[] = {
        {0, L"< 1 ms"},
        {999, L"< 1 ms"},
        {3000, L"3 ms"},
        {999999, L"999 ms"},
        {9000000, L"9 s"},
        {9540000, L"9.5 s"},
        {125000000, L"2 min 5 s"},
        {UINT64_C(3720) * 1000000, L"1 h 2 min"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(text_add_time, rows[i].us, rows[i].words);
}

Test(text, grows_as_needed)
{
    struct text text = {0};
    cr_assert_eq(wcscmp(text_words(&text), L""), 0);
    for (int i = 0; i < 1000; i++)
        text_add(&text, L"0123456789");
    text_format(&text, L"%ls", L"end");
    cr_assert_eq(text.length, 10003);
    cr_assert_eq(wcscmp(text.data + 10000, L"end"), 0);
    text_format(&text, L"%ls", text_words(&(struct text){0}));
    cr_assert_eq(text.length, 10003);
    text_clear(&text);
    cr_assert_eq(wcscmp(text_words(&text), L""), 0);
    text_free(&text);
}

Test(text, format_takes_long_arguments)
{
    static wchar_t words[40000];
    struct text text = {0};
    wmemset(words, L'x', 39999);
    text_format(&text, L"<%ls>", words);
    cr_assert_eq(text.length, 40001);
    cr_assert_not(text.failed);
    text_free(&text);
}

/* What a console would obey, and what nobody would see, is shown by number; a
   pair of surrogates and a joiner are text. */
Test(text, name)
{
    struct text text = {0};
    text_add(&text, L"\n");
    text_add_name(&text, L"a\x1B[2J\r\n\x202E \x00E4\x65E5\xFFFD");
    cr_expect_eq(wcscmp(text_words(&text),
                        L"\na<U+001B>[2J<U+000D><U+000A><U+202E> "
                        L"\x00E4\x65E5\xFFFD"),
                 0);
    text_clear(&text);
    text_add_name(&text, L"\xD83D\xDE00\x200D\xD83D\xD83D\xDE00\xDE00\xD800");
    cr_expect_eq(wcscmp(text_words(&text),
                        L"\xD83D\xDE00\x200D<U+D83D>\xD83D\xDE00<U+DE00>"
                        L"<U+D800>"),
                 0);
    text_free(&text);
}

/* The first and the last of each range, and their neighbours. */
Test(text, what_is_shown_by_number)
{
    static const struct {
        unsigned first;
        unsigned last;
    } ranges[] = {{0x1, 0x1F},      {0x7F, 0x9F},     {0xAD, 0xAD},
                  {0x61C, 0x61C},   {0x180E, 0x180E}, {0x200B, 0x200B},
                  {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},
                  {0xD800, 0xDFFF}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}};
    struct text text = {0};
    for (unsigned c = 1; c <= 0xFFFF; c++) {
        const wchar_t name[] = {(wchar_t)c, 0};
        bool shown = true;
        for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
            shown = shown && (c < ranges[i].first || c > ranges[i].last);
        text_clear(&text);
        text_add_name(&text, name);
        cr_assert_eq(text.length, shown ? 1u : 8u, "U+%04X", c);
    }
    text_free(&text);
}
