#include "dedupe.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/call.h"
#include "core/clone/cluster.h"
#include "core/errors.h"
#include "core/file/retry.h"
#include "request.h"

/* --- comparing ------------------------------------------------------------ */

static void report(const struct pair *pair, uint64_t done)
{
    const struct dedupe *dedupe = pair->dedupe;
    if (dedupe->watch != NULL)
        dedupe->watch(dedupe->watch_context, pair->path, done, pair->end);
}

/* Sets the bits of the clusters that are equal. */
static void compare_clusters(struct pair *pair, uint32_t at, uint32_t length)
{
    const uint8_t *keep = pair->dedupe->bytes + at;
    const uint8_t *file = pair->dedupe->session->second;
    uint32_t cluster = pair_cluster(pair);
    bool all = memcmp(keep, file, length) == 0;
    for (uint32_t i = 0; i < length; i += cluster) {
        uint32_t size = length - i < cluster ? length - i : cluster;
        uint32_t bit = (at + i) / cluster;
        if (all || memcmp(keep + i, file + i, size) == 0)
            pair->equal[bit / 8] |= (uint8_t)(1u << bit % 8);
    }
}

static bool read_whole(const struct pair *pair, struct os_file *file,
                       uint64_t offset, uint8_t *buffer, uint32_t length,
                       enum outcome_side side)
{
    uint32_t done = 0;
    os_error error = os_read(file, offset, buffer, length, &done);
    if (error == 0 && done == length)
        return true;
    if (error != 0)
        return pair_fail(pair, error, REFLINK_STEP_READ, side);
    outcome_fail_hint(pair_outcome(pair), CODE_FILE_INVALID, REFLINK_STEP_READ,
                      side, REFLINK_HINT_SOURCE_CHANGED);
    return false;
}

/* Reads a part of both files; KEEP's bytes stay in memory. */
static bool compare(struct pair *pair, uint64_t offset, uint32_t length)
{
    struct dedupe *dedupe = pair->dedupe;
    memset(pair->equal, 0, sizeof pair->equal);
    for (uint32_t at = 0; at < length; at += SESSION_BUFFER) {
        uint32_t step =
            length - at < SESSION_BUFFER ? length - at : SESSION_BUFFER;
        if (session_stop(pair->dedupe->session, pair_outcome(pair)) ||
            !read_whole(pair, dedupe->keep, offset + at, dedupe->bytes + at,
                        step, OUTCOME_SOURCE) ||
            !read_whole(pair, pair->file, offset + at, dedupe->session->second,
                        step, OUTCOME_DEST))
            return false;
        compare_clusters(pair, at, step);
        if (offset + at + step < pair->end)
            report(pair, offset + at + step);
    }
    pair->has_data = true;
    return true;
}

static bool is_equal(const struct pair *pair, uint32_t at)
{
    uint32_t bit = at / pair_cluster(pair);
    return (pair->equal[bit / 8] >> bit % 8 & 1) != 0;
}

/* Shares each run of equal clusters of the part that was compared. */
static void share_equal(struct pair *pair, uint64_t offset, uint32_t length)
{
    uint32_t cluster = pair_cluster(pair);
    uint32_t from = 0;
    while (from < length && pair_can_continue(pair)) {
        uint32_t to = from;
        while (to < length && is_equal(pair, to))
            to += cluster;
        to = to < length ? to : length;
        if (to > from)
            request_share(pair, (struct part){offset + from, to - from,
                                              pair->dedupe->bytes + from});
        from = to + (to == from ? cluster : 0);
    }
}

static void share_run(struct pair *pair, const struct run *run)
{
    uint64_t end = run->offset + run->length;
    for (uint64_t at = run->offset; at < end && pair_can_continue(pair);) {
        uint64_t left = end - at;
        uint32_t step = left < DEDUPE_REQUEST ? (uint32_t)left : DEDUPE_REQUEST;
        if (compare(pair, at, step))
            share_equal(pair, at, step);
        at += step;
    }
}

