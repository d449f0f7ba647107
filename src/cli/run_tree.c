#include "run_tree.h"

#include "core/errors.h"
#include "core/tree/directory.h"
#include "core/tree/link.h"
#include "core/tree/probe.h"
#include "core/tree/workers.h"
#include "console.h"

/*
 * Counts all files and bytes for the line of progress. It walks the tree a
 * second time in a thread of its own, so that the copying need not wait.
 */
struct count {
    struct os_thread *thread; /* NULL: it could not be started */
    bool begun;
    struct os_monitor *gate; /* protects what follows */
    uint64_t files;
    uint64_t bytes;
    bool ended;  /* the totals are final */
    bool wanted; /* false: stop counting */
};

struct tree_run {
    const struct options *options;
    struct operands *operands;
    struct console console;
    struct workers *workers;
    struct reflink_session *dry_session; /* only in a dry run */
    struct count count;
};

/* --- counting ------------------------------------------------------------- */

static void count_file(void *context, const wchar_t *source,
                       struct held_directory *directory, const wchar_t *dest,
                       uint64_t size)
{
    struct count *count = context;
    (void)source;
    (void)directory;
    (void)dest;
    os_monitor_lock(count->gate);
    count->files++;
    count->bytes += size;
    os_monitor_unlock(count->gate);
}

static bool is_unwanted(void *context)
{
    struct count *count = context;
    os_monitor_lock(count->gate);
    bool wanted = count->wanted;
    os_monitor_unlock(count->gate);
    return !wanted;
}

static void run_count(void *context)
{
    struct tree_run *run = context;
    struct count *count = &run->count;
    /* what is left out, and errors, are reported by the real run */
    const struct tree_visitor visitor = {
        .file = count_file, .stopped = is_unwanted, .context = count};
    operands_visit(run->operands, &visitor);
    os_monitor_lock(count->gate);
    count->ended = count->wanted;
    os_monitor_unlock(count->gate);
}

/* --- progress ------------------------------------------------------------- */

struct current_file {
    struct tree_run *run;
    const wchar_t *name;
};

/* Starts the count with the first line of progress, because a short run needs
   none. */
static void fill_view(void *context, struct progress_view *view)
{
    const struct current_file *file = context;
    struct tree_run *run = file->run;
    struct count *count = &run->count;
    struct workers_state state = workers_state(run->workers);
    if (!count->begun) {
        count->begun = true;
        count->wanted = true;
        if (os_thread_start(run_count, run, &count->thread) != 0)
            count->thread = NULL;
    }
    os_monitor_lock(count->gate);
    *view = (struct progress_view){.name = file->name,
                                   .done = state.bytes,
                                   .total = count->bytes,
                                   .several_files = true,
                                   .counting = !count->ended,
                                   .files = state.files,
                                   .files_total = count->files};
    os_monitor_unlock(count->gate);
}

static void on_progress(void *context, const struct reflink_outcome *so_far,
                        uint64_t total)
{
    struct tree_run *run = context;
    struct current_file file = {run, so_far->dest};
    (void)total;
    console_progress(&run->console, fill_view, &file);
}

/* --- the run -------------------------------------------------------------- */

static void clone_file(void *context, struct reflink_session *session,
                       const wchar_t *source, struct held_directory *directory,
                       const wchar_t *dest, struct reflink_outcome *outcome)
{
    const struct tree_run *run = context;
    directory_file(session, &run->options->policy, source, directory, dest,
                   outcome);
}

static void on_done(void *context, const struct reflink_outcome *outcome)
{
    struct tree_run *run = context;
    bool kept = outcome->hard_link == REFLINK_HARD_LINK_KEPT;
    if (outcome->status == REFLINK_OK &&
        outcome->method == REFLINK_METHOD_NONE && !kept) {
        console_linked(&run->console, outcome);
        return;
    }
    if (outcome->hard_link == REFLINK_HARD_LINK_SPLIT &&
        run->options->recursive)
        console_hard_link(&run->console);
    console_done(&run->console, outcome);
    on_progress(run, outcome, outcome->bytes);
}

static void finish_directory(void *context, struct reflink_session *session,
                             const wchar_t *source,
                             struct held_directory *directory,
                             const wchar_t *dest)
{
    struct tree_run *run = context;
    struct reflink_outcome outcome;
    (void)dest;
    directory_copy_metadata(session, &run->options->policy, source, directory,
                            &outcome);
    if (outcome.status != REFLINK_OK)
        console_done(&run->console, &outcome);
    else if (outcome.lost != 0 || outcome.warnings != 0)
        console_warned(&run->console, &outcome);
}

