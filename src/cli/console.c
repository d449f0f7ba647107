#include "console.h"

static void say_no_memory(void)
{
    os_print(OS_STDERR, L"reflink: not enough memory\n");
}

/* Prints what has been put together, and empties it. */
static void flush(struct teller *teller)
{
    if (teller->out.failed || teller->err.failed)
        teller_no_memory(teller);
    teller->printed =
        os_print(OS_STDOUT, text_words(&teller->out)) && teller->printed;
    os_print(OS_STDERR, text_words(&teller->err));
    text_clear(&teller->out);
    text_clear(&teller->err);
}

/* The line of progress makes room, if anything is to be printed. */
static void flush_results(struct teller *teller)
{
    struct text line = {0};
    if (teller->out.length != 0 || teller->err.length != 0 ||
        teller->out.failed || teller->err.failed) {
        progress_add_end(&teller->progress, &line);
        os_print(OS_STDERR, text_words(&line));
    }
    text_free(&line);
    flush(teller);
}

static void begin_progress(struct teller *teller)
{
    const struct options *options = teller->options;
    struct progress *progress = &teller->progress;
    progress->start_us = teller->start_us;
    progress->width = os_console_width(OS_STDERR);
    progress->wanted = options->progress == PROGRESS_ALWAYS ||
                       (options->progress == PROGRESS_AUTO &&
                        progress->width != 0 && !options->quiet);
}

bool teller_begin(struct teller *teller, const struct options *options,
                  bool many)
{
    *teller = (struct teller){
        .options = options,
        .style = {.quiet = options->quiet,
                  .verbose = options->verbose,
                  .json = options->json,
                  .many = many && !options->dry_run},
        .gate = os_gate_make(),
        .start_us = os_clock_us(),
        .printed = true,
    };
    if (teller->gate == NULL) {
        teller_no_memory(teller);
        return false;
    }
    begin_progress(teller);
    return true;
}

void teller_no_memory(struct teller *teller)
{
    if (!teller->totals.out_of_memory)
        say_no_memory();
    teller->totals.out_of_memory = true;
}

void teller_done(struct teller *teller, const struct reflink_outcome *outcome)
{
    os_gate_lock(teller->gate);
    report_count(&teller->totals, outcome);
    report_file(outcome, &teller->style, &teller->out, &teller->err);
    flush_results(teller);
    os_gate_unlock(teller->gate);
}

void teller_linked(struct teller *teller, const struct reflink_outcome *outcome)
{
    os_gate_lock(teller->gate);
    report_link(outcome, &teller->style, &teller->out);
    flush_results(teller);
    os_gate_unlock(teller->gate);
}

void teller_warned(struct teller *teller, const struct reflink_outcome *outcome)
{
    os_gate_lock(teller->gate);
    report_warnings(outcome, &teller->style, &teller->err);
    flush_results(teller);
    os_gate_unlock(teller->gate);
}

void teller_planned(struct teller *teller, struct report_dry *dry,
                    const struct reflink_outcome *outcome)
{
    os_gate_lock(teller->gate);
    if (!dry->no_file)
        report_count(&teller->totals, outcome);
    report_dry_end(dry, outcome, &teller->out, &teller->err);
    flush_results(teller);
    os_gate_unlock(teller->gate);
}

void teller_moved(struct teller *teller,
                  void (*look)(void *context, struct progress_view *view),
                  void *context)
{
    struct progress_view view = {0};
    struct text line = {0};
    if (!teller->progress.wanted)
        return;
    os_gate_lock(teller->gate);
    uint64_t now = os_clock_us();
    if (progress_due(&teller->progress, now)) {
        look(context, &view);
        progress_add_line(&teller->progress, &view, now, &line);
        os_print(OS_STDERR, text_words(&line));
    }
    os_gate_unlock(teller->gate);
    text_free(&line);
}

static void end_progress(struct teller *teller)
{
    struct text line = {0};
    progress_add_end(&teller->progress, &line);
    os_print(OS_STDERR, text_words(&line));
    text_free(&line);
}

/* Like a file that failed: only an interruption outweighs it. */
int teller_unprinted(int code)
{
    os_print(OS_STDERR, L"reflink: standard output cannot be written\n");
    return code == REPORT_INTERRUPTED ? code : REPORT_FAILED;
}

int teller_out_of_memory(int code)
{
    say_no_memory();
    return code == REPORT_INTERRUPTED ? code : REPORT_FAILED;
}

int teller_end(struct teller *teller)
{
    const struct options *options = teller->options;
    teller->totals.elapsed_us = os_clock_us() - teller->start_us;
    end_progress(teller);
    if (!options->dry_run || options->json)
        report_summary(&teller->totals, &teller->style, &teller->out);
    flush(teller);
    int code = (int)report_exit_code(&teller->totals);
    if (!teller->printed)
        code = teller_unprinted(code);
    text_free(&teller->out);
    text_free(&teller->err);
    os_gate_free(teller->gate);
    return code;
}
