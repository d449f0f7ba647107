/* Lists directories. */
#include "answers.h"
#include "win32.h"

#include <stdlib.h>
#include <string.h>

struct os_directory {
    HANDLE find;
    WIN32_FIND_DATAW data;
    bool fresh; /* `data` has not been returned yet */
    bool dot_listed;
    bool two_dots_listed;
};

_Static_assert(sizeof(WIN32_FIND_DATAW) == ANSWERS_ENTRY, "answers_entry");

static os_error full_pattern(const wchar_t *directory, const wchar_t *pattern,
                             wchar_t **whole)
{
    wchar_t *full = NULL;
    os_error error = win32_full_path(directory, &full);
    if (error != 0)
        return error;
    size_t length = wcslen(full);
    size_t tail = wcslen(pattern) + 1;
    *whole = malloc((length + 1 + tail) * sizeof **whole);
    if (*whole != NULL) {
        wmemcpy(*whole, full, length);
        if (length != 0 && full[length - 1] != L'\\')
            (*whole)[length++] = L'\\';
        wmemcpy(*whole + length, pattern, tail);
    }
    free(full);
    return *whole != NULL ? 0 : ERROR_NOT_ENOUGH_MEMORY;
}

os_error os_list_open(const wchar_t *directory, const wchar_t *pattern,
                      struct os_directory **list)
{
    wchar_t *whole = NULL;
    os_error error = full_pattern(directory, pattern, &whole);
    if (error != 0)
        return error;
    struct os_directory *opened = calloc(1, sizeof *opened);
    error = ERROR_NOT_ENOUGH_MEMORY;
    if (opened != NULL) {
        opened->find = FindFirstFileExW(whole, FindExInfoBasic, &opened->data,
                                        FindExSearchNameMatch, NULL,
                                        FIND_FIRST_EX_LARGE_FETCH);
        error = opened->find == INVALID_HANDLE_VALUE ? win32_last_error() : 0;
        opened->fresh = true;
    }
    free(whole);
    if (error != 0)
        free(opened);
    else
        *list = opened;
    return error;
}

/* Whether this is the first `.` or the first `..` in the listing. */
static bool is_dots(struct os_directory *list)
{
    const wchar_t *name = list->data.cFileName;
    bool *listed = NULL;
    if (wcscmp(name, L".") == 0)
        listed = &list->dot_listed;
    else if (wcscmp(name, L"..") == 0)
        listed = &list->two_dots_listed;
    if (listed == NULL || *listed)
        return false;
    *listed = true;
    return true;
}

os_error os_list_next(struct os_directory *list, struct os_entry *entry,
                      bool *end)
{
    *end = false;
    do {
        if (!list->fresh && !FindNextFileW(list->find, &list->data)) {
            os_error error = win32_last_error();
            *end = error == ERROR_NO_MORE_FILES;
            return *end ? 0 : error;
        }
        list->fresh = false;
    } while (is_dots(list));
    answers_entry(&list->data, entry);
    return 0;
}

void os_list_close(struct os_directory *list)
{
    if (list == NULL)
        return;
    FindClose(list->find);
    free(list);
}
