#include "run_files.h"

#include "core/tree/operands.h"
#include "core/tree/cloner.h"
#include "run_tree.h"
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
    bool ready = cloner_begin(&single.run);
    if (console_begin(&single.console, options, false)) {
        if (ready)
            run_file(&single, options);
        else
            console_no_memory(&single.console);
    }
    cloner_end(&single.run);
    return console_end(&single.console);
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
        .recursive = options->recursive,
    };
    if (!options->has_range &&
        operands_needed(operands.sources, operands.count, operands.into,
                        operands.recursive))
        return run_tree(options, &operands);
    return run_single(options);
}
