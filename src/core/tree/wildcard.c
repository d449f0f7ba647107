#include "wildcard.h"

#include <stdlib.h>

#include "core/errors.h"
#include "core/base/verbatim.h"
#include "core/file/source.h"
#include "core/base/path.h"
#include "core/base/path_query.h"

bool wildcard_is(const wchar_t *path)
{
    struct os_info info;
    return path_has_wildcard(path) && path_query_state(path, &info) != 0;
}

/* --- matching a name ------------------------------------------------------ */

/* The positions in the name that the pattern so far can have reached. */
struct positions {
    const wchar_t *name;
    size_t length;
    bool at[OS_NAME_ROOM];
};

static void pass_any(struct positions *positions)
{
    for (size_t i = 1; i <= positions->length; i++)
        positions->at[i] = positions->at[i] || positions->at[i - 1];
}

static bool is_one(wchar_t wanted, wchar_t c)
{
    return wanted == L'?' || os_fold(wanted) == os_fold(c);
}

/* Whether this character of a pattern can match nothing before `c`. */
static bool may_be_none(wchar_t wanted, wchar_t c)
{
    return (wanted == L'?' && (c == L'.' || c == L'\0')) ||
           (wanted == L'.' && c == L'\0');
}

static void pass_one(struct positions *positions, wchar_t wanted)
{
    const wchar_t *name = positions->name;
    for (size_t i = positions->length + 1; i-- != 0;)
        positions->at[i] =
            (positions->at[i] && may_be_none(wanted, name[i])) ||
            (i != 0 && positions->at[i - 1] && is_one(wanted, name[i - 1]));
}

bool wildcard_matches(const wchar_t *pattern, const wchar_t *name)
{
    struct positions positions = {
        .name = name, .length = wcslen(name), .at = {true}};
    if (positions.length >= OS_NAME_ROOM)
        return false;
    for (; *pattern != L'\0'; pattern++) {
        if (*pattern == L'*')
            pass_any(&positions);
        else
            pass_one(&positions, *pattern);
    }
    return positions.at[positions.length];
}

/* --- listing all matches -------------------------------------------------- */

struct listing {
    const wchar_t *pattern; /* the last part of the pattern's path */
    wchar_t *directory;     /* as typed, with separator; may be empty */
    bool directories;
    const struct wildcard_visitor *visitor;
};

static os_error visit_match(const struct listing *listing,
                            const struct os_entry *entry, bool *more)
{
    const struct wildcard_visitor *visitor = listing->visitor;
    wchar_t *path = NULL;
    os_error error = verbatim_join(listing->directory, entry->name, &path);
    if (error == 0)
        *more = visitor->match(visitor->context, path, entry);
    free(path);
    return error;
}

static os_error visit_invalid_name(const struct listing *listing,
                                   const struct os_entry *entry, bool *more)
{
    const struct wildcard_visitor *visitor = listing->visitor;
    wchar_t *path = path_splice(listing->directory, wcslen(listing->directory),
                                entry->name);
    os_error error = path != NULL ? 0 : CODE_NOT_ENOUGH_MEMORY;
    if (error == 0)
        *more = visitor->no_name(visitor->context, path);
    free(path);
    return error;
}

/*
 * Visits an entry if it matches. `*none` is the error to return if nothing has
 * matched yet; 0 if something has.
 */
static os_error take_entry(const struct listing *listing,
                           const struct os_entry *entry, os_error *none,
                           bool *more)
{
    if (!wildcard_matches(listing->pattern, entry->name))
        return 0;
    if (!path_is_name(entry->name)) {
        *none = 0;
        return visit_invalid_name(listing, entry, more);
    }
    if (!listing->directories &&
        (entry->attributes & OS_ATTRIBUTE_DIRECTORY) != 0) {
        if (*none != 0)
            *none = CODE_DIRECTORY_NOT_SUPPORTED;
        return 0;
    }
    *none = 0;
    return visit_match(listing, entry, more);
}

static os_error list_all(const struct listing *listing)
{
    const wchar_t *directory =
        *listing->directory != L'\0' ? listing->directory : L".";
    struct os_directory *list = NULL;
    struct os_entry entry;
    os_error none = CODE_FILE_NOT_FOUND;
    bool end = false;
    bool more = true;
    os_error error = os_list_open(directory, listing->pattern, &list);
    while (error == 0 && !end && more) {
        error = os_list_next(list, &entry, &end);
        if (error == 0 && !end)
            error = take_entry(listing, &entry, &none, &more);
    }
    os_list_close(list);
    return error != 0 ? error : none;
}

os_error wildcard_each(const wchar_t *pattern, bool directories,
                       const struct wildcard_visitor *visitor)
{
    struct listing listing = {
        .pattern = path_base_name(pattern),
        .directory = path_splice(pattern, path_directory_length(pattern), L""),
        .directories = directories,
        .visitor = visitor};
    if (listing.directory == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    os_error error = list_all(&listing);
    free(listing.directory);
    return error;
}
