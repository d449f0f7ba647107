/*
 * Clones or copies a range of a file into another file, or within the same one,
 * in place. Creates DEST if it does not exist, as a staging file that gets its
 * name once it is complete, and extends it if the range ends past its end;
 * never truncates it. Bytes outside the range are unchanged.
 */
#include <reflink/reflink.h>

#include <string.h>

#include "file.h"
#include "range_check.h"
#include "core/errors.h"
#include "core/copy/copy.h"
#include "flush.h"
#include "core/base/call.h"
#include "core/base/identity.h"
#include "source.h"
#include "dest.h"
#include "retry.h"
#include "staging.h"

struct job {
    struct reflink_session *session;
    const struct reflink_policy *policy;
    struct reflink_outcome *outcome;
    struct reflink_range range; /* its length is determined only once */
    struct source source;
    struct staging staging; /* a DEST that this attempt created */
    struct os_file *dest;   /* it, or the DEST that existed */
    struct retry retry;
    struct dest_facts facts;
    bool has_handles; /* the caller's, instead of paths */
    void *source_handle;
    void *dest_handle;
    bool same_file; /* DEST's handle also serves as SOURCE's */
    uint64_t length;
    uint64_t old_size;   /* DEST's end of file before this attempt */
    bool measured;       /* first_size and first_sparse are set */
    uint64_t first_size; /* DEST's end of file before the first attempt */
    bool first_sparse;   /* DEST was sparse before the first attempt */
    /* The part of the range, [torn_from, torn_end), whose content is undefined
       after requests that failed verification. An end of 0 means none. */
    uint64_t torn_from;
    uint64_t torn_end;
};

static bool fail(struct job *job, os_error error, enum reflink_step step,
                 enum reflink_hint hint)
{
    outcome_fail_hint(job->outcome, error, step, OUTCOME_DEST, hint);
    return false;
}

/*
 * Within one file, SOURCE's handle would prevent opening DEST, so one handle
 * serves as both.
 */
static bool open_existing(struct job *job, const struct os_info *there)
{
    job->same_file =
        identity_same_file(&there->identity, &job->source.info.identity);
    if (job->same_file) {
        os_close(job->source.file);
        job->source.file = NULL;
    }
    os_error error = os_open(job->outcome->dest, OS_OPEN_IN_PLACE, &job->dest);
    enum reflink_hint hint = REFLINK_HINT_NONE;
    if (error == CODE_SHARING_VIOLATION)
        hint = REFLINK_HINT_IN_USE;
    if (error == CODE_ACCESS_DENIED &&
        (there->attributes & OS_ATTRIBUTE_READONLY) != 0)
        hint = REFLINK_HINT_READ_ONLY;
    if (error != 0)
        return fail(job, error, REFLINK_STEP_OPEN_DEST, hint);
    error = os_query(job->dest, &job->facts.dest);
    if (error != 0)
        return fail(job, error, REFLINK_STEP_QUERY, REFLINK_HINT_NONE);
    if (job->same_file)
        job->source.info = job->facts.dest;
    return true;
}

static bool create(struct job *job)
{
    if (!staging_begin(&job->staging, job->outcome->dest,
                       dest_encryption(job->source.info.attributes),
                       job->outcome) ||
        !staging_mark(&job->staging, job->outcome))
        return false;
    job->dest = job->staging.file;
    staging_remove_stale(&job->staging);
    os_error error = os_query(job->dest, &job->facts.dest);
    return error == 0 ||
           fail(job, error, REFLINK_STEP_QUERY, REFLINK_HINT_NONE);
}

static bool open_dest(struct job *job)
{
    bool exists = false;
    struct os_info there;
    if (!dest_look(job->outcome->dest, &exists, &there, job->outcome))
        return false;
    if (exists && job->policy->existing == REFLINK_EXISTING_KEEP) {
        job->outcome->status = REFLINK_SKIPPED;
        return false;
    }
    return exists ? open_existing(job, &there) : create(job);
}

/* Checks the range, and determines its length. */
static bool check_range(struct job *job)
{
    if (!range_check(&job->range, job->source.info.size, &job->length,
                     job->outcome))
        return false;
    /* SOURCE may have grown before a retry */
    job->range.length = job->length;
    job->range.to_end = false;
    return true;
}

static bool open_files(struct job *job)
{
    return source_open(job->outcome->source, false, &job->source,
                       job->outcome) &&
           check_range(job) && open_dest(job);
}

