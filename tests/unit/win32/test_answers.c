/* What a driver or a server may answer, byte by byte. Each answer has memory of
   just its size, so that the address sanitizer sees what is read behind it. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "win32/answers.h"

TestSuite(answers, .timeout = 120);

static void put(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++, value >>= 8)
        at[i] = (uint8_t)value;
}

static void *copy_of(const void *bytes, size_t size)
{
    void *copy = malloc(size != 0 ? size : 1);
    if (size != 0)
        memcpy(copy, bytes, size);
    return copy;
}

/* --- streams -------------------------------------------------------------- */

enum { STREAM_NAME = 24, ROOM = 4096 };

/* A list that grows. */
struct list {
    uint8_t bytes[ROOM];
    size_t last; /* where its last entry begins */
    size_t size;
};

static void add(struct list *list, const wchar_t *name, uint64_t size)
{
    size_t at = (list->size + 7) / 8 * 8;
    size_t length = wcslen(name);
    if (list->size != 0)
        put(list->bytes + list->last, at - list->last, 4);
    put(list->bytes + at + 4, length * 2, 4);
    put(list->bytes + at + 8, size, 8);
    for (size_t i = 0; i < length; i++)
        put(list->bytes + at + STREAM_NAME + i * 2, (uint64_t)name[i], 2);
    list->last = at;
    list->size = at + STREAM_NAME + length * 2;
}

static struct list two(void)
{
    struct list list = {.size = 0};
    add(&list, L"::$DATA", 5);
    add(&list, L":one:$DATA", UINT64_C(1) << 40);
    return list;
}

/* The streams of the first `size` bytes; the caller frees. */
static struct os_stream_name *read(const struct list *list, size_t size,
                                   size_t *count)
{
    void *answer = copy_of(list->bytes, size);
    struct os_stream_name *streams = NULL;
    cr_assert_eq(answers_streams(answer, size, &streams, count), 0);
    free(answer);
    return streams;
}

static void expect(const struct list *list, size_t size,
                   const wchar_t *const *names)
{
    size_t count = 0;
    struct os_stream_name *streams = read(list, size, &count);
    for (size_t i = 0; i < count; i++) {
        cr_assert_not_null(names[i], "size %zu: %ls", size, streams[i].name);
        cr_expect_eq(wcscmp(streams[i].name, names[i]), 0, "size %zu: %ls, %ls",
                     size, streams[i].name, names[i]);
    }
    cr_expect_null(names[count], "size %zu: %zu", size, count);
    cr_expect_eq(streams == NULL, count == 0);
    free(streams);
}

#define EXPECT(list, size, ...)                                                \
    expect(list, size, (const wchar_t *const[]){__VA_ARGS__, NULL})

Test(answers, streams)
{
    struct list list = two();
    size_t count = 0;
    EXPECT(&list, list.size, L"::$DATA", L":one:$DATA");
    EXPECT(&list, ROOM, L"::$DATA", L":one:$DATA"); /* as the buffer is */
    struct os_stream_name *streams = read(&list, list.size, &count);
    cr_expect_eq(streams[0].size, 5);
    cr_expect_eq(streams[1].size, UINT64_C(1) << 40);
    free(streams);
}

Test(answers, no_streams)
{
    const struct list empty = {.size = 0};
    EXPECT(&empty, 0, NULL);
    EXPECT(&empty, STREAM_NAME, NULL);
    EXPECT(&empty, ROOM, NULL);
    struct os_stream_name before;
    struct os_stream_name *streams = &before;
    size_t count = 1;
    cr_expect_eq(answers_streams(empty.bytes, ROOM, &streams, &count), 0);
    cr_expect_null(streams);
    cr_expect_eq(count, 0);
}

Test(answers, a_stream_whose_name_is_not_latin)
{
    struct list list = {.size = 0};
    add(&list, L":\x4e00\xd83d:$DATA", 5);
    EXPECT(&list, list.size, L":\x4e00\xd83d:$DATA");
}

