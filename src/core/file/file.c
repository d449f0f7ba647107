/*
 * One whole file: DEST is prepared out of sight, filled, given SOURCE's
 * metadata, and only then takes its name. What this run made, and nothing
 * else, is undone at the one exit of an attempt.
 */
#include <reflink/reflink.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/source_lock.h"
#include "core/base/classify.h"
#include "core/errors.h"
#include "flush.h"
#include "metadata.h"
#include "source.h"
#include "core/base/path.h"
#include "dest.h"
#include "retry.h"

struct job {
    struct reflink_session *session;
    const struct reflink_policy *policy;
    struct reflink_outcome *outcome;
    const wchar_t *dest_path;
    wchar_t *staging; /* what DEST is called until it is complete */
    wchar_t *stale;   /* a staging file that its server may not have deleted */
    struct open_source source;
    struct os_file *dest;
    struct restart restart;
    struct claim claim;
    bool exists; /* DEST is there already */
    bool marked; /* the staging file is deleted when it is closed */
    struct prepared prepared;
    struct metadata metadata;
};

static bool fail(struct job *job, os_error error, enum reflink_step step)
{
    outcome_fail(job->outcome, error, step, OUTCOME_DEST);
    return false;
}

static bool fail_hint(struct job *job, os_error error, enum reflink_step step,
                      enum reflink_hint hint)
{
    outcome_fail_hint(job->outcome, error, step, OUTCOME_DEST, hint);
    return false;
}

static bool look_at_dest(struct job *job)
{
    struct os_info there;
    return open_look(job->dest_path, &job->exists, &there, job->outcome) &&
           (!job->exists ||
            open_judge_existing(job->policy, &there, &job->source.info,
                                job->outcome));
}

static bool query_dest(struct job *job)
{
    os_error error = os_query(job->dest, &job->prepared.dest);
    return error == 0 || fail(job, error, REFLINK_STEP_QUERY);
}

/* A name beside DEST that nobody can guess and everybody can recognize. */
static bool name_staging(struct job *job)
{
    uint64_t number = 0;
    wchar_t name[40];
    os_error error = os_random(&number, sizeof number);
    if (error != 0)
        return fail(job, error, REFLINK_STEP_CREATE);
    swprintf(name, sizeof name / sizeof name[0], L"~reflink-%08lx%08lx.tmp",
             (unsigned long)(number >> 32),
             (unsigned long)(number & 0xffffffff));
    job->staging = path_splice(job->dest_path,
                               path_directory_length(job->dest_path), name);
    return job->staging != NULL ||
           fail(job, CODE_NOT_ENOUGH_MEMORY, REFLINK_STEP_MEMORY);
}

static bool make_dest(struct job *job)
{
    unsigned intent = OS_CREATE_NEW | open_encrypted(&job->source.info);
    if (job->policy->security)
        intent |= OS_WITH_SECURITY;
    os_error error = os_open(job->staging, intent, &job->dest);
    return error == 0 || fail(job, error, REFLINK_STEP_CREATE);
}

static bool mark_dest(struct job *job)
{
    os_error error = os_mark_deleted(job->dest, true);
    job->marked = error == 0;
    return job->marked || fail(job, error, REFLINK_STEP_MARK);
}

/*
 * DEST is made under a name beside its own, and marked for deletion until it
 * is complete: whatever ends this process, the system then deletes it. Its
 * streams are opened before, since nothing of a marked file can be opened.
 *
 * It is not made with FILE_FLAG_DELETE_ON_CLOSE, and named by a hard link:
 * Samba replaces a name by a link in two steps, and loses the old file where
 * its disk has no links; and nothing says that ReFS keeps the second name
 * when the first one is deleted at its close.
 */
static bool create_dest(struct job *job)
{
    return name_staging(job) && make_dest(job) &&
           metadata_open_streams(&job->metadata, job->staging, job->outcome) &&
           mark_dest(job) && query_dest(job) &&
           open_keeps_encryption(&job->source.info, &job->prepared.dest,
                                 job->outcome);
}

