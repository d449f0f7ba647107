#include "run_tree.h"

#include "core/tree/directory.h"
#include "core/tree/workers.h"
#include "console.h"

/* As many as robocopy's /MT has threads: what takes its time is waiting for
   the disk or the server, and not the processors. */
enum { DEFAULT_JOBS = 8 };

/* How many files and bytes there are: a second walk of its own, which
   nobody waits for. What stands below `gate` is touched with it held. */
struct count {
    struct os_thread *thread;
    bool begun;
    struct os_monitor *gate;
    uint64_t files;
    uint64_t bytes;
    bool ended;
    bool wanted;
};

struct tree_run {
    const struct options *options;
    struct operands *operands;
    struct console console;
    struct workers *workers;
    struct reflink_session *dry_session; /* of a dry run */
    struct count count;
};

/* --- counting ------------------------------------------------------------- */

static void count_file(void *context, const wchar_t *source,
                       const wchar_t *dest, uint64_t size)
{
    struct count *count = context;
    (void)source;
    (void)dest;
    os_monitor_lock(count->gate);
    count->files++;
    count->bytes += size;
    os_monitor_unlock(count->gate);
}

static void pass_link(void *context, const wchar_t *source, const wchar_t *dest)
{
    (void)context;
    (void)source;
    (void)dest;
}

static bool pass_enter(void *context, const wchar_t *source,
                       const wchar_t *dest)
{
    (void)context;
    (void)source;
    (void)dest;
    return true;
}

/* The real run reports the error. */
static void pass_failed(void *context, const struct reflink_outcome *outcome)
{
    (void)context;
    (void)outcome;
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
    struct tree_run *p = context;
    struct count *count = &p->count;
    const struct tree_visitor visitor = {.file = count_file,
                                         .link = pass_link,
                                         .enter = pass_enter,
                                         .leave = pass_link,
                                         .failed = pass_failed,
                                         .stopped = is_unwanted,
                                         .context = count};
    operands_visit(p->operands, &visitor);
    os_monitor_lock(count->gate);
    count->ended = count->wanted;
    os_monitor_unlock(count->gate);
}

/* Due with the first line of progress: what takes no time is not counted. */
static void begin_count(struct tree_run *p)
{
    struct count *count = &p->count;
    if (count->begun)
        return;
    count->begun = true;
    count->wanted = true;
    if (os_thread_start(run_count, p, &count->thread) != 0)
        count->thread = NULL;
}

static void end_count(struct count *count)
{
    if (count->gate == NULL)
        return;
    os_monitor_lock(count->gate);
    count->wanted = false;
    os_monitor_unlock(count->gate);
    os_thread_end(count->thread);
    os_monitor_free(count->gate);
}

/* --- progress ------------------------------------------------------------- */

/* A file that has moved on. */
struct movement {
    struct tree_run *performance;
    const wchar_t *name;
};

static void look(void *context, struct progress_view *view)
{
    const struct movement *movement = context;
    struct tree_run *p = movement->performance;
    struct workers_state state = workers_state(p->workers);
    begin_count(p);
    os_monitor_lock(p->count.gate);
    *view = (struct progress_view){.name = movement->name,
                                   .done = state.bytes,
                                   .total = p->count.bytes,
                                   .many = true,
                                   .counting = !p->count.ended,
                                   .files = state.files,
                                   .files_total = p->count.files};
    os_monitor_unlock(p->count.gate);
}

static void moved(void *context, const struct reflink_outcome *so_far,
                  uint64_t total)
{
    struct tree_run *p = context;
    struct movement movement = {p, so_far->dest};
    (void)total;
    console_moved(&p->console, look, &movement);
}

/* --- doing ---------------------------------------------------------------- */

static void do_file(void *context, struct reflink_session *session,
                    const wchar_t *source, const wchar_t *dest,
                    struct reflink_outcome *outcome)
{
    const struct tree_run *p = context;
    reflink_file(session, &p->options->policy, source, dest, outcome);
}

static void file_done(void *context, const struct reflink_outcome *outcome)
{
    struct tree_run *p = context;
    if (outcome->status == REFLINK_OK &&
        outcome->method == REFLINK_METHOD_NONE) {
        console_linked(&p->console, outcome);
        return;
    }
    console_done(&p->console, outcome);
    moved(p, outcome, outcome->bytes);
}

static void finish_directory(void *context, struct reflink_session *session,
                             const wchar_t *source, const wchar_t *dest)
{
    struct tree_run *p = context;
    struct reflink_outcome outcome;
    directory_finish(session, &p->options->policy, source, dest, &outcome);
    if (outcome.status != REFLINK_OK)
        console_done(&p->console, &outcome);
    else if (outcome.lost != 0 || outcome.warnings != 0)
        console_warned(&p->console, &outcome);
}