static void on_file(void *context, const wchar_t *source,
                    struct held_directory *directory, const wchar_t *dest,
                    uint64_t size)
{
    struct tree_run *run = context;
    workers_file(run->workers, source, directory, dest, size);
}

static void on_failed(void *context, const struct reflink_outcome *outcome)
{
    struct tree_run *run = context;
    workers_report(run->workers, outcome);
}

/* Users who name a link as SOURCE may have expected what it leads to, so it is
   always reported; so is the loss of a file. */
static void on_link(void *context, const struct tree_link *link)
{
    struct tree_run *run = context;
    struct reflink_outcome outcome;
    struct link_result result;
    link_recreate(&run->options->policy, link, run->options->retarget_links,
                  &outcome, &result);
    if (result.into_source)
        console_link_into_source(&run->console);
    if (outcome.status != REFLINK_OK || run->options->verbose ||
        link->operand || outcome.replaced_file)
        workers_report(run->workers, &outcome);
}

/* Whether to follow a link that stands for a directory in `parent`. */
static bool follows_link(const struct tree_run *run,
                         const struct held_directory *parent)
{
    return parent != NULL ? run->options->follow_dest_links
                          : !run->options->exact_dest;
}

static bool on_enter(void *context, const wchar_t *source,
                     struct held_directory *directory, const wchar_t *dest,
                     struct held_directory **opened)
{
    struct reflink_outcome outcome;
    directory_make(source, directory, dest, follows_link(context, directory),
                   opened, &outcome);
    if (outcome.status != REFLINK_OK)
        on_failed(context, &outcome);
    return outcome.status == REFLINK_OK;
}

/* A directory that was there before keeps what it has. */
static void on_leave(void *context, const wchar_t *source,
                     struct held_directory *opened, const wchar_t *dest)
{
    struct tree_run *run = context;
    if (opened->created)
        workers_after(run->workers, source, opened, dest);
}

static bool never(void *context)
{
    (void)context;
    return false;
}

/* With --reflink=always, the whole tree can be cloned, or nothing is created.
 */
static bool on_accept(void *context, const wchar_t *source, const wchar_t *dest)
{
    struct tree_run *run = context;
    struct reflink_outcome outcome;
    if (run->options->policy.mode != REFLINK_ALWAYS ||
        probe_tree(source, dest, !run->options->dry_run, &outcome))
        return true;
    console_done(&run->console, &outcome);
    return false;
}

static void on_misused(void *context, const struct reflink_outcome *outcome)
{
    struct tree_run *run = context;
    console_usage_error(&run->console, outcome);
}

static void on_passed_over(void *context, enum tree_passed_over why,
                           const wchar_t *source)
{
    static const enum totals_passed kinds[TREE_PASSED_OVER_COUNT] = {
        [TREE_SAME_SOURCE] = TOTALS_SAME_SOURCE,
        [TREE_SYSTEM_DIRECTORY] = TOTALS_SYSTEM_DIRECTORY,
        [TREE_STAGING_FILE] = TOTALS_STAGING_FILE,
    };
    struct tree_run *run = context;
    console_passed_over(&run->console, kinds[why], source);
}

static const struct tree_visitor cloning = {.file = on_file,
                                            .link = on_link,
                                            .enter = on_enter,
                                            .leave = on_leave,
                                            .failed = on_failed,
                                            .accept = on_accept,
                                            .misused = on_misused,
                                            .passed_over = on_passed_over,
                                            .stopped = never};

/* --- the dry run ---------------------------------------------------------- */

static void plan_file(void *context, const wchar_t *source,
                      struct held_directory *directory, const wchar_t *dest,
                      uint64_t size)
{
    struct tree_run *run = context;
    struct reflink_outcome outcome = {.size = sizeof outcome};
    struct report_dry dry = {.style = &run->console.style};
    (void)directory;
    (void)size;
    reflink_dry_run(run->dry_session, &run->options->policy, source, dest, NULL,
                    report_dry_step, &dry, &outcome);
    console_planned(&run->console, &dry, &outcome);
}

/* A directory that exists has no plan. Returns false if its creation would
   fail. */
