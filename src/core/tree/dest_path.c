#include "dest_path.h"

#include <stdbool.h>
#include <wchar.h>

#include "core/errors.h"
#include "core/base/classify.h"
#include "core/base/path.h"
#include "core/base/path_query.h"

os_error dest_path_find(const wchar_t *source, const wchar_t *dest,
                        wchar_t **target)
{
    struct os_info there;
    os_error error = path_query_state(dest, &there);
    bool directory =
        error == 0 && (there.attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
    if (classify_memory(error) != 0)
        return error;
    if (!directory && path_ends_with_separator(dest))
        return error != 0 ? error : CODE_DIRECTORY;
    *target = directory ? path_join(dest, path_base_name(source))
                        : path_splice(dest, wcslen(dest), L"");
    return *target != NULL ? 0 : CODE_NOT_ENOUGH_MEMORY;
}
