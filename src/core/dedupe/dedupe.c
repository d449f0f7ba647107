#include "dedupe.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/classify.h"
#include "core/base/identity.h"
#include "core/base/outcome.h"
#include "core/base/reason.h"
#include "core/clone/cluster.h"
#include "core/errors.h"
#include "core/file/retry.h"
#include "core/file/source.h"
#include "runs.h"
#include "trial.h"

enum {
    UNIT_GUESS = 65536, /* if the volume reports no cluster size */
    LEAST_CLUSTER = 512,
    RESTORE_TRIES = 8 /* to write a range back, besides the policy's retries */
};

/* The work on one file. */
struct pair {
    struct dedupe *dedupe;
    struct dedupe_result *result;
    const wchar_t *path;
    struct os_file *file; /* NULL: not open */
    struct os_info info;  /* of the file, before anything was done */
    struct volume *volume;
    struct os_integrity integrity; /* of both files, if `has_integrity` */
    bool has_integrity;
    bool integrity_differs;
    uint32_t cluster_size; /* 0: unknown */
    uint32_t alignment;    /* tried after a refusal; 0: none */
    uint64_t end;          /* of what is compared */
    struct runs runs;
    bool keeps_state; /* times and attributes are kept by the handle */
    bool stopped;     /* no more requests for this file */
    bool has_data;    /* some bytes were compared */
    /* Bit i is set if cluster i of the bytes in memory is equal. */
    uint8_t equal[DEDUPE_REQUEST / LEAST_CLUSTER / 8];
};

static struct reflink_outcome *outcome_of(const struct pair *pair)
{
    return &pair->result->outcome;
}

static bool fail(const struct pair *pair, os_error error,
                 enum reflink_step step, enum outcome_side side)
{
    outcome_fail(outcome_of(pair), error, step, side);
    return false;
}

static bool give_reason(struct pair *pair, enum reflink_reason reason,
                        bool in_keep)
{
    outcome_reason(outcome_of(pair), reason);
    pair->result->in_keep = in_keep;
    pair->stopped = true;
    return false;
}

/* The unit of comparison. */
static uint32_t cluster_of(const struct pair *pair)
{
    return pair->cluster_size != 0 ? pair->cluster_size : UNIT_GUESS;
}

/* The alignment of requests. */
static uint32_t unit_of(const struct pair *pair)
{
    uint32_t unit = cluster_of(pair);
    if (unit < pair->volume->alignment)
        unit = pair->volume->alignment;
    return unit < pair->alignment ? pair->alignment : unit;
}

/* --- opening -------------------------------------------------------------- */

enum reflink_reason dedupe_judge(const struct os_info *info)
{
    if (source_is_elsewhere(info))
        return REFLINK_REASON_ELSEWHERE;
    if (info->attributes & OS_ATTRIBUTE_ENCRYPTED)
        return REFLINK_REASON_ENCRYPTED;
    if (info->attributes & OS_ATTRIBUTE_COMPRESSED)
        return REFLINK_REASON_COMPRESSED;
    if (info->attributes & OS_ATTRIBUTE_READONLY)
        return REFLINK_REASON_READ_ONLY;
    return REFLINK_REASON_NONE;
}

static bool judge(struct pair *pair, const struct os_info *info, bool in_keep)
{
    enum reflink_reason reason = dedupe_judge(info);
    return reason == REFLINK_REASON_NONE || give_reason(pair, reason, in_keep);
}

/* Looks at a file before it is opened to write, which could recall its data
   from a cloud. */
static bool look(struct pair *pair, const wchar_t *path, bool in_keep,
                 struct os_info *info)
{
    enum outcome_side side = in_keep ? OUTCOME_SOURCE : OUTCOME_DEST;
    struct os_file *file = NULL;
    os_error error = os_open(path, OS_OPEN_LOOK, &file);
    if (error != 0) {
        outcome_fail_hint(outcome_of(pair), error, REFLINK_STEP_OPEN_DEST, side,
                          error == CODE_INVALID_FUNCTION
                              ? REFLINK_HINT_NOT_A_FILE
                              : REFLINK_HINT_NONE);
        return false;
    }
    error = os_query(file, info);
    os_close(file);
    if (error != 0)
        return fail(pair, error, REFLINK_STEP_QUERY, side);
    if ((info->attributes & OS_ATTRIBUTE_DIRECTORY) == 0)
        return true;
    outcome_fail_hint(outcome_of(pair), CODE_DIRECTORY_NOT_SUPPORTED,
                      REFLINK_STEP_OPEN_DEST, side, REFLINK_HINT_DIRECTORY);
    return false;
}

