#include "pair.h"

#include <wchar.h>

#include "core/base/classify.h"
#include "core/base/identity.h"
#include "core/base/reason.h"
#include "core/clone/cluster.h"
#include "core/errors.h"
#include "core/file/source.h"

enum { UNIT_GUESS = 65536 }; /* if the volume reports no cluster size */

struct reflink_outcome *pair_outcome(const struct pair *pair)
{
    return &pair->result->outcome;
}

bool pair_fail(const struct pair *pair, os_error error, enum reflink_step step,
               enum outcome_side side)
{
    outcome_fail(pair_outcome(pair), error, step, side);
    return false;
}

bool pair_give_reason(struct pair *pair, enum reflink_reason reason,
                      bool in_keep)
{
    outcome_reason(pair_outcome(pair), reason);
    pair->result->in_keep = in_keep;
    pair->stopped = true;
    return false;
}

uint32_t pair_cluster(const struct pair *pair)
{
    return pair->cluster_size != 0 ? pair->cluster_size : UNIT_GUESS;
}

uint32_t pair_unit(const struct pair *pair)
{
    uint32_t unit = pair_cluster(pair);
    if (unit < pair->volume->alignment)
        unit = pair->volume->alignment;
    return unit < pair->alignment ? pair->alignment : unit;
}

bool pair_can_continue(const struct pair *pair)
{
    return !pair->stopped && pair_outcome(pair)->error.code == 0 &&
           !session_stop(pair->dedupe->session, pair_outcome(pair));
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
    return reason == REFLINK_REASON_NONE ||
           pair_give_reason(pair, reason, in_keep);
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
        outcome_fail_hint(
            pair_outcome(pair), error, REFLINK_STEP_OPEN_DEST, side,
            error == CODE_INVALID_FUNCTION ? REFLINK_HINT_NOT_A_FILE
                                           : REFLINK_HINT_NONE);
        return false;
    }
    error = os_query(file, info);
    os_close(file);
    if (error != 0)
        return pair_fail(pair, error, REFLINK_STEP_QUERY, side);
    if ((info->attributes & OS_ATTRIBUTE_DIRECTORY) == 0)
        return true;
    outcome_fail_hint(pair_outcome(pair), CODE_DIRECTORY_NOT_SUPPORTED,
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
        return pair_give_reason(pair, REFLINK_REASON_IN_USE, in_keep);
    if (error != 0)
        return pair_fail(pair, error, REFLINK_STEP_OPEN_DEST, side);
    error = os_query(*file, info);
    if (error != 0)
        return pair_fail(pair, error, REFLINK_STEP_QUERY, side);
    return judge(pair, info, in_keep);
}

/* A file that is not on the disk yet may get no clusters, or zeros in its
   clone [git-lfs/git-lfs #6312]. */
static bool flush(const struct pair *pair, struct os_file *file,
                  enum outcome_side side)
{
    os_error error = pair->dedupe->dry_run ? 0 : os_flush(file);
    return error == 0 || classify_unsupported(error) ||
           pair_fail(pair, error, REFLINK_STEP_FLUSH, side);
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
bool pair_open(struct pair *pair)
{
    struct dedupe *dedupe = pair->dedupe;
    if (!source_check_paths(dedupe->keep_path, pair->path,
                            pair_outcome(pair)) ||
        !open_keep(pair) || !look(pair, pair->path, false, &pair->info))
        return false;
    if (identity_same_file(&pair->info.identity, &dedupe->keep_info.identity))
        return pair_give_reason(pair, REFLINK_REASON_SAME_FILE, false);
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
    pair_outcome(pair)->cluster_size = pair->cluster_size;
}

bool pair_prepare(struct pair *pair)
{
    const struct os_info *keep = &pair->dedupe->keep_info;
    struct volume **volumes = &pair->dedupe->session->volumes;
    struct volume *volume = volume_get(volumes, &pair->info.identity);
    if (volume == NULL)
        return pair_fail(pair, CODE_NOT_ENOUGH_MEMORY, REFLINK_STEP_MEMORY,
                         OUTCOME_DEST);
    if (!volume->report.known)
        os_query_volume(pair->file, &volume->report);
    wcscpy(pair_outcome(pair)->file_system, volume->report.file_system);
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
    if (reason == REFLINK_REASON_NONE && pair->end < pair_cluster(pair))
        reason = REFLINK_REASON_BELOW_CLUSTER;
    if (reason == REFLINK_REASON_NONE && volume->trial == VOLUME_DISTRUSTED) {
        pair_outcome(pair)->refusal = volume->trial_code;
        reason = volume->trial_reason;
    }
    return reason == REFLINK_REASON_NONE ||
           pair_give_reason(pair, reason, false);
}
