#include "volume_info.h"

#include <string.h>

#include "core/base/classify.h"
#include "core/clone/cluster.h"
#include "core/errors.h"
#include "core/file/retry.h"
#include "core/clone/plan.h"

static enum info_answer answer(bool known, bool yes)
{
    if (!known)
        return INFO_NOT_REPORTED;
    return yes ? INFO_YES : INFO_NO;
}

static void query_features(struct os_file *file, struct info *info)
{
    struct os_volume volume;
    os_query_volume(file, &volume);
    wcscpy(info->file_system, volume.file_system);
    info->block_cloning =
        answer(volume.known, volume.features & OS_VOLUME_CLONES);
    info->integrity_streams =
        answer(volume.known, volume.features & OS_VOLUME_INTEGRITY);
    info->sparse_files =
        answer(volume.known, volume.features & OS_VOLUME_SPARSE);
    info->read_only =
        answer(volume.known, volume.features & OS_VOLUME_READ_ONLY);
}

static enum info_behavior behavior_of(const struct info *info)
{
    if (info->read_only == INFO_YES)
        return INFO_READ_ONLY;
    if (info->block_cloning == INFO_NOT_REPORTED)
        return INFO_TRIES;
    return info->block_cloning == INFO_YES ? INFO_CLONES : INFO_COPIES;
}

static bool read_once(const wchar_t *path, struct info *info,
                      struct reflink_error *error)
{
    struct os_file *file = NULL;
    const wchar_t *root = info->root;
    bool remote = false;
    memset(info, 0, sizeof *info);
    os_error code = os_open(path, OS_OPEN_LOOK, &file);
    if (code != 0) {
        enum reflink_hint hint = code == CODE_INVALID_FUNCTION
                                     ? REFLINK_HINT_NOT_A_FILE
                                     : classify_hint(code);
        *error =
            (struct reflink_error){code, REFLINK_STEP_OPEN_SOURCE, hint, true};
        return false;
    }
    os_volume_root(path, info->root, INFO_ROOT);
    query_features(file, info);
    bool known = os_is_remote(file, &remote) == 0;
    info->remote = answer(known, remote);
    /* a redirector may not report that it is remote, but the root shows it:
       `\\server\share\`, unlike `\\?\...` or `\\.\...` */
    if (wcsncmp(root, L"\\\\", 2) == 0 && root[2] != L'?' && root[2] != L'.')
        info->remote = INFO_YES;
    info->cluster_size = cluster_size_of(file);
    info->largest_request = PLAN_LIMIT;
    info->free_known = os_free_bytes(file, &info->free_bytes) == 0;
    info->behavior = behavior_of(info);
    os_close(file);
    return true;
}

bool info_read(const wchar_t *path, const struct reflink_policy *policy,
               struct info *info, struct reflink_error *error)
{
    struct retry retry = {.policy = policy};
    bool done = false;
    do
        done = read_once(path, info, error);
    while (!done && retry_after(&retry, error->code));
    return done;
}
