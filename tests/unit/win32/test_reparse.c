/* The target of a symbolic link, out of an answer that may be anything. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "win32/reparse.h"

TestSuite(reparse, .timeout = 120);

enum { ROOM = 512, NAMES = 20 };

struct answer {
    uint8_t bytes[ROOM];
    size_t size;
};

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static size_t put_name(uint8_t *at, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++)
        put16(at + i * 2, (unsigned char)name[i]);
    return length * 2;
}

/* The name for people first, as Windows has it. */
static struct answer make(const char *print, const char *substitute,
                          bool relative)
{
    struct answer answer = {.bytes = {0x0C, 0, 0, 0xA0}};
    size_t first = put_name(answer.bytes + NAMES, print);
    size_t second = put_name(answer.bytes + NAMES + first, substitute);
    answer.size = NAMES + first + second;
    put16(answer.bytes + 4, answer.size - 8);
    put16(answer.bytes + 8, first);
    put16(answer.bytes + 10, second);
    put16(answer.bytes + 14, first);
    answer.bytes[16] = relative;
    return answer;
}

/* The other way round: what follows the substitute name is not 0. */
static struct answer make_before(const char *substitute, const char *print)
{
    struct answer answer = make(substitute, print, false);
    size_t length = strlen(substitute) * 2;
    put16(answer.bytes + 8, 0);
    put16(answer.bytes + 10, length);
    put16(answer.bytes + 12, length);
    put16(answer.bytes + 14, strlen(print) * 2);
    return answer;
}

/* In a block of just its size, so that reading past it is seen. */
static uint16_t *target_of(const struct answer *answer)
{
    uint8_t *block = malloc(answer->size + (answer->size == 0));
    memcpy(block, answer->bytes, answer->size);
    bool relative = false;
    uint16_t *target = NULL;
    cr_assert_eq(reparse_target(block, answer->size, &target, &relative), 0);
    free(block);
    return target;
}

static void expect_target(const struct answer *answer, const char *wanted)
{
    uint16_t *target = target_of(answer);
    cr_assert_not_null(target, "%s", wanted);
    size_t i = 0;
    for (; wanted[i] != '\0' && target[i] == (unsigned char)wanted[i]; i++)
        ;
    cr_expect(wanted[i] == '\0' && target[i] == 0, "%s: differs at %zu", wanted,
              i);
    free(target);
}

Test(reparse, targets)
{
    static const struct {
        const char *print;
        const char *substitute;
        bool relative;
        const char *wanted;
    } rows[] = {
        {"..\\a b", "..\\a b", true, "..\\a b"},
        {"", "x", true, "x"},
        {"\\rooted", "\\rooted", true, "\\rooted"},
        {"C:\\a", "\\??\\C:\\a", false, "C:\\a"},
        {"for people", "\\??\\d:\\b", false, "d:\\b"},
        {"", "\\??\\UNC\\server\\share\\x", false, "\\\\server\\share\\x"},
        {"", "\\??\\unc\\server\\share", false, "\\\\server\\share"},
        {"", "\\??\\Volume{1-2}\\x", false, "\\\\?\\Volume{1-2}\\x"},
        {"", "\\??\\UNCLE", false, "\\\\?\\UNCLE"},
        {"", "\\??\\C:", false, "C:"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer answer =
            make(rows[i].print, rows[i].substitute, rows[i].relative);
        cr_expect_eq(reparse_tag(answer.bytes, answer.size),
                     REPARSE_TAG_SYMLINK);
        expect_target(&answer, rows[i].wanted);
    }
}

/* Nothing is read behind the end of the name. */
Test(reparse, targets_that_end_early)
{
    struct answer answer = make_before("\\??\\C", ":\\x");
    expect_target(&answer, "\\\\?\\C");
    answer = make_before("\\??", "\\C:\\x");
    uint16_t *target = target_of(&answer);
    cr_expect_null(target);
    free(target);
}

Test(reparse, relative_or_not)
{
    for (int relative = 0; relative < 2; relative++) {
        struct answer answer = make("", "\\??\\C:\\a", relative);
        bool found = !relative;
        uint16_t *target = NULL;
        reparse_target(answer.bytes, answer.size, &target, &found);
        free(target);
        cr_expect_eq(found, (bool)relative);
    }
}

static void expect_none(const struct answer *answer, const char *why)
{
    uint16_t *target = target_of(answer);
    cr_expect_null(target, "%s", why);
    free(target);
}

Test(reparse, what_win32_has_no_name_for)
{
    struct answer answer = make("", "\\Device\\Harddisk1\\x", false);
    expect_none(&answer, "a device");
    answer = make("", "C:\\a", false);
    expect_none(&answer, "absolute without its prefix");
    answer = make("p", "", true);
    expect_none(&answer, "no name");
    answer = make("", "a b", true);
    put16(answer.bytes + NAMES + 2, 0);
    expect_none(&answer, "a 0 in it");
    answer = make("", "x", true);
    answer.bytes[0] = 0x13;
    expect_none(&answer, "another kind of reparse point");
}

/* What is made is read again; its numbers are those of the documents. */
Test(reparse, what_is_made_is_read_again)
{
    static const struct {
        const char *target;
        const char *wanted;
        size_t symlink_size;
    } rows[] = {
        {"C:\\a\\b c", "C:\\a\\b c", 20 + (4 + 8 + 8) * 2},
        {"\\\\server\\share\\x", "\\\\server\\share\\x",
         20 + (8 + 14 + 16) * 2},
        {"\\\\?\\Volume{1-2}\\x", "\\\\?\\Volume{1-2}\\x",
         20 + (4 + 13 + 17) * 2},
    };
    static const uint32_t tags[] = {REPARSE_TAG_SYMLINK, REPARSE_TAG_JUNCTION};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t t = 0; t < 2; t++) {
            struct answer answer;
            uint16_t wide[64] = {0};
            for (size_t c = 0; rows[i].target[c] != '\0'; c++)
                wide[c] = (unsigned char)rows[i].target[c];
            answer.size = reparse_make(tags[t], wide, answer.bytes, ROOM);
            cr_expect_eq(answer.size, rows[i].symlink_size, "%zu: %zu", i,
                         answer.size);
            cr_expect_eq(reparse_tag(answer.bytes, answer.size), tags[t]);
            expect_target(&answer, rows[i].wanted);
            cr_expect_eq(
                reparse_make(tags[t], wide, answer.bytes, answer.size - 1), 0);
        }
    }
}