/* Opens a file so that nobody else can write to it. */
static bool open_file(struct pair *pair, const wchar_t *path, bool in_keep,
                      struct os_file **file, struct os_info *info)
{
    enum outcome_side side = in_keep ? OUTCOME_SOURCE : OUTCOME_DEST;
    unsigned intent = pair->dedupe->dry_run ? OS_OPEN_SOURCE : OS_OPEN_IN_PLACE;
    os_error error = os_open(path, intent, file);
    if (error == CODE_SHARING_VIOLATION)
        return give_reason(pair, REFLINK_REASON_IN_USE, in_keep);
    if (error != 0)
        return fail(pair, error, REFLINK_STEP_OPEN_DEST, side);
    error = os_query(*file, info);
    if (error != 0)
        return fail(pair, error, REFLINK_STEP_QUERY, side);
    return judge(pair, info, in_keep);
}

/* A file that is not on the disk yet may get no clusters, or zeros in its
   clone [git-lfs/git-lfs #6312]. */
static bool flush(const struct pair *pair, struct os_file *file,
                  enum outcome_side side)
{
    os_error error = pair->dedupe->dry_run ? 0 : os_flush(file);
    return error == 0 || classify_unsupported(error) ||
           fail(pair, error, REFLINK_STEP_FLUSH, side);
}

static bool open_keep(struct pair *pair)
{
    struct dedupe *dedupe = pair->dedupe;
    if (dedupe->keep != NULL)
        return true;
    bool opened = look(pair, dedupe->keep_path, true, &dedupe->keep_info) &&
                  judge(pair, &dedupe->keep_info, true) &&
                  open_file(pair, dedupe->keep_path, true, &dedupe->keep,
                            &dedupe->keep_info) &&
                  flush(pair, dedupe->keep, OUTCOME_SOURCE);
    if (!opened) {
        os_close(dedupe->keep);
        dedupe->keep = NULL;
    }
    return opened;
}

/* A file can be opened only once like this, so that it is not KEEP itself has
   to be known before. */
static bool open_both(struct pair *pair)
{
    struct dedupe *dedupe = pair->dedupe;
    if (!source_check_paths(dedupe->keep_path, pair->path, outcome_of(pair)) ||
        !open_keep(pair) || !look(pair, pair->path, false, &pair->info))
        return false;
    if (identity_same_file(&pair->info.identity, &dedupe->keep_info.identity))
        return give_reason(pair, REFLINK_REASON_SAME_FILE, false);
    return judge(pair, &pair->info, false) &&
           open_file(pair, pair->path, false, &pair->file, &pair->info) &&
           flush(pair, pair->file, OUTCOME_DEST);
}

/* --- whether they can share ----------------------------------------------- */

static void ask_integrity(struct pair *pair)
{
    struct os_integrity keep;
    bool known = os_get_integrity(pair->dedupe->keep, &keep) == 0;
    pair->has_integrity =
        known && os_get_integrity(pair->file, &pair->integrity) == 0;
    pair->integrity_differs =
        pair->has_integrity && keep.algorithm != pair->integrity.algorithm;
    pair->cluster_size =
        cluster_size(pair->has_integrity ? &pair->integrity : NULL, pair->file);
    if (pair->cluster_size > SESSION_BUFFER)
        pair->cluster_size = 0;
    outcome_of(pair)->cluster_size = pair->cluster_size;
}

