/* Parses the command line, runs the command, and returns the exit code. */
#include <reflink/reflink.h>

#include <stdlib.h>

#include "cli/help.h"
#include "cli/options.h"
#include "cli/report.h"
#include "core/os.h"
#include "cli/run_dedupe.h"
#include "cli/run_files.h"
#include "cli/run_query.h"
#include "cli/console.h"
#include "win32/startup.h"

static int print_page(void (*add)(struct text *text))
{
    struct text page = {0};
    add(&page);
    bool printed = os_print(OS_STDOUT, text_words(&page));
    bool out_of_memory = page.failed;
    text_free(&page);
    if (out_of_memory)
        return console_out_of_memory(EXIT_CODE_DONE);
    return printed ? EXIT_CODE_DONE : console_stdout_failed(EXIT_CODE_DONE);
}

static int print_usage_error(const struct text *message)
{
    struct text err = {0};
    report_usage(text_words(message), &err);
    text_fail_with(&err, message);
    os_print(OS_STDERR, text_words(&err));
    bool out_of_memory = err.failed;
    text_free(&err);
    return out_of_memory ? console_out_of_memory(EXIT_CODE_USAGE)
                         : EXIT_CODE_USAGE;
}

int wmain(int argc, wchar_t **argv)
{
    struct options options;
    struct text error = {0};
    int code = EXIT_CODE_DONE;
    process_begin();
    if (!options_parse(argc, argv, &options, &error))
        code = print_usage_error(&error);
    else if (options.action == OPTIONS_HELP)
        code = print_page(help_add_usage);
    else if (options.action == OPTIONS_VERSION)
        code = print_page(help_add_version);
    else if (options.action == OPTIONS_INFO)
        code = run_info(&options);
    else if (options.action == OPTIONS_EXTENTS)
        code = run_extents(&options);
    else if (!run_files_check(&options, &error))
        code = print_usage_error(&error);
    else if (options.action == OPTIONS_SHARED)
        code = run_shared(&options);
    else if (options.action == OPTIONS_DEDUPE)
        code = run_dedupe(&options);
    else
        code = run_files(&options);
    options_free(&options);
    text_free(&error);
    return code;
}
