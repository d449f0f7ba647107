#include "volume_info.h"

#include <stddef.h>
#include <string.h>

#include "core/base/call.h"
#include "core/base/classify.h"
#include "core/clone/cluster.h"
#include "core/errors.h"
#include "core/file/retry.h"
#include "core/clone/plan.h"

static enum reflink_answer answer(bool known, bool yes)
{
    if (!known)
        return REFLINK_NOT_REPORTED;
    return yes ? REFLINK_YES : REFLINK_NO;
}

static void query_features(struct os_file *file, struct reflink_volume *info)
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

static enum reflink_support support_of(const struct reflink_volume *info)
{
    if (info->read_only == REFLINK_YES)
        return REFLINK_SUPPORT_READ_ONLY;
    if (info->block_cloning == REFLINK_NOT_REPORTED)
        return REFLINK_SUPPORT_TRIES;
    return info->block_cloning == REFLINK_YES ? REFLINK_SUPPORT_CLONES
                                              : REFLINK_SUPPORT_COPIES;
}

static bool read_once(const wchar_t *path, struct reflink_volume *info,
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
    os_volume_root(path, info->root, sizeof info->root / sizeof(wchar_t));
    query_features(file, info);
    bool known = os_is_remote(file, &remote) == 0;
    info->remote = answer(known, remote);
    /* a redirector may not report that it is remote, but the root shows it:
       `\\server\share\`, unlike `\\?\...` or `\\.\...` */
    if (wcsncmp(root, L"\\\\", 2) == 0 && root[2] != L'?' && root[2] != L'.')
        info->remote = REFLINK_YES;
    info->cluster_size = cluster_size_of(file);
    info->largest_request = PLAN_LIMIT;
    info->free_known = os_free_bytes(file, &info->free_bytes) == 0;
    info->support = support_of(info);
    os_close(file);
    return true;
}

bool info_read(const struct reflink_session *session, const wchar_t *path,
               const struct reflink_policy *policy, struct reflink_volume *info,
               struct reflink_error *error)
{
    struct retry retry = {.session = session, .policy = policy};
    bool done = false;
    do
        done = read_once(path, info, error);
    while (!done && retry_after(&retry, error->code));
    return done;
}

enum reflink_status reflink_query_volume(struct reflink_session *session,
                                         const struct reflink_policy *policy,
                                         const wchar_t *path,
                                         struct reflink_volume *volume,
                                         struct reflink_error *error)
{
    enum {
        LEAST = offsetof(struct reflink_volume, file_system) +
                sizeof volume->file_system
    };
    struct reflink_policy own;
    struct reflink_volume info = {0};
    session->stopped = false;
    *error = (struct reflink_error){.code = CODE_INVALID_PARAMETER};
    if (!call_read_policy(policy, &own) || volume->size < LEAST)
        return REFLINK_FAILED;
    *error = (struct reflink_error){0};
    bool done = info_read(session, path, &own, &info, error);
    call_write(volume, &info, sizeof info, LEAST);
    if (done)
        return REFLINK_OK;
    return session_is_cancelled(session) ? REFLINK_INTERRUPTED : REFLINK_FAILED;
}
