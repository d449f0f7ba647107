#include "source.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/classify.h"
#include "core/errors.h"
#include "core/base/identity.h"
#include "core/base/path.h"
#include "core/base/path_query.h"

bool source_check_paths(const wchar_t *source, const wchar_t *dest,
                        struct reflink_outcome *outcome)
{
    bool in_source = path_names_stream(source);
    if (!in_source && !path_names_stream(dest))
        return true;
    outcome_fail_hint(outcome, CODE_INVALID_NAME, REFLINK_STEP_PATH,
                      in_source ? OUTCOME_SOURCE : OUTCOME_DEST,
                      REFLINK_HINT_STREAM);
    return false;
}

os_error source_open_name(const struct source *source, const wchar_t *path,
                          unsigned intent, struct os_file **file)
{
    return held_directory_open_at(source->directory, path, intent | OS_NO_LINK,
                                  file);
}

bool source_has_name(const struct source *source, const wchar_t *path,
                     struct reflink_outcome *outcome)
{
    struct os_file *file = NULL;
    struct os_info now;
    os_error error = source_open_name(source, path, OS_OPEN_LOOK, &file);
    if (error == 0)
        error = os_query(file, &now);
    os_close(file);
    bool other = error == CODE_REPARSE_POINT_ENCOUNTERED ||
                 (error == 0 &&
                  !identity_same_file(&now.identity, &source->info.identity));
    if (other)
        outcome_fail_hint(outcome, CODE_FILE_INVALID, REFLINK_STEP_READ,
                          OUTCOME_SOURCE, REFLINK_HINT_SOURCE_CHANGED);
    else if (error != 0)
        outcome_fail(outcome, error, REFLINK_STEP_QUERY, OUTCOME_SOURCE);
    return error == 0 && !other;
}

bool source_open(const wchar_t *path, bool with_security, struct source *source,
                 struct reflink_outcome *outcome)
{
    unsigned extra = with_security ? OS_WITH_SECURITY : 0;
    os_error error =
        source_open_name(source, path, OS_OPEN_SOURCE | extra, &source->file);
    source->shared = error == CODE_SHARING_VIOLATION;
    if (source->shared)
        error = source_open_name(source, path, OS_OPEN_SOURCE_SHARED | extra,
                                 &source->file);
    if (error != 0) {
        enum reflink_hint hint = REFLINK_HINT_NONE;
        if (error == CODE_SHARING_VIOLATION)
            hint = REFLINK_HINT_IN_USE;
        if (error == CODE_INVALID_FUNCTION)
            hint = REFLINK_HINT_NOT_A_FILE;
        if (error == CODE_REPARSE_POINT_ENCOUNTERED) {
            error = CODE_FILE_INVALID;
            hint = REFLINK_HINT_SOURCE_CHANGED;
        }
        /* for a directory, the system misleadingly reports "access denied" */
        bool directory = false;
        if (error == CODE_ACCESS_DENIED)
            (void)path_query_directory(path, &directory);
        if (directory) {
            error = CODE_DIRECTORY_NOT_SUPPORTED;
            hint = REFLINK_HINT_RECURSIVE;
        }
        outcome_fail_hint(outcome, error, REFLINK_STEP_OPEN_SOURCE,
                          OUTCOME_SOURCE, hint);
        return false;
    }
    /* the change journal is read before anything else, and only where another
       program writes to SOURCE */
    if (source->shared)
        outcome->warnings |= REFLINK_WARNING_SOURCE_IN_USE;
    source->numbered =
        source->shared && os_change_number(source->file, &source->number) == 0;
    error = os_query(source->file, &source->info);
    if (error != 0) {
        outcome_fail(outcome, error, REFLINK_STEP_QUERY, OUTCOME_SOURCE);
        return false;
    }
    /* Some systems report a size of 0 for files that have data, such as those
       in `\\\\wsl$\\...\\proc`: one read decides. */
    uint8_t byte = 0;
    uint32_t done = 0;
    if (source->info.size != 0 ||
        os_read(source->file, 0, &byte, 1, &done) != 0 || done == 0)
        return true;
    outcome_fail_hint(outcome, CODE_FILE_INVALID, REFLINK_STEP_READ,
                      OUTCOME_SOURCE, REFLINK_HINT_SOURCE_CHANGED);
    return false;
}

/*
 * Sets `*dangling`: whether DEST may be a link without a target. A link whose
 * target's directory is missing cannot be followed, either, but the directory
 * of the link itself exists. Returns an error only if memory ran out.
 */
static os_error query_dangling(const wchar_t *dest, bool *dangling)
{
    wchar_t *directory = path_directory(dest);
    os_error error = directory != NULL
                         ? path_query_directory(directory, dangling)
                         : CODE_NOT_ENOUGH_MEMORY;
    free(directory);
    return error;
}

static bool parent_is_file(const wchar_t *dest)
{
    struct os_info info;
    wchar_t *parent = path_directory(dest);
    size_t length = parent != NULL ? wcslen(parent) : 0;
    if (length > 1 && path_ends_with_separator(parent))
        parent[length - 1] = L'\0';
    bool is_file = parent != NULL && path_query_state(parent, &info) == 0 &&
                   (info.attributes & OS_ATTRIBUTE_DIRECTORY) == 0;
    free(parent);
    return is_file;
}