static void share_all(struct pair *pair)
{
    struct dedupe_result *result = pair->result;
    bool holes = ((pair->dedupe->keep_info.attributes | pair->info.attributes) &
                  OS_ATTRIBUTE_SPARSE) != 0;
    struct run run;
    runs_begin(&pair->runs, pair->dedupe->keep, pair->file, pair->cluster_size,
               pair->end, holes);
    result->freed_known = pair->runs.reported;
    for (uint64_t at = 0; at < pair->end && pair_can_continue(pair);) {
        runs_find(&pair->runs, at, DEDUPE_REQUEST, &run);
        if (run.kind == RUN_SHARED)
            result->shared_before += run.length;
        else if (run.kind == RUN_DATA)
            share_run(pair, &run);
        at = run.offset + run.length;
        if (pair_outcome(pair)->error.code == 0)
            report(pair, at);
    }
    request_end_state(pair);
    if (pair->has_data && result->equal == 0 && result->shared_before == 0 &&
        pair_outcome(pair)->error.code == 0)
        pair_give_reason(pair, REFLINK_REASON_DIFFERENT_DATA, false);
}

/* --- one file ------------------------------------------------------------- */

static void close_keep(struct dedupe *dedupe)
{
    os_close(dedupe->keep);
    dedupe->keep = NULL;
}

static enum attempt_end attempt(struct dedupe *dedupe, const wchar_t *path,
                                struct dedupe_result *result)
{
    struct pair *pair = calloc(1, sizeof *pair);
    if (pair == NULL) {
        outcome_fail(&result->outcome, CODE_NOT_ENOUGH_MEMORY,
                     REFLINK_STEP_MEMORY, OUTCOME_DEST);
        return ATTEMPT_DONE;
    }
    pair->dedupe = dedupe;
    pair->path = path;
    pair->result = result;
    if (!session_stop(dedupe->session, &result->outcome) && pair_open(pair) &&
        pair_prepare(pair))
        share_all(pair);
    os_close(pair->file);
    free(pair);
    enum attempt_end end = retry_end_of(&result->outcome);
    if (end == ATTEMPT_TRANSIENT)
        close_keep(dedupe);
    /* the bytes are not in memory any more, so the error is final */
    return result->outcome.error.hint == REFLINK_HINT_NOT_RESTORED
               ? ATTEMPT_DONE
               : end;
}

/* What an earlier attempt has shared counts as shared now, not before. */
static void add_earlier(struct dedupe_result *result, uint64_t earlier)
{
    if (earlier > result->shared_before)
        earlier = result->shared_before;
    result->shared_before -= earlier;
    result->outcome.bytes_cloned += earlier;
    result->equal += earlier;
}

/* A file without one whole cluster has nothing to share; that is no refusal. */
static bool is_refusal(const struct dedupe *dedupe, enum reflink_reason reason)
{
    return dedupe->policy->mode == REFLINK_ALWAYS &&
           reason != REFLINK_REASON_EMPTY &&
           reason != REFLINK_REASON_BELOW_CLUSTER &&
           reason != REFLINK_REASON_SAME_FILE;
}

static void set_status(const struct dedupe *dedupe,
                       struct dedupe_result *result)
{
    struct reflink_outcome *outcome = &result->outcome;
    uint64_t shared = outcome->bytes_cloned + result->shared_before;
    if (outcome->status != REFLINK_OK || outcome->reason == REFLINK_REASON_NONE)
        return;
    if (is_refusal(dedupe, outcome->reason))
        outcome->status = REFLINK_REFUSED;
    else if (shared == 0)
        outcome->status = REFLINK_SKIPPED;
}

