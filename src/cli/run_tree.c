#include "run_tree.h"

#include "core/tree/directory.h"
#include "core/tree/workers.h"
#include "core/base/session.h"
#include "console.h"

/* As many as robocopy's /MT has threads: what takes its time is waiting for the
   disk or the server, and not the processors. */
enum { DEFAULT_JOBS = 8 };

/* How many files and bytes there are: a second walk of its own, which nobody
   waits for. What stands below `gate` is touched with it held. */
struct count {
    struct os_thread *thread;
    bool begun;
    struct os_gate *gate;
    uint64_t files;
    uint64_t bytes;
    bool ended;
    bool wanted;
};

struct performance {
    const struct options *options;
    struct many *many;
    struct teller teller;
    struct pool *pool;
    struct reflink_session *rehearsal; /* of a dry run */
    struct count count;
};

/* --- counting ------------------------------------------------------------- */

static void count_file(void *context, const wchar_t *source,
                       const wchar_t *dest, uint64_t size)
{
    struct count *count = context;
    (void)source;
    (void)dest;
    os_gate_lock(count->gate);
    count->files++;
    count->bytes += size;
    os_gate_unlock(count->gate);
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

/* It is told where it fails in earnest. */
static void pass_failed(void *context, const struct reflink_outcome *outcome)
{
    (void)context;
    (void)outcome;
}

static bool is_unwanted(void *context)
{
    struct count *count = context;
    os_gate_lock(count->gate);
    bool wanted = count->wanted;
    os_gate_unlock(count->gate);
    return !wanted;
}

static void run_count(void *context)
{
    struct performance *p = context;
    struct count *count = &p->count;
    const struct tree_visitor visitor = {.file = count_file,
                                         .link = pass_link,
                                         .enter = pass_enter,
                                         .leave = pass_link,
                                         .failed = pass_failed,
                                         .stopped = is_unwanted,
                                         .context = count};
    many_visit(p->many, &visitor);
    os_gate_lock(count->gate);
    count->ended = count->wanted;
    os_gate_unlock(count->gate);
}

/* Due with the first line of progress: what takes no time is not counted. */
static void begin_count(struct performance *p)
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
    os_gate_lock(count->gate);
    count->wanted = false;
    os_gate_unlock(count->gate);
    os_thread_end(count->thread);
    os_gate_free(count->gate);
}

/* --- progress ------------------------------------------------------------- */

/* A file that has moved on. */
struct movement {
    struct performance *performance;
    const wchar_t *name;
};

static void look(void *context, struct progress_view *view)
{
    const struct movement *movement = context;
    struct performance *p = movement->performance;
    struct pool_state state = pool_state(p->pool);
    begin_count(p);
    os_gate_lock(p->count.gate);
    *view = (struct progress_view){.name = movement->name,
                                   .done = state.bytes,
                                   .total = p->count.bytes,
                                   .many = true,
                                   .counting = !p->count.ended,
                                   .files = state.files,
                                   .files_total = p->count.files};
    os_gate_unlock(p->count.gate);
}

static void moved(void *context, const struct reflink_outcome *so_far,
                  uint64_t total)
{
    struct performance *p = context;
    struct movement movement = {p, so_far->dest};
    (void)total;
    teller_moved(&p->teller, look, &movement);
}

/* --- doing ---------------------------------------------------------------- */

static void do_file(void *context, struct reflink_session *session,
                    const wchar_t *source, const wchar_t *dest,
                    struct reflink_outcome *outcome)
{
    const struct performance *p = context;
    reflink_file(session, &p->options->policy, source, dest, outcome);
}

static void file_done(void *context, const struct reflink_outcome *outcome)
{
    struct performance *p = context;
    if (outcome->status == REFLINK_OK &&
        outcome->method == REFLINK_METHOD_NONE) {
        teller_linked(&p->teller, outcome);
        return;
    }
    teller_done(&p->teller, outcome);
    moved(p, outcome, outcome->bytes);
}

