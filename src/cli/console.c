#include "console.h"

#include "messages.h"

static void erase_progress(struct console *console)
{
    struct text line = {0};
    progress_add_end(&console->progress, &line);
    os_print(OS_STDERR, text_words(&line));
    text_free(&line);
}

/* Prints both texts and empties them. Erases the line of progress first; if
   there is nothing to print, the line stays. */
static void flush(struct console *console)
{
    bool failed = console->out.failed || console->err.failed;
    if (failed || console->out.length != 0 || console->err.length != 0)
        erase_progress(console);
    if (failed)
        console_no_memory(console);
    console->printed =
        os_print(OS_STDOUT, text_words(&console->out)) && console->printed;
    os_print(OS_STDERR, text_words(&console->err));
    text_clear(&console->out);
    text_clear(&console->err);
}

bool console_begin(struct console *console, const struct options *options,
                   bool several_files)
{
    unsigned width = os_console_width(OS_STDERR);
    uint64_t now = os_clock_us();
    *console = (struct console){
        .options = options,
        .style = {.quiet = options->quiet,
                  .verbose = options->verbose,
                  .json = options->json,
                  .several_files = several_files && !options->dry_run,
                  .hard_links = options->hard_links,
                  .range = options->has_range},
        .progress = {.wanted = options->progress == PROGRESS_ALWAYS ||
                               (options->progress == PROGRESS_AUTO &&
                                width != 0 && !options->quiet),
                     .width = width,
                     .start_us = now},
        .gate = os_monitor_make(),
        .start_us = now,
        .printed = true,
    };
    if (console->gate == NULL)
        console_no_memory(console);
    return console->gate != NULL;
}

void console_no_memory(struct console *console)
{
    if (!console->totals.out_of_memory)
        os_print(OS_STDERR, message_no_memory);
    console->totals.out_of_memory = true;
}

void console_done(struct console *console,
                  const struct reflink_outcome *outcome)
{
    os_monitor_lock(console->gate);
    bool every = console->style.verbose || !console->style.several_files;
    totals_count(&console->totals, outcome);
    report_file(outcome, &console->style, every ? NULL : &console->once,
                &console->out, &console->err);
    flush(console);
    os_monitor_unlock(console->gate);
}

void console_linked(struct console *console,
                    const struct reflink_outcome *outcome)
{
    os_monitor_lock(console->gate);
    report_link(outcome, &console->style, &console->out);
    flush(console);
    os_monitor_unlock(console->gate);
}

void console_passed_over(struct console *console, enum totals_passed kind,
                         const wchar_t *path)
{
    os_monitor_lock(console->gate);
    console->totals.passed_over[kind]++;
    report_passed_over(path, kind, &console->style, &console->out);
    flush(console);
    os_monitor_unlock(console->gate);
}

void console_deduped(struct console *console,
                     const struct dedupe_result *result, bool in_group)
{
    bool dry_run = console->options->dry_run;
    os_monitor_lock(console->gate);
    report_dedupe_count(&console->totals, result, dry_run);
    report_dedupe_file(result, in_group, dry_run, &console->style,
                       &console->once, &console->out, &console->err);
    flush(console);
    os_monitor_unlock(console->gate);
}

void console_group(struct console *console, const struct report_group *group)
{
    os_monitor_lock(console->gate);
    console->totals.dedupe.groups++;
    report_dedupe_group(group, console->options->dry_run, &console->style,
                        &console->out);
    flush(console);
    os_monitor_unlock(console->gate);
}

void console_left_alone(struct console *console, const wchar_t *path,
                        enum reflink_reason reason)
{
    os_monitor_lock(console->gate);
    console->totals.dedupe.passed_over[reason]++;
    report_dedupe_passed_over(path, reason, &console->style, &console->out);
    flush(console);
    os_monitor_unlock(console->gate);
}

void console_hard_link(struct console *console)
{
    os_monitor_lock(console->gate);
    console->totals.hard_links++;
    os_monitor_unlock(console->gate);
}

void console_link_into_source(struct console *console)
{
    os_monitor_lock(console->gate);
    console->totals.links_into_source++;
    os_monitor_unlock(console->gate);
}

void console_usage_error(struct console *console,
                         const struct reflink_outcome *outcome)
{
    struct report_dry dry = {.style = &console->style};
    os_monitor_lock(console->gate);
    console->totals.usage_error = true;
    os_monitor_unlock(console->gate);
    if (console->options->dry_run)
        console_planned(console, &dry, outcome);
    else
        console_done(console, outcome);
}

void console_warned(struct console *console,
                    const struct reflink_outcome *outcome)
{
    os_monitor_lock(console->gate);
    report_warnings(outcome, &console->style, &console->err);
    flush(console);
    os_monitor_unlock(console->gate);
}

void console_planned(struct console *console, struct report_dry *dry,
                     const struct reflink_outcome *outcome)
{
    os_monitor_lock(console->gate);
    if (!dry->no_file)
        totals_count(&console->totals, outcome);
    report_dry_end(dry, outcome, &console->out, &console->err);
    flush(console);
    os_monitor_unlock(console->gate);
}

void console_progress(struct console *console,
                      void (*fill)(void *context, struct progress_view *view),
                      void *context)
{
    struct progress_view view = {0};
    struct text line = {0};
    if (!console->progress.wanted)
        return;
    os_monitor_lock(console->gate);
    uint64_t now = os_clock_us();
    if (progress_due(&console->progress, now)) {
        fill(context, &view);
        progress_add_line(&console->progress, &view, now, &line);
        os_print(OS_STDERR, text_words(&line));
    }
    os_monitor_unlock(console->gate);
    text_free(&line);
}

int console_stdout_failed(int code)
{
    os_print(OS_STDERR, message_no_stdout);
    return code == EXIT_CODE_INTERRUPTED ? code : EXIT_CODE_FAILED;
}

int console_out_of_memory(int code)
{
    os_print(OS_STDERR, message_no_memory);
    return code == EXIT_CODE_INTERRUPTED ? code : EXIT_CODE_FAILED;
}

int console_end(struct console *console)
{
    const struct options *options = console->options;
    console->totals.elapsed_us =
        os_elapsed_us(console->start_us, os_clock_us());
    erase_progress(console);
    report_ending(&console->totals, &console->style, &console->once,
                  &console->err);
    flush(console);
    if (console->totals.dedupe.used && !options->json)
        report_dedupe_summary(&console->totals, options->dry_run,
                              &console->style, &console->out);
    else if (!options->dry_run || options->json)
        report_summary(&console->totals, &console->style, &console->out);
    flush(console);
    int code = (int)totals_exit_code(&console->totals);
    if (!console->printed)
        code = console_stdout_failed(code);
    text_free(&console->out);
    text_free(&console->err);
    report_once_free(&console->once);
    os_monitor_free(console->gate);
    return code;
}