/* An entry without a name takes 24 bytes; where the last one begins at the end
   of the answer, it is missing. */
Test(answers, streams_at_the_end_of_the_answer)
{
    struct list list = {.size = 0};
    size_t count = 0;
    add(&list, L"::$DATA", 5);
    add(&list, L"", 7);
    struct os_stream_name *streams = read(&list, list.size, &count);
    cr_assert_eq(count, 2);
    cr_expect_eq(streams[1].size, 7);
    free(streams);
    EXPECT(&list, list.size - STREAM_NAME, L"::$DATA", L"");
}

/* Where the answer is cut off, what is missing is one stream without a name. */
Test(answers, streams_that_are_cut_off)
{
    struct list list = two();
    for (size_t size = 1; size < list.size; size++) {
        size_t count = 0;
        struct os_stream_name *streams = read(&list, size, &count);
        cr_assert_geq(count, 1, "size %zu", size);
        cr_assert_leq(count, 2, "size %zu", size);
        cr_expect_eq(streams[count - 1].name[0], L'\0', "size %zu", size);
        free(streams);
    }
}

Test(answers, a_next_stream_that_is_none)
{
    static const uint32_t offsets[] = {
        1,    2,    8,          23,         24,         24 + 7 * 2 - 1,
        4073, 4096, 0x5b244500, 0x7fffffff, 0x80000000, 0xfffffff8,
        ROOM, 4097, 0xffffffff};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        struct list list = {.size = 0};
        add(&list, L"::$DATA", 5);
        put(list.bytes, offsets[i], 4);
        size_t count = 0;
        struct os_stream_name *streams = read(&list, ROOM, &count);
        cr_assert_geq(count, 1);
        cr_assert_leq(count, 2);
        cr_expect_eq(streams[count - 1].name[0], L'\0', "row %zu", i);
        free(streams);
    }
}

/* Allowed nowhere, and no harm. */
Test(answers, a_stream_that_is_not_aligned)
{
    struct list list = {.size = 0};
    add(&list, L"::$DATA", 5);
    put(list.bytes, 39, 4);
    memmove(list.bytes + 39, two().bytes, 38);
    put(list.bytes + 39, 0, 4);
    EXPECT(&list, 39 + 38, L"::$DATA", L"::$DATA");
}

Test(answers, lengths_of_names_that_are_none)
{
    static const uint32_t lengths[] = {3,          15,         560,       1000,
                                       4095,       4096,       4072,      4073,
                                       0x7fffffff, 0xfffffffe, 0xffffffff};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct list list = {.size = 0};
        add(&list, L":one:$DATA", 5);
        put(list.bytes + 4, lengths[i], 4);
        EXPECT(&list, ROOM, L"");
        EXPECT(&list, list.size, L"");
    }
}

/* 279 characters are the most that there is room for; a NUL ends no name. */
Test(answers, names_that_are_no_text)
{
    wchar_t name[281] = {0};
    wmemset(name, L'n', 280);
    struct list list = {.size = 0};
    add(&list, name, 1);
    add(&list, name + 1, 2);
    add(&list, L":a:$DATA_b", 3);
    put(list.bytes + list.last + STREAM_NAME + 8 * 2, 0, 2);
    add(&list, L":b:$DATA", 4);
    EXPECT(&list, list.size, L"", name + 1, L"", L":b:$DATA");
}

Test(answers, any_bytes_as_streams)
{
    uint32_t seed = 1;
    for (int i = 0; i < 200000; i++) {
        struct list list = two();
        for (int j = 0; j < 3; j++) {
            seed = seed * 1103515245 + 12345;
            list.bytes[seed >> 16 & 63] = (uint8_t)(seed >> 8);
        }
        size_t count = 0;
        size_t size = seed >> 20 & 127;
        free(read(&list, size, &count));
        cr_assert_leq(count, size / STREAM_NAME + 1);
    }
}

