/*
 * Shows what a run would do without changing anything: finds the same facts and
 * makes the same plan, but reports its steps instead of executing them.
 */
#include <reflink/reflink.h>

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "range_check.h"
#include "core/errors.h"
#include "core/base/call.h"
#include "core/base/classify.h"
#include "core/base/identity.h"
#include "metadata.h"
#include "source.h"
#include "core/base/path.h"
#include "dest.h"

struct dry {
    struct reflink_session *session;
    const struct reflink_policy *policy;
    struct reflink_outcome *outcome;
    const struct reflink_range *range; /* NULL: the whole file */
    void (*report)(void *context, const struct reflink_dry_step *step);
    void *context;
    struct source source;
    struct os_file *place; /* DEST, or the directory it will be in */
    struct os_info place_info;
    bool exists;
    uint64_t dest_size; /* DEST's end of file now */
    size_t streams;
};

static void report(const struct dry *dry, enum reflink_dry_kind kind,
                   uint64_t length)
{
    struct reflink_dry_step step = {.kind = kind, .length = length};
    dry->report(dry->context, &step);
}

static void report_piece(const struct dry *dry, const struct plan_piece *piece)
{
    struct reflink_dry_step step = {
        .kind = piece->clone ? REFLINK_DRY_CLONE : REFLINK_DRY_COPY,
        .source_offset = piece->source_offset,
        .dest_offset = piece->dest_offset,
        .length = piece->length,
        .request = piece->request,
    };
    dry->report(dry->context, &step);
}

/* --- finding the facts ---------------------------------------------------- */

static bool open_source_and_count(struct dry *dry)
{
    struct metadata metadata = {0};
    if (!source_open(dry->outcome->source, dry->policy->security, &dry->source,
                     dry->outcome))
        return false;
    bool looked = metadata_list(&metadata, dry->source.file, dry->outcome);
    dry->streams = metadata.count;
    metadata_end(&metadata);
    return looked;
}

/*
 * Opens DEST's directory, which is on the same volume, if DEST does not exist.
 * In a tree, opens the deepest directory of the path that exists.
 */
