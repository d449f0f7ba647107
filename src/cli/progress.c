#include "progress.h"

#include "core/os.h"

static const uint64_t second = 1000000;

enum { BAR_WIDTH = 20, MIN_NAME = 8 };

bool progress_due(struct progress *progress, uint64_t now_us)
{
    if (!progress->wanted)
        return false;
    bool in_log = progress->width == 0;
    uint64_t first = in_log ? 10 * second : second / 2;
    uint64_t step = in_log ? 10 * second : second / 10;
    bool is_first = progress->last_us == 0;
    uint64_t since = is_first ? progress->start_us : progress->last_us;
    /* a clock that went back must not silence it until it has caught up */
    bool due = now_us < since || now_us - since >= (is_first ? first : step);
    if (due)
        progress->last_us = now_us;
    return due;
}

/* Returns value * factor / divisor. Floating point cannot overflow here, and is
   exact enough for a display. */
static uint64_t scale(uint64_t value, uint64_t factor, uint64_t divisor)
{
    return (uint64_t)((double)value * (double)factor / (double)divisor);
}

/* Returns how much of `whole` is done; all of it if there is nothing to do. */
static uint64_t part_done(const struct progress_view *view, uint64_t whole)
{
    return view->total == 0 ? whole : scale(view->done, whole, view->total);
}

static void add_numbers(struct text *text, const struct progress_view *view,
                        uint64_t elapsed_us)
{
    const wchar_t *of = view->counting ? L" of at least " : L" of ";
    uint64_t rate = elapsed_us == 0 ? 0 : scale(view->done, second, elapsed_us);
    text_add(text, L"  ");
    if (!view->counting)
        text_format(text, L"%3" TEXT_U64 L"%%  ", part_done(view, 100));
    if (view->several_files)
        text_format(text, L"%" TEXT_U64 L"%ls%" TEXT_U64 L" %ls  ", view->files,
                    of, view->files_total,
                    view->files_total == 1 ? L"file" : L"files");
    text_add_size(text, view->done);
    text_add(text, of);
    text_add_size(text, view->total);
    text_add(text, L"  ");
    if (elapsed_us != 0) {
        text_add_size(text, rate);
        text_add(text, L"/s  ");
    }
    if (rate != 0 && !view->counting) {
        text_add_time(text, scale(view->total - view->done, second, rate));
        text_add(text, L" left");
    }
}

/* Shortens the name at its beginning, because names in a tree differ at their
   end. */
static void add_name(struct text *text, const wchar_t *name, size_t room)
{
    struct text whole = {0};
    size_t skip = 0;
    text_add_name(&whole, name);
    if (whole.length > room) {
        text_add(text, L"...");
        skip = whole.length - (room - 3);
    }
    text_add(text, text_words(&whole) + skip);
    text_fail_with(text, &whole);
    text_free(&whole);
}

static void pad(struct text *text, size_t width)
{
    while (text->length < width && !text->failed)
        text_add(text, L" ");
}

static void add_console_line(struct text *line,
                             const struct progress_view *view,
                             const struct text *numbers, size_t width)
{
    size_t bar = BAR_WIDTH + 4;
    bool has_bar = !view->counting && width > numbers->length + bar + MIN_NAME;
    size_t taken = numbers->length + (has_bar ? bar : 0);
    if (width > taken + MIN_NAME)
        add_name(line, view->name, width - taken);
    if (has_bar) {
        uint64_t full = part_done(view, BAR_WIDTH);
        text_add(line, L"  [");
        for (uint64_t i = 0; i < BAR_WIDTH; i++)
            text_add(line, i < full ? L"#" : L".");
        text_add(line, L"]");
    }
    text_add(line, text_words(numbers));
    if (line->length > width) {
        line->data[width] = L'\0';
        line->length = width;
    }
    pad(line, width);
}

void progress_add_line(struct progress *progress,
                       const struct progress_view *view, uint64_t now_us,
                       struct text *text)
{
    struct text numbers = {0};
    struct text line = {0};
    struct progress_view shown = *view;
    /* a file may have grown since it was counted */
    if (shown.total < shown.done)
        shown.total = shown.done;
    if (shown.files_total < shown.files)
        shown.files_total = shown.files;
    add_numbers(&numbers, &shown, os_elapsed_us(progress->start_us, now_us));
    if (progress->width == 0) {
        text_add_name(&line, shown.name);
        text_add(&line, text_words(&numbers));
        text_add(&line, L"\n");
    } else {
        text_add(text, L"\r");
        add_console_line(&line, &shown, &numbers, progress->width - 1);
        progress->drawn = true;
    }
    text_add(text, text_words(&line));
    text_fail_with(text, &numbers);
    text_fail_with(text, &line);
    text_free(&line);
    text_free(&numbers);
}

void progress_add_end(struct progress *progress, struct text *text)
{
    if (!progress->drawn)
        return;
    struct text blanks = {0};
    pad(&blanks, progress->width - 1);
    text_add(text, L"\r");
    text_add(text, text_words(&blanks));
    text_add(text, L"\r");
    text_fail_with(text, &blanks);
    text_free(&blanks);
    progress->drawn = false;
}