/* --- allocated ranges ----------------------------------------------------- */

struct row {
    uint64_t offset;
    uint64_t length;
};

static size_t read_ranges(const struct row *rows, size_t rest, size_t count,
                          uint64_t offset, uint64_t end,
                          struct os_range *ranges, size_t capacity, bool *more)
{
    uint8_t bytes[256];
    for (size_t i = 0; i < count; i++) {
        put(bytes + i * 16, rows[i].offset, 8);
        put(bytes + i * 16 + 8, rows[i].length, 8);
    }
    void *answer = copy_of(bytes, count * 16 - rest);
    size_t read = answers_ranges(answer, count * 16 - rest, offset, end, ranges,
                                 capacity, more);
    free(answer);
    return read;
}

Test(answers, ranges_are_cut)
{
    static const struct row rows[] = {
        {0, 100}, {150, 100}, {300, 0}, {350, 100}, {500, 10}};
    struct os_range ranges[8];
    bool more = false;
    cr_assert_eq(read_ranges(rows, 0, 5, 50, 400, ranges, 8, &more), 3);
    cr_expect_not(more);
    cr_expect_eq(ranges[0].offset, 50);
    cr_expect_eq(ranges[0].length, 50);
    cr_expect_eq(ranges[2].offset, 350);
    cr_expect_eq(ranges[2].length, 50);
    cr_assert_eq(read_ranges(rows, 0, 5, 50, 400, ranges, 3, &more), 3);
    cr_expect_not(more);
    cr_assert_eq(read_ranges(rows, 0, 5, 50, 400, ranges, 2, &more), 2);
    cr_expect(more);
}

Test(answers, a_range_that_is_longer_than_its_offset)
{
    static const struct row rows[] = {{60, 100}};
    struct os_range range;
    bool more = false;
    cr_assert_eq(read_ranges(rows, 0, 1, 50, 400, &range, 1, &more), 1);
    cr_expect_eq(range.offset, 60);
    cr_expect_eq(range.length, 100);
}

/* Each one is within what was asked for, or is none. */
Test(answers, ranges_that_are_none)
{
    static const struct row rows[] = {
        {UINT64_MAX, UINT64_MAX}, {0, UINT64_MAX},        {100, UINT64_MAX},
        {UINT64_MAX - 10, 100},   {INT64_MAX, INT64_MAX}, {150, 10}};
    struct os_range ranges[8];
    bool more = false;
    size_t count = read_ranges(rows, 0, 6, 50, 200, ranges, 8, &more);
    cr_assert_eq(count, 3);
    for (size_t i = 0; i < count; i++) {
        cr_expect_geq(ranges[i].offset, 50);
        cr_expect_gt(ranges[i].length, 0);
        cr_expect_leq(ranges[i].offset + ranges[i].length, 200);
    }
    for (size_t rest = 1; rest <= 16; rest++) /* and half of one is none */
        cr_expect_eq(read_ranges(rows, rest, 6, 50, 200, ranges, 8, &more), 2);
    cr_expect_eq(answers_ranges(NULL, 0, 0, 100, ranges, 8, &more), 0);
    cr_expect_not(more);
}

/* --- extents -------------------------------------------------------------- */

static void *make_extents(size_t size, uint32_t count, bool counted)
{
    uint8_t bytes[16 + 24 * 4] = {0};
    size_t element = counted ? 24 : 16;
    put(bytes, count, 4);
    put(bytes + 8, 7, 8);
    for (size_t i = 0; i < 4; i++) {
        put(bytes + 16 + i * element, 10 * (i + 1), 8);
        put(bytes + 24 + i * element, i == 1 ? UINT64_MAX : 100 * i, 8);
        if (counted)
            put(bytes + 32 + i * element, i + 1, 4);
    }
    return copy_of(bytes, size);
}