static os_error open_directory(const struct dry *dry, const wchar_t *dest,
                               struct os_file **file)
{
    wchar_t *path = path_directory(dest);
    if (path == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    os_error error = os_open(path, OS_OPEN_LOOK, file);
    bool more = dry->session->makes_directories;
    while (more &&
           (error == CODE_FILE_NOT_FOUND || error == CODE_PATH_NOT_FOUND)) {
        more = path_cut(path);
        error = os_open(*path != L'\0' ? path : L".", OS_OPEN_LOOK, file);
    }
    free(path);
    return error;
}

/*
 * Sets `*to_come`: whether DEST's directory does not exist yet, but a real run
 * would have created it by then. Returns an error only if memory ran out.
 */
static os_error query_to_come(const struct dry *dry, bool *to_come)
{
    struct os_file *file = NULL;
    *to_come = false;
    if (!dry->session->makes_directories)
        return 0;
    os_error error = os_open(dry->outcome->dest, OS_OPEN_LOOK, &file);
    if (error == 0)
        os_close(file);
    *to_come = error == CODE_PATH_NOT_FOUND;
    return classify_memory(error);
}

static bool look_at_place(struct dry *dry)
{
    struct os_info there = {0};
    bool to_come = false;
    os_error error = query_to_come(dry, &to_come);
    if (error != 0) {
        outcome_fail(dry->outcome, error, REFLINK_STEP_MEMORY, OUTCOME_DEST);
        return false;
    }
    if (!to_come &&
        !dest_look(dry->outcome->dest, &dry->exists, &there, dry->outcome))
        return false;
    bool in_place = dry->exists && dry->range != NULL;
    if (in_place && dry->policy->existing == REFLINK_EXISTING_KEEP) {
        dry->outcome->status = REFLINK_SKIPPED;
        return false;
    }
    if (dry->exists && !in_place &&
        !dest_judge_existing(dry->policy, &there, &dry->source.info,
                             dry->outcome))
        return false;
    dry->dest_size = in_place ? there.size : 0;
    error = in_place ? os_open(dry->outcome->dest, OS_OPEN_LOOK, &dry->place)
                     : open_directory(dry, dry->outcome->dest, &dry->place);
    if (error == 0)
        error = os_query(dry->place, &dry->place_info);
    if (error != 0)
        outcome_fail(dry->outcome, error, REFLINK_STEP_OPEN_DEST, OUTCOME_DEST);
    return error == 0;
}

static bool make_transfer(struct dry *dry, struct transfer *transfer)
{
    const struct os_info *source = &dry->source.info;
    struct reflink_range whole = {.to_end = true};
    const struct reflink_range *range =
        dry->range != NULL ? dry->range : &whole;
    uint64_t length = 0;
    if (!range_check(range, source->size, &length, dry->outcome))
        return false;
    *transfer = (struct transfer){
        .session = dry->session,
        .policy = dry->policy,
        .outcome = dry->outcome,
        .source = dry->source.file,
        .dest = dry->place,
        .source_offset = range->source_offset,
        .dest_offset = range->dest_offset,
        .length = length,
        .source_size = source->size,
        .dest_size = range_end_of_file(range, length, dry->dest_size),
        .same_file =
            dry->range != NULL &&
            identity_same_file(&source->identity, &dry->place_info.identity),
        .holes = source_has_holes(source),
    };
    return true;
}

/* --- reporting the steps -------------------------------------------------- */

static void report_before(const struct dry *dry,
                          const struct transfer *transfer,
                          const struct dest_facts *prepared, bool sparse)
{
    bool blank = dry->dest_size == 0 && !transfer->same_file;
    if (dry->range == NULL || !dry->exists)
        report(dry, REFLINK_DRY_CREATE, 0);
    if (transfer->holes || (blank && sparse))
        report(dry, REFLINK_DRY_SPARSE, 0);
    if (blank && prepared->integrity_known && prepared->integrity.algorithm)
        report(dry, REFLINK_DRY_INTEGRITY, 0);
    if (transfer->dest_size != dry->dest_size)
        report(dry, REFLINK_DRY_SET_SIZE, transfer->dest_size);
}

/* Returns false if interrupted: a large file can have millions of requests. */
static bool report_pieces(const struct dry *dry,
                          const struct transfer *transfer,
                          const struct plan *plan)
{
    uint64_t count = plan_count(plan);
    for (uint64_t i = 0; i < count; i++) {
        if (session_stop(dry->session, dry->outcome))
            return false;
        struct plan_piece piece = plan_piece(plan, i);
        report_piece(dry, &piece);
        if (piece.clone)
            transfer->outcome->bytes_cloned += piece.length;
        else
            transfer->outcome->bytes_copied += piece.length;
        transfer->outcome->requests += piece.clone;
    }
    if (plan->nothing)
        transfer->outcome->bytes_cloned = transfer->length;
    else
        outcome_reason(transfer->outcome, plan->reason);
    return true;
}

static void report_bytes(const struct dry *dry, const struct transfer *transfer,
                         enum reflink_reason reason)
{
    struct plan_piece all = {
        .source_offset = transfer->source_offset,
        .dest_offset = transfer->dest_offset,
        .length = transfer->length,
    };
    if (all.length != 0)
        report_piece(dry, &all);
    transfer->outcome->bytes_copied = all.length;
    outcome_reason(transfer->outcome, reason);
}

static void report_after(const struct dry *dry, const struct transfer *transfer,
                         bool sparse)
{
    bool blank = dry->dest_size == 0 && !transfer->same_file;
    if (blank && sparse && !transfer->holes && transfer->dest_offset == 0)
        report(dry, REFLINK_DRY_DENSE, 0);
    if (dry->range != NULL)
        return;
    if (dry->streams != 0)
        report(dry, REFLINK_DRY_STREAMS, dry->streams);
    report(dry, REFLINK_DRY_ATTRIBUTES, 0);
    report(dry, dry->exists ? REFLINK_DRY_REPLACE : REFLINK_DRY_RENAME, 0);
}

static void report_all(struct dry *dry, struct transfer *transfer,
                       const struct dest_facts *prepared)
{
    struct plan plan;
    enum reflink_reason reason = transfer_plan(transfer, &plan);
    bool clones = reason == REFLINK_REASON_NONE;
    bool sparse = clones && !transfer->facts.below_cluster;
    report_before(dry, transfer, prepared, sparse);
    if (!clones)
        report_bytes(dry, transfer, reason);
    else if (!report_pieces(dry, transfer, &plan))
        return;
    report_after(dry, transfer, sparse);
}

static void run(struct dry *dry)
{
    struct transfer transfer;
    struct dest_facts prepared = {0};
    if (!source_check_paths(dry->outcome->source, dry->outcome->dest,
                            dry->outcome) ||
        !open_source_and_count(dry) || !look_at_place(dry) ||
        !make_transfer(dry, &transfer))
        return;
    prepared.source = dry->source.info;
    prepared.dest = dry->place_info;
    if (!dest_find_facts(&transfer, &prepared))
        return;
    if (transfer_refuses(&transfer))
        dry->outcome->status = REFLINK_REFUSED;
    else
        report_all(dry, &transfer, &prepared);
}

void dry_run(struct reflink_session *session,
             const struct reflink_policy *policy, const wchar_t *source,
             const wchar_t *dest, const struct reflink_range *range,
             void (*report_step)(void *context,
                                 const struct reflink_dry_step *step),
             void *context, struct reflink_outcome *outcome)
{
    struct dry dry = {
        .session = session,
        .policy = policy,
        .outcome = outcome,
        .range = range,
        .report = report_step,
        .context = context,
    };
    uint64_t start = outcome_begin(outcome, source, dest);
    run(&dry);
    os_close(dry.place);
    os_close(dry.source.file);
    outcome_end(outcome, start);
}

enum reflink_status reflink_dry_run(
    struct reflink_session *session, const struct reflink_policy *policy,
    const wchar_t *source, const wchar_t *dest,
    const struct reflink_range *range,
    void (*report_step)(void *context, const struct reflink_dry_step *step),
    void *context, struct reflink_outcome *outcome)
{
    struct call call;
    if (call_begin(&call, session, policy, outcome))
        dry_run(session, &call.policy, source, dest, range, report_step,
                context, &call.outcome);
    return call_end(&call, outcome);
}
