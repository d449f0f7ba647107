#include "request.h"

#include <stdlib.h>

#include "core/base/classify.h"
#include "core/base/reason.h"
#include "core/errors.h"
#include "trial.h"

/* Tries the first request on a volume on files of our own, beside `path`. */
static bool try_volume(struct pair *pair, const struct part *part,
                       const wchar_t *path)
{
    struct volume *volume = pair->volume;
    uint32_t cluster = pair_cluster(pair);
    uint32_t whole = part->length / cluster * cluster;
    struct trial trial = {
        .session = pair->dedupe->session,
        .volume = volume,
        .path = path,
        .bytes = part->bytes,
        .count = part->length,
        .length = whole != 0 ? whole : cluster,
        .cluster_size = cluster,
        .reported = pair->runs.reported,
        .keep_sparse = pair->dedupe->keep_info.attributes & OS_ATTRIBUTE_SPARSE,
        .file_sparse = pair->info.attributes & OS_ATTRIBUTE_SPARSE,
        .has_integrity = pair->has_integrity,
        .integrity = pair->integrity};
    return trial_run(&trial, pair_outcome(pair));
}

/* The same where the file really is: a link to it may be on another volume. */
static bool try_final_path(struct pair *pair, const struct part *part)
{
    struct reflink_outcome *outcome = pair_outcome(pair);
    wchar_t *final = NULL;
    if (outcome->error.code != CODE_NOT_SAME_DEVICE ||
        os_final_path(pair->file, &final) != 0)
        return false;
    outcome->error = (struct reflink_error){0};
    outcome->status = REFLINK_OK;
    bool tried = try_volume(pair, part, final);
    free(final);
    return tried;
}

static bool is_trusted(struct pair *pair, const struct part *part)
{
    struct volume *volume = pair->volume;
    if (volume->trial == VOLUME_UNTRIED &&
        !try_volume(pair, part, pair->path) && !try_final_path(pair, part))
        return false;
    if (volume->trial == VOLUME_TRUSTED)
        return true;
    pair_outcome(pair)->refusal = volume->trial_code;
    return pair_give_reason(pair, volume->trial_reason, false);
}

/*
 * The handle keeps times and attributes from now on, where the volume supports
 * that, so that they stay even if the process is killed.
 */
static bool keep_state(struct pair *pair)
{
    if (pair->keeps_state)
        return true;
    os_error error = os_restore_state(pair->file, &pair->info);
    pair->keeps_state = error == 0;
    return pair->keeps_state ||
           pair_fail(pair, error, REFLINK_STEP_ATTRIBUTES, OUTCOME_DEST);
}

void request_end_state(const struct pair *pair)
{
    if (!pair->keeps_state || pair->file == NULL)
        return;
    os_error error = os_restore_state(pair->file, &pair->info);
    if (error != 0)
        pair_fail(pair, error, REFLINK_STEP_ATTRIBUTES, OUTCOME_DEST);
}

/* The volume did something else than it reported: it gets no more requests. */
static void distrust(struct pair *pair, const struct part *part, bool intact)
{
    bool unused = true;
    os_error error = intact ? part_write(pair, part) : 0;
    if (error != 0 && part_settle(pair, part, &unused))
        pair_fail(pair, error, REFLINK_STEP_WRITE, OUTCOME_DEST);
    pair->volume->trial = VOLUME_DISTRUSTED;
    pair->volume->trial_reason = REFLINK_REASON_UNVERIFIED;
    pair->volume->trial_code = 0;
    pair->result->failed_range = true;
    pair_outcome(pair)->unverified++;
    pair_give_reason(pair, REFLINK_REASON_UNVERIFIED, false);
}

/* Records why a request was refused, unless another one may work: a shorter
   one, or one with a larger alignment. */
static void judge_refusal(struct pair *pair, os_error code, uint32_t length)
{
    struct reflink_outcome *outcome = pair_outcome(pair);
    const struct reason_facts facts = {.has_cloned = true};
    uint32_t next = 0;
    outcome->refusal = code;
    switch (classify_clone(code)) {
    case ERROR_CLASS_NO_RESOURCES:
        outcome->no_resources = true;
        if (length / 2 >= pair_unit(pair)) {
            pair->volume->trial_limit = length / 2;
            return;
        }
        break;
    case ERROR_CLASS_CANNOT_CLONE:
        next = code == CODE_INVALID_PARAMETER
                   ? trial_next_alignment(pair_unit(pair))
                   : 0;
        if (next != 0) {
            pair->alignment = next;
            return;
        }
        break;
    case ERROR_CLASS_TOO_MANY_REFERENCES:
        break;
    default:
        pair_fail(pair, code, REFLINK_STEP_CLONE, OUTCOME_DEST);
        return;
    }
    pair_give_reason(pair, reason_of_refusal(&facts, code), false);
}

