#include "wildcard.h"

#include <stdlib.h>

#include "core/errors.h"
#include "core/base/verbatim.h"
#include "core/file/source.h"
#include "core/base/path.h"
#include "core/base/path_query.h"

bool wildcard_is_pattern(const wchar_t *path)
{
    struct os_info info;
    return path_has_wildcard(path) && path_query_state(path, &info) != 0;
}

bool wildcard_is_misplaced(const wchar_t *path)
{
    return path_has_wildcard_directory(path);
}

/* --- matching a name ------------------------------------------------------ */

/*
 * `reached[i]` is whether the pattern so far can match the first `i` characters
 * of the name. Updates it for one more character of the pattern, `wanted`,
 * which is not `*`.
 */
static void match_one(wchar_t wanted, const wchar_t *name, size_t length,
                      bool *reached)
{
    for (size_t i = length + 1; i-- != 0;) {
        bool can_be_empty =
            (wanted == L'?' && (name[i] == L'.' || name[i] == L'\0')) ||
            (wanted == L'.' && name[i] == L'\0');
        reached[i] =
            (reached[i] && can_be_empty) ||
            (i != 0 && reached[i - 1] &&
             (wanted == L'?' || os_fold(wanted) == os_fold(name[i - 1])));
    }
}

bool wildcard_matches(const wchar_t *pattern, const wchar_t *name)
{
    bool reached[OS_NAME_ROOM] = {true};
    size_t length = wcslen(name);
    if (length >= OS_NAME_ROOM)
        return false;
    for (; *pattern != L'\0'; pattern++) {
        if (*pattern != L'*') {
            match_one(*pattern, name, length, reached);
            continue;
        }
        for (size_t i = 1; i <= length; i++)
            reached[i] = reached[i] || reached[i - 1];
    }
    return reached[length];
}

/* --- listing all matches -------------------------------------------------- */

struct listing {
    const wchar_t *pattern; /* the last part of the pattern's path */
    wchar_t *directory;     /* as typed, with separator; may be empty */
    bool directories;
    const struct wildcard_visitor *visitor;
};

/*
 * Visits an entry if it matches. `*none` is the error to return if nothing has
 * matched yet; 0 if something has.
 */
static os_error take_entry(const struct listing *listing,
                           const struct os_entry *entry, os_error *none,
                           bool *more)
{
    const struct wildcard_visitor *visitor = listing->visitor;
    wchar_t *path = NULL;
    os_error error = 0;
    if (!wildcard_matches(listing->pattern, entry->name))
        return 0;
    bool valid = path_is_name(entry->name);
    if (valid && !listing->directories &&
        (entry->attributes & OS_ATTRIBUTE_DIRECTORY) != 0) {
        if (*none != 0)
            *none = CODE_DIRECTORY_NOT_SUPPORTED;
        return 0;
    }
    *none = 0;
    if (valid) {
        error = verbatim_join(listing->directory, entry->name, &path);
        if (error == 0)
            *more = visitor->match(visitor->context, path, entry);
    } else {
        path = path_splice(listing->directory, wcslen(listing->directory),
                           entry->name);
        if (path != NULL)
            *more = visitor->no_name(visitor->context, path);
        else
            error = CODE_NOT_ENOUGH_MEMORY;
    }
    free(path);
    return error;
}

os_error wildcard_visit(const wchar_t *pattern, bool directories,
                        const struct wildcard_visitor *visitor)
{
    struct listing listing = {
        .pattern = path_base_name(pattern),
        .directory = path_splice(pattern, path_directory_length(pattern), L""),
        .directories = directories,
        .visitor = visitor};
    struct os_directory *list = NULL;
    struct os_entry entry;
    os_error none = CODE_FILE_NOT_FOUND;
    bool end = false;
    bool more = true;
    if (listing.directory == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    os_error error =
        os_list_open(*listing.directory != L'\0' ? listing.directory : L".",
                     listing.pattern, &list);
    while (error == 0 && !end && more) {
        error = os_list_next(list, &entry, &end);
        if (error == 0 && !end)
            error = take_entry(&listing, &entry, &none, &more);
    }
    os_list_close(list);
    free(listing.directory);
    return error != 0 ? error : none;
}
