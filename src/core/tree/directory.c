#include "directory.h"

#include <stdlib.h>

#include "core/base/classify.h"
#include "core/errors.h"
#include "core/file/file.h"
#include "core/file/metadata.h"
#include "core/base/path.h"
#include "core/base/path_query.h"

/*
 * Whether the name is in use, even by a link without a target; and whether it
 * is a link to a directory. Returns an error only if memory ran out.
 */
static os_error query_listed(const wchar_t *path, bool *listed,
                             bool *leads_away)
{
    struct os_directory *list = NULL;
    struct os_entry entry;
    bool end = false;
    wchar_t *directory = path_directory(path);
    os_error error = directory != NULL
                         ? os_list_open(directory, path_base_name(path), &list)
                         : CODE_NOT_ENOUGH_MEMORY;
    *listed = error == 0;
    *leads_away = *listed && os_list_next(list, &entry, &end) == 0 && !end &&
                  entry.is_link &&
                  (entry.attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
    os_list_close(list);
    free(directory);
    return classify_memory(error);
}

static void end(struct reflink_outcome *outcome, uint64_t start)
{
    outcome_end(outcome, start);
    outcome->method = REFLINK_METHOD_NONE;
}

bool directory_dry_run(const wchar_t *source, const wchar_t *dest, bool follow,
                       struct reflink_outcome *outcome)
{
    struct os_info there;
    uint64_t start = outcome_begin(outcome, source, dest);
    os_error error = path_query_state(dest, &there);
    bool exists = error == 0;
    bool listed = false;
    bool directory = exists && (there.attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
    bool leads_away = false;
    error = classify_memory(error);
    if (error == 0 && (!exists || !follow))
        error = query_listed(dest, &listed, &leads_away);
    if (error != 0)
        outcome_fail(outcome, error, REFLINK_STEP_MEMORY, OUTCOME_DEST);
    else if (leads_away && !follow)
        outcome_fail_hint(outcome, CODE_ALREADY_EXISTS, REFLINK_STEP_CREATE,
                          OUTCOME_DEST, REFLINK_HINT_LINK_IN_WAY);
    else if (directory)
        outcome->status = REFLINK_SKIPPED;
    else if (exists || listed)
        outcome_fail(outcome, CODE_ALREADY_EXISTS, REFLINK_STEP_CREATE,
                     OUTCOME_DEST);
    end(outcome, start);
    return outcome->error.code == 0;
}

void directory_make(const wchar_t *source, struct held_directory *parent,
                    const wchar_t *dest, bool follow,
                    struct held_directory **opened,
                    struct reflink_outcome *outcome)
{
    uint64_t start = outcome_begin(outcome, source, dest);
    *opened = held_directory_open(
        parent, dest, OS_DIRECTORY_CREATE | (follow ? OS_DIRECTORY_FOLLOW : 0),
        outcome);
    end(outcome, start);
}

void directory_file(struct reflink_session *session,
                    const struct reflink_policy *policy, const wchar_t *source,
                    struct held_directory *directory, const wchar_t *dest,
                    struct reflink_outcome *outcome)
{
    file_run(session, policy, source, directory, dest, outcome);
}

/* --- metadata ------------------------------------------------------------- */

static bool open_both(const struct reflink_policy *policy,
                      struct source *source, struct held_directory *parent,
                      struct os_file **dest, struct reflink_outcome *outcome)
{
    unsigned extra = policy->security ? OS_WITH_SECURITY : 0;
    os_error error =
        source_open_name(source, outcome->source,
                         OS_OPEN_SOURCE_DIRECTORY | extra, &source->file);
    if (error == 0)
        error = os_query(source->file, &source->info);
    if (error != 0) {
        outcome_fail(outcome, error, REFLINK_STEP_ATTRIBUTES, OUTCOME_SOURCE);
        return false;
    }
    if (policy->writable)
        source->info.attributes &= ~(uint32_t)OS_ATTRIBUTE_READONLY;
    /* the root of a volume is hidden, and users do not know it */
    const uint32_t hidden = OS_ATTRIBUTE_HIDDEN | OS_ATTRIBUTE_SYSTEM;
    bool is_root = false;
    if ((source->info.attributes & hidden) != 0)
        error = path_query_root(outcome->source, &is_root);
    if (is_root)
        source->info.attributes &= ~hidden;
    if (error == 0)
        error = held_directory_open_at(parent, outcome->dest,
                                       OS_OPEN_DIRECTORY | extra, dest);
    if (error != 0)
        outcome_fail(outcome, error, REFLINK_STEP_ATTRIBUTES, OUTCOME_DEST);
    return error == 0;
}

void directory_copy_metadata(struct reflink_session *session,
                             const struct reflink_policy *policy,
                             const wchar_t *source,
                             struct held_directory *directory,
                             struct reflink_outcome *outcome)
{
    struct held_directory *whose = directory->source;
    struct source from = {.directory = whose != NULL ? whose->parent : NULL};
    struct os_file *to = NULL;
    struct metadata metadata = {0};
    struct os_info now;
    struct held_directory *parent = directory->parent;
    uint64_t start = outcome_begin(outcome, source, directory->path);
    bool copied =
        open_both(policy, &from, parent, &to, outcome) &&
        metadata_list(&metadata, from.file, outcome) &&
        metadata_open_streams(&metadata, held_directory_file(parent),
                              directory->path, to, outcome) &&
        metadata_copy(&metadata, session, policy, &from, to, outcome) &&
        metadata_stamp(&from, to, 0, outcome);
    /* Most directories have none of these attributes. If the query fails, they
       count as set. */
    if (copied &&
        (metadata_kept(&from.info) != 0 ||
         !metadata_is_ordinary_time(&from.info)) &&
        os_query_state(to, &now) == 0)
        metadata_check(&from.info, &now, outcome);
    metadata_end(&metadata);
    os_close(to);
    os_close(from.file);
    end(outcome, start);
}

void directory_allow_missing(struct reflink_session *session)
{
    session->makes_directories = true;
}
