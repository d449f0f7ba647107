#include "run_dedupe.h"

#include <stdlib.h>
#include <string.h>

#include "console.h"
#include "core/dedupe/dedupe.h"
#include "core/dedupe/groups.h"
#include "core/errors.h"
#include "core/tree/walk.h"
#include "core/tree/wildcard.h"

struct run {
    const struct options *options;
    struct console console;
    struct dedupe dedupe;
    struct groups *groups; /* with -r */
    wchar_t **paths;       /* without -r: the FILEs */
    size_t path_count;
    bool is_first;      /* the files are listed for the first time */
    bool is_incomplete; /* a problem that ends the run was reported */
    uint32_t cluster;   /* of the volume that is listed; 0: unknown */
    uint64_t files;
    uint64_t read;   /* bytes, to find equal files, as last displayed */
    uint64_t shared; /* bytes of the files that are done */
};

/* Whether the run goes on: nobody wants it to end, and it can be reported. */
static bool can_continue(const struct run *run)
{
    return !run->is_incomplete && !os_cancelled() && run->console.printed;
}

static void fail_memory(struct run *run)
{
    console_no_memory(&run->console);
    run->is_incomplete = true;
}

/* Reports something else than a file that was deduplicated. */
static void report_problem(struct run *run,
                           const struct reflink_outcome *outcome)
{
    struct dedupe_result result = {.outcome = *outcome};
    console_deduped(&run->console, &result, true);
}

static void report_error_of(struct run *run, const wchar_t *path, os_error code,
                            enum reflink_step step, enum reflink_hint hint)
{
    const struct reflink_outcome outcome = {
        .source = path,
        .dest = path,
        .status = code == CODE_CANCELLED ? REFLINK_INTERRUPTED : REFLINK_FAILED,
        .error = {.code = code, .step = step, .hint = hint}};
    report_problem(run, &outcome);
}

static void report_interruption(struct run *run)
{
    if (os_cancelled() && run->console.totals.interrupted == 0)
        report_error_of(run, run->options->operands[0], CODE_CANCELLED,
                        REFLINK_STEP_NONE, REFLINK_HINT_INTERRUPTED);
}

/* --- progress ------------------------------------------------------------- */

struct position {
    struct run *run;
    const wchar_t *path;
    uint64_t done;
    uint64_t total;
};

/* While files are read to find equal ones. More may follow. */
static void fill_finding(void *context, struct progress_view *view)
{
    const struct position *position = context;
    struct run *run = position->run;
    run->read = position->done;
    *view = (struct progress_view){.name = position->path,
                                   .done = run->shared + position->done,
                                   .total = run->shared + position->total,
                                   .counting = true};
}

static void on_finding(void *context, const wchar_t *path, uint64_t done,
                       uint64_t total)
{
    struct run *run = context;
    struct position position = {run, path, done, total};
    console_progress(&run->console, fill_finding, &position);
}

/* While a file is compared with KEEP. */
static void fill_sharing(void *context, struct progress_view *view)
{
    const struct position *position = context;
    const struct run *run = position->run;
    uint64_t before = run->read + run->shared;
    *view = (struct progress_view){.name = position->path,
                                   .done = before + position->done,
                                   .total = before + position->total,
                                   .counting = run->path_count != 2};
}

static void on_sharing(void *context, const wchar_t *path, uint64_t done,
                       uint64_t total)
{
    struct run *run = context;
    struct position position = {run, path, done, total};
    console_progress(&run->console, fill_sharing, &position);
    if (done == total)
        run->shared += total;
}

/* --- the paths of the command line ---------------------------------------- */

struct visit {
    struct run *run;
    void (*path)(struct run *run, const wchar_t *path);
};

static bool on_match(void *context, const wchar_t *path,
                     const struct os_entry *entry)
{
    const struct visit *visit = context;
    (void)entry;
    visit->path(visit->run, path);
    return can_continue(visit->run);
}

static bool on_no_name(void *context, const wchar_t *shown)
{
    const struct visit *visit = context;
    report_error_of(visit->run, shown, CODE_INVALID_NAME, REFLINK_STEP_LIST,
                    REFLINK_HINT_NO_NAME);
    return can_continue(visit->run);
}

/* What cannot be listed is reported the first time, but if memory runs out, the
   run ends. */
static void fail_list(struct run *run, const wchar_t *path, os_error error,
                      enum reflink_step step, enum reflink_hint hint)
{
    if (error == CODE_NOT_ENOUGH_MEMORY)
        fail_memory(run);
    else if (run->is_first)
        report_error_of(run, path, error, step, hint);
}

