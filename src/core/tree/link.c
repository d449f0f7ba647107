#include "link.h"

#include <stdlib.h>

#include "core/errors.h"
#include "core/base/classify.h"
#include "core/base/identity.h"
#include "core/base/path.h"
#include "core/base/path_query.h"
#include "core/file/source.h"
#include "core/file/staging.h"

static void begin(const struct tree_link *link, struct reflink_outcome *outcome,
                  struct link_result *result, uint64_t *start)
{
    *start = outcome_begin(outcome, link->source, link->dest);
    *result = (struct link_result){LINK_OVER_NOTHING, false};
}

static void end(struct reflink_outcome *outcome, uint64_t start,
                struct link_result *result)
{
    outcome_end(outcome, start);
    outcome->method = REFLINK_METHOD_NONE;
    outcome->replaced_file = result->over == LINK_OVER_FILE;
    if (outcome->status != REFLINK_OK)
        *result = (struct link_result){LINK_OVER_NOTHING, false};
}

/* Records that the link could not be written. */
static void fail(struct reflink_outcome *outcome, os_error error)
{
    enum reflink_hint hint = REFLINK_HINT_NONE;
    if (error == CODE_PRIVILEGE_NOT_HELD || error == CODE_ACCESS_DENIED)
        hint = REFLINK_HINT_LINK_RIGHT;
    else if (error == CODE_REPARSE_TAG_MISMATCH)
        hint = REFLINK_HINT_OTHER_KIND;
    outcome_fail_hint(outcome, error, REFLINK_STEP_LINK, OUTCOME_DEST, hint);
}

/* --- where it leads ------------------------------------------------------- */

/*
 * Sets `*may`: a junction leads to a directory of the same computer only [Hard
 * links and junctions, Microsoft Learn]. Returns an error only if memory ran
 * out.
 */
static os_error query_may_lead_to_dest(const struct tree_link *link, bool *may)
{
    struct os_named named;
    bool remote = false;
    os_error error = os_query_name(NULL, link->source, &named);
    *may = true;
    if (error != 0 || named.link != OS_LINK_JUNCTION || link->directory == NULL)
        return classify_memory(error);
    struct os_file *directory = held_directory_file(link->directory);
    *may =
        directory == NULL || os_is_remote(directory, &remote) != 0 || !remote;
    return 0;
}

/* Returns the path in DEST that corresponds to `rest` in SOURCE. */
static os_error path_in_dest(const struct tree_link *link, const wchar_t *rest,
                             wchar_t **path)
{
    wchar_t *root = NULL;
    os_error error = os_full_path(link->root->dest, &root);
    if (error != 0)
        return error;
    if (rest[0] == L'\0') {
        *path = root;
        return 0;
    }
    *path = path_join(root, rest);
    free(root);
    return *path != NULL ? 0 : CODE_NOT_ENOUGH_MEMORY;
}

/*
 * Finds out whether the link leads into SOURCE, and where it is to lead
 * instead: `*target` is NULL if it stays as it is. Returns false if that
 * failed; the outcome has the error.
 */
static bool find_target(const struct tree_link *link, bool retarget,
                        wchar_t **target, struct reflink_outcome *outcome,
                        struct link_result *result)
{
    wchar_t *old = NULL;
    wchar_t *rest = NULL;
    *target = NULL;
    if (link->root == NULL)
        return true;
    bool may_lead = false;
    os_error error = os_link_target(link->source, &old);
    if (error == 0 && old != NULL)
        error = tree_find_within(link->root->source, old, &rest);
    result->into_source = rest != NULL;
    if (rest != NULL && retarget)
        error = query_may_lead_to_dest(link, &may_lead);
    if (error != 0)
        outcome_fail(outcome, error, REFLINK_STEP_LINK, OUTCOME_SOURCE);
    if (error == 0 && may_lead) {
        error = path_in_dest(link, rest, target);
        result->into_source = false;
        if (error != 0)
            outcome_fail(outcome, error, REFLINK_STEP_PATH, OUTCOME_DEST);
    }
    free(rest);
    free(old);
    return error == 0;
}

/* --- what is there -------------------------------------------------------- */

/*
 * Sets `*leads`: whether the file in the link's place is the one that the link
 * leads to. It would be lost. Returns an error only if memory ran out.
 */
static os_error query_leads_to(const struct tree_link *link, bool *leads)
{
    struct os_info target;
    struct os_info there;
    struct os_file *file = NULL;
    os_error error = path_query(link->source, &target);
    if (error == 0)
        error = os_open_at(held_directory_file(link->directory), link->dest,
                           OS_OPEN_LOOK, &file);
    if (error == 0)
        error = os_query(file, &there);
    *leads =
        error == 0 && identity_same_file(&target.identity, &there.identity);
    os_close(file);
    return classify_memory(error);
}

/*
 * Decides about what is at DEST: whether the link replaces it. If not, the
 * outcome says why.
 */