/* Takes one of the caller's handles. */
static bool use_handle(struct job *job, void *handle, enum outcome_side side,
                       struct os_file **file, struct os_info *info)
{
    enum reflink_step step = side == OUTCOME_SOURCE ? REFLINK_STEP_OPEN_SOURCE
                                                    : REFLINK_STEP_OPEN_DEST;
    os_error error = os_use_handle(handle, file);
    if (error == 0) {
        step = REFLINK_STEP_QUERY;
        error = os_query(*file, info);
    }
    enum reflink_hint hint = REFLINK_HINT_NONE;
    if (error == CODE_INVALID_FUNCTION)
        hint = REFLINK_HINT_NOT_A_FILE;
    if (error == 0 && (info->attributes & OS_ATTRIBUTE_DIRECTORY) != 0) {
        error = CODE_DIRECTORY_NOT_SUPPORTED;
        hint = REFLINK_HINT_DIRECTORY;
    }
    if (error != 0)
        outcome_fail_hint(job->outcome, error, step, side, hint);
    return error == 0;
}

static bool use_handles(struct job *job)
{
    if (!use_handle(job, job->source_handle, OUTCOME_SOURCE, &job->source.file,
                    &job->source.info) ||
        !check_range(job) ||
        !use_handle(job, job->dest_handle, OUTCOME_DEST, &job->dest,
                    &job->facts.dest))
        return false;
    job->same_file = identity_same_file(&job->facts.dest.identity,
                                        &job->source.info.identity);
    return true;
}

static bool open_both(struct job *job)
{
    bool opened = job->has_handles ? use_handles(job) : open_files(job);
    job->old_size = opened ? job->facts.dest.size : 0;
    if (opened && !job->measured) {
        job->measured = true;
        job->first_size = job->old_size;
        job->first_sparse =
            (job->facts.dest.attributes & OS_ATTRIBUTE_SPARSE) != 0;
    }
    return opened && dest_keeps_encryption(job->source.info.attributes,
                                           &job->facts.dest, job->outcome);
}

/*
 * Remembers the part whose content is undefined because a clone failed
 * verification.
 */
static void note_torn(struct job *job, const struct transfer *transfer)
{
    uint64_t from = transfer->dest_offset - job->range.dest_offset;
    if (job->torn_end == 0 || from < job->torn_from)
        job->torn_from = from;
    if (from + transfer->length > job->torn_end)
        job->torn_end = from + transfer->length;
}

/* Copies the undefined part again, because a refused DEST is kept. */
static void rewrite_torn(struct job *job, const struct transfer *transfer)
{
    uint64_t copied = job->outcome->bytes_copied;
    struct copy_job copy = {
        .source = transfer->source,
        .dest = transfer->dest,
        .source_offset = job->range.source_offset + job->torn_from,
        .dest_offset = job->range.dest_offset + job->torn_from,
        .length = job->torn_end - job->torn_from,
        .holes = transfer->holes,
    };
    if (job->torn_end != 0)
        (void)copy_range(job->session, &copy, job->outcome);
    job->outcome->bytes_copied = copied;
}

/*
 * Restores size and sparse flag of a refused DEST to what they were before the
 * first attempt.
 */
static void restore_dest(struct job *job)
{
    struct os_info now;
    if (job->outcome->bytes_cloned != 0 || os_query_state(job->dest, &now) != 0)
        return;
    if (now.size > job->first_size)
        os_set_size(job->dest, job->first_size);
    if (!job->first_sparse && (now.attributes & OS_ATTRIBUTE_SPARSE) != 0)
        os_set_sparse(job->dest, false);
}

static void refuse(struct job *job, const struct transfer *transfer)
{
    /* a new DEST is deleted */
    if (job->staging.file == NULL) {
        rewrite_torn(job, transfer);
        restore_dest(job);
    }
    if (job->outcome->error.code == 0)
        job->outcome->status = REFLINK_REFUSED;
}

/* Finds out whether the range can be cloned, and makes DEST ready for it. */
static bool prepare(struct job *job, struct transfer *transfer)
{
    job->facts.source = job->source.info;
    if (!dest_find_facts(transfer, &job->facts))
        return false;
    if (transfer_refuses(transfer)) {
        refuse(job, transfer);
        return false;
    }
    if (job->old_size == 0 && !job->same_file)
        return dest_prepare_new(transfer, &job->facts);
    return dest_prepare_in_place(transfer, &job->facts, job->old_size);
}

/* Transfers the range, by cloning, copying, or both. */
static enum attempt_end transfer_range(struct job *job)
{
    struct transfer transfer = {
        .session = job->session,
        .policy = job->policy,
        .outcome = job->outcome,
        .source = job->same_file ? job->dest : job->source.file,
        .dest = job->dest,
        .source_offset = job->range.source_offset,
        .dest_offset = job->range.dest_offset,
        .length = job->length,
        .source_size = job->same_file ? job->first_size : job->source.info.size,
        .dest_size = range_end_of_file(&job->range, job->length, job->old_size),
        .same_file = job->same_file,
        .shared = !job->same_file && (job->source.shared || job->has_handles),
        .holes = source_has_holes(&job->source.info),
        .blank = job->range.dest_offset >= job->old_size,
    };
    transfer.facts.unverified = job->retry.unverified;
    if (!prepare(job, &transfer))
        return ATTEMPT_DONE;
    enum transfer_end end = transfer_run(&transfer);
    if (end == TRANSFER_UNVERIFIED) {
        note_torn(job, &transfer);
        return ATTEMPT_UNVERIFIED;
    }
    if (end == TRANSFER_REFUSED)
        refuse(job, &transfer);
    if (end != TRANSFER_DONE)
        return ATTEMPT_DONE;
    /* without a gap before the range, there is no hole to allocate */
    if (job->range.dest_offset == 0)
        dest_finish(&transfer, &job->facts);
    if (!job->same_file)
        source_check_unchanged(&job->source, job->outcome);
    return ATTEMPT_DONE;
}