static struct transfer whole_transfer(struct job *job)
{
    uint64_t size = job->source.info.size;
    struct transfer transfer = {
        .session = job->session,
        .policy = job->policy,
        .outcome = job->outcome,
        .source = job->source.file,
        .dest = job->dest,
        .length = size,
        .source_size = size,
        .dest_size = size,
        .shared = job->source.shared,
        .holes = open_has_holes(&job->source.info),
        .blank = true,
        .unseen = true,
    };
    transfer.facts.unproved = job->restart.unproved;
    return transfer;
}

/*
 * DEST is as long as it has to be: a request may have been clipped. And it has
 * SOURCE's attributes, of which those that its volume was seen to keep need
 * not be asked for again.
 */
static bool check_dest(struct job *job)
{
    struct os_info now;
    const struct os_info *source = &job->source.info;
    struct lesson *lesson =
        session_lesson(job->session, &job->prepared.dest.identity);
    uint32_t seen = lesson != NULL ? lesson->kept : 0;
    if (job->outcome->requests == 0 && (metadata_kept(source) & ~seen) == 0)
        return true;
    os_error error = os_query_state(job->dest, &now);
    if (error != 0)
        return fail(job, error, REFLINK_STEP_QUERY);
    metadata_check(source, now.attributes, job->outcome);
    if (lesson != NULL)
        lesson->kept |= metadata_kept(source) & now.attributes;
    return now.size == source->size ||
           fail_hint(job, CODE_HANDLE_EOF, REFLINK_STEP_SET_SIZE,
                     REFLINK_HINT_DIFFERENT);
}

/*
 * Clears the mark, then renames: a process that is killed between the two
 * leaves the complete file under its staging name. In the other order, DEST
 * would be replaced by a file that is deleted at its close.
 */
static os_error unmark_and_rename(struct job *job, bool replace)
{
    os_error error = os_mark_deleted(job->dest, false);
    if (error != 0)
        return error;
    job->marked = false;
    error = os_rename(job->dest, job->dest_path, replace);
    if (error != 0) /* a read-only one cannot be marked: undo removes it */
        job->marked = os_mark_deleted(job->dest, true) == 0;
    return error;
}

/* A DEST that came meanwhile, or a link there that leads nowhere, which does
   not seem to be there until its name is wanted. */
static bool meet_existing(struct job *job, os_error error)
{
    switch (job->policy->existing) {
    case REFLINK_EXISTING_KEEP:
        outcome_restart(job->outcome);
        job->outcome->status = REFLINK_SKIPPED;
        return false;
    case REFLINK_EXISTING_FAIL:
        return fail_hint(job, error, REFLINK_STEP_RENAME, REFLINK_HINT_EXISTS);
    default: /* it was to be replaced */
        return fail(job, error, REFLINK_STEP_RENAME);
    }
}

static bool is_taken(os_error error)
{
    return error == CODE_ALREADY_EXISTS || error == CODE_FILE_EXISTS;
}

static bool commit(struct job *job)
{
    bool may_replace = job->policy->existing == REFLINK_EXISTING_REPLACE;
    bool replace = may_replace && job->exists;
    if (!flush_dest(job->policy, job->dest, replace, job->outcome) ||
        outcome_stop(job->outcome))
        return false;
    os_error error = unmark_and_rename(job, replace);
    if (is_taken(error) && may_replace && !replace) { /* it came meanwhile */
        if (!flush_dest(job->policy, job->dest, true, job->outcome))
            return false;
        error = unmark_and_rename(job, true);
    }
    if (is_taken(error))
        return meet_existing(job, error);
    if (error != 0)
        return fail(job, error, REFLINK_STEP_RENAME);
    metadata_clear_archive(&job->source, job->dest, job->outcome);
    return true;
}