static void finish_directory(void *context, struct reflink_session *session,
                             const wchar_t *source, const wchar_t *dest)
{
    struct performance *p = context;
    struct reflink_outcome outcome;
    directory_finish(session, &p->options->policy, source, dest, &outcome);
    if (outcome.status != REFLINK_OK)
        teller_done(&p->teller, &outcome);
    else if (outcome.lost != 0 || outcome.warnings != 0)
        teller_warned(&p->teller, &outcome);
}

static void on_file(void *context, const wchar_t *source, const wchar_t *dest,
                    uint64_t size)
{
    struct performance *p = context;
    pool_file(p->pool, source, dest, size);
}

static void on_failed(void *context, const struct reflink_outcome *outcome)
{
    struct performance *p = context;
    pool_told(p->pool, outcome);
}

static void on_link(void *context, const wchar_t *source, const wchar_t *dest)
{
    struct performance *p = context;
    struct reflink_outcome outcome;
    directory_link(&p->options->policy, source, dest, &outcome);
    if (outcome.status != REFLINK_OK || p->options->verbose)
        pool_told(p->pool, &outcome);
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
    struct performance *p = context;
    pool_behind(p->pool, source, dest);
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
    struct performance *p = context;
    struct reflink_outcome outcome;
    struct report_dry dry = {.style = &p->teller.style};
    (void)size;
    reflink_dry_run(p->rehearsal, &p->options->policy, source, dest, NULL,
                    report_dry_step, &dry, &outcome);
    teller_planned(&p->teller, &dry, &outcome);
}

/* A directory or a link, unless it stands there already. */
static bool plan_entry(struct performance *p, const wchar_t *source,
                       const wchar_t *dest, enum reflink_dry_kind kind)
{
    const struct reflink_dry_step step = {.kind = kind};
    struct reflink_outcome outcome;
    struct report_dry dry = {.style = &p->teller.style};
    bool go_on =
        directory_foresee(&p->options->policy, source, dest, kind, &outcome);
    bool skipped = outcome.status == REFLINK_SKIPPED;
    if (skipped && kind == REFLINK_DRY_DIRECTORY)
        return true;
    if (go_on && !skipped)
        report_dry_step(&dry, &step);
    teller_planned(&p->teller, &dry, &outcome);
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
    struct performance *p = context;
    struct report_dry dry = {.style = &p->teller.style};
    teller_planned(&p->teller, &dry, outcome);
}

static const struct tree_visitor planning = {.file = plan_file,
                                             .link = plan_link,
                                             .enter = plan_enter,
                                             .leave = pass_link,
                                             .failed = plan_failed,
                                             .stopped = never};

/* --- all of it ------------------------------------------------------------ */

static bool open_pool(struct performance *p)
{
    const struct pool_work work = {.file = do_file,
                                   .done = file_done,
                                   .behind = finish_directory,
                                   .moved = moved,
                                   .context = p};
    unsigned jobs = p->options->jobs != 0 ? p->options->jobs : DEFAULT_JOBS;
    p->count.gate = os_gate_make();
    if (p->count.gate != NULL)
        p->pool = pool_open(&work, jobs);
    return p->pool != NULL;
}

static bool open_rehearsal(struct performance *p)
{
    p->rehearsal = reflink_session_open();
    if (p->rehearsal != NULL)
        p->rehearsal->makes_directories = true;
    return p->rehearsal != NULL;
}

static void run(struct performance *p)
{
    struct tree_visitor visitor = p->options->dry_run ? planning : doing;
    bool ready = p->options->dry_run ? open_rehearsal(p) : open_pool(p);
    visitor.context = p;
    if (!ready)
        teller_no_memory(&p->teller);
    else if (many_begin(p->many, &visitor))
        many_visit(p->many, &visitor);
    pool_close(p->pool);
    end_count(&p->count);
    many_end(p->many);
}

int perform_many(const struct options *options, struct many *many)
{
    struct performance p = {.options = options, .many = many};
    if (teller_begin(&p.teller, options, true))
        run(&p);
    reflink_session_close(p.rehearsal);
    return teller_end(&p.teller);
}