static void on_file(void *context, const wchar_t *source, const wchar_t *dest,
                    uint64_t size)
{
    struct tree_run *p = context;
    workers_file(p->workers, source, dest, size);
}

static void on_failed(void *context, const struct reflink_outcome *outcome)
{
    struct tree_run *p = context;
    workers_report(p->workers, outcome);
}

static void on_link(void *context, const wchar_t *source, const wchar_t *dest)
{
    struct tree_run *p = context;
    struct reflink_outcome outcome;
    directory_link(&p->options->policy, source, dest, &outcome);
    if (outcome.status != REFLINK_OK || p->options->verbose)
        workers_report(p->workers, &outcome);
}

static bool on_enter(void *context, const wchar_t *source, const wchar_t *dest)
{
    struct reflink_outcome outcome;
    directory_make(source, dest, &outcome);
    if (outcome.status != REFLINK_OK)
        on_failed(context, &outcome);
    return outcome.status == REFLINK_OK;
}

static void on_leave(void *context, const wchar_t *source, const wchar_t *dest)
{
    struct tree_run *p = context;
    workers_after(p->workers, source, dest);
}

static bool never(void *context)
{
    (void)context;
    return false;
}

static const struct tree_visitor doing = {.file = on_file,
                                          .link = on_link,
                                          .enter = on_enter,
                                          .leave = on_leave,
                                          .failed = on_failed,
                                          .stopped = never};

/* --- saying what would be done -------------------------------------------- */

static void plan_file(void *context, const wchar_t *source, const wchar_t *dest,
                      uint64_t size)
{
    struct tree_run *p = context;
    struct reflink_outcome outcome;
    struct report_dry dry = {.style = &p->console.style};
    (void)size;
    reflink_dry_run(p->dry_session, &p->options->policy, source, dest, NULL,
                    report_dry_step, &dry, &outcome);
    console_planned(&p->console, &dry, &outcome);
}

/* A directory or a link, unless it stands there already. */
static bool plan_entry(struct tree_run *p, const wchar_t *source,
                       const wchar_t *dest, enum reflink_dry_kind kind)
{
    const struct reflink_dry_step step = {.kind = kind};
    struct reflink_outcome outcome;
    struct report_dry dry = {.style = &p->console.style};
    bool go_on =
        directory_foresee(&p->options->policy, source, dest, kind, &outcome);
    bool skipped = outcome.status == REFLINK_SKIPPED;
    if (skipped && kind == REFLINK_DRY_DIRECTORY)
        return true;
    if (go_on && !skipped)
        report_dry_step(&dry, &step);
    console_planned(&p->console, &dry, &outcome);
    return go_on;
}

static void plan_link(void *context, const wchar_t *source, const wchar_t *dest)
{
    plan_entry(context, source, dest, REFLINK_DRY_LINK);
}

static bool plan_enter(void *context, const wchar_t *source,
                       const wchar_t *dest)
{
    return plan_entry(context, source, dest, REFLINK_DRY_DIRECTORY);
}

static void plan_failed(void *context, const struct reflink_outcome *outcome)
{
    struct tree_run *p = context;
    struct report_dry dry = {.style = &p->console.style};
    console_planned(&p->console, &dry, outcome);
}

static const struct tree_visitor planning = {.file = plan_file,
                                             .link = plan_link,
                                             .enter = plan_enter,
                                             .leave = pass_link,
                                             .failed = plan_failed,
                                             .stopped = never};

/* --- all of it ------------------------------------------------------------ */

static bool open_pool(struct tree_run *p)
{
    const struct workers_job work = {.file = do_file,
                                     .done = file_done,
                                     .after = finish_directory,
                                     .moved = moved,
                                     .context = p};
    unsigned jobs = p->options->jobs != 0 ? p->options->jobs : DEFAULT_JOBS;
    p->count.gate = os_monitor_make();
    if (p->count.gate != NULL)
        p->workers = workers_open(&work, jobs);
    return p->workers != NULL;
}

static bool open_dry_session(struct tree_run *p)
{
    p->dry_session = reflink_session_open();
    if (p->dry_session != NULL)
        directory_allow_missing(p->dry_session);
    return p->dry_session != NULL;
}

static void run(struct tree_run *p)
{
    struct tree_visitor visitor = p->options->dry_run ? planning : doing;
    bool ready = p->options->dry_run ? open_dry_session(p) : open_pool(p);
    visitor.context = p;
    if (!ready)
        console_no_memory(&p->console);
    else if (operands_begin(p->operands, &visitor))
        operands_visit(p->operands, &visitor);
    workers_close(p->workers);
    end_count(&p->count);
    operands_end(p->operands);
}

int run_tree(const struct options *options, struct operands *operands)
{
    struct tree_run p = {.options = options, .operands = operands};
    if (console_begin(&p.console, options, true))
        run(&p);
    reflink_session_close(p.dry_session);
    return console_end(&p.console);
}