static bool plan_directory(struct tree_run *run, const wchar_t *source,
                           const struct held_directory *directory,
                           const wchar_t *dest)
{
    const struct reflink_dry_step step = {.kind = REFLINK_DRY_DIRECTORY};
    struct reflink_outcome outcome;
    struct report_dry dry = {.style = &run->console.style};
    bool possible =
        directory_dry_run(source, dest, follows_link(run, directory), &outcome);
    if (outcome.status == REFLINK_SKIPPED)
        return true;
    if (possible)
        report_dry_step(&dry, &step);
    console_planned(&run->console, &dry, &outcome);
    return possible;
}

static void plan_link(void *context, const struct tree_link *link)
{
    struct tree_run *run = context;
    struct reflink_outcome outcome;
    struct link_result result;
    struct report_dry dry = {.style = &run->console.style};
    link_dry_run(&run->options->policy, link, run->options->retarget_links,
                 &outcome, &result);
    if (outcome.status == REFLINK_OK) {
        bool over_link = result.over == LINK_OVER_LINK;
        const struct reflink_dry_step steps[] = {
            {.kind = over_link ? REFLINK_DRY_RELINK : REFLINK_DRY_LINK},
            {.kind = REFLINK_DRY_REPLACE}};
        report_dry_step(&dry, &steps[0]);
        if (result.over == LINK_OVER_FILE)
            report_dry_step(&dry, &steps[1]);
    }
    if (result.into_source)
        console_link_into_source(&run->console);
    console_planned(&run->console, &dry, &outcome);
}

static bool plan_enter(void *context, const wchar_t *source,
                       struct held_directory *directory, const wchar_t *dest,
                       struct held_directory **opened)
{
    struct tree_run *run = context;
    if (!plan_directory(run, source, directory, dest))
        return false;
    *opened = held_directory_plan(directory, dest);
    if (*opened == NULL)
        console_no_memory(&run->console);
    return *opened != NULL;
}

static void plan_failed(void *context, const struct reflink_outcome *outcome)
{
    struct tree_run *run = context;
    struct report_dry dry = {.style = &run->console.style};
    console_planned(&run->console, &dry, outcome);
}

static const struct tree_visitor planning = {.file = plan_file,
                                             .link = plan_link,
                                             .enter = plan_enter,
                                             .failed = plan_failed,
                                             .accept = on_accept,
                                             .misused = on_misused,
                                             .passed_over = on_passed_over,
                                             .stopped = never};

/* --- both ----------------------------------------------------------------- */

static bool open_workers(struct tree_run *run)
{
    const struct workers_job job = {.file = clone_file,
                                    .done = on_done,
                                    .after = finish_directory,
                                    .moved = on_progress,
                                    .context = run,
                                    .keeps_hard_links =
                                        run->options->hard_links};
    run->count.gate = os_monitor_make();
    if (run->count.gate != NULL)
        run->workers = workers_open(&job, options_jobs(run->options));
    return run->workers != NULL;
}

static void visit(struct tree_run *run)
{
    bool dry_run = run->options->dry_run;
    struct count *count = &run->count;
    struct tree_visitor visitor = dry_run ? planning : cloning;
    bool ready = true;
    visitor.context = run;
    if (dry_run) {
        run->dry_session = reflink_session_open();
        ready = run->dry_session != NULL;
        if (ready)
            directory_allow_missing(run->dry_session);
    } else {
        ready = open_workers(run);
    }
    if (!ready)
        console_no_memory(&run->console);
    else if (operands_begin(run->operands, &visitor)) {
        if (dry_run && run->operands->creates_dest)
            plan_directory(run, run->operands->sources[0], NULL,
                           run->operands->dest);
        operands_visit(run->operands, &visitor);
    }
    workers_close(run->workers);
    if (count->gate != NULL) {
        os_monitor_lock(count->gate);
        count->wanted = false;
        os_monitor_unlock(count->gate);
    }
    os_thread_end(count->thread);
    os_monitor_free(count->gate);
    operands_end(run->operands);
}

int run_tree(const struct options *options, struct operands *operands)
{
    struct tree_run run = {.options = options, .operands = operands};
    operands->dry_run = options->dry_run;
    if (console_begin(&run.console, options, true))
        visit(&run);
    reflink_session_close(run.dry_session);
    return console_end(&run.console);
}
