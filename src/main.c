/* reflink SOURCE DEST: parse, run, report, exit code. */
#include <reflink/reflink.h>

#include <stdlib.h>

#include "cli/help.h"
#include "cli/options.h"
#include "cli/report.h"
#include "core/os.h"
#include "core/run.h"
#include "win32/interrupt.h"

static int print_page(void (*add)(struct text *text))
{
    struct text page = {0};
    add(&page);
    bool printed = os_print(OS_STDOUT, text_words(&page));
    text_free(&page);
    return printed ? REPORT_DONE : REPORT_FAILED;
}

static int print_usage_error(const struct text *words)
{
    struct text err = {0};
    report_usage(text_words(words), &err);
    os_print(OS_STDERR, text_words(&err));
    text_free(&err);
    return REPORT_USAGE;
}

/* Prints and clears both texts; false if stdout could not be written. */
static bool print(struct text *out, struct text *err)
{
    bool printed = os_print(OS_STDOUT, text_words(out)) && !out->failed;
    os_print(OS_STDERR, text_words(err));
    text_clear(out);
    text_clear(err);
    return printed;
}

static int run_options(const struct options *options)
{
    struct report_style style = {.quiet = options->quiet,
                                 .verbose = options->verbose,
                                 .json = options->json};
    struct report_totals totals = {0};
    struct reflink_outcome outcome;
    struct run run = {0};
    struct text out = {0};
    struct text err = {0};
    run_one(&run, &options->policy, options->operands[0], options->operands[1],
            options->has_range ? &options->range : NULL, &outcome);
    report_count(&totals, &outcome);
    totals.elapsed_us = outcome.elapsed_us;
    report_file(&outcome, &style, &out, &err);
    report_summary(&totals, &style, &out);
    bool printed = print(&out, &err);
    int code = report_exit_code(&totals);
    text_free(&out);
    text_free(&err);
    run_end(&run);
    return printed || code != REPORT_DONE ? code : REPORT_FAILED;
}

int wmain(int argc, wchar_t **argv)
{
    struct options options;
    struct text error = {0};
    int code = REPORT_DONE;
    interrupt_catch();
    if (!options_parse(argc, argv, &options, &error))
        code = print_usage_error(&error);
    else if (options.action == OPTIONS_HELP)
        code = print_page(help_add_usage);
    else if (options.action == OPTIONS_VERSION)
        code = print_page(help_add_version);
    else
        code = run_options(&options);
    options_free(&options);
    text_free(&error);
    return code;
}