/* Calls `path` for each operand, and for each match of a wildcard. */
static void visit_operands(struct run *run,
                           void (*path)(struct run *run, const wchar_t *path))
{
    const struct options *options = run->options;
    struct visit visit = {run, path};
    const struct wildcard_visitor visitor = {on_match, on_no_name, &visit};
    for (int i = 0; i < options->operand_count && can_continue(run); i++) {
        const wchar_t *operand = options->operands[i];
        if (!wildcard_is_pattern(operand)) {
            path(run, operand);
            continue;
        }
        os_error code = wildcard_visit(operand, options->recursive, &visitor);
        if (code != 0)
            fail_list(run, operand, code, REFLINK_STEP_LIST,
                      code == CODE_DIRECTORY_NOT_SUPPORTED
                          ? REFLINK_HINT_DIRECTORY
                          : REFLINK_HINT_NONE);
    }
}

/* --- a list of files ------------------------------------------------------ */

static void add_path(struct run *run, const wchar_t *path)
{
    size_t length = wcslen(path) + 1;
    wchar_t *copy = malloc(length * sizeof *copy);
    wchar_t **paths =
        realloc(run->paths, (run->path_count + 1) * sizeof *paths);
    if (paths != NULL)
        run->paths = paths;
    if (copy == NULL || paths == NULL) {
        free(copy);
        fail_memory(run);
        return;
    }
    wmemcpy(copy, path, length);
    run->paths[run->path_count++] = copy;
}

/* An error of the first file, which all others need, is reported once. */
static void dedupe_list(struct run *run)
{
    visit_operands(run, add_path);
    if (run->path_count != 0)
        dedupe_keep(&run->dedupe, run->paths[0]);
    for (size_t i = 1; i < run->path_count && can_continue(run); i++) {
        struct dedupe_result result;
        dedupe_file(&run->dedupe, run->paths[i], &result);
        console_deduped(&run->console, &result, false);
        if (result.outcome.error.code != 0 && result.outcome.error.in_source)
            run->is_incomplete = true;
    }
    run->files = run->path_count;
    run->console.totals.dedupe.groups = run->path_count > 1;
}

/* --- trees ---------------------------------------------------------------- */

static void on_file(void *context, const wchar_t *path,
                    struct held_directory *directory, const wchar_t *dest,
                    uint64_t size)
{
    struct run *run = context;
    bool added = true;
    (void)directory;
    (void)dest;
    run->files += run->is_first;
    if (size == 0 || size < run->cluster) {
        if (run->is_first)
            console_left_alone(&run->console, path,
                               size == 0 ? REFLINK_REASON_EMPTY
                                         : REFLINK_REASON_BELOW_CLUSTER);
    } else if (run->is_first) {
        added = groups_add_size(run->groups, size);
    } else {
        added = groups_add_file(run->groups, path, size);
    }
    if (!added && !run->is_incomplete)
        fail_memory(run);
}

static void on_link(void *context, const struct tree_link *link)
{
    struct run *run = context;
    if (run->is_first)
        console_passed_over(&run->console, TOTALS_LINK, link->source);
}

/* What cannot be listed is reported the first time. */
static void on_failed(void *context, const struct reflink_outcome *outcome)
{
    struct run *run = context;
    if (outcome->status == REFLINK_INTERRUPTED || run->is_incomplete)
        return;
    if (outcome->error.code == CODE_NOT_ENOUGH_MEMORY)
        fail_memory(run);
    else if (run->is_first)
        report_problem(run, outcome);
}

static void on_passed_over(void *context, enum tree_passed_over why,
                           const wchar_t *source)
{
    struct run *run = context;
    if (run->is_first)
        console_passed_over(&run->console,
                            why == TREE_STAGING_FILE ? TOTALS_STAGING_FILE
                                                     : TOTALS_SYSTEM_DIRECTORY,
                            source);
}

static bool on_stopped(void *context)
{
    return !can_continue(context);
}

static void list_path(struct run *run, const wchar_t *path)
{
    const struct tree_visitor visitor = {.file = on_file,
                                         .link = on_link,
                                         .failed = on_failed,
                                         .passed_over = on_passed_over,
                                         .stopped = on_stopped,
                                         .context = run};
    struct os_file *file = NULL;
    struct os_info info;
    os_error error = os_open(path, OS_OPEN_LOOK, &file);
    if (error == 0)
        error = os_query_state(file, &info);
    os_close(file);
    run->cluster = dedupe_cluster_size(path);
    if (error != 0)
        fail_list(run, path, error, REFLINK_STEP_OPEN_SOURCE,
                  REFLINK_HINT_NONE);
    else if (info.attributes & OS_ATTRIBUTE_DIRECTORY)
        (void)tree_walk(&visitor, NULL, path, true, NULL, path);
    else
        on_file(run, path, NULL, path, info.size);
}