static bool prepare(struct pair *pair)
{
    const struct os_info *keep = &pair->dedupe->keep_info;
    struct volume **volumes = &pair->dedupe->session->volumes;
    struct volume *volume = volume_get(volumes, &pair->info.identity);
    if (volume == NULL)
        return fail(pair, CODE_NOT_ENOUGH_MEMORY, REFLINK_STEP_MEMORY,
                    OUTCOME_DEST);
    if (!volume->report.known)
        os_query_volume(pair->file, &volume->report);
    wcscpy(outcome_of(pair)->file_system, volume->report.file_system);
    pair->volume = volume;
    ask_integrity(pair);
    pair->end = keep->size < pair->info.size ? keep->size : pair->info.size;
    const struct reason_facts facts = {
        .mode = pair->dedupe->policy->mode,
        .volume_known = volume->report.known,
        .volume_clones = volume->report.features & OS_VOLUME_CLONES,
        .volume_refused = volume->no_cloning,
        .other_volume =
            !identity_same_volume(&keep->identity, &pair->info.identity),
        .sparse_mismatch = (keep->attributes & OS_ATTRIBUTE_SPARSE) &&
                           !(pair->info.attributes & OS_ATTRIBUTE_SPARSE),
        .integrity_differs = pair->integrity_differs,
        .length = pair->end,
    };
    enum reflink_reason reason = reason_before(&facts);
    if (reason == REFLINK_REASON_NONE && pair->end < cluster_of(pair))
        reason = REFLINK_REASON_BELOW_CLUSTER;
    if (reason == REFLINK_REASON_NONE && volume->trial == VOLUME_DISTRUSTED) {
        outcome_of(pair)->refusal = volume->trial_code;
        reason = volume->trial_reason;
    }
    return reason == REFLINK_REASON_NONE || give_reason(pair, reason, false);
}

/* --- a range of the user's file ------------------------------------------- */

/* A part of the bytes in memory, and where they are in the file. */
struct part {
    uint64_t offset;
    uint32_t length;
    const uint8_t *bytes;
};

/* Reads the part of the file and compares it with the bytes in memory. */
static os_error compare_part(const struct pair *pair, const struct part *part,
                             bool *equal)
{
    uint8_t *block = pair->dedupe->session->buffer;
    *equal = true;
    for (uint32_t at = 0; at < part->length && *equal;) {
        uint32_t left = part->length - at;
        uint32_t step = left < SESSION_BUFFER ? left : SESSION_BUFFER;
        uint32_t done = 0;
        os_error error =
            os_read(pair->file, part->offset + at, block, step, &done);
        if (error != 0)
            return error;
        *equal = done == step && memcmp(block, part->bytes + at, step) == 0;
        at += step;
    }
    return 0;
}

static os_error write_part(const struct pair *pair, const struct part *part)
{
    os_error error = 0;
    for (uint32_t at = 0; at < part->length && error == 0;) {
        uint32_t left = part->length - at;
        uint32_t step = left < SESSION_BUFFER ? left : SESSION_BUFFER;
        error = os_write(pair->file, part->offset + at, part->bytes + at, step);
        at += step;
    }
    return error == 0 ? os_flush(pair->file) : error;
}

/* Opens the file again after its handle was lost. */
static os_error reopen(struct pair *pair)
{
    struct os_info now;
    os_close(pair->file);
    pair->file = NULL;
    os_error error = os_open(pair->path, OS_OPEN_IN_PLACE, &pair->file);
    if (error == 0)
        error = os_query(pair->file, &now);
    if (error == 0 &&
        (!identity_same_file(&now.identity, &pair->info.identity) ||
         now.size != pair->info.size))
        error = CODE_FILE_INVALID;
    if (error == 0)
        os_restore_state(pair->file, &pair->info);
    if (error != 0) {
        os_close(pair->file);
        pair->file = NULL;
    }
    return error;
}

/*
 * Makes sure that the file has the bytes in memory after a request, and writes
 * them if not; as often as it takes, and even if the user pressed Ctrl-C.
 * Clears
 * `*intact` if something had to be written. Returns false after a failure,
 * which is in the outcome.
 */