static bool judge(const struct reflink_policy *policy,
                  const struct tree_link *link, const struct os_named *source,
                  const struct os_named *there, struct reflink_outcome *outcome,
                  struct link_result *result)
{
    bool same = source->link == there->link &&
                source->directory == there->directory && !there->is_volume;
    bool over_file =
        !source->directory && !there->directory && there->link == 0;
    bool leads = false;
    os_error error = 0;
    result->over = same ? LINK_OVER_LINK : LINK_OVER_FILE;
    if (policy->existing == REFLINK_EXISTING_FAIL)
        fail(outcome, CODE_ALREADY_EXISTS);
    else if (policy->existing == REFLINK_EXISTING_KEEP ||
             (policy->existing == REFLINK_EXISTING_UPDATE &&
              !source_is_newer(source->written, there->written)))
        outcome->status = REFLINK_SKIPPED;
    else if (!same && !over_file)
        outcome_fail_hint(outcome, CODE_ALREADY_EXISTS, REFLINK_STEP_LINK,
                          OUTCOME_DEST, REFLINK_HINT_OTHER_KIND);
    else if (over_file && (error = query_leads_to(link, &leads)) != 0)
        fail(outcome, error);
    else if (leads)
        outcome_fail_hint(outcome, CODE_SHARING_VIOLATION, REFLINK_STEP_LINK,
                          OUTCOME_DEST, REFLINK_HINT_SAME_FILE);
    return outcome->status == REFLINK_OK;
}

/* --- replacing it --------------------------------------------------------- */

/*
 * Creates the link beside DEST and renames it. The rename replaces files and
 * links to files, but no directory.
 */
static void replace_by_rename(const struct tree_link *link,
                              const wchar_t *target,
                              struct reflink_outcome *outcome)
{
    struct os_file *directory = held_directory_file(link->directory);
    struct os_file *file = NULL;
    wchar_t *path = NULL;
    os_error error = staging_path(link->dest, &path);
    if (error == 0)
        error = os_copy_link(link->source, target, directory, path);
    if (error != 0) {
        free(path);
        fail(outcome, error);
        return;
    }
    error = os_open_at(directory, path, OS_OPEN_DELETE, &file);
    if (error == 0)
        error = os_rename(file, directory, link->dest, true);
    os_close(file);
    if (error != 0) {
        outcome_fail(outcome, error, REFLINK_STEP_RENAME, OUTCOME_DEST);
        os_remove(directory, path);
    }
    free(path);
}

/* The link cannot be created, because something has its name. */
static void replace(const struct reflink_policy *policy,
                    const struct tree_link *link, const wchar_t *target,
                    struct reflink_outcome *outcome, struct link_result *result)
{
    struct os_named source;
    struct os_named there;
    struct os_file *directory = held_directory_file(link->directory);
    os_error error = os_query_name(NULL, link->source, &source);
    if (error == 0)
        error = os_query_name(directory, link->dest, &there);
    if (error != 0)
        fail(outcome, error);
    else if (!judge(policy, link, &source, &there, outcome, result))
        return;
    else if (!source.directory)
        replace_by_rename(link, target, outcome);
    else {
        error = os_set_link(link->source, target, directory, link->dest);
        if (error != 0)
            fail(outcome, error);
    }
}

void link_recreate(const struct reflink_policy *policy,
                   const struct tree_link *link, bool retarget,
                   struct reflink_outcome *outcome, struct link_result *result)
{
    uint64_t start = 0;
    wchar_t *target = NULL;
    begin(link, outcome, result, &start);
    if (find_target(link, retarget, &target, outcome, result)) {
        os_error error =
            os_copy_link(link->source, target,
                         held_directory_file(link->directory), link->dest);
        bool exists = staging_name_is_taken(error);
        if (exists && policy->existing == REFLINK_EXISTING_KEEP)
            outcome->status = REFLINK_SKIPPED;
        else if (exists && policy->existing != REFLINK_EXISTING_FAIL)
            replace(policy, link, target, outcome, result);
        else if (error != 0)
            fail(outcome, error);
    }
    free(target);
    end(outcome, start, result);
}

void link_dry_run(const struct reflink_policy *policy,
                  const struct tree_link *link, bool retarget,
                  struct reflink_outcome *outcome, struct link_result *result)
{
    uint64_t start = 0;
    wchar_t *target = NULL;
    struct os_named source;
    struct os_named there;
    begin(link, outcome, result, &start);
    /* a directory that does not exist yet has no entries */
    if (find_target(link, retarget, &target, outcome, result)) {
        os_error missing = os_query_name(NULL, link->dest, &there);
        os_error error = classify_memory(missing);
        if (missing == 0)
            error = os_query_name(NULL, link->source, &source);
        if (error != 0)
            outcome_fail(outcome, error, REFLINK_STEP_LINK, OUTCOME_SOURCE);
        else if (missing == 0)
            judge(policy, link, &source, &there, outcome, result);
    }
    free(target);
    end(outcome, start, result);
}
