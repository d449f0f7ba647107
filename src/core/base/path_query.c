#include "path_query.h"

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