Test(answers, extents)
{
    for (int counted = 0; counted < 2; counted++) {
        size_t size = 16 + 4 * (counted ? 24u : 16u);
        struct os_extent out[4];
        bool more = false;
        void *answer = make_extents(size, 4, counted);
        cr_assert_eq(answers_extents(answer, size, counted, out, 4, &more), 4);
        cr_expect_not(more);
        cr_expect_eq(out[0].vcn, 7);
        cr_expect_eq(out[0].next_vcn, 10);
        cr_expect_eq(out[0].lcn, 0);
        cr_expect_eq(out[1].vcn, 10);
        cr_expect_eq(out[1].lcn, OS_HOLE);
        cr_expect_eq(out[3].next_vcn, 40);
        cr_expect_eq(out[3].lcn, 300);
        cr_expect_eq(out[3].references, counted ? 4 : 0);
        cr_assert_eq(answers_extents(answer, size, counted, out, 3, &more), 3);
        cr_expect(more);
        free(answer);
    }
}

/* However many it says that there are: those that lie whole in the answer. */
Test(answers, extents_that_are_cut_off)
{
    static const uint32_t told[] = {0, 1, 4, 5, 0x7fffffff, 0xffffffff};
    for (size_t row = 0; row < 6 * 2; row++) {
        bool counted = row % 2 != 0;
        size_t element = counted ? 24 : 16;
        for (size_t size = 0; size <= 16 + 4 * element; size++) {
            struct os_extent out[8];
            bool more = false;
            size_t room = size < 16 ? 0 : (size - 16) / element;
            uint32_t count = told[row / 2];
            void *answer = make_extents(size, count, counted);
            size_t read = answers_extents(answer, size, counted, out, 8, &more);
            cr_expect_eq(read, count < room ? count : room);
            cr_expect_eq(more, size >= 16 && count > room);
            free(answer);
        }
    }
}

/* --- copies on a server --------------------------------------------------- */

Test(answers, a_copy)
{
    static const uint8_t bytes[ANSWERS_COPY] = {1, 2, 0,    0, 5, 0,
                                                6, 0, 0x10, 0, 0, 0x80};
    struct os_copy_answer answer;
    answers_copy(bytes, &answer);
    cr_expect_eq(answer.chunks, 0x201);
    cr_expect_eq(answer.chunk_bytes, 0x60005);
    cr_expect_eq(answer.bytes, 0x80000010);
}

/* --- files ---------------------------------------------------------------- */

Test(answers, what_a_file_is)
{
    uint8_t bytes[ANSWERS_ALL];
    struct os_info info;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    void *answer = copy_of(bytes, sizeof bytes);
    memset(&info, 0xff, sizeof info);
    answers_info(answer, &info);
    free(answer);
    cr_expect_eq(info.created, INT64_C(0x0706050403020100));
    cr_expect_eq(info.written, INT64_C(0x1716151413121110));
    cr_expect_eq(info.changed, INT64_C(0x1f1e1d1c1b1a1918));
    cr_expect_eq(info.attributes, 0x23222120);
    cr_expect_eq(info.allocated, UINT64_C(0x2f2e2d2c2b2a2928));
    cr_expect_eq(info.size, UINT64_C(0x3736353433323130));
    cr_expect_eq(info.links, 0x3b3a3938);
    cr_expect_eq(info.ea_size, 0x4b4a4948);
    cr_expect_eq(info.identity.volume, 0);
}

/* --- entries of a directory ----------------------------------------------- */

enum { ENTRY_NAME = 44, NAME_UNITS = 260 };

