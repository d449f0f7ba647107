#include "target.h"

#include <stdbool.h>
#include <wchar.h>

#include "codes.h"
#include "path.h"

static os_error is_directory(const wchar_t *path, bool *directory)
{
    struct os_file *file = NULL;
    struct os_info info;
    *directory = false;
    os_error error = os_open(path, OS_OPEN_LOOK, &file);
    if (error != 0)
        return error;
    error = os_query_state(file, &info);
    os_close(file);
    *directory = error == 0 && (info.attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
    return error;
}

os_error target_find(const wchar_t *source, const wchar_t *dest,
                     wchar_t **target)
{
    bool directory = false;
    os_error error = is_directory(dest, &directory);
    if (!directory && path_ends_with_separator(dest))
        return error != 0 ? error : CODE_DIRECTORY;
    *target = directory ? path_join(dest, path_base_name(source))
                        : path_splice(dest, wcslen(dest), L"");
    return *target != NULL ? 0 : CODE_NOT_ENOUGH_MEMORY;
}
