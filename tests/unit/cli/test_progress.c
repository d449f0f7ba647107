#include <criterion/criterion.h>

#include "cli/progress.h"

TestSuite(progress, .timeout = 120);

static const uint64_t MI = 1024 * 1024;

Test(progress, due_on_a_console)
{
    struct progress p = {.wanted = true, .width = 80, .start_us = 1000};
    cr_expect_not(progress_due(&p, 1000));
    cr_expect_not(progress_due(&p, 500999));
    cr_expect(progress_due(&p, 501000));
    cr_expect_not(progress_due(&p, 600999));
    cr_expect(progress_due(&p, 601000));
}

Test(progress, due_in_a_log)
{
    struct progress p = {.wanted = true, .width = 0, .start_us = 0};
    cr_expect_not(progress_due(&p, 9999999));
    cr_expect(progress_due(&p, 10000000));
    cr_expect_not(progress_due(&p, 19999999));
    cr_expect(progress_due(&p, 20000000));
}

/* It goes on from there, and does not wait until the clock has caught up. */
Test(progress, due_after_the_clock_went_back)
{
    struct progress p = {.wanted = true, .width = 80, .start_us = 90000000};
    cr_expect(progress_due(&p, 1000000));
    cr_expect_not(progress_due(&p, 1099999));
    cr_expect(progress_due(&p, 1100000));
    cr_expect(progress_due(&p, 500000));
    cr_expect(progress_due(&p, 600000));
}

/* Nobody knows how long it took: no rate, and no time that is left. */
Test(progress, no_rate_after_the_clock_went_back)
{
    struct progress p = {.wanted = true, .width = 0, .start_us = 90000000};
    struct text text = {0};
    const struct progress_view view = {
        .name = L"b.vhdx", .done = 512 * MI, .total = 1024 * MI};
    progress_add_line(&p, &view, 1000000, &text);
    cr_expect_eq(
        wcscmp(text_words(&text), L"b.vhdx   50%  512 MiB of 1 GiB  \n"), 0,
        "'%ls'", text_words(&text));
    text_free(&text);
}

Test(progress, never_due_unless_wanted)
{
    struct progress p = {.wanted = false, .width = 80};
    cr_expect_not(progress_due(&p, UINT64_MAX));
}

/* After two seconds. */
static void expect_line(unsigned width, const wchar_t *name, uint64_t done,
                        uint64_t total, const wchar_t *wanted)
{
    struct progress p = {.wanted = true, .width = width, .start_us = 0};
    struct text text = {0};
    const struct progress_view view = {
        .name = name, .done = done, .total = total};
    progress_add_line(&p, &view, 2000000, &text);
    cr_expect_eq(wcscmp(text_words(&text), wanted), 0, "'%ls'",
                 text_words(&text));
    text_free(&text);
}

Test(progress, lines)
{
    expect_line(0, L"b.vhdx", 512 * MI, 1024 * MI,
                L"b.vhdx   50%  512 MiB of 1 GiB  256 MiB/s  2 s left\n");
    expect_line(81, L"b.vhdx", 512 * MI, 1024 * MI,
                L"\rb.vhdx  [##########..........]   50%  512 MiB of 1 GiB  "
                L"256 MiB/s  2 s left     ");
    /* no room for the bar, then none for the name, then for all of it */
    expect_line(61, L"b.vhdx", 512 * MI, 1024 * MI,
                L"\rb.vhdx   50%  512 MiB of 1 GiB  256 MiB/s  2 s left       "
                L"  ");
    expect_line(21, L"b.vhdx", 512 * MI, 1024 * MI, L"\r   50%  512 MiB of 1");
}

Test(progress, a_long_name_is_cut_in_front)
{
    expect_line(
        61, L"C:\\very\\long\\folder\\names\\base.vhdx", 512 * MI, 1024 * MI,
        L"\r...es\\base.vhdx   50%  512 MiB of 1 GiB  256 MiB/s  2 s left");
}

/* What goes first on a narrow console, and what fits just so; the last column
   stays free. The numbers take 45 columns, the bar 24, a name at least 9. */
Test(progress, what_there_is_room_for)
{
    expect_line(80, L"b.vhdx", 512 * MI, 1024 * MI,
                L"\rb.vhdx  [##########..........]   50%  512 MiB of 1 GiB  "
                L"256 MiB/s  2 s left    ");
    expect_line(79, L"b.vhdx", 512 * MI, 1024 * MI,
                L"\rb.vhdx  [##########..........]   50%  512 MiB of 1 GiB  "
                L"256 MiB/s  2 s left   ");
    expect_line(78, L"b.vhdx", 512 * MI, 1024 * MI,
                L"\rb.vhdx   50%  512 MiB of 1 GiB  256 MiB/s  2 s left       "
                L"                   ");
    expect_line(55, L"b.vhdx", 512 * MI, 1024 * MI,
                L"\rb.vhdx   50%  512 MiB of 1 GiB  256 MiB/s  2 s left   ");
    expect_line(54, L"b.vhdx", 512 * MI, 1024 * MI,
                L"\r   50%  512 MiB of 1 GiB  256 MiB/s  2 s left        ");
    expect_line(46, L"b.vhdx", 512 * MI, 1024 * MI,
                L"\r   50%  512 MiB of 1 GiB  256 MiB/s  2 s left");
    expect_line(45, L"b.vhdx", 512 * MI, 1024 * MI,
                L"\r   50%  512 MiB of 1 GiB  256 MiB/s  2 s lef");
}