static bool settle(struct pair *pair, const struct part *part, bool *intact)
{
    unsigned tries = pair->dedupe->policy->retries + RESTORE_TRIES;
    os_error unread = 0;
    os_error error = 0;
    for (unsigned i = 0; i < tries; i++) {
        bool equal = false;
        error = pair->file != NULL ? compare_part(pair, part, &equal)
                                   : CODE_NETNAME_DELETED;
        if (error == 0 && equal)
            return unread == 0 ||
                   fail(pair, unread, REFLINK_STEP_READ, OUTCOME_DEST);
        if (classify_io(error) != ERROR_CLASS_TRANSIENT) {
            unread = error != 0 ? error : unread;
            *intact = false;
            error = write_part(pair, part);
        }
        if (classify_io(error) == ERROR_CLASS_TRANSIENT) {
            os_sleep_ms(i == 0 ? 0 : UINT32_C(50) << (i < 10 ? i : 10));
            error = reopen(pair);
        }
    }
    outcome_fail_hint(outcome_of(pair), error != 0 ? error : CODE_IO_DEVICE,
                      REFLINK_STEP_WRITE, OUTCOME_DEST,
                      REFLINK_HINT_NOT_RESTORED);
    return false;
}

/* --- requests ------------------------------------------------------------- */

/* Tries the first request on a volume on files of our own, beside `path`. */
static bool try_volume(struct pair *pair, const struct part *part,
                       const wchar_t *path)
{
    struct volume *volume = pair->volume;
    uint32_t cluster = cluster_of(pair);
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
    return trial_run(&trial, outcome_of(pair));
}

/* The same where the file really is: a link to it may be on another volume. */
static bool try_final_path(struct pair *pair, const struct part *part)
{
    struct reflink_outcome *outcome = outcome_of(pair);
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
    outcome_of(pair)->refusal = volume->trial_code;
    return give_reason(pair, volume->trial_reason, false);
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
           fail(pair, error, REFLINK_STEP_ATTRIBUTES, OUTCOME_DEST);
}

/* Elsewhere they are set again when all is done. */
static void end_state(const struct pair *pair)
{
    if (!pair->keeps_state || pair->file == NULL)
        return;
    os_error error = os_restore_state(pair->file, &pair->info);
    if (error != 0)
        fail(pair, error, REFLINK_STEP_ATTRIBUTES, OUTCOME_DEST);
}

/* The volume did something else than it reported: it gets no more requests. */
static void distrust(struct pair *pair, const struct part *part, bool intact)
{
    bool unused = true;
    os_error error = intact ? write_part(pair, part) : 0;
    if (error != 0 && settle(pair, part, &unused))
        fail(pair, error, REFLINK_STEP_WRITE, OUTCOME_DEST);
    pair->volume->trial = VOLUME_DISTRUSTED;
    pair->volume->trial_reason = REFLINK_REASON_UNVERIFIED;
    pair->volume->trial_code = 0;
    pair->result->failed_range = true;
    outcome_of(pair)->unverified++;
    give_reason(pair, REFLINK_REASON_UNVERIFIED, false);
}

/* Records why a request was refused, unless another one may work: a shorter
   one, or one with a larger alignment. */
static void judge_refusal(struct pair *pair, os_error code, uint32_t length)
{
    struct reflink_outcome *outcome = outcome_of(pair);
    const struct reason_facts facts = {.has_cloned = true};
    uint32_t next = 0;
    outcome->refusal = code;
    switch (classify_clone(code)) {
    case ERROR_CLASS_NO_RESOURCES:
        outcome->no_resources = true;
        if (length / 2 >= unit_of(pair)) {
            pair->volume->trial_limit = length / 2;
            return;
        }
        break;
    case ERROR_CLASS_CANNOT_CLONE:
        next = code == CODE_INVALID_PARAMETER
                   ? trial_next_alignment(unit_of(pair))
                   : 0;
        if (next != 0) {
            pair->alignment = next;
            return;
        }
        break;
    case ERROR_CLASS_TOO_MANY_REFERENCES:
        break;
    default:
        fail(pair, code, REFLINK_STEP_CLONE, OUTCOME_DEST);
        return;
    }
    give_reason(pair, reason_of_refusal(&facts, code), false);
}

/* The length of a request for the part, of which the last cluster may be
   partial. */
static uint64_t request_length(const struct pair *pair, const struct part *part)
{
    uint64_t cluster = cluster_of(pair);
    uint64_t over = part->length % cluster;
    bool rounded = pair->volume->tail == VOLUME_TAIL_ROUNDED;
    return over != 0 && rounded ? part->length + (cluster - over)
                                : part->length;
}

