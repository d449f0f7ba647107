#include "path_query.h"

#include "classify.h"
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

os_error path_query_directory(const wchar_t *path, bool *directory)
{
    struct os_info info;
    os_error error = path_query_state(path, &info);
    *directory = error == 0 && (info.attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
    return classify_memory(error);
}

os_error path_query_root(const wchar_t *path, bool *is_root)
{
    wchar_t root[320];
    os_volume_root(path, root, sizeof root / sizeof root[0]);
    *is_root = false;
    return root[0] != L'\0' ? path_query_same(root, path, is_root) : 0;
}

os_error path_query_same(const wchar_t *a, const wchar_t *b, bool *same)
{
    struct os_info one;
    struct os_info other;
    os_error error = path_query(a, &one);
    if (error == 0)
        error = path_query(b, &other);
    *same = error == 0 && identity_same_file(&one.identity, &other.identity);
    return classify_memory(error);
}
