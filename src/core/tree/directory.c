#include "directory.h"

#include <stdlib.h>

#include "core/errors.h"
#include "core/file/metadata.h"
#include "core/base/path.h"
#include "core/base/path_query.h"

/* Whether the name is in use, even by a link without a target. */
static bool is_listed(const wchar_t *path)
{
    struct os_directory *list = NULL;
    wchar_t *directory = path_directory(path);
    bool listed = directory != NULL &&
                  os_list_open(directory, path_base_name(path), &list) == 0;
    os_list_close(list);
    free(directory);
    return listed;
}

static void end(struct reflink_outcome *outcome, uint64_t start)
{
    outcome_end(outcome, start);
    outcome->method = REFLINK_METHOD_NONE;
}

bool directory_foresee(const struct reflink_policy *policy,
                       const wchar_t *source, const wchar_t *dest,
                       enum reflink_dry_kind kind,
                       struct reflink_outcome *outcome)
{
    bool link = kind == REFLINK_DRY_LINK;
    struct os_info there;
    uint64_t start = outcome_begin(outcome, source, dest);
    bool exists = path_query_state(dest, &there) == 0;
    bool directory = exists && (there.attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
    bool kept = link ? policy->existing == REFLINK_EXISTING_KEEP : directory;
    exists = exists || (link && is_listed(dest));
    if (exists && kept)
        outcome->status = REFLINK_SKIPPED;
    else if (exists)
        outcome_fail(outcome, CODE_ALREADY_EXISTS,
                     link ? REFLINK_STEP_LINK : REFLINK_STEP_CREATE,
                     OUTCOME_DEST);
    end(outcome, start);
    return outcome->error.code == 0;
}

void directory_make(const wchar_t *source, const wchar_t *dest,
                    struct reflink_outcome *outcome)
{
    uint64_t start = outcome_begin(outcome, source, dest);
    os_error error = os_make_directory(dest);
    if (error != 0 &&
        (error != CODE_ALREADY_EXISTS || !path_is_directory(dest)))
        outcome_fail(outcome, error, REFLINK_STEP_CREATE, OUTCOME_DEST);
    end(outcome, start);
}

/* --- metadata ------------------------------------------------------------- */

struct finish {
    const struct reflink_policy *policy;
    struct reflink_outcome *outcome;
    struct source source;
    struct os_file *dest;
    struct metadata metadata;
};

static bool open_both(struct finish *finish)
{
    unsigned extra = finish->policy->security ? OS_WITH_SECURITY : 0;
    struct reflink_outcome *outcome = finish->outcome;
    os_error error = os_open(outcome->source, OS_OPEN_SOURCE_DIRECTORY | extra,
                             &finish->source.file);
    if (error == 0)
        error = os_query(finish->source.file, &finish->source.info);
    if (error != 0) {
        outcome_fail(outcome, error, REFLINK_STEP_ATTRIBUTES, OUTCOME_SOURCE);
        return false;
    }
    error = os_open(outcome->dest, OS_OPEN_DIRECTORY | extra, &finish->dest);
    if (error != 0)
        outcome_fail(outcome, error, REFLINK_STEP_ATTRIBUTES, OUTCOME_DEST);
    return error == 0;
}

void directory_finish(struct reflink_session *session,
                      const struct reflink_policy *policy,
                      const wchar_t *source, const wchar_t *dest,
                      struct reflink_outcome *outcome)
{
    struct finish finish = {.policy = policy, .outcome = outcome};
    struct os_info now;
    uint64_t start = outcome_begin(outcome, source, dest);
    bool copied =
        open_both(&finish) &&
        metadata_list(&finish.metadata, finish.source.file, outcome) &&
        metadata_open_streams(&finish.metadata, dest, outcome) &&
        metadata_empty_streams(&finish.metadata, outcome) &&
        metadata_copy(&finish.metadata, session, policy, &finish.source,
                      finish.dest, outcome) &&
        metadata_stamp(&finish.source, finish.dest, 0, outcome);
    /* Most directories have none of these attributes. If the query fails, they
       count as set. */
    if (copied && metadata_kept(&finish.source.info) != 0 &&
        os_query_state(finish.dest, &now) == 0)
        metadata_check(&finish.source.info, now.attributes, outcome);
    metadata_end(&finish.metadata);
    os_close(finish.dest);
    os_close(finish.source.file);
    end(outcome, start);
}

/* --- links ---------------------------------------------------------------- */

void directory_link(const struct reflink_policy *policy, const wchar_t *source,
                    const wchar_t *dest, struct reflink_outcome *outcome)
{
    uint64_t start = outcome_begin(outcome, source, dest);
    os_error error = os_copy_link(source, dest);
    bool exists = error == CODE_ALREADY_EXISTS || error == CODE_FILE_EXISTS;
    if (exists && policy->existing == REFLINK_EXISTING_KEEP)
        outcome->status = REFLINK_SKIPPED;
    else if (error == CODE_PRIVILEGE_NOT_HELD || error == CODE_ACCESS_DENIED)
        outcome_fail_hint(outcome, error, REFLINK_STEP_LINK, OUTCOME_DEST,
                          REFLINK_HINT_LINK_RIGHT);
    else if (error != 0)
        outcome_fail(outcome, error, REFLINK_STEP_LINK, OUTCOME_DEST);
    end(outcome, start);
}

void directory_allow_missing(struct reflink_session *session)
{
    session->makes_directories = true;
}
