#include "run_files.h"

#include "core/tree/operands.h"
#include "core/tree/cloner.h"
#include "core/tree/wildcard.h"
#include "messages.h"
#include "run_tree.h"
#include "size.h"
#include "console.h"

/* A run on one file, or on a range of one. */
struct single {
    struct console console;
    struct cloner run;
    const struct reflink_outcome *so_far;
    uint64_t total;
};

static void fill_view(void *context, struct progress_view *view)
{
    const struct single *single = context;
    view->name = single->so_far->dest;
    view->done = single->so_far->bytes_cloned + single->so_far->bytes_copied;
    view->total = single->total;
}

static void on_progress(void *context, const struct reflink_outcome *so_far,
                        uint64_t total)
{
    struct single *single = context;
    single->so_far = so_far;
    single->total = total;
    console_progress(&single->console, fill_view, single);
}

static void run_file(struct single *single, const struct options *options)
{
    const wchar_t *source = options->operands[0];
    const wchar_t *dest = options->operands[1];
    const struct reflink_range *range =
        options->has_range ? &options->range : NULL;
    struct reflink_outcome outcome;
    struct report_dry dry = {.style = &single->console.style};
    if (options->dry_run) {
        cloner_dry_run(&single->run, &options->policy, source, dest, range,
                       report_dry_step, &dry, &outcome);
        console_planned(&single->console, &dry, &outcome);
    } else {
        reflink_session_watch(single->run.session, on_progress, single);
        cloner_run(&single->run, &options->policy, source, dest, range,
                   &outcome);
        console_done(&single->console, &outcome);
    }
}

static int run_single(const struct options *options)
{
    struct single single = {0};
    bool ready = cloner_begin(&single.run, options->exact_dest);
    if (console_begin(&single.console, options, false)) {
        if (ready)
            run_file(&single, options);
        else
            console_no_memory(&single.console);
    }
    cloner_end(&single.run);
    return console_end(&single.console);
}

/* Whether four operands look like a range without its LENGTH. */
static bool lacks_length(const struct options *options)
{
    struct os_file *file = NULL;
    if (options->has_range || options->recursive || options->target != NULL ||
        options->operand_count != 4 || !size_has_syntax(options->operands[2]) ||
        !size_has_syntax(options->operands[3]))
        return false;
    bool exists = os_open(options->operands[3], OS_OPEN_LOOK, &file) == 0;
    os_close(file);
    return !exists;
}

bool run_files_check(const struct options *options, struct text *error)
{
    bool has_target = options->target != NULL;
    int count = options->operand_count - (has_target ? 0 : 1);
    const wchar_t *dest =
        has_target ? options->target : options->operands[count];
    bool shared = options->action == OPTIONS_SHARED;
    bool one_file = options->has_range || options->exact_dest || shared;
    enum message_usage_error problem = MESSAGE_WILDCARD_PLACE;
    const wchar_t *culprit = NULL;
    for (int i = 0; i < count && culprit == NULL; i++) {
        if (wildcard_is_misplaced(options->operands[i]))
            culprit = options->operands[i];
    }
    if (culprit == NULL && one_file &&
        wildcard_is_pattern(options->operands[0])) {
        problem = MESSAGE_WILDCARD;
        culprit = options->operands[0];
    }
    if (culprit == NULL &&
        (wildcard_is_pattern(dest) || wildcard_is_misplaced(dest))) {
        problem = shared ? MESSAGE_WILDCARD : MESSAGE_WILDCARD_DEST;
        culprit = dest;
    }
    if (culprit == NULL && lacks_length(options)) {
        problem = MESSAGE_RANGE_LENGTH;
        culprit = options->operands[3];
    }
    if (culprit != NULL)
        text_format(error, message_usage(problem), culprit);
    return culprit == NULL;
}

int run_files(const struct options *options)
{
    /* with -t, all operands are sources; otherwise the last one is DEST */
    bool has_target = options->target != NULL;
    int count = options->operand_count - (has_target ? 0 : 1);
    struct operands operands = {
        .sources = options->operands,
        .count = count,
        .dest = has_target ? options->target : options->operands[count],
        .into = has_target,
        .exact = options->exact_dest,
        .recursive = options->recursive,
    };
    if (!options->has_range &&
        operands_needed(operands.sources, operands.count, operands.into,
                        operands.recursive))
        return run_tree(options, &operands);
    return run_single(options);
}
