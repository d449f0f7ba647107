#include "trial.h"

#include <string.h>

#include "core/base/classify.h"
#include "core/base/identity.h"
#include "core/base/reason.h"
#include "core/errors.h"
#include "core/file/staging.h"
#include "runs.h"

/* The two staging files. */
struct files {
    struct staging keep;
    struct staging file;
    uint32_t body; /* bytes in whole clusters; the partial one follows */
    uint32_t size;
};

/* How a try ended. */
enum try_end {
    TRY_DONE,  /* volume->trial is set */
    TRY_AGAIN, /* with the new length or alignment */
    TRY_FAILED /* the outcome has the error */
};

static bool fail(struct reflink_outcome *outcome, os_error error,
                 enum reflink_step step)
{
    outcome_fail(outcome, error, step, OUTCOME_DEST);
    return false;
}

/* --- the staging files ---------------------------------------------------- */

/* The byte at `at`: that of the users' files, which are repeated if the request
   is longer; or, in FILE before the request, one that differs from it. */
static uint8_t byte_at(const struct trial *trial, uint32_t at, bool inverted)
{
    uint8_t byte = trial->bytes[at % trial->count];
    return inverted ? (uint8_t)~byte : byte;
}

static os_error fill(const struct trial *trial, const struct files *files,
                     struct os_file *file, bool inverted)
{
    uint8_t *block = trial->session->buffer;
    uint32_t at = 0;
    os_error error = os_set_size(file, files->size);
    while (at < files->size && error == 0) {
        uint32_t step = files->size - at;
        step = step < SESSION_BUFFER ? step : SESSION_BUFFER;
        for (uint32_t i = 0; i < step; i++)
            block[i] = byte_at(trial, at + i, inverted);
        error = os_write(file, at, block, step);
        at += step;
    }
    return error;
}

/* Creates a file with the settings of the user's. It is deleted with its
   handle, even if the process is killed. */
static bool make(const struct trial *trial, const struct files *files,
                 struct staging *staging, bool sparse, bool inverted,
                 struct reflink_outcome *outcome)
{
    struct os_integrity own;
    struct os_info info;
    if (!staging_begin(staging, trial->path, OS_TEMPORARY, outcome))
        return false;
    os_error error = os_query(staging->file, &info);
    if (error != 0)
        return fail(outcome, error, REFLINK_STEP_QUERY);
    if (!identity_same_volume(&info.identity, &trial->volume->identity))
        return fail(outcome, CODE_NOT_SAME_DEVICE, REFLINK_STEP_CREATE);
    error = sparse ? os_set_sparse(staging->file, true) : 0;
    if (error != 0)
        return fail(outcome, error, REFLINK_STEP_SPARSE);
    if (trial->has_integrity && os_get_integrity(staging->file, &own) == 0 &&
        own.algorithm != trial->integrity.algorithm)
        error = os_set_integrity(staging->file, &trial->integrity);
    if (error != 0)
        return fail(outcome, error, REFLINK_STEP_INTEGRITY);
    error = fill(trial, files, staging->file, inverted);
    if (error != 0)
        return fail(outcome, error, REFLINK_STEP_WRITE);
    error = os_flush(staging->file);
    return error == 0 || classify_unsupported(error) ||
           fail(outcome, error, REFLINK_STEP_FLUSH);
}

/* --- the requests --------------------------------------------------------- */

/* Whether FILE has the bytes of KEEP in [from, end), and is unchanged after
   that. */
static bool holds(const struct trial *trial, const struct files *files,
                  uint32_t from, uint32_t end, os_error *error)
{
    uint8_t *block = trial->session->buffer;
    while (from < files->size) {
        uint32_t step = files->size - from;
        uint32_t done = 0;
        step = step < SESSION_BUFFER ? step : SESSION_BUFFER;
        *error = os_read(files->file.file, from, block, step, &done);
        if (*error != 0 || done != step)
            return false;
        for (uint32_t i = 0; i < step; i++) {
            if (block[i] != byte_at(trial, from + i, from + i >= end))
                return false;
        }
        from += step;
    }
    return true;
}

/* Whether the request for [from, end) did what it should. */
static bool is_done(const struct trial *trial, const struct files *files,
                    uint32_t from, uint32_t end, os_error *error)
{
    struct runs runs;
    struct os_info info;
    *error = os_query_state(files->file.file, &info);
    if (*error != 0 || info.size != files->size ||
        !holds(trial, files, from, end, error))
        return false;
    runs_begin(&runs, files->keep.file, files->file.file,
               trial->reported ? trial->cluster_size : 0, files->size, false);
    return runs_check(&runs, from, end - from, NULL) != RUNS_DIFFERENT;
}

static enum try_end distrust(struct trial *trial, enum reflink_reason reason,
                             os_error code)
{
    trial->volume->trial = VOLUME_DISTRUSTED;
    trial->volume->trial_reason = reason;
    trial->volume->trial_code = code;
    return TRY_DONE;
}

static uint32_t unit_of(const struct trial *trial)
{
    uint32_t alignment = trial->volume->alignment;
    return alignment > trial->cluster_size ? alignment : trial->cluster_size;
}

