#include "run_files.h"

#include "core/tree/operands.h"
#include "core/file/cloner.h"
#include "run_tree.h"
#include "console.h"

/* One file, or a range of one. */
struct single {
    struct teller teller;
    struct run run;
    const struct reflink_outcome *so_far;
    uint64_t total;
};

static void look(void *context, struct progress_view *view)
{
    const struct single *single = context;
    view->name = single->so_far->dest;
    view->done = single->so_far->bytes_cloned + single->so_far->bytes_copied;
    view->total = single->total;
}

static void watch(void *context, const struct reflink_outcome *so_far,
                  uint64_t total)
{
    struct single *single = context;
    single->so_far = so_far;
    single->total = total;
    teller_moved(&single->teller, look, single);
}

static void perform_file(struct single *single, const struct options *options)
{
    const wchar_t *source = options->operands[0];
    const wchar_t *dest = options->operands[1];
    const struct reflink_range *range =
        options->has_range ? &options->range : NULL;
    struct reflink_outcome outcome;
    struct report_dry dry = {.style = &single->teller.style};
    if (options->dry_run) {
        run_dry(&single->run, &options->policy, source, dest, range,
                report_dry_step, &dry, &outcome);
        teller_planned(&single->teller, &dry, &outcome);
    } else {
        reflink_session_watch(single->run.session, watch, single);
        run_one(&single->run, &options->policy, source, dest, range, &outcome);
        teller_done(&single->teller, &outcome);
    }
}

static int perform_single(const struct options *options)
{
    struct single single = {0};
    bool ready = run_begin(&single.run);
    if (teller_begin(&single.teller, options, false)) {
        if (ready)
            perform_file(&single, options);
        else
            teller_no_memory(&single.teller);
    }
    run_end(&single.run);
    return teller_end(&single.teller);
}

/* With -t, all operands are sources; else the last one is DEST. */
static struct many many_of(const struct options *options)
{
    bool given = options->target != NULL;
    int count = options->operand_count - (given ? 0 : 1);
    return (struct many){
        .sources = options->operands,
        .count = count,
        .dest = given ? options->target : options->operands[count],
        .into = given,
        .recursive = options->recursive,
    };
}

int perform(const struct options *options)
{
    struct many many = many_of(options);
    if (!options->has_range &&
        many_is(many.sources, many.count, many.into, many.recursive))
        return perform_many(options, &many);
    return perform_single(options);
}