static void count_shared(struct pair *pair, uint32_t length, uint64_t exclusive,
                         enum runs_sharing sharing)
{
    outcome_of(pair)->bytes_cloned += length;
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
    outcome_of(pair)->requests++;
    bool settled = settle(pair, part, &intact);
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

static bool can_continue(const struct pair *pair)
{
    return !pair->stopped && outcome_of(pair)->error.code == 0 &&
           !outcome_stop(outcome_of(pair));
}

/* Cuts a part to what the volume's alignment allows. Only the end of both files
   may be in the middle of a cluster. */
static void align(const struct pair *pair, struct part *part)
{
    uint64_t unit = unit_of(pair);
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
    uint32_t unit = unit_of(pair);
    uint32_t limit = pair->volume->trial_limit;
    if (limit == 0 || limit >= length)
        return length;
    return limit < unit ? unit : limit / unit * unit;
}

/* Lets the file share a part that is equal in both. */
static void share(struct pair *pair, struct part part)
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
    while (part.length != 0 && can_continue(pair)) {
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
        give_reason(pair, REFLINK_REASON_REFUSED, false);
}

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
    uint32_t cluster = cluster_of(pair);
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
        return fail(pair, error, REFLINK_STEP_READ, side);
    outcome_fail_hint(outcome_of(pair), CODE_FILE_INVALID, REFLINK_STEP_READ,
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
        if (outcome_stop(outcome_of(pair)) ||
            !read_whole(pair, dedupe->keep, offset + at, dedupe->bytes + at,
                        step, OUTCOME_SOURCE) ||
            !read_whole(pair, pair->file, offset + at, dedupe->session->second,
                        step, OUTCOME_DEST))
            return false;
        compare_clusters(pair, at, step);
        report(pair, offset + at + step);
    }
    pair->has_data = true;
    return true;
}

static bool is_equal(const struct pair *pair, uint32_t at)
{
    uint32_t bit = at / cluster_of(pair);
    return (pair->equal[bit / 8] >> bit % 8 & 1) != 0;
}

/* Shares each run of equal clusters of the part that was compared. */
static void share_equal(struct pair *pair, uint64_t offset, uint32_t length)
{
    uint32_t cluster = cluster_of(pair);
    uint32_t from = 0;
    while (from < length && can_continue(pair)) {
        uint32_t to = from;
        while (to < length && is_equal(pair, to))
            to += cluster;
        to = to < length ? to : length;
        if (to > from)
            share(pair, (struct part){offset + from, to - from,
                                      pair->dedupe->bytes + from});
        from = to + (to == from ? cluster : 0);
    }
}

static void share_run(struct pair *pair, const struct run *run)
{
    uint64_t end = run->offset + run->length;
    for (uint64_t at = run->offset; at < end && can_continue(pair);) {
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
    for (uint64_t at = 0; at < pair->end && can_continue(pair);) {
        runs_find(&pair->runs, at, DEDUPE_REQUEST, &run);
        if (run.kind == RUN_SHARED)
            result->shared_before += run.length;
        else if (run.kind == RUN_DATA)
            share_run(pair, &run);
        at = run.offset + run.length;
        report(pair, at);
    }
    end_state(pair);
    if (pair->has_data && result->equal == 0 && result->shared_before == 0 &&
        outcome_of(pair)->error.code == 0)
        give_reason(pair, REFLINK_REASON_DIFFERENT_DATA, false);
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
    if (open_both(pair) && prepare(pair))
        share_all(pair);
    os_close(pair->file);
    free(pair);
    enum attempt_end end = retry_end_of(&result->outcome);
    if (end == ATTEMPT_TRANSIENT)
        close_keep(dedupe);
    return end;
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
    struct retry retry = {.policy = dedupe->policy};
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

bool dedupe_begin(struct dedupe *dedupe, const struct reflink_policy *policy,
                  bool dry_run)
{
    *dedupe = (struct dedupe){.session = reflink_session_open(),
                              .policy = policy,
                              .dry_run = dry_run,
                              .bytes = malloc(DEDUPE_REQUEST)};
    return dedupe->session != NULL && dedupe->bytes != NULL;
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
    reflink_session_close(dedupe->session);
    *dedupe = (struct dedupe){0};
}
