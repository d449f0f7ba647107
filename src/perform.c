#include "perform.h"

#include "cli/progress.h"
#include "cli/report.h"
#include "cli/report_dry.h"
#include "core/many.h"
#include "core/os.h"
#include "core/run.h"

struct performance {
    const struct options *options;
    struct report_style style;
    struct report_totals totals;
    struct progress progress;
    struct run run;
    struct text out;
    struct text err;
    bool printed; /* stdout took all of it so far */
    bool exact;   /* DEST is the file's own path, never a directory for it */
};

/* Prints what has been put together, and empties it. */
static void flush(struct performance *p)
{
    p->printed = os_print(OS_STDOUT, text_words(&p->out)) && !p->out.failed &&
                 p->printed;
    os_print(OS_STDERR, text_words(&p->err));
    text_clear(&p->out);
    text_clear(&p->err);
}

static void watch(void *context, const struct reflink_outcome *so_far,
                  uint64_t total)
{
    struct performance *p = context;
    struct text line = {0};
    uint64_t now = os_clock_us();
    if (!progress_due(&p->progress, now))
        return;
    progress_add_line(&p->progress, so_far->dest,
                      so_far->bytes_cloned + so_far->bytes_copied, total, now,
                      &line);
    os_print(OS_STDERR, text_words(&line));
    text_free(&line);
}

static void end_progress(struct performance *p)
{
    struct text line = {0};
    progress_add_end(&p->progress, &line);
    os_print(OS_STDERR, text_words(&line));
    text_free(&line);
}

static void begin_progress(struct performance *p)
{
    p->progress = (struct progress){.start_us = os_clock_us()};
    p->progress.width = os_console_width(OS_STDERR);
    p->progress.wanted = p->options->progress == PROGRESS_ALWAYS ||
                         (p->options->progress == PROGRESS_AUTO &&
                          p->progress.width != 0 && !p->options->quiet);
    reflink_session_watch(p->run.session, watch, p);
}

static const struct reflink_range *range_of(const struct options *options)
{
    return options->has_range ? &options->range : NULL;
}

/* One file is done: counted, told and printed at once. */
static void conclude(struct performance *p,
                     const struct reflink_outcome *outcome)
{
    end_progress(p);
    report_count(&p->totals, outcome);
    p->totals.elapsed_us += outcome->elapsed_us;
    report_file(outcome, &p->style, &p->out, &p->err);
    flush(p);
}

static void clone(struct performance *p, const wchar_t *source,
                  const wchar_t *dest)
{
    struct reflink_outcome outcome;
    begin_progress(p);
    if (p->exact)
        reflink_file(p->run.session, &p->options->policy, source, dest,
                     &outcome);
    else
        run_one(&p->run, &p->options->policy, source, dest,
                range_of(p->options), &outcome);
    conclude(p, &outcome);
}

static void rehearse(struct performance *p, const wchar_t *source,
                     const wchar_t *dest)
{
    struct reflink_outcome outcome;
    struct report_dry dry = {.style = &p->style};
    if (p->exact)
        reflink_dry_run(p->run.session, &p->options->policy, source, dest, NULL,
                        report_dry_step, &dry, &outcome);
    else
        run_dry(&p->run, &p->options->policy, source, dest,
                range_of(p->options), report_dry_step, &dry, &outcome);
    report_count(&p->totals, &outcome);
    report_dry_end(&dry, &outcome, &p->out, &p->err);
    flush(p);
}

/* --- many --------------------------------------------------------------------
 */

static void visit_file(void *context, const wchar_t *source,
                       const wchar_t *dest)
{
    struct performance *p = context;
    if (p->options->dry_run)
        rehearse(p, source, dest);
    else
        clone(p, source, dest);
}

static void visit_failed(void *context, const struct reflink_outcome *outcome)
{
    conclude(context, outcome);
}

/* With -t, all operands are sources; else the last one is DEST. */
static struct many many_of(struct performance *p)
{
    const struct options *options = p->options;
    bool given = options->target != NULL;
    int count = options->operand_count - (given ? 0 : 1);
    struct many many = {
        .visitor = {.file = visit_file,
                    .failed = visit_failed,
                    .context = p,
                    .security = options->policy.security},
        .sources = options->operands,
        .count = count,
        .dest = given ? options->target : options->operands[count],
        .into = given,
        .recursive = options->recursive,
    };
    return many;
}

static void run_all(struct performance *p)
{
    const struct options *options = p->options;
    struct many many = many_of(p);
    p->exact = !options->has_range &&
               many_is(many.sources, many.count, many.into, many.recursive);
    p->style.many = p->exact && !options->dry_run;
    if (p->exact)
        many_run(&many);
    else
        visit_file(p, options->operands[0], options->operands[1]);
    if (!options->dry_run || options->json)
        report_summary(&p->totals, &p->style, &p->out);
    flush(p);
}

int perform(const struct options *options)
{
    struct performance p = {
        .options = options,
        .style = {.quiet = options->quiet,
                  .verbose = options->verbose,
                  .json = options->json},
        .printed = true,
    };
    if (run_begin(&p.run)) {
        run_all(&p);
    } else {
        os_print(OS_STDERR, L"reflink: there is not enough memory\n");
        p.totals.failed++;
    }
    int code = (int)report_exit_code(&p.totals);
    if (!p.printed)
        os_print(OS_STDERR, L"reflink: standard output cannot be written\n");
    text_free(&p.out);
    text_free(&p.err);
    run_end(&p.run);
    return p.printed || code != REPORT_DONE ? code : REPORT_FAILED;
}
