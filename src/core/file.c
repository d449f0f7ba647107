/*
 * One whole file: DEST is prepared out of sight, filled, given SOURCE's
 * metadata, and only then takes its name. What this run made, and nothing
 * else, is undone at the one exit of an attempt.
 */
#include <reflink/reflink.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify.h"
#include "codes.h"
#include "outcome.h"
#include "path.h"
#include "prepare.h"

/* The attributes that a copy keeps and a program may set. */
enum {
    KEPT_ATTRIBUTES = OS_ATTRIBUTE_READONLY | OS_ATTRIBUTE_HIDDEN |
                      OS_ATTRIBUTE_SYSTEM | OS_ATTRIBUTE_ARCHIVE |
                      OS_ATTRIBUTE_TEMPORARY | OS_ATTRIBUTE_NOT_INDEXED
};

enum { FIRST_WAIT_MS = 100 };

enum attempt_end {
    ATTEMPT_END,      /* the outcome is final */
    ATTEMPT_UNPROVED, /* a clone failed its proof */
    ATTEMPT_TRANSIENT /* a new start may help */
};

struct job {
    struct reflink_session *session;
    const struct reflink_policy *policy;
    struct reflink_outcome *outcome;
    const wchar_t *source_path;
    const wchar_t *dest_path;
    wchar_t *temporary; /* beside DEST, when one is replaced; else NULL */
    struct os_file *source;
    struct os_file *dest;
    bool exists;     /* DEST is there already */
    bool shared;     /* somebody may write to SOURCE meanwhile */
    bool marked;     /* DEST vanishes when it is closed */
    bool unproved;   /* clones failed their proof: copy */
    struct prepared prepared;
};

static bool fail(struct job *job, os_error error, enum reflink_step step,
                 enum outcome_side side)
{
    outcome_fail(job->outcome, error, step, side);
    return false;
}

static bool fail_hint(struct job *job, os_error error, enum reflink_step step,
                      enum outcome_side side, enum reflink_hint hint)
{
    outcome_fail_hint(job->outcome, error, step, side, hint);
    return false;
}