Test(reparse, a_junction_of_another_kind)
{
    static const uint16_t target[] = {'C', ':', '\\', 0};
    struct answer answer;
    answer.size =
        reparse_make(REPARSE_TAG_JUNCTION, target, answer.bytes, ROOM);
    expect_target(&answer, "C:\\");
    answer.bytes[0] = 0x13;
    expect_none(&answer, "another kind of reparse point");
}

static void widen(const char *text, uint16_t *wide)
{
    do
        *wide++ = (unsigned char)*text;
    while (*text++ != '\0');
}

static bool has_name_at(const uint8_t *made, size_t at, const char *name)
{
    uint8_t wanted[ROOM];
    size_t size = put_name(wanted, name);
    return memcmp(made + at, wanted, size) == 0;
}

/* The substitute name, and the print name behind it, which is the target. */
Test(reparse, names_that_are_made)
{
    static const char *const rows[][2] = {
        {"\\\\?\\x", "\\??\\x"},         {"\\\\?\\", "\\??\\UNC\\?\\"},
        {"\\\\?xyz", "\\??\\UNC\\?xyz"}, {"\\\\", "\\??\\\\\\"},
        {"\\\\s", "\\??\\UNC\\s"},       {"a\\?\\xy", "\\??\\a\\?\\xy"},
        {"\\a?\\xy", "\\??\\\\a?\\xy"},  {"a\\bc", "\\??\\a\\bc"},
        {"\\abc", "\\??\\\\abc"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint16_t target[64];
        uint8_t made[ROOM] = {0};
        widen(rows[i][0], target);
        size_t first = strlen(rows[i][1]) * 2;
        size_t size = reparse_make(REPARSE_TAG_SYMLINK, target, made, ROOM);
        cr_expect_eq(size, NAMES + first + strlen(rows[i][0]) * 2, "row %zu",
                     i);
        cr_expect(has_name_at(made, NAMES, rows[i][1]), "row %zu", i);
        cr_expect(has_name_at(made, NAMES + first, rows[i][0]), "row %zu", i);
    }
}

/* The length of the data has 16 bits. */
Test(reparse, the_longest_target)
{
    static uint16_t target[20000];
    static uint8_t made[80000];
    enum { LONGEST = (65535 + 8 - NAMES - 8) / 4 };
    for (size_t i = 0; i < LONGEST; i++)
        target[i] = 'x';
    cr_expect_eq(reparse_make(REPARSE_TAG_SYMLINK, target, made, sizeof made),
                 NAMES + 8 + LONGEST * 4);
    target[LONGEST] = 'x';
    cr_expect_eq(reparse_make(REPARSE_TAG_SYMLINK, target, made, sizeof made),
                 0);
}

Test(reparse, no_target_at_all)
{
    static const uint16_t target[] = {0, 'x', 0};
    uint8_t made[ROOM];
    cr_expect_eq(reparse_make(REPARSE_TAG_SYMLINK, target, made, ROOM),
                 NAMES + 4 * 2);
}

/* As mklink /J makes it [MS-FSCC 2.1.2.5]. */
Test(reparse, a_junction)
{
    static const uint8_t wanted[] = {
        0x03, 0, 0,    0xA0, 32,  0, 0,   0, 0,    0, 14,  0, 16,  0,
        6,    0, '\\', 0,    '?', 0, '?', 0, '\\', 0, 'C', 0, ':', 0,
        '\\', 0, 0,    0,    'C', 0, ':', 0, '\\', 0, 0,   0};
    static const uint16_t target[] = {'C', ':', '\\', 0};
    uint8_t made[ROOM];
    memset(made, 0xFF, ROOM);
    cr_expect_eq(
        reparse_make(REPARSE_TAG_JUNCTION, target, made, sizeof wanted),
        sizeof wanted);
    cr_expect_arr_eq(made, wanted, sizeof wanted);
}

/* Cut at each byte, and each number that says where something is too large. */
Test(reparse, answers_that_are_not_whole)
{
    static const size_t at[] = {4, 8, 10};
    const struct answer whole = make("C:\\ab", "\\??\\C:\\ab", false);
    for (size_t size = 0; size < whole.size; size++) {
        struct answer answer = whole;
        answer.size = size;
        expect_none(&answer, "cut");
        cr_expect_eq(reparse_tag(answer.bytes, size),
                     size >= 8 ? REPARSE_TAG_SYMLINK : 0);
    }
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        struct answer answer = whole;
        put16(answer.bytes + at[i], 0xFFFE);
        expect_none(&answer, "too large");
        answer = whole;
        put16(answer.bytes + at[i], answer.bytes[at[i]] + 1u);
        expect_none(&answer, "larger by one");
    }
    struct answer odd = whole;
    put16(odd.bytes + 10, 17);
    expect_none(&odd, "half a character");
    struct answer early = make("", "ab", true);
    put16(early.bytes + 4, early.size - 8 - 2);
    expect_none(&early, "ends in the name");
    put16(early.bytes + 4, early.size - 8 - 6);
    expect_none(&early, "ends before the name");
}