uint32_t trial_next_alignment(uint32_t alignment)
{
    static const uint32_t known[] = {4096, 65536, 131072, 1048576};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i] > alignment)
            return known[i];
    }
    return 0;
}

/* Takes the next larger alignment, and makes the request at least as long. */
static bool align(struct trial *trial)
{
    uint32_t next = trial_next_alignment(unit_of(trial));
    if (next == 0)
        return false;
    trial->volume->alignment = next;
    if (trial->length < next)
        trial->length = next;
    return true;
}

static enum try_end judge_refusal(struct trial *trial, os_error code,
                                  struct reflink_outcome *outcome)
{
    const struct os_volume *report = &trial->volume->report;
    const struct reason_facts facts = {.volume_known = report->known,
                                       .volume_clones =
                                           report->features & OS_VOLUME_CLONES};
    switch (classify_clone(code)) {
    case ERROR_CLASS_NO_RESOURCES:
        if (trial->length / 2 < unit_of(trial))
            break;
        trial->length /= 2;
        return TRY_AGAIN;
    case ERROR_CLASS_CANNOT_CLONE:
        if (code == CODE_INVALID_PARAMETER && align(trial))
            return TRY_AGAIN;
        break;
    case ERROR_CLASS_TOO_MANY_REFERENCES:
        break;
    default:
        fail(outcome, code, REFLINK_STEP_CLONE);
        return TRY_FAILED;
    }
    return distrust(trial, reason_of_refusal(&facts, code), code);
}

/*
 * Finds out how the last, partial cluster is requested: rounded up, by its
 * exact length, or not at all. Only a transient error is returned, after which
 * that is not known.
 */
static os_error try_tail(const struct trial *trial, const struct files *files)
{
    static const enum volume_tail ways[] = {VOLUME_TAIL_ROUNDED,
                                            VOLUME_TAIL_EXACT};
    struct volume *volume = trial->volume;
    uint32_t tail = files->size - files->body;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        uint32_t length =
            ways[i] == VOLUME_TAIL_ROUNDED ? trial->cluster_size : tail;
        os_error error = os_clone(files->keep.file, files->body,
                                  files->file.file, files->body, length);
        if (error == 0 &&
            is_done(trial, files, files->body, files->size, &error)) {
            volume->tail = ways[i];
            return 0;
        }
        if (classify_io(error) == ERROR_CLASS_TRANSIENT) {
            volume->tail = VOLUME_TAIL_ROUNDED;
            return error;
        }
    }
    volume->tail = VOLUME_TAIL_COPIED;
    return 0;
}

static enum try_end request(struct trial *trial, const struct files *files,
                            struct reflink_outcome *outcome)
{
    os_error error =
        os_clone(files->keep.file, 0, files->file.file, 0, files->body);
    outcome->requests++;
    if (error != 0)
        return judge_refusal(trial, error, outcome);
    if (!is_done(trial, files, 0, files->body, &error)) {
        if (error == 0)
            return distrust(trial, REFLINK_REASON_UNVERIFIED, 0);
        fail(outcome, error, REFLINK_STEP_READ);
        return TRY_FAILED;
    }
    error = try_tail(trial, files);
    if (error != 0) {
        fail(outcome, error, REFLINK_STEP_CLONE);
        return TRY_FAILED;
    }
    trial->volume->trial = VOLUME_TRUSTED;
    trial->volume->trial_limit = files->body;
    return TRY_DONE;
}

/* Makes the files and the requests once. A volume without space for the files
   gets smaller ones. */
static enum try_end try_once(struct trial *trial,
                             struct reflink_outcome *outcome)
{
    uint32_t unit = unit_of(trial);
    struct files files = {.body = trial->length / unit * unit};
    struct reflink_outcome attempt = *outcome;
    files.size = files.body + trial->cluster_size / 2;
    bool made =
        make(trial, &files, &files.keep, trial->keep_sparse, false, &attempt) &&
        make(trial, &files, &files.file, trial->file_sparse, true, &attempt);
    enum try_end end = TRY_FAILED;
    if (made) {
        end = request(trial, &files, &attempt);
    } else if (attempt.error.code == CODE_DISK_FULL && files.body / 2 >= unit) {
        trial->length = files.body / 2;
        attempt = *outcome;
        end = TRY_AGAIN;
    }
    bool transient = classify_io(attempt.error.code) == ERROR_CLASS_TRANSIENT;
    staging_end(&files.keep, transient);
    staging_end(&files.file, transient);
    staging_remove_stale(&files.keep);
    staging_remove_stale(&files.file);
    staging_free(&files.keep);
    staging_free(&files.file);
    *outcome = attempt;
    return end;
}

bool trial_run(struct trial *trial, struct reflink_outcome *outcome)
{
    enum try_end end = TRY_AGAIN;
    uint32_t whole = trial->length;
    while (end == TRY_AGAIN)
        end = try_once(trial, outcome);
    /* the full length was possible: longer requests may be, too */
    if (trial->volume->trial_limit >= whole)
        trial->volume->trial_limit = 0;
    return end == TRY_DONE;
}