/* Opening a directory is answered with "access denied", which misleads. */
static bool is_directory(const wchar_t *path)
{
    struct os_file *file = NULL;
    struct os_info info;
    if (os_open(path, OS_OPEN_LOOK, &file) != 0)
        return false;
    bool directory = os_query(file, &info) == 0 &&
                     (info.attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
    os_close(file);
    return directory;
}

static bool fail_open_source(struct job *job, os_error error)
{
    enum reflink_hint hint = REFLINK_HINT_NONE;
    if (error == CODE_SHARING_VIOLATION)
        hint = REFLINK_HINT_IN_USE;
    if (error == CODE_INVALID_FUNCTION)
        hint = REFLINK_HINT_NOT_A_FILE;
    if (error == CODE_ACCESS_DENIED && is_directory(job->source_path)) {
        error = CODE_DIRECTORY_NOT_SUPPORTED;
        hint = REFLINK_HINT_DIRECTORY;
    }
    return fail_hint(job, error, REFLINK_STEP_OPEN_SOURCE, OUTCOME_SOURCE,
                     hint);
}

static bool open_source(struct job *job)
{
    os_error error =
        os_open(job->source_path, OS_OPEN_SOURCE, &job->source);
    job->shared = error == CODE_SHARING_VIOLATION;
    if (job->shared)
        error = os_open(job->source_path, OS_OPEN_SOURCE_SHARED, &job->source);
    if (error != 0)
        return fail_open_source(job, error);
    error = os_query(job->source, &job->prepared.source);
    return error == 0 ||
           fail(job, error, REFLINK_STEP_QUERY, OUTCOME_SOURCE);
}

static bool is_same_file(const struct os_info *a, const struct os_info *b)
{
    return memcmp(&a->identity, &b->identity, sizeof a->identity) == 0;
}

/* What the policy says to a DEST that is there. */
static bool judge_existing(struct job *job, const struct os_info *there)
{
    if (there->attributes & OS_ATTRIBUTE_DIRECTORY)
        return fail_hint(job, CODE_DIRECTORY_NOT_SUPPORTED,
                         REFLINK_STEP_OPEN_DEST, OUTCOME_DEST,
                         REFLINK_HINT_DIRECTORY);
    if (job->policy->existing == REFLINK_EXISTING_KEEP) {
        job->outcome->status = REFLINK_SKIPPED;
        return false;
    }
    if (is_same_file(there, &job->prepared.source))
        return fail_hint(job, CODE_SHARING_VIOLATION, REFLINK_STEP_OPEN_DEST,
                         OUTCOME_DEST, REFLINK_HINT_SAME_FILE);
    if (job->policy->existing == REFLINK_EXISTING_FAIL)
        return fail_hint(job, CODE_FILE_EXISTS, REFLINK_STEP_CREATE,
                         OUTCOME_DEST, REFLINK_HINT_EXISTS);
    return true;
}

static bool look_at_dest(struct job *job)
{
    struct os_file *file = NULL;
    struct os_info there;
    os_error error = os_open(job->dest_path, OS_OPEN_LOOK, &file);
    job->exists = error == 0;
    if (error == CODE_FILE_NOT_FOUND)
        return true;
    if (error == CODE_PATH_NOT_FOUND)
        return fail_hint(job, error, REFLINK_STEP_CREATE, OUTCOME_DEST,
                         REFLINK_HINT_NO_DIRECTORY);
    if (error != 0)
        return fail_hint(job, error, REFLINK_STEP_OPEN_DEST, OUTCOME_DEST,
                         error == CODE_INVALID_FUNCTION
                             ? REFLINK_HINT_NOT_A_FILE
                             : REFLINK_HINT_NONE);
    error = os_query(file, &there);
    os_close(file);
    if (error != 0)
        return fail(job, error, REFLINK_STEP_QUERY, OUTCOME_DEST);
    return judge_existing(job, &there);
}

/* A name beside DEST that nobody can guess and everybody can recognise. */
static bool name_temporary(struct job *job)
{
    uint64_t number = 0;
    wchar_t name[40];
    os_error error = os_random(&number, sizeof number);
    if (error != 0)
        return fail(job, error, REFLINK_STEP_CREATE, OUTCOME_DEST);
    swprintf(name, sizeof name / sizeof name[0], L"~reflink-%08lx%08lx.tmp",
             (unsigned long)(number >> 32),
             (unsigned long)(number & 0xffffffff));
    job->temporary = path_splice(
        job->dest_path, path_directory_length(job->dest_path), name);
    return job->temporary != NULL ||
           fail(job, CODE_NOT_ENOUGH_MEMORY, REFLINK_STEP_MEMORY,
                OUTCOME_DEST);
}

static const wchar_t *made_path(const struct job *job)
{
    return job->temporary != NULL ? job->temporary : job->dest_path;
}

static bool create_dest(struct job *job)
{
    if (job->exists && !name_temporary(job))
        return false;
    os_error error = os_open(made_path(job), OS_CREATE_NEW, &job->dest);
    if (error != 0)
        return fail_hint(job, error, REFLINK_STEP_CREATE, OUTCOME_DEST,
                         error == CODE_FILE_EXISTS ? REFLINK_HINT_EXISTS
                                                   : REFLINK_HINT_NONE);
    error = os_mark_deleted(job->dest, true);
    job->marked = error == 0;
    if (error != 0)
        return fail(job, error, REFLINK_STEP_MARK, OUTCOME_DEST);
    error = os_query(job->dest, &job->prepared.dest);
    return error == 0 || fail(job, error, REFLINK_STEP_QUERY, OUTCOME_DEST);
}

static struct transfer whole_transfer(struct job *job)
{
    uint64_t size = job->prepared.source.size;
    struct transfer transfer = {
        .session = job->session,
        .policy = job->policy,
        .outcome = job->outcome,
        .source = job->source,
        .dest = job->dest,
        .length = size,
        .source_size = size,
        .dest_size = size,
        .holes =
            (job->prepared.source.attributes & OS_ATTRIBUTE_SPARSE) != 0,
        .blank = true,
    };
    transfer.facts.unproved = job->unproved;
    return transfer;
}

/* SOURCE is what it was, and DEST as long as it has to be. A change time
   alone counts only where a writer was there from the start. */
static bool check_ends(struct job *job)
{
    const struct os_info *before = &job->prepared.source;
    struct os_info now;
    os_error error = os_query(job->source, &now);
    if (error != 0)
        return fail(job, error, REFLINK_STEP_QUERY, OUTCOME_SOURCE);
    if (now.size != before->size || now.written != before->written ||
        (job->shared && now.changed != before->changed))
        return fail_hint(job, CODE_FILE_INVALID, REFLINK_STEP_READ,
                         OUTCOME_SOURCE, REFLINK_HINT_SOURCE_CHANGED);
    error = os_query(job->dest, &now);
    if (error != 0)
        return fail(job, error, REFLINK_STEP_QUERY, OUTCOME_DEST);
    return now.size == before->size ||
           fail_hint(job, CODE_HANDLE_EOF, REFLINK_STEP_SET_SIZE, OUTCOME_DEST,
                     REFLINK_HINT_DIFFERENT);
}

static bool set_metadata(struct job *job)
{
    const struct os_info *source = &job->prepared.source;
    os_error error = os_set_metadata(
        job->dest, source->attributes & KEPT_ATTRIBUTES, source->written);
    return error == 0 ||
           fail(job, error, REFLINK_STEP_ATTRIBUTES, OUTCOME_DEST);
}

/*
 * Clears the mark, then renames: a process that dies between the two leaves
 * a whole temporary; in the other order it would leave no DEST at all.
 */
static bool commit(struct job *job)
{
    os_error error = os_mark_deleted(job->dest, false);
    if (error != 0)
        return fail(job, error, REFLINK_STEP_MARK, OUTCOME_DEST);
    job->marked = false;
    if (job->temporary == NULL)
        return true;
    error = os_rename(job->dest, job->dest_path, true);
    return error == 0 || fail(job, error, REFLINK_STEP_RENAME, OUTCOME_DEST);
}

static enum attempt_end fill(struct job *job)
{
    struct transfer transfer = whole_transfer(job);
    if (!prepare_facts(&transfer, &job->prepared) ||
        !prepare_blank(&transfer, &job->prepared))
        return ATTEMPT_END;
    switch (transfer_run(&transfer)) {
    case TRANSFER_DONE:
        break;
    case TRANSFER_REFUSED:
        job->outcome->status = REFLINK_REFUSED;
        return ATTEMPT_END;
    case TRANSFER_UNPROVED:
        return ATTEMPT_UNPROVED;
    default:
        return ATTEMPT_END;
    }
    prepare_finish(&transfer, &job->prepared);
    if (check_ends(job) && set_metadata(job) && commit(job))
        job->outcome->status = REFLINK_OK;
    return ATTEMPT_END;
}

/* Closes what is open; a DEST that is not whole goes. */
static void undo(struct job *job, bool committed)
{
    bool remove = job->dest != NULL && !committed && !job->marked;
    os_close(job->dest);
    if (remove)
        os_remove(made_path(job));
    os_close(job->source);
    free(job->temporary);
    job->dest = NULL;
    job->source = NULL;
    job->temporary = NULL;
    job->marked = false;
}

static enum attempt_end attempt(struct job *job)
{
    enum attempt_end end = ATTEMPT_END;
    bool committed = false;
    memset(&job->prepared, 0, sizeof job->prepared);
    if (open_source(job) && look_at_dest(job) && create_dest(job)) {
        end = fill(job);
        committed = end == ATTEMPT_END && job->outcome->status == REFLINK_OK;
    }
    undo(job, committed);
    if (job->outcome->status == REFLINK_FAILED &&
        classify_io(job->outcome->error.code) == FATE_TRANSIENT)
        return ATTEMPT_TRANSIENT;
    return end;
}

/* Once more after a flush, where that is allowed; then by bytes. */
static void after_unproved(struct job *job, bool *flushed)
{
    job->unproved = *flushed || os_flush_path(job->source_path) != 0;
    *flushed = true;
}

static void run_attempts(struct job *job)
{
    bool flushed = false;
    unsigned retries = 0;
    uint32_t wait = FIRST_WAIT_MS;
    for (;;) {
        outcome_restart(job->outcome);
        enum attempt_end end = attempt(job);
        if (end == ATTEMPT_END)
            return;
        if (end == ATTEMPT_UNPROVED) {
            after_unproved(job, &flushed);
            continue;
        }
        if (retries++ >= job->policy->retries)
            return;
        os_sleep_ms(wait);
        wait = wait < UINT32_MAX / 2 ? wait * 2 : wait;
    }
}

static bool check_paths(struct job *job)
{
    if (path_names_stream(job->source_path))
        return fail_hint(job, CODE_INVALID_NAME, REFLINK_STEP_PATH,
                         OUTCOME_SOURCE, REFLINK_HINT_STREAM);
    if (path_names_stream(job->dest_path))
        return fail_hint(job, CODE_INVALID_NAME, REFLINK_STEP_PATH,
                         OUTCOME_DEST, REFLINK_HINT_STREAM);
    return true;
}

void reflink_file(struct reflink_session *session,
                  const struct reflink_policy *policy, const wchar_t *source,
                  const wchar_t *dest, struct reflink_outcome *outcome)
{
    uint64_t start = os_clock_us();
    struct job job = {
        .session = session,
        .policy = policy,
        .outcome = outcome,
        .source_path = source,
        .dest_path = dest,
    };
    memset(outcome, 0, sizeof *outcome);
    outcome->source = source;
    outcome->dest = dest;
    if (check_paths(&job))
        run_attempts(&job);
    if (outcome->reason == REFLINK_REASON_NO_CLONING ||
        outcome->reason == REFLINK_REASON_OTHER_VOLUME)
        os_volume_root(dest, outcome->volume_root,
                       sizeof outcome->volume_root / sizeof(wchar_t));
    outcome_sum(outcome);
    outcome->elapsed_us = os_clock_us() - start;
}