static bool same(struct answer a, struct answer b)
{
    return reparse_same(a.bytes, a.size, b.bytes, b.size);
}

Test(reparse, the_same_target)
{
    cr_expect(same(make("a", "x\\y", true), make("other", "x\\y", true)));
    cr_expect_not(same(make("a", "x\\y", true), make("a", "x\\z", true)));
    cr_expect_not(same(make("a", "x\\y", true), make("a", "x\\yy", true)));
    cr_expect_not(
        same(make("a", "\\??\\C:\\", false), make("a", "\\??\\C:\\", true)));
    cr_expect(same(make_before("\\??\\C:\\a", "one"),
                   make_before("\\??\\C:\\a", "two")));
    struct answer none = {.size = 0};
    cr_expect_not(same(none, none));
}

Test(reparse, roots_of_volumes)
{
    static const struct {
        const char *substitute;
        bool relative;
        bool is_volume;
    } rows[] = {
        {"\\??\\Volume{1-2}\\", false, true},
        {"\\??\\Volume{1-2}", false, true},
        {"\\??\\volume{}\\", false, true},
        {"\\??\\Volume{1-2}\\x", false, false},
        {"\\??\\Volume{1-2}x", false, false},
        {"\\??\\Volume{1-2}\\\\", false, false},
        {"\\??\\Volume{1-2", false, false},
        {"\\??\\Volume{", false, false},
        {"\\??\\Volume", false, false},
        {"\\??\\Volume{1-2}\\", true, false},
        {"\\??\\C:\\", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer answer = make("", rows[i].substitute, rows[i].relative);
        uint8_t *block = malloc(answer.size);
        memcpy(block, answer.bytes, answer.size);
        cr_expect_eq(reparse_is_volume(block, answer.size), rows[i].is_volume,
                     "%s", rows[i].substitute);
        for (size_t size = 0; size < answer.size; size++)
            cr_expect_not(reparse_is_volume(block, size));
        free(block);
    }
}