/* A name that fits just so, and one that is longer by a character. */
Test(progress, a_name_of_the_length_of_its_room)
{
    expect_line(55, L"12345.789", 512 * MI, 1024 * MI,
                L"\r12345.789   50%  512 MiB of 1 GiB  256 MiB/s  2 s left");
    expect_line(55, L"012345.789", 512 * MI, 1024 * MI,
                L"\r...45.789   50%  512 MiB of 1 GiB  256 MiB/s  2 s left");
}

static void expect_view(unsigned width, const struct progress_view *view,
                        uint64_t now_us, const wchar_t *wanted);

/* No time has passed, or nothing is to be done. */
Test(progress, no_time_and_no_bytes)
{
    struct progress_view view = {.name = L"x", .done = MI, .total = 2 * MI};
    expect_view(0, &view, 0, L"x   50%  1 MiB of 2 MiB  \n");
    view = (struct progress_view){.name = L"x"};
    expect_view(81, &view, 2000000,
                L"\rx  [####################]  100%  0 bytes of 0 bytes  "
                L"0 bytes/s                  ");
}

Test(progress, numbers_at_their_limits)
{
    expect_line(0, L"x", 0, 0, L"x  100%  0 bytes of 0 bytes  0 bytes/s  \n");
    expect_line(0, L"x", 0, MI, L"x    0%  0 bytes of 1 MiB  0 bytes/s  \n");
    expect_line(0, L"x", UINT64_C(1) << 62, UINT64_C(1) << 63,
                L"x   50%  4 EiB of 8 EiB  2 EiB/s  2 s left\n");
}

static void expect_view(unsigned width, const struct progress_view *view,
                        uint64_t now_us, const wchar_t *wanted)
{
    struct progress p = {.wanted = true, .width = width, .start_us = 0};
    struct text text = {0};
    progress_add_line(&p, view, now_us, &text);
    cr_expect_eq(wcscmp(text_words(&text), wanted), 0, "'%ls'",
                 text_words(&text));
    text_free(&text);
}

Test(progress, of_many_files)
{
    struct progress_view view = {.name = L"d\\x.lib",
                                 .done = 512 * MI,
                                 .total = 1024 * MI,
                                 .several_files = true,
                                 .files = 17,
                                 .files_total = 40};
    expect_view(0, &view, 2000000,
                L"d\\x.lib   50%  17 of 40 files  512 MiB of 1 GiB  256 MiB/s  "
                L"2 s left\n");
    view.counting = true;
    expect_view(
        0, &view, 2000000,
        L"d\\x.lib  17 of at least 40 files  512 MiB of at least 1 GiB  "
        L"256 MiB/s  \n");
    /* never a bar of what is not known */
    expect_view(101, &view, 2000000,
                L"\rd\\x.lib  17 of at least 40 files  512 MiB of at least 1 "
                L"GiB  256 MiB/s                              ");
    view.counting = false;
    view.files_total = 1;
    view.total = 1; /* more was done than had been counted */
    expect_view(0, &view, 2000000,
                L"d\\x.lib  100%  17 of 17 files  512 MiB of 512 MiB  256 "
                L"MiB/s  < 1 ms left\n");
}

/* Only what was drawn is erased, and a log is not. */
Test(progress, is_erased_if_it_was_drawn)
{
    const struct progress_view view = {.name = L"x", .total = 1};
    for (unsigned width = 0; width < 12; width += 6) {
        struct progress p = {.wanted = true, .width = width};
        struct text text = {0};
        progress_add_end(&p, &text);
        cr_expect_eq(text.length, 0);
        progress_add_line(&p, &view, 0, &text);
        text_clear(&text);
        progress_add_end(&p, &text);
        cr_expect_eq(text.length, width == 0 ? 0 : 7);
        text_free(&text);
    }
}

Test(progress, is_erased)
{
    struct progress p = {.wanted = true, .width = 6, .drawn = true};
    struct text text = {0};
    progress_add_end(&p, &text);
    cr_expect_eq(wcscmp(text_words(&text), L"\r     \r"), 0);
    text_clear(&text);
    progress_add_end(&p, &text);
    cr_expect_eq(text.length, 0);
    text_free(&text);
}