static void on_left_alone(void *context, const wchar_t *path,
                          enum reflink_reason reason)
{
    struct run *run = context;
    console_left_alone(&run->console, path, reason);
}

static void on_file_failed(void *context, const struct reflink_outcome *outcome)
{
    report_problem(context, outcome);
}

static void add_to_group(struct report_group *group,
                         const struct dedupe_result *result, bool dry_run)
{
    uint64_t more = dry_run ? result->equal : result->outcome.bytes_cloned;
    group->shared_before += result->shared_before;
    group->shared += result->shared_before + more;
    group->freed += result->freed;
    group->freed_unknown =
        group->freed_unknown || (more != 0 && !result->freed_known);
}

/* What is in the clusters of KEEP already is not opened again. */
static void dedupe_member(struct run *run, const struct groups_member *member,
                          uint64_t size, struct dedupe_result *result)
{
    if (!member->is_shared) {
        dedupe_file(&run->dedupe, member->path, result);
        return;
    }
    *result =
        (struct dedupe_result){.shared_before = size, .freed_known = true};
    result->outcome.source = run->dedupe.keep_path;
    result->outcome.dest = member->path;
}

static void on_group(void *context, uint64_t size,
                     const struct groups_member *members, size_t count)
{
    struct run *run = context;
    bool dry_run = run->options->dry_run;
    struct report_group group = {
        .keep = members[0].path, .size = size, .files = count};
    dedupe_keep(&run->dedupe, members[0].path);
    for (size_t i = 1; i < count && can_continue(run); i++) {
        struct dedupe_result result;
        dedupe_member(run, &members[i], size, &result);
        console_deduped(&run->console, &result, true);
        add_to_group(&group, &result, dry_run);
        /* without KEEP, the next file takes its place */
        if (result.outcome.error.in_source ||
            (result.in_keep && result.outcome.reason != REFLINK_REASON_NONE))
            dedupe_keep(&run->dedupe, members[i].path);
    }
    console_group(&run->console, &group);
    /* the paths are not valid any more when the next files are listed */
    dedupe_keep(&run->dedupe, NULL);
}

static void dedupe_trees(struct run *run)
{
    const struct groups_visitor visitor = {.group = on_group,
                                           .passed_over = on_left_alone,
                                           .failed = on_file_failed,
                                           .progress = on_finding,
                                           .context = run};
    run->groups = groups_open(options_jobs(run->options));
    if (run->groups == NULL) {
        fail_memory(run);
        return;
    }
    visit_operands(run, list_path);
    run->is_first = false;
    while (can_continue(run) && groups_next(run->groups)) {
        visit_operands(run, list_path);
        os_error error =
            can_continue(run) ? groups_find(run->groups, &visitor) : 0;
        if (error == CODE_NOT_ENOUGH_MEMORY)
            fail_memory(run);
        else if (error != 0 && error != CODE_CANCELLED)
            report_error_of(run, run->options->operands[0], error,
                            REFLINK_STEP_COMPARE, REFLINK_HINT_NONE);
        run->is_incomplete = run->is_incomplete || error != 0;
    }
    groups_free(run->groups);
}

/* --- both ----------------------------------------------------------------- */

int run_dedupe(const struct options *options)
{
    struct run run = {.options = options, .is_first = true};
    struct reflink_session *session = reflink_session_open();
    if (console_begin(&run.console, options, true)) {
        run.console.totals.dedupe.used = true;
        if (session == NULL ||
            !dedupe_begin(&run.dedupe, session, &options->policy,
                          options->dry_run)) {
            fail_memory(&run);
        } else {
            run.dedupe.watch = on_sharing;
            run.dedupe.watch_context = &run;
            if (options->recursive)
                dedupe_trees(&run);
            else
                dedupe_list(&run);
            report_interruption(&run);
        }
        run.console.totals.files = run.files;
        dedupe_end(&run.dedupe);
    }
    reflink_session_close(session);
    for (size_t i = 0; i < run.path_count; i++)
        free(run.paths[i]);
    free(run.paths);
    return console_end(&run.console);
}