/* The length of a request for the part, of which the last cluster may be
   partial. */
static uint64_t request_length(const struct pair *pair, const struct part *part)
{
    uint64_t cluster = pair_cluster(pair);
    uint64_t over = part->length % cluster;
    bool rounded = pair->volume->tail == VOLUME_TAIL_ROUNDED;
    return over != 0 && rounded ? part->length + (cluster - over)
                                : part->length;
}

static void count_shared(struct pair *pair, uint32_t length, uint64_t exclusive,
                         enum runs_sharing sharing)
{
    pair_outcome(pair)->bytes_cloned += length;
    if (sharing == RUNS_EQUAL)
        pair->result->freed += exclusive;
    else
        pair->result->freed_known = false;
}

/*
 * Makes one request and verifies it, whatever it was answered. Returns false if
 * the part is not shared; `pair` says then whether to go on.
 */
static bool request(struct pair *pair, const struct part *part)
{
    uint64_t exclusive =
        runs_exclusive(&pair->runs, part->offset, part->length);
    bool intact = true;
    os_error error = os_clone(pair->dedupe->keep, part->offset, pair->file,
                              part->offset, request_length(pair, part));
    pair_outcome(pair)->requests++;
    bool settled = part_settle(pair, part, &intact);
    enum runs_sharing sharing = RUNS_NOT_REPORTED;
    if (settled && error == 0)
        sharing =
            runs_check(&pair->runs, part->offset, part->length, part->bytes);
    if (!intact || sharing == RUNS_DIFFERENT) {
        distrust(pair, part, intact);
        return false;
    }
    if (!settled)
        return false;
    if (error != 0) {
        judge_refusal(pair, error, part->length);
        return false;
    }
    if (pair->alignment > pair->volume->alignment)
        pair->volume->alignment = pair->alignment;
    count_shared(pair, part->length, exclusive, sharing);
    return true;
}

/* Cuts a part to what the volume's alignment allows. Only the end of both files
   may be in the middle of a cluster. */
static void align(const struct pair *pair, struct part *part)
{
    uint64_t unit = pair_unit(pair);
    uint64_t end = part->offset + part->length;
    uint64_t from = (part->offset + unit - 1) / unit * unit;
    bool at_end = end == pair->dedupe->keep_info.size &&
                  end == pair->info.size &&
                  pair->volume->tail != VOLUME_TAIL_COPIED;
    if (!at_end)
        end = end / unit * unit;
    if (from >= end) {
        part->length = 0;
        return;
    }
    part->bytes += from - part->offset;
    part->offset = from;
    part->length = (uint32_t)(end - from);
}

/* Returns the longest part that one request can be made for. */
static uint32_t step_of(const struct pair *pair, uint32_t length)
{
    uint32_t unit = pair_unit(pair);
    uint32_t limit = pair->volume->trial_limit;
    if (limit == 0 || limit >= length)
        return length;
    return limit < unit ? unit : limit / unit * unit;
}

void request_share(struct pair *pair, struct part part)
{
    align(pair, &part);
    if (part.length == 0)
        return;
    pair->result->equal += part.length;
    if (pair->dedupe->dry_run) {
        pair->result->freed +=
            runs_exclusive(&pair->runs, part.offset, part.length);
        return;
    }
    if (!is_trusted(pair, &part) || !keep_state(pair))
        return;
    align(pair, &part); /* by what the trial has shown */
    while (part.length != 0 && pair_can_continue(pair)) {
        struct part step = part;
        step.length = step_of(pair, part.length);
        if (!request(pair, &step)) {
            align(pair, &part);
            continue; /* another one, or none */
        }
        part.offset += step.length;
        part.bytes += step.length;
        part.length -= step.length;
    }
    /* shorter than the alignment that would have been next */
    if (pair->alignment > pair->volume->alignment && !pair->stopped)
        pair_give_reason(pair, REFLINK_REASON_REFUSED, false);
}