void dedupe_file(struct dedupe *dedupe, const wchar_t *path,
                 struct dedupe_result *result)
{
    struct retry retry = {.session = dedupe->session, .policy = dedupe->policy};
    uint64_t earlier = 0;
    enum attempt_end end = ATTEMPT_DONE;
    memset(result, 0, sizeof *result);
    uint64_t start = outcome_begin(&result->outcome, dedupe->keep_path, path);
    do {
        result->equal = 0;
        result->shared_before = 0;
        end = attempt(dedupe, path, result);
        add_earlier(result, earlier);
        earlier = result->freed_known ? result->outcome.bytes_cloned : 0;
    } while (retry_again(&retry, end, &result->outcome));
    set_status(dedupe, result);
    outcome_end(&result->outcome, start);
    if (result->outcome.bytes_cloned == 0)
        result->outcome.method = REFLINK_METHOD_NONE;
    if (result->outcome.reason == REFLINK_REASON_LIMIT)
        dedupe_keep(dedupe, path);
}

uint32_t dedupe_cluster_size(const wchar_t *path)
{
    struct os_file *file = NULL;
    if (os_open(path, OS_OPEN_LOOK, &file) != 0)
        return 0;
    uint32_t size = cluster_size_of(file);
    os_close(file);
    return size;
}

/* --- a run ---------------------------------------------------------------- */

bool dedupe_begin(struct dedupe *dedupe, struct reflink_session *session,
                  const struct reflink_policy *policy, bool dry_run)
{
    *dedupe = (struct dedupe){.session = session,
                              .policy = policy,
                              .dry_run = dry_run,
                              .bytes = malloc(DEDUPE_REQUEST)};
    return dedupe->bytes != NULL;
}

void dedupe_keep(struct dedupe *dedupe, const wchar_t *path)
{
    close_keep(dedupe);
    dedupe->keep_path = path;
}

void dedupe_end(struct dedupe *dedupe)
{
    close_keep(dedupe);
    free(dedupe->bytes);
    *dedupe = (struct dedupe){0};
}

/* --- the public function -------------------------------------------------- */

/* The file that reflink_dedupe is busy with. */
struct watched {
    struct reflink_session *session;
    const struct reflink_outcome *outcome;
};

static void on_progress(void *context, const wchar_t *path, uint64_t done,
                        uint64_t total)
{
    const struct watched *watched = context;
    struct reflink_outcome so_far = *watched->outcome;
    (void)path;
    so_far.bytes = done;
    watched->session->total = total;
    session_report(watched->session, &so_far);
}

static void run_pair(struct reflink_session *session,
                     const struct reflink_policy *policy, const wchar_t *keep,
                     const wchar_t *file, bool dry_run,
                     struct dedupe_result *result)
{
    struct dedupe dedupe;
    struct watched watched = {session, &result->outcome};
    if (dedupe_begin(&dedupe, session, policy, dry_run)) {
        dedupe.watch = on_progress;
        dedupe.watch_context = &watched;
        dedupe_keep(&dedupe, keep);
        dedupe_file(&dedupe, file, result);
    } else {
        outcome_fail(&result->outcome, CODE_NOT_ENOUGH_MEMORY,
                     REFLINK_STEP_MEMORY, OUTCOME_DEST);
    }
    dedupe_end(&dedupe);
}

enum reflink_status reflink_dedupe(struct reflink_session *session,
                                   const struct reflink_policy *policy,
                                   const wchar_t *keep, const wchar_t *file,
                                   bool dry_run,
                                   struct reflink_dedupe_result *result,
                                   struct reflink_outcome *outcome)
{
    /* bytes up to and with the last member that version 0.2 had */
    enum {
        LEAST =
            offsetof(struct reflink_dedupe_result, failed_range) + sizeof(bool)
    };
    struct call call;
    struct dedupe_result found = {0};
    if (call_begin(&call, session, policy, outcome)) {
        if (result->size >= LEAST)
            run_pair(session, &call.policy, keep, file, dry_run, &found);
        else
            outcome_fail(&found.outcome, CODE_INVALID_PARAMETER,
                         REFLINK_STEP_NONE, OUTCOME_DEST);
        call.outcome = found.outcome;
    }
    const struct reflink_dedupe_result answer = {
        .equal = found.equal,
        .shared_before = found.shared_before,
        .freed = found.freed,
        .freed_known = found.freed_known,
        .in_keep = found.in_keep,
        .failed_range = found.failed_range};
    call_write(result, &answer, sizeof answer, LEAST);
    return call_end(&call, outcome);
}