/* All that comes behind the bytes, the name last. */
static bool finish(struct job *job)
{
    return metadata_copy(&job->metadata, job->session, job->policy,
                         &job->source, job->dest, job->outcome) &&
           open_check_unchanged(&job->source, job->outcome) &&
           metadata_stamp(&job->source, job->dest, job->outcome) &&
           check_dest(job) && commit(job);
}

static enum attempt_end fill(struct job *job)
{
    struct transfer transfer = whole_transfer(job);
    job->prepared.source = job->source.info;
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
    if (finish(job))
        job->outcome->status = REFLINK_OK;
    return ATTEMPT_END;
}

/* Closes what is open; a DEST that is not whole goes. */
static void undo(struct job *job, bool committed)
{
    bool made = job->dest != NULL && !committed;
    bool remove = made && !job->marked;
    bool lost = made && job->marked &&
                restart_end_of(job->outcome) == ATTEMPT_TRANSIENT;
    metadata_end(&job->metadata);
    os_close(job->dest);
    if (remove)
        lost = classify_io(os_remove(job->staging)) == FATE_TRANSIENT;
    os_close(job->source.file);
    claims_drop(job->session->claims, &job->claim);
    if (lost) {
        free(job->stale);
        job->stale = job->staging;
    } else {
        free(job->staging);
    }
    job->dest = NULL;
    job->source.file = NULL;
    job->staging = NULL;
    job->marked = false;
}

static bool open_and_claim_source(struct job *job)
{
    if (!open_source(job->outcome->source, job->policy->security, &job->source,
                     job->outcome))
        return false;
    claims_take(job->session->claims, &job->claim, &job->source.info.identity);
    return true;
}

/*
 * A server that dies forgets which files were marked for deletion. The one of
 * the last attempt is removed when the server answers again.
 */
static void remove_stale(struct job *job)
{
    if (job->stale == NULL ||
        classify_io(os_remove(job->stale)) == FATE_TRANSIENT)
        return;
    free(job->stale);
    job->stale = NULL;
}

static enum attempt_end attempt(struct job *job)
{
    enum attempt_end end = ATTEMPT_END;
    bool committed = false;
    memset(&job->prepared, 0, sizeof job->prepared);
    if (open_and_claim_source(job) && look_at_dest(job) &&
        metadata_look(&job->metadata, job->source.file, job->outcome) &&
        create_dest(job)) {
        remove_stale(job); /* its server is there, and may go again */
        end = fill(job);
        committed = end == ATTEMPT_END && job->outcome->status == REFLINK_OK;
    }
    undo(job, committed);
    remove_stale(job);
    return end == ATTEMPT_END ? restart_end_of(job->outcome) : end;
}

/* The root of DEST's volume is found out once. */
static void conclude(struct job *job, uint64_t start)
{
    struct lesson *lesson =
        job->outcome->reason != REFLINK_REASON_NONE
            ? session_lesson(job->session, &job->prepared.dest.identity)
            : NULL;
    if (lesson != NULL)
        wcscpy(job->outcome->volume_root, lesson->root);
    outcome_end(job->outcome, start);
    if (lesson != NULL && job->outcome->volume_root[0] != L'\0')
        wcscpy(lesson->root, job->outcome->volume_root);
}

void reflink_file(struct reflink_session *session,
                  const struct reflink_policy *policy, const wchar_t *source,
                  const wchar_t *dest, struct reflink_outcome *outcome)
{
    struct job job = {
        .session = session,
        .policy = policy,
        .outcome = outcome,
        .dest_path = dest,
        .restart = {.policy = policy, .source_path = source},
    };
    uint64_t start = outcome_begin(outcome, source, dest);
    if (open_check_paths(source, dest, outcome)) {
        while (restart_again(&job.restart, attempt(&job), outcome))
            ;
        free(job.stale);
    }
    if (outcome->status != REFLINK_OK) { /* what was moved is gone again */
        outcome->bytes_cloned = 0;
        outcome->bytes_copied = 0;
    }
    conclude(&job, start);
}