bool dest_open(struct os_file *directory, const wchar_t *dest, unsigned extra,
               struct os_file **file, struct os_info *info,
               struct reflink_outcome *outcome)
{
    os_error error = os_open_at(directory, dest, OS_OPEN_LOOK | extra, file);
    if (error == CODE_ACCESS_DENIED && extra != 0)
        error = os_open_at(directory, dest, OS_OPEN_LOOK, file);
    bool missing = error == CODE_FILE_NOT_FOUND ||
                   (error == CODE_PATH_NOT_FOUND && directory != NULL);
    os_error memory = 0;
    if (error == CODE_PATH_NOT_FOUND && directory == NULL)
        memory = query_dangling(dest, &missing);
    if (memory != 0)
        error = memory;
    else if (missing)
        return true;
    if (error == CODE_PATH_NOT_FOUND) {
        outcome_fail_hint(outcome, error, REFLINK_STEP_CREATE, OUTCOME_DEST,
                          parent_is_file(dest) ? REFLINK_HINT_PARENT_IS_FILE
                                               : REFLINK_HINT_NO_DIRECTORY);
        return false;
    }
    if (error != 0) {
        outcome_fail_hint(outcome, error, REFLINK_STEP_OPEN_DEST, OUTCOME_DEST,
                          error == CODE_INVALID_FUNCTION
                              ? REFLINK_HINT_NOT_A_FILE
                              : REFLINK_HINT_NONE);
        return false;
    }
    error = os_query(*file, info);
    if (error != 0)
        outcome_fail(outcome, error, REFLINK_STEP_QUERY, OUTCOME_DEST);
    else if (info->attributes & OS_ATTRIBUTE_DIRECTORY)
        outcome_fail_hint(outcome, CODE_DIRECTORY_NOT_SUPPORTED,
                          REFLINK_STEP_OPEN_DEST, OUTCOME_DEST,
                          REFLINK_HINT_DIRECTORY);
    return outcome->error.code == 0;
}

bool dest_look(const wchar_t *dest, bool *exists, struct os_info *info,
               struct reflink_outcome *outcome)
{
    struct os_file *file = NULL;
    bool looked = dest_open(NULL, dest, 0, &file, info, outcome);
    *exists = file != NULL;
    os_close(file);
    return looked;
}

bool source_is_newer(int64_t source, int64_t dest)
{
    static const int64_t grains[] = {20000000, 10000000, 100000}; /* 100 ns */
    for (size_t i = 0; i < sizeof grains / sizeof grains[0]; i++) {
        if (dest % grains[i] == 0) {
            source -= source % grains[i];
            break;
        }
    }
    return source > dest;
}

bool dest_judge_existing(const struct reflink_policy *policy,
                         const struct os_info *there,
                         const struct os_info *source,
                         struct reflink_outcome *outcome)
{
    if (policy->existing == REFLINK_EXISTING_KEEP)
        outcome->status = REFLINK_SKIPPED;
    else if (identity_same_file(&there->identity, &source->identity))
        outcome_fail_hint(outcome, CODE_SHARING_VIOLATION,
                          REFLINK_STEP_OPEN_DEST, OUTCOME_DEST,
                          REFLINK_HINT_SAME_FILE);
    else if (policy->existing == REFLINK_EXISTING_UPDATE &&
             !source_is_newer(source->written, there->written))
        outcome->status = REFLINK_SKIPPED;
    else if (policy->existing == REFLINK_EXISTING_FAIL)
        outcome_fail_hint(outcome, CODE_FILE_EXISTS, REFLINK_STEP_CREATE,
                          OUTCOME_DEST, REFLINK_HINT_EXISTS);
    return outcome->status == REFLINK_OK;
}

bool source_is_elsewhere(const struct os_info *source)
{
    return (source->attributes & (OS_ATTRIBUTE_REPARSE | OS_ATTRIBUTE_OFFLINE |
                                  OS_ATTRIBUTE_RECALL_ON_OPEN |
                                  OS_ATTRIBUTE_RECALL_ON_DATA_ACCESS)) != 0;
}

bool source_has_holes(const struct os_info *source)
{
    return (source->attributes & OS_ATTRIBUTE_SPARSE) != 0 &&
           !source_is_elsewhere(source);
}

unsigned dest_encryption(uint32_t wanted)
{
    return wanted & OS_ATTRIBUTE_ENCRYPTED ? OS_ENCRYPTED : 0;
}

bool dest_keeps_encryption(uint32_t wanted, const struct os_info *dest,
                           struct reflink_outcome *outcome)
{
    if ((wanted & ~dest->attributes & OS_ATTRIBUTE_ENCRYPTED) == 0)
        return true;
    outcome_fail_hint(outcome, CODE_NOT_SUPPORTED, REFLINK_STEP_CREATE,
                      OUTCOME_DEST, REFLINK_HINT_ENCRYPTED);
    return false;
}

bool source_check_unchanged(const struct source *source,
                            struct reflink_outcome *outcome)
{
    const struct os_info *before = &source->info;
    struct os_info now;
    uint64_t number = source->number;
    os_error error = os_query_state(source->file, &now);
    if (error == 0 && source->numbered)
        error = os_change_number(source->file, &number);
    /* a journal that was deleted in the meantime shows nothing */
    if (source->numbered && classify_unsupported(error)) {
        error = 0;
        number = source->number;
    }
    if (error != 0) {
        outcome_fail(outcome, error, REFLINK_STEP_QUERY, OUTCOME_SOURCE);
        return false;
    }
    bool journaled = source->numbered && number != source->number;
    if (!journaled && now.size == before->size &&
        now.written == before->written &&
        (!source->shared || now.changed == before->changed))
        return true;
    outcome_fail_hint(outcome, CODE_FILE_INVALID, REFLINK_STEP_READ,
                      OUTCOME_SOURCE, REFLINK_HINT_SOURCE_CHANGED);
    return false;
}
