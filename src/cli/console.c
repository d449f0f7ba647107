#include "console.h"

#include "messages.h"

static void say_no_memory(void)
{
    os_print(OS_STDERR, message_no_memory);
}

/* Prints what has been put together, and empties it. */
static void flush(struct console *console)
{
    if (console->out.failed || console->err.failed)
        console_no_memory(console);
    console->printed =
        os_print(OS_STDOUT, text_words(&console->out)) && console->printed;
    os_print(OS_STDERR, text_words(&console->err));
    text_clear(&console->out);
    text_clear(&console->err);
}

/* The line of progress makes room, if anything is to be printed. */
static void flush_results(struct console *console)
{
    struct text line = {0};
    if (console->out.length != 0 || console->err.length != 0 ||
        console->out.failed || console->err.failed) {
        progress_add_end(&console->progress, &line);
        os_print(OS_STDERR, text_words(&line));
    }
    text_free(&line);
    flush(console);
}

static void begin_progress(struct console *console)
{
    const struct options *options = console->options;
    struct progress *progress = &console->progress;
    progress->start_us = console->start_us;
    progress->width = os_console_width(OS_STDERR);
    progress->wanted = options->progress == PROGRESS_ALWAYS ||
                       (options->progress == PROGRESS_AUTO &&
                        progress->width != 0 && !options->quiet);
}

bool console_begin(struct console *console, const struct options *options,
                   bool many)
{
    *console = (struct console){
        .options = options,
        .style = {.quiet = options->quiet,
                  .verbose = options->verbose,
                  .json = options->json,
                  .many = many && !options->dry_run,
                  .range = options->has_range},
        .gate = os_monitor_make(),
        .start_us = os_clock_us(),
        .printed = true,
    };
    if (console->gate == NULL) {
        console_no_memory(console);
        return false;
    }
    begin_progress(console);
    return true;
}

void console_no_memory(struct console *console)
{
    if (!console->totals.out_of_memory)
        say_no_memory();
    console->totals.out_of_memory = true;
}

void console_done(struct console *console,
                  const struct reflink_outcome *outcome)
{
    os_monitor_lock(console->gate);
    totals_count(&console->totals, outcome);
    report_file(outcome, &console->style, &console->out, &console->err);
    flush_results(console);
    os_monitor_unlock(console->gate);
}

void console_linked(struct console *console,
                    const struct reflink_outcome *outcome)
{
    os_monitor_lock(console->gate);
    report_link(outcome, &console->style, &console->out);
    flush_results(console);
    os_monitor_unlock(console->gate);
}

void console_warned(struct console *console,
                    const struct reflink_outcome *outcome)
{
    os_monitor_lock(console->gate);
    report_warnings(outcome, &console->style, &console->err);
    flush_results(console);
    os_monitor_unlock(console->gate);
}

void console_planned(struct console *console, struct report_dry *dry,
                     const struct reflink_outcome *outcome)
{
    os_monitor_lock(console->gate);
    if (!dry->no_file)
        totals_count(&console->totals, outcome);
    report_dry_end(dry, outcome, &console->out, &console->err);
    flush_results(console);
    os_monitor_unlock(console->gate);
}

void console_moved(struct console *console,
                   void (*look)(void *context, struct progress_view *view),
                   void *context)
{
    struct progress_view view = {0};
    struct text line = {0};
    if (!console->progress.wanted)
        return;
    os_monitor_lock(console->gate);
    uint64_t now = os_clock_us();
    if (progress_due(&console->progress, now)) {
        look(context, &view);
        progress_add_line(&console->progress, &view, now, &line);
        os_print(OS_STDERR, text_words(&line));
    }
    os_monitor_unlock(console->gate);
    text_free(&line);
}

static void end_progress(struct console *console)
{
    struct text line = {0};
    progress_add_end(&console->progress, &line);
    os_print(OS_STDERR, text_words(&line));
    text_free(&line);
}

/* Like a file that failed: only an interruption outweighs it. */
int console_unprinted(int code)
{
    os_print(OS_STDERR, message_no_stdout);
    return code == EXIT_CODE_INTERRUPTED ? code : EXIT_CODE_FAILED;
}

int console_out_of_memory(int code)
{
    say_no_memory();
    return code == EXIT_CODE_INTERRUPTED ? code : EXIT_CODE_FAILED;
}

int console_end(struct console *console)
{
    const struct options *options = console->options;
    console->totals.elapsed_us = os_clock_us() - console->start_us;
    end_progress(console);
    if (!options->dry_run || options->json)
        report_summary(&console->totals, &console->style, &console->out);
    flush(console);
    int code = (int)totals_exit_code(&console->totals);
    if (!console->printed)
        code = console_unprinted(code);
    text_free(&console->out);
    text_free(&console->err);
    os_monitor_free(console->gate);
    return code;
}
