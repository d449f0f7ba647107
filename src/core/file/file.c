/*
 * Clones or copies one whole file. DEST is created as a staging file, filled
 * and given SOURCE's metadata; only then does it get its name. In a tree, it
 * may become a hard link instead. Each attempt has a single exit, which removes
 * what this run created and nothing else.
 */
#include "file.h"

#include <string.h>
#include <wchar.h>

#include "core/base/call.h"
#include "core/base/source_lock.h"
#include "core/base/classify.h"
#include "core/errors.h"
#include "flush.h"
#include "hard_links.h"
#include "metadata.h"
#include "source.h"
#include "dest.h"
#include "replaced.h"
#include "retry.h"
#include "staging.h"

struct job {
    struct reflink_session *session;
    const struct reflink_policy *policy;
    struct reflink_outcome *outcome;
    const wchar_t *dest_path;
    struct held_directory *directory; /* that it is in; may be NULL */
    struct source source;
    struct staging staging; /* DEST, until it is complete */
    struct retry retry;
    struct source_lock source_lock;
    struct hard_link link;    /* SOURCE, if it has several names */
    struct replaced replaced; /* the DEST that exists */
    int64_t created;          /* its creation time; 0: there is none */
    struct dest_facts facts;
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

static bool open_and_lock_source(struct job *job)
{
    if (!source_open(job->outcome->source, job->policy->security, &job->source,
                     job->outcome))
        return false;
    if (job->policy->writable)
        job->source.info.attributes &= ~(uint32_t)OS_ATTRIBUTE_READONLY;
    source_lock_take(job->session->source_locks, &job->source_lock,
                     &job->source.info.identity);
    return true;
}

static bool may_replace(const struct job *job)
{
    return job->policy->existing != REFLINK_EXISTING_FAIL &&
           job->policy->existing != REFLINK_EXISTING_KEEP;
}

/* Checks that DEST may be created, or replaced if it exists. */
static bool check_dest_name(struct job *job)
{
    struct replaced *old = &job->replaced;
    bool keeps_security = may_replace(job) && !job->policy->security;
    if (!dest_open(job->staging.directory, job->dest_path,
                   keeps_security ? OS_WITH_SECURITY : 0, &old->file,
                   &old->info, job->outcome))
        return false;
    job->created = old->file != NULL ? old->info.created : 0;
    return old->file == NULL ||
           dest_judge_existing(job->policy, &old->info, &job->source.info,
                               job->outcome);
}

/*
 * A directory that this run created has no DEST to look for. If there is one
 * after all, the file cannot take its name, and that is when it is looked at.
 */
static bool is_in_new_directory(const struct job *job)
{
    return job->directory != NULL && job->directory->created;
}

/*
 * What DEST is like before anything is set. Its directory tells that, unless
 * DEST was created encrypted, or is to be recognized by its file number later.
 */
static os_error query_new_dest(struct job *job, bool encrypted)
{
    if (job->directory == NULL || encrypted || hard_link_is_kept(&job->link))
        return os_query(job->staging.file, &job->facts.dest);
    held_directory_describe_new(job->directory, &job->facts.dest);
    return 0;
}

static bool create_dest(struct job *job)
{
    const struct replaced *old = &job->replaced;
    uint32_t wanted = job->source.info.attributes |
                      (old->file != NULL ? old->info.attributes : 0);
    unsigned extra = dest_encryption(wanted);
    if (job->policy->security)
        extra |= OS_WITH_SECURITY;
    if (!staging_begin(&job->staging, job->dest_path, extra, job->outcome) ||
        !metadata_open_streams(&job->metadata, job->staging.directory,
                               job->staging.path, job->staging.file,
                               job->outcome) ||
        !(job->policy->security ||
          replaced_prepare(&job->replaced, job->staging.file,
                           job->staging.directory, job->staging.path,
                           job->outcome)) ||
        !staging_mark(&job->staging, job->outcome) ||
        !(job->policy->security ||
          replaced_update(&job->replaced, job->staging.file, job->outcome)))
        return false;
    os_error error =
        query_new_dest(job, (wanted & OS_ATTRIBUTE_ENCRYPTED) != 0);
    if (error != 0)
        return fail(job, error, REFLINK_STEP_QUERY);
    if (!dest_keeps_encryption(wanted, &job->facts.dest, job->outcome))
        return false;
    /* DEST's server is reachable now */
    staging_remove_stale(&job->staging);
    return true;
}

/*
 * Once a file did not fit on the volume, later ones that need more than is free
 * are not begun: each would fill the disk again before it fails. Clones need
 * hardly any space, and how much a file with holes needs is not known.
 */
static bool fits(struct job *job, const struct transfer *transfer)
{
    uint64_t room = 0;
    if (!transfer->volume->full || transfer->holes ||
        reason_before(&transfer->facts) == REFLINK_REASON_NONE ||
        os_free_bytes(transfer->dest, &room) != 0 || room >= transfer->length)
        return true;
    return fail(job, CODE_DISK_FULL, REFLINK_STEP_SET_SIZE);
}

/* Gives DEST its data, by cloning, copying, or both. */
static enum attempt_end transfer_data(struct job *job)
{
    uint64_t size = job->source.info.size;
    struct transfer transfer = {
        .session = job->session,
        .policy = job->policy,
        .outcome = job->outcome,
        .source = job->source.file,
        .dest = job->staging.file,
        .length = size,
        .source_size = size,
        .dest_size = size,
        .shared = job->source.shared,
        .holes = source_has_holes(&job->source.info),
        .blank = true,
        .verify_later = true,
    };
    transfer.facts.unverified = job->retry.unverified;
    job->facts.source = job->source.info;
    if (!dest_find_facts(&transfer, &job->facts) || !fits(job, &transfer))
        return ATTEMPT_DONE;
    enum transfer_end end = TRANSFER_FAILED;
    if (dest_prepare_new(&transfer, &job->facts))
        end = transfer_run(&transfer);
    if (job->outcome->error.code == CODE_DISK_FULL)
        transfer.volume->full = true;
    if (end == TRANSFER_UNVERIFIED)
        return ATTEMPT_UNVERIFIED;
    if (end == TRANSFER_REFUSED)
        job->outcome->status = REFLINK_REFUSED;
    if (end == TRANSFER_DONE)
        dest_finish(&transfer, &job->facts);
    return ATTEMPT_DONE;
}

/*
 * Checks that DEST has the right size, because a request may have been clipped,
 * and SOURCE's attributes and time. Attributes that the volume kept before are
 * not checked again.
 */
static bool check_dest(struct job *job)
{
    struct os_info now;
    const struct os_info *source = &job->source.info;
    struct volume *volume =
        volume_get(&job->session->volumes, &job->facts.dest.identity);
    uint32_t known = volume != NULL ? volume->kept : 0;
    if (job->outcome->requests == 0 && (metadata_kept(source) & ~known) == 0 &&
        metadata_is_ordinary_time(source))
        return true; /* nothing can differ */
    os_error error = os_query_state(job->staging.file, &now);
    if (error != 0)
        return fail(job, error, REFLINK_STEP_QUERY);
    metadata_check(source, &now, job->outcome);
    if (volume != NULL)
        volume->kept |= metadata_kept(source) & now.attributes;
    return now.size == source->size ||
           fail_hint(job, CODE_HANDLE_EOF, REFLINK_STEP_SET_SIZE,
                     REFLINK_HINT_DIFFERENT);
}

/*
 * Whether DEST could not be replaced because another program has it open:
 * scanners and indexers hold a file for a moment [isaacs/node-graceful-fs
 * #104]. The system may answer that with "access denied", as it does for a
 * missing right; so an attempt to open DEST for deletion decides.
 */
static bool is_in_use(const struct job *job, os_error error)
{
    struct os_file *file = NULL;
    if (error != CODE_ACCESS_DENIED && error != CODE_SHARING_VIOLATION)
        return false;
    os_error open_error = os_open_at(job->staging.directory, job->dest_path,
                                     OS_OPEN_DELETE, &file);
    os_close(file);
    return open_error == 0 || open_error == CODE_SHARING_VIOLATION;
}

/*
 * Renames the staging file to DEST. Waits a little if another program has DEST
 * open. If the rename is not even tried, the outcome's status is not
 * REFLINK_OK. A file whose hard links may replace others later is flushed as if
 * it replaced one itself.
 */
static os_error take_name(struct job *job, bool replace)
{
    enum { STEP_MS = 50, FILE_MS = 2000, RUN_MS = 30000 };
    bool flush = replace || (may_replace(job) && hard_link_is_kept(&job->link));
    if (!flush_dest(job->policy, job->staging.file, flush, job->outcome) ||
        session_stop(job->session, job->outcome) ||
        !(job->policy->security ||
          replaced_update(&job->replaced, job->staging.file, job->outcome)))
        return 0;
    replaced_close(&job->replaced);
    os_error error = staging_commit(&job->staging, job->dest_path, replace);
    for (unsigned waited = 0;
         replace && waited < FILE_MS && job->session->waited_ms < RUN_MS &&
         is_in_use(job, error);
         waited += STEP_MS) {
        session_sleep_ms(job->session, STEP_MS);
        job->session->waited_ms += STEP_MS;
        if (session_stop(job->session, job->outcome))
            return 0;
        error = staging_commit(&job->staging, job->dest_path, replace);
    }
    return error;
}

/* Records why DEST did not get its name; `taken`: something else has it. */
static void fail_name(struct job *job, os_error error, enum reflink_step step,
                      bool taken)
{
    enum reflink_existing existing = job->policy->existing;
    if (taken && existing == REFLINK_EXISTING_KEEP) {
        outcome_reset(job->outcome);
        job->outcome->status = REFLINK_SKIPPED;
        return;
    }
    enum reflink_hint hint = REFLINK_HINT_NONE;
    if (taken && existing == REFLINK_EXISTING_FAIL)
        hint = REFLINK_HINT_EXISTS;
    else if (may_replace(job) && is_in_use(job, error))
        hint = REFLINK_HINT_IN_USE;
    fail_hint(job, error, step, hint);
}

/* Gives DEST its name: the last step. */
static void commit(struct job *job)
{
    bool replace = job->replaced.file != NULL;
    os_error error = take_name(job, replace);
    /* DEST appeared during the run. Or it is a link without a target, which
       does not seem to exist until its name is needed. */
    bool appeared = staging_name_is_taken(error);
    if (appeared && may_replace(job) && !replace && check_dest_name(job))
        error = take_name(job, true);
    if (job->outcome->status != REFLINK_OK)
        return;
    if (error != 0) {
        fail_name(job, error, REFLINK_STEP_RENAME, appeared);
        return;
    }
    metadata_clear_archive(&job->source, job->staging.file, job->created,
                           job->outcome);
    hard_link_record(&job->link, &job->facts.dest.identity);
    if (job->link.repeated)
        job->outcome->hard_link = REFLINK_HARD_LINK_SPLIT;
}

/* Creates DEST, fills it and gives it its name. */
static enum attempt_end create(struct job *job)
{
    enum attempt_end end = ATTEMPT_DONE;
    if ((is_in_new_directory(job) || check_dest_name(job)) &&
        metadata_list(&job->metadata, job->source.file, job->outcome) &&
        create_dest(job))
        end = transfer_data(job);
    if (job->staging.file != NULL && end == ATTEMPT_DONE &&
        job->outcome->status == REFLINK_OK &&
        metadata_copy(&job->metadata, job->session, job->policy, &job->source,
                      job->staging.file, job->outcome) &&
        source_check_unchanged(&job->source, job->outcome) &&
        metadata_stamp(&job->source, job->staging.file, job->created,
                       job->outcome) &&
        check_dest(job))
        commit(job);
    return end;
}

/* --- hard links ----------------------------------------------------------- */

/*
 * Replaces DEST by a hard link. It is made under a staging name, because Samba
 * replaces a name by a link in two steps [source3/smbd, hardlink_internals].
 */
static os_error replace_by_link(struct job *job)
{
    os_error error =
        staging_link(&job->staging, job->dest_path, job->link.earlier);
    replaced_close(&job->replaced);
    return error != 0 ? error
                      : staging_commit(&job->staging, job->dest_path, true);
}

/* To remove one name of a read-only file, the attribute is cleared, and the
   file's other names lose it, too. */
static void remove_staging_link(struct job *job)
{
    struct reflink_outcome stamped = {0};
    bool made = job->staging.made;
    staging_end(&job->staging, false);
    if (made && (job->source.info.attributes & OS_ATTRIBUTE_READONLY) != 0 &&
        !metadata_stamp(&job->source, job->link.earlier, 0, &stamped))
        job->outcome->lost |= REFLINK_LOST_ATTRIBUTES;
}

/* Makes DEST a hard link. If that is not even tried, the outcome's status is
   not REFLINK_OK. */
static os_error make_link(struct job *job, bool *taken)
{
    struct os_file *directory = job->staging.directory;
    if (session_stop(job->session, job->outcome))
        return 0;
    os_error error = os_hard_link(job->link.earlier, directory, job->dest_path);
    *taken = staging_name_is_taken(error);
    if (!*taken)
        return error;
    bool same = false;
    os_error memory =
        hard_link_query(&job->link, directory, job->dest_path, &same);
    if (memory != 0 || same) {
        *taken = false;
        return memory;
    }
    if (check_dest_name(job) && may_replace(job))
        error = replace_by_link(job);
    return error;
}

/*
 * Makes DEST a hard link to the file that SOURCE was copied to before, if there
 * is one. Returns false if SOURCE is to be copied.
 */
static bool link_dest(struct job *job)
{
    struct hard_link *link = &job->link;
    bool taken = false;
    if (link->earlier == NULL)
        return false;
    struct volume *volume = volume_get(&job->session->volumes, &link->identity);
    os_error error = CODE_NOT_SUPPORTED;
    if (volume == NULL || !volume->no_hard_links)
        error = make_link(job, &taken);
    if (job->outcome->status != REFLINK_OK)
        return true;
    if (error == 0) {
        /* a new name has set the archive attribute [MS-FSA 2.1.5.15.7] */
        metadata_clear_archive(&job->source, link->earlier, 0, job->outcome);
        job->outcome->hard_link = REFLINK_HARD_LINK_KEPT;
        return true;
    }
    if (classify_io(error) != ERROR_CLASS_TRANSIENT)
        remove_staging_link(job);
    if (!hard_link_cannot(error)) {
        fail_name(job, error, REFLINK_STEP_LINK, taken);
        return true;
    }
    if (volume != NULL && classify_unsupported(error))
        volume->no_hard_links = true;
    hard_link_give_up(link);
    return false;
}

/* --- both ----------------------------------------------------------------- */

/*
 * Takes one file through all its steps. Whatever happens, it ends here: the
 * open files are closed, and a DEST that is not complete is deleted.
 */
static enum attempt_end attempt(struct job *job)
{
    enum attempt_end end = ATTEMPT_DONE;
    memset(&job->facts, 0, sizeof job->facts);
    job->staging.directory = held_directory_file(job->directory);
    job->source.directory =
        job->directory != NULL ? job->directory->source : NULL;
    if (open_and_lock_source(job) &&
        hard_link_begin(&job->link, job->session->hard_links, &job->source.info,
                        job->dest_path, job->outcome) &&
        !link_dest(job))
        end = create(job);
    if (end == ATTEMPT_DONE)
        end = retry_end_of(job->outcome);
    metadata_end(&job->metadata);
    replaced_close(&job->replaced);
    staging_end(&job->staging, end == ATTEMPT_TRANSIENT);
    hard_link_end(&job->link);
    os_close(job->source.file);
    source_lock_drop(job->session->source_locks, &job->source_lock);
    job->source.file = NULL;
    staging_remove_stale(&job->staging);
    return end;
}

static void renew_directories(struct held_directory *directory)
{
    held_directory_renew(directory);
    if (directory != NULL)
        held_directory_renew(directory->source);
}

static bool try_again(struct job *job, enum attempt_end end)
{
    if (!retry_again(&job->retry, end, job->outcome))
        return false;
    if (end == ATTEMPT_TRANSIENT)
        renew_directories(job->directory);
    return true;
}

/* Ends the outcome. Keeps the root of DEST's volume, so that it is looked up
   once per run. */
static void end_outcome(struct job *job, uint64_t start)
{
    struct volume *volume =
        job->outcome->reason != REFLINK_REASON_NONE
            ? volume_get(&job->session->volumes, &job->facts.dest.identity)
            : NULL;
    if (volume != NULL)
        wcscpy(job->outcome->volume_root, volume->root);
    outcome_end(job->outcome, start);
    if (volume != NULL && job->outcome->volume_root[0] != L'\0')
        wcscpy(volume->root, job->outcome->volume_root);
}

void file_run(struct reflink_session *session,
              const struct reflink_policy *policy, const wchar_t *source,
              struct held_directory *directory, const wchar_t *dest,
              struct reflink_outcome *outcome)
{
    struct job job = {
        .session = session,
        .policy = policy,
        .outcome = outcome,
        .dest_path = dest,
        .directory = directory,
        .retry = {.session = session, .policy = policy, .source_path = source},
    };
    uint64_t start = outcome_begin(outcome, source, dest);
    if (source_check_paths(source, dest, outcome)) {
        while (try_again(&job, attempt(&job)))
            ;
        staging_free(&job.staging);
    }
    /* a file that was not completed is deleted again */
    if (outcome->status != REFLINK_OK) {
        outcome->bytes_cloned = 0;
        outcome->bytes_copied = 0;
        outcome->bytes_copied_by_server = 0;
    }
    end_outcome(&job, start);
}

enum reflink_status reflink_file(struct reflink_session *session,
                                 const struct reflink_policy *policy,
                                 const wchar_t *source, const wchar_t *dest,
                                 struct reflink_outcome *outcome)
{
    struct call call;
    if (call_begin(&call, session, policy, outcome))
        file_run(session, &call.policy, source, NULL, dest, &call.outcome);
    return call_end(&call, outcome);
}
