#include <criterion/criterion.h>

#include "cli/json.h"

TestSuite(json, .timeout = 120);

static void expect(const struct text *text, const wchar_t *wanted)
{
    cr_expect_eq(wcscmp(text_words(text), wanted), 0, "%ls", text_words(text));
}

Test(json, members_of_every_kind)
{
    struct text text = {0};
    json_begin(&text, L"file");
    json_string(&text, L"a", L"x");
    json_string(&text, L"b", NULL);
    json_number(&text, L"c", UINT64_MAX);
    json_boolean(&text, L"d", true);
    json_open(&text, L"e");
    json_number(&text, L"f", 0);
    json_close(&text);
    json_array(&text, L"g");
    json_item(&text);
    json_close(&text);
    json_item(&text);
    json_null(&text, L"h");
    json_close(&text);
    json_array_end(&text);
    json_array(&text, L"i");
    json_element(&text, L"1");
    json_element(&text, L"2");
    json_array_end(&text);
    json_end(&text);
    json_begin(&text, L"summary");
    json_end(&text);
    expect(&text, L"{\"type\":\"file\",\"a\":\"x\",\"b\":null,"
                  L"\"c\":18446744073709551615,\"d\":true,\"e\":{\"f\":0},"
                  L"\"g\":[{},{\"h\":null}],\"i\":[\"1\",\"2\"]}\n"
                  L"{\"type\":\"summary\"}\n");
    text_free(&text);
}

Test(json, strings_are_valid_whatever_is_in_them)
{
    static const struct {
        const wchar_t *value;
        const wchar_t *wanted;
    } rows[] = {
        {L"C:\\a b", L"{\"v\":\"C:\\\\a b\"}"},
        {L"say \"hi\"", L"{\"v\":\"say \\\"hi\\\"\"}"},
        {L"\x01\n\x1f", L"{\"v\":\"\\u0001\\u000a\\u001f\"}"},
        {L"\x7f\x9b\x202e\x2028", L"{\"v\":\"\\u007f\\u009b\\u202e\\u2028\"}"},
        {L"{", L"{\"v\":\"{\"}"},
        {L"\x00e4\x4e2d", L"{\"v\":\"\x00e4\x4e2d\"}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text text = {0};
        json_item(&text);
        json_string(&text, L"v", rows[i].value);
        json_close(&text);
        expect(&text, rows[i].wanted);
        text_free(&text);
    }
}

/* Written as numbers: a literal must not hold one. */
Test(json, unpaired_surrogates_are_replaced)
{
    static const wchar_t high[] = {0xD83D, L'x', 0};
    static const wchar_t low[] = {0xDE00, 0};
    static const wchar_t pair[] = {0xD83D, 0xDE00, 0};
    static const wchar_t twice[] = {0xD83D, 0xD83D, 0xDE00, 0};
    static const wchar_t kept[] = {L'"', 0xD83D, 0xDE00, L'"', 0};
    static const wchar_t half[] = {L'"', 0xFFFD, 0xD83D, 0xDE00, L'"', 0};
    const struct {
        const wchar_t *value;
        const wchar_t *wanted;
    } rows[] = {{high, L"\"\xFFFDx\""},
                {low, L"\"\xFFFD\""},
                {pair, kept},
                {twice, half}};
    for (size_t i = 0; i < 4; i++) {
        struct text text = {0};
        json_array(&text, L"k");
        text_clear(&text);
        json_element(&text, rows[i].value);
        expect(&text, rows[i].wanted);
        text_free(&text);
    }
}