static struct os_entry read_entry(uint32_t attributes, uint32_t tag,
                                  const wchar_t *name)
{
    uint8_t bytes[ANSWERS_ENTRY] = {0};
    struct os_entry entry;
    put(bytes, attributes, 4);
    put(bytes + 28, 0x01020304, 4);
    put(bytes + 32, 0x05060708, 4);
    put(bytes + 36, tag, 4);
    for (size_t i = 0; i < NAME_UNITS && name[i] != L'\0'; i++)
        put(bytes + ENTRY_NAME + i * 2, (uint64_t)name[i], 2);
    void *answer = copy_of(bytes, sizeof bytes);
    answers_entry(answer, &entry);
    free(answer);
    return entry;
}

Test(answers, an_entry)
{
    struct os_entry entry = read_entry(0x21, 0, L"\x4e00 name");
    cr_expect_eq(wcscmp(entry.name, L"\x4e00 name"), 0);
    cr_expect_eq(entry.size, UINT64_C(0x0102030405060708));
    cr_expect_eq(entry.attributes, 0x21);
    cr_expect_not(entry.is_link);
    entry = read_entry(0, 0, L"");
    cr_expect_eq(wcscmp(entry.name, L""), 0);
}

/* There is room for 259 characters and a NUL. */
Test(answers, an_entry_whose_name_has_no_end)
{
    wchar_t name[NAME_UNITS + 1] = {0};
    wmemset(name, L'n', NAME_UNITS);
    struct os_entry entry = read_entry(0, 0, name);
    cr_expect_eq(wcslen(entry.name), 259);
    name[259] = L'\0';
    entry = read_entry(0, 0, name);
    cr_expect_eq(wcscmp(entry.name, name), 0);
}

Test(answers, entries_that_are_links)
{
    static const struct {
        uint32_t attributes;
        uint32_t tag;
        bool is_link;
    } rows[] = {
        {0x400, 0xA000000C, true},  {0x410, 0xA0000003, true},
        {0x410, 0x80000013, false}, {0x400, 0x80000013, false},
        {0x410, 0, true},           {0x400, 0, false},
        {0x10, 0xA0000003, false},  {0x10, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_eq(read_entry(rows[i].attributes, rows[i].tag, L"n").is_link,
                     rows[i].is_link, "row %zu", i);
}

/* --- volumes -------------------------------------------------------------- */

Test(answers, cluster_sizes)
{
    static const struct {
        uint32_t sectors;
        uint32_t bytes;
        uint32_t unit;
    } rows[] = {{8, 512, 4096},
                {1, 0xffffffff, 0xffffffff},
                {2, 0x80000000, 0},
                {0xffffffff, 0xffffffff, 0},
                {0, 512, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[ANSWERS_SIZE];
        memset(bytes, 0x77, sizeof bytes);
        put(bytes + 16, rows[i].sectors, 4);
        put(bytes + 20, rows[i].bytes, 4);
        void *answer = copy_of(bytes, sizeof bytes);
        cr_expect_eq(answers_unit(answer), rows[i].unit, "row %zu", i);
        free(answer);
    }
}

Test(answers, free_bytes)
{
    static const struct {
        uint64_t units;
        uint32_t sectors;
        uint32_t bytes;
        bool known;
        uint64_t free;
    } rows[] = {{1000, 8, 512, true, 4096000},
                {UINT64_MAX, 1, 1, true, UINT64_MAX},
                {UINT64_MAX / 2, 1, 2, true, UINT64_MAX - 1},
                {UINT64_MAX / 2 + 1, 1, 2, false, 7},
                {UINT64_MAX, 0, 512, true, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[ANSWERS_FULL_SIZE];
        uint64_t found = 7;
        memset(bytes, 0x77, sizeof bytes);
        put(bytes + 8, rows[i].units, 8);
        put(bytes + 24, rows[i].sectors, 4);
        put(bytes + 28, rows[i].bytes, 4);
        void *answer = copy_of(bytes, sizeof bytes);
        cr_expect_eq(answers_free(answer, &found), rows[i].known, "row %zu", i);
        cr_expect_eq(found, rows[i].free, "row %zu", i);
        free(answer);
    }
}
