#include "progress.h"

#include <inttypes.h>

static const uint64_t second = 1000000;

enum { BAR_WIDTH = 20, LEAST_NAME = 8 };

bool progress_due(struct progress *progress, uint64_t now_us)
{
    if (!progress->wanted)
        return false;
    bool in_log = progress->width == 0;
    uint64_t first = in_log ? 10 * second : second / 2;
    uint64_t step = in_log ? 10 * second : second / 10;
    bool due = progress->last_us == 0 ? now_us - progress->start_us >= first
                                      : now_us - progress->last_us >= step;
    if (due)
        progress->last_us = now_us;
    return due;
}

/* value * factor / divisor, near enough to be shown, without overflow. */
static uint64_t scale(uint64_t value, uint64_t factor, uint64_t divisor)
{
    return (uint64_t)((double)value * (double)factor / (double)divisor);
}

static void add_bar(struct text *text, uint64_t done, uint64_t total)
{
    uint64_t full = total == 0 ? 0 : scale(done, BAR_WIDTH, total);
    text_add(text, L"  [");
    for (uint64_t i = 0; i < BAR_WIDTH; i++)
        text_add(text, i < full ? L"#" : L".");
    text_add(text, L"]");
}

static void add_numbers(struct text *text, uint64_t done, uint64_t total,
                        uint64_t elapsed_us)
{
    uint64_t rate = scale(done, second, elapsed_us == 0 ? 1 : elapsed_us);
    text_format(text, L"  %3" PRIu64 L"%%  ",
                total == 0 ? 100 : scale(done, 100, total));
    text_add_size(text, done);
    text_add(text, L" of ");
    text_add_size(text, total);
    text_add(text, L"  ");
    text_add_size(text, rate);
    text_add(text, L"/s  ");
    if (rate != 0) {
        text_add_time(text, scale(total - done, second, rate));
        text_add(text, L" left");
    }
}

/* The name, shortened in front: what tells files apart is at the end. */
static void add_name(struct text *text, const wchar_t *name, size_t room)
{
    size_t length = wcslen(name);
    if (length <= room) {
        text_add_name(text, name);
        return;
    }
    text_add(text, L"...");
    text_add_name(text, name + length - (room - 3));
}

static void pad(struct text *text, size_t width)
{
    while (text->length < width && !text->failed)
        text_add(text, L" ");
}

static void add_console_line(struct text *line, const wchar_t *name,
                             const struct text *numbers, size_t width,
                             uint64_t done, uint64_t total)
{
    size_t bar = BAR_WIDTH + 4;
    bool has_bar = width > numbers->length + bar + LEAST_NAME;
    size_t taken = numbers->length + (has_bar ? bar : 0);
    if (width > taken + LEAST_NAME)
        add_name(line, name, width - taken);
    if (has_bar)
        add_bar(line, done, total);
    text_add(line, text_words(numbers));
    if (line->length > width) {
        line->data[width] = L'\0';
        line->length = width;
    }
    pad(line, width);
}

void progress_add_line(const struct progress *progress, const wchar_t *name,
                       uint64_t done, uint64_t total, uint64_t now_us,
                       struct text *text)
{
    struct text numbers = {0};
    struct text line = {0};
    add_numbers(&numbers, done, total, now_us - progress->start_us);
    if (progress->width == 0) {
        text_add_name(&line, name);
        text_add(&line, text_words(&numbers));
        text_add(&line, L"\n");
    } else {
        text_add(text, L"\r");
        add_console_line(&line, name, &numbers, progress->width - 1, done,
                         total);
    }
    text_add(text, text_words(&line));
    text_free(&line);
    text_free(&numbers);
}

void progress_add_end(struct progress *progress, struct text *text)
{
    if (progress->last_us == 0 || progress->width == 0)
        return;
    struct text blanks = {0};
    pad(&blanks, progress->width - 1);
    text_add(text, L"\r");
    text_add(text, text_words(&blanks));
    text_add(text, L"\r");
    text_free(&blanks);
    progress->last_us = 0;
}