/* Gives a new DEST its name. */
static void commit(struct job *job)
{
    os_error error = staging_commit(&job->staging, job->outcome->dest, false);
    if (staging_name_is_taken(error) &&
        job->policy->existing == REFLINK_EXISTING_KEEP) {
        outcome_reset(job->outcome);
        job->outcome->status = REFLINK_SKIPPED;
    } else if (error != 0) {
        fail(job, error, REFLINK_STEP_RENAME, REFLINK_HINT_NONE);
    }
}

/*
 * Whether the range can be transferred again. Overlapping ranges within one
 * file can be only while no byte was transferred: a retry might read what the
 * first attempt wrote. After a transient error, the caller's handles are dead.
 */
static bool is_retryable(const struct job *job, enum attempt_end end)
{
    if (job->has_handles && end == ATTEMPT_TRANSIENT)
        return false;
    const struct reflink_outcome *outcome = job->outcome;
    uint64_t from = job->range.source_offset;
    uint64_t to = job->range.dest_offset;
    uint64_t apart = from > to ? from - to : to - from;
    if (!job->same_file || apart >= job->length)
        return true;
    return outcome->bytes_cloned == 0 && outcome->bytes_copied == 0 &&
           outcome->error.step != REFLINK_STEP_READ &&
           outcome->error.step != REFLINK_STEP_WRITE &&
           outcome->error.step != REFLINK_STEP_ZERO &&
           outcome->error.step != REFLINK_STEP_COMPARE;
}

static enum attempt_end attempt(struct job *job)
{
    enum attempt_end end = ATTEMPT_DONE;
    memset(&job->facts, 0, sizeof job->facts);
    if (open_both(job)) {
        end = transfer_range(job);
        if (end == ATTEMPT_DONE && job->outcome->status == REFLINK_OK &&
            flush_dest(job->policy, job->dest, false, job->outcome) &&
            job->staging.file != NULL)
            commit(job);
    }
    if (end == ATTEMPT_DONE)
        end = retry_end_of(job->outcome);
    if (!is_retryable(job, end))
        end = ATTEMPT_DONE;
    if (job->staging.file == NULL)
        os_close(job->dest);
    staging_end(&job->staging, end == ATTEMPT_TRANSIENT);
    os_close(job->source.file);
    job->dest = NULL;
    job->source.file = NULL;
    job->same_file = false;
    staging_remove_stale(&job->staging);
    return end;
}

static void run(struct job *job)
{
    job->retry.session = job->session;
    job->retry.policy = job->policy;
    job->retry.source_path = job->outcome->source;
    while (retry_again(&job->retry, attempt(job), job->outcome))
        ;
    staging_free(&job->staging);
}

void range_run(struct reflink_session *session,
               const struct reflink_policy *policy, const wchar_t *source,
               const wchar_t *dest, const struct reflink_range *range,
               struct reflink_outcome *outcome)
{
    struct job job = {.session = session,
                      .policy = policy,
                      .outcome = outcome,
                      .range = *range};
    uint64_t start = outcome_begin(outcome, source, dest);
    if (source_check_paths(source, dest, outcome))
        run(&job);
    outcome_end(outcome, start);
}

enum reflink_status reflink_range(struct reflink_session *session,
                                  const struct reflink_policy *policy,
                                  const wchar_t *source, const wchar_t *dest,
                                  const struct reflink_range *range,
                                  struct reflink_outcome *outcome)
{
    struct call call;
    if (call_begin(&call, session, policy, outcome))
        range_run(session, &call.policy, source, dest, range, &call.outcome);
    return call_end(&call, outcome);
}

enum reflink_status reflink_range_handles(struct reflink_session *session,
                                          const struct reflink_policy *policy,
                                          void *source, void *dest,
                                          const struct reflink_range *range,
                                          struct reflink_outcome *outcome)
{
    struct call call;
    struct job job = {.session = session,
                      .policy = &call.policy,
                      .outcome = &call.outcome,
                      .range = *range,
                      .has_handles = true,
                      .source_handle = source,
                      .dest_handle = dest};
    if (call_begin(&call, session, policy, outcome)) {
        uint64_t start = outcome_begin(&call.outcome, NULL, NULL);
        run(&job);
        outcome_end(&call.outcome, start);
    }
    return call_end(&call, outcome);
}
