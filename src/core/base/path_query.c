#include "path_query.h"

#include "identity.h"

static os_error query_path(const wchar_t *path,
                           os_error (*query)(struct os_file *,
                                             struct os_info *),
                           struct os_info *info)
{
    struct os_file *file = NULL;
    os_error error = os_open(path, OS_OPEN_LOOK, &file);
    if (error != 0)
        return error;
    error = query(file, info);
    os_close(file);
    return error;
}

os_error path_query(const wchar_t *path, struct os_info *info)
{
    return query_path(path, os_query, info);
}

os_error path_query_state(const wchar_t *path, struct os_info *info)
{
    return query_path(path, os_query_state, info);
}

bool path_is_directory(const wchar_t *path)
{
    struct os_info info;
    return path_query_state(path, &info) == 0 &&
           (info.attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
}

bool path_is_volume_root(const wchar_t *path)
{
    wchar_t root[320];
    struct os_info there;
    struct os_info here;
    os_volume_root(path, root, sizeof root / sizeof root[0]);
    return root[0] != L'\0' && path_query(root, &there) == 0 &&
           path_query(path, &here) == 0 &&
           identity_same_file(&there.identity, &here.identity);
}
