/* Which blocks of a request are compared, and in which order. */
#include <criterion/criterion.h>

#include "core/verify/samples.h"

TestSuite(samples, .timeout = 120);

struct data {
    uint64_t at;
    uint64_t length; /* 0: no more */
};

static void expect_blocks(uint64_t length, size_t capacity,
                          const struct data *data, const uint64_t *wanted,
                          size_t count)
{
    struct samples samples;
    samples_begin(&samples, length, capacity);
    for (; data->length != 0; data++)
        samples_add(&samples, data->at, data->length);
    samples_end(&samples);
    cr_assert_eq(samples.count, count, "%d", (int)samples.count);
    cr_expect_eq(samples.has_data, count != 0);
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(samples.at[i], wanted[i], "block %d: %d", (int)i,
                     (int)samples.at[i]);
}

Test(samples, spread_over_the_data)
{
    expect_blocks(30000, 4, (struct data[]){{0, 30000}, {0, 0}},
                  (uint64_t[]){0, 10001, 20002, 25904}, 4);
    expect_blocks(30000, 4,
                  (struct data[]){{5000, 100}, {20000, 10000}, {0, 0}},
                  (uint64_t[]){5000, 20000, 20002, 25904}, 4);
    /* in its part of the request, a run has a block where it begins */
    expect_blocks(30000, 4, (struct data[]){{9000, 2000}, {0, 0}},
                  (uint64_t[]){9000, 10001}, 2);
    expect_blocks(30000, 4, (struct data[]){{9000, 1001}, {0, 0}},
                  (uint64_t[]){9000}, 1);
    expect_blocks(30000, 4, (struct data[]){{9000, 10}, {10001, 9}, {0, 0}},
                  (uint64_t[]){9000, 10001}, 2);
    expect_blocks(30000, 4, (struct data[]){{0, 0}}, NULL, 0);
}

Test(samples, the_last_block)
{
    enum { SIZE = SAMPLES_SIZE };
    expect_blocks(1000, 4, (struct data[]){{0, 1000}, {0, 0}},
                  (uint64_t[]){0, 334, 668}, 3);
    expect_blocks(3 * SIZE, 1, (struct data[]){{0, 3 * SIZE}, {0, 0}},
                  (uint64_t[]){2 * SIZE}, 1);
    expect_blocks(3 * SIZE, 1, (struct data[]){{SIZE, 7}, {0, 0}},
                  (uint64_t[]){SIZE}, 1);
    expect_blocks(3 * SIZE, 1,
                  (struct data[]){{0, SIZE}, {SIZE, SIZE + 1}, {0, 0}},
                  (uint64_t[]){SIZE + 1}, 1);
    expect_blocks(SIZE, 2, (struct data[]){{0, SIZE}, {0, 0}}, (uint64_t[]){0},
                  1);
    expect_blocks(SIZE + 1, 2, (struct data[]){{0, SIZE + 1}, {0, 0}},
                  (uint64_t[]){0, 1}, 2);
}

Test(samples, no_more_than_there_is_room_for)
{
    const uint64_t length = UINT64_C(1) << 40;
    struct samples samples;
    samples_begin(&samples, length, SAMPLES_MOST);
    for (uint64_t i = 0; i < 1024; i++)
        samples_add(&samples, i << 30, 1 << 30);
    samples_end(&samples);
    cr_assert_eq(samples.count, SAMPLES_MOST);
    for (size_t i = 0; i + 1 < SAMPLES_MOST; i++)
        cr_expect_eq(samples.at[i], i * (length / 31 + 1));
    cr_expect_eq(samples.at[SAMPLES_MOST - 1], length - SAMPLES_SIZE);
}

/* First up to three that are far from each other. */
Test(samples, order)
{
    static const struct {
        size_t count;
        size_t first;
        uint64_t order[14];
    } rows[] = {
        {0, 0, {0}},
        {1, 1, {0}},
        {2, 2, {0, 1}},
        {3, 2, {0, 2, 1}},
        {4, 3, {0, 2, 3, 1}},
        {5, 3, {0, 3, 4, 1, 2}},
        {14, 3, {0, 7, 13, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct samples samples = {.count = rows[i].count};
        for (size_t k = 0; k < rows[i].count; k++)
            samples.at[k] = k;
        cr_expect_eq(samples_order(&samples), rows[i].first, "row %zu", i);
        cr_expect_eq(samples.count, rows[i].count);
        for (size_t k = 0; k < rows[i].count; k++)
            cr_expect_eq(samples.at[k], rows[i].order[k], "row %zu: %zu", i, k);
    }
}
