#include "many.h"

#include <stdlib.h>

#include "codes.h"
#include "os.h"
#include "path.h"

/* What a source, or a match of its wildcards, is to become. */
struct item {
    wchar_t *source;
    wchar_t *dest;
    bool directory;
    bool is_link;
};

struct items {
    struct item *list;
    size_t count;
    size_t capacity;
};

static void tell(const struct many *many, const wchar_t *source,
                 const wchar_t *dest, os_error error, enum reflink_step step,
                 enum outcome_side side, enum reflink_hint hint)
{
    struct reflink_outcome outcome;
    uint64_t start = outcome_begin(&outcome, source, dest);
    outcome_fail_hint(&outcome, error, step, side, hint);
    outcome_end(&outcome, start);
    many->visitor.failed(many->visitor.context, &outcome);
}

static void tell_memory(const struct many *many, const wchar_t *source)
{
    tell(many, source, many->dest, CODE_NOT_ENOUGH_MEMORY, REFLINK_STEP_MEMORY,
         OUTCOME_DEST, REFLINK_HINT_NONE);
}

/* --- what a path is ---------------------------------------------------------
 */

static bool query(const wchar_t *path, uint32_t *attributes)
{
    struct os_file *file = NULL;
    struct os_info info;
    if (os_open(path, OS_OPEN_LOOK, &file) != 0)
        return false;
    os_error error = os_query(file, &info);
    os_close(file);
    *attributes = error == 0 ? info.attributes : 0;
    return error == 0;
}

static bool is_directory(const wchar_t *path)
{
    uint32_t attributes = 0;
    return query(path, &attributes) &&
           (attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
}

/* A name with `*` or `?` in it is taken literally where one exists. */
static bool is_pattern(const wchar_t *path)
{
    uint32_t attributes = 0;
    return path_has_wildcard(path) && !query(path, &attributes);
}

/* Without the separators at its end, unless it is a root. */
static wchar_t *without_end(const wchar_t *path)
{
    size_t length = wcslen(path);
    wchar_t *cut = path_splice(path, length, L"");
    while (cut != NULL && length > 1 && path_ends_with_separator(cut) &&
           cut[length - 2] != L':' && cut[length - 2] != L'\\') {
        cut[--length] = L'\0';
    }
    return cut;
}

/* --- collecting
 * --------------------------------------------------------------- */

static bool grow(struct items *items)
{
    if (items->count < items->capacity)
        return true;
    size_t capacity = items->capacity == 0 ? 16 : items->capacity * 2;
    struct item *list = realloc(items->list, capacity * sizeof *list);
    if (list == NULL)
        return false;
    items->list = list;
    items->capacity = capacity;
    return true;
}

/* Takes both paths over, whatever comes of it. */
static bool add_item(struct items *items, struct item item)
{
    if (item.source != NULL && item.dest != NULL && grow(items)) {
        items->list[items->count++] = item;
        return true;
    }
    free(item.source);
    free(item.dest);
    return false;
}

static void free_items(struct items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        free(items->list[i].source);
        free(items->list[i].dest);
    }
    free(items->list);
}

/* `.` and `..` and roots have a name of their own only in full. */
static wchar_t *target_of(const struct many *many, const wchar_t *source,
                          bool into)
{
    if (!into)
        return path_splice(many->dest, wcslen(many->dest), L"");
    const wchar_t *name = path_base_name(source);
    if (wcscmp(name, L".") != 0 && wcscmp(name, L"..") != 0)
        return path_join(many->dest, name);
    wchar_t *full = NULL;
    if (os_full_path(source, &full) != 0)
        return NULL;
    wchar_t *target = path_join(many->dest, path_base_name(full));
    free(full);
    return target;
}

static bool collect_matches(const struct many *many, const wchar_t *pattern,
                            struct items *items)
{
    struct os_directory *list = NULL;
    struct os_entry entry;
    size_t length = path_directory_length(pattern);
    wchar_t *directory = length != 0 ? path_splice(pattern, length, L"")
                                     : path_splice(L".", 1, L"");
    bool end = directory == NULL;
    os_error error = CODE_NOT_ENOUGH_MEMORY;
    if (!end)
        error = os_list_open(directory, path_base_name(pattern), &list);
    while (error == 0 && !end) {
        error = os_list_next(list, &entry, &end);
        if (error != 0 || end ||
            (!many->recursive &&
             (entry.attributes & OS_ATTRIBUTE_DIRECTORY) != 0))
            continue;
        struct item item = {
            .source = path_splice(pattern, length, entry.name),
            .dest = path_join(many->dest, entry.name),
            .directory = (entry.attributes & OS_ATTRIBUTE_DIRECTORY) != 0,
            .is_link = entry.is_link && many->recursive,
        };
        if (!add_item(items, item))
            error = CODE_NOT_ENOUGH_MEMORY;
    }
    os_list_close(list);
    free(directory);
    if (error != 0)
        tell(many, pattern, many->dest, error, REFLINK_STEP_LIST,
             OUTCOME_SOURCE, REFLINK_HINT_NONE);
    return error == 0;
}

/* Whether the name itself is a link; a listing of it tells. */
static bool is_link(const wchar_t *path)
{
    struct os_directory *list = NULL;
    struct os_entry entry;
    bool end = false;
    size_t length = path_directory_length(path);
    if (path_has_wildcard(path) || path_base_name(path)[0] == L'\0')
        return false;
    wchar_t *directory = length != 0 ? path_splice(path, length, L"")
                                     : path_splice(L".", 1, L"");
    bool link = directory != NULL &&
                os_list_open(directory, path_base_name(path), &list) == 0 &&
                os_list_next(list, &entry, &end) == 0 && !end && entry.is_link;
    os_list_close(list);
    free(directory);
    return link;
}

static bool collect_one(const struct many *many, const wchar_t *words,
                        bool into, struct items *items)
{
    wchar_t *source = without_end(words);
    struct item item = {.source = source};
    if (source != NULL) {
        item.dest = target_of(many, source, into);
        item.directory = is_directory(source);
        item.is_link = many->recursive && is_link(source);
    }
    if (add_item(items, item))
        return true;
    tell_memory(many, words);
    return false;
}

static bool collect(const struct many *many, bool into, struct items *items)
{
    bool all = true;
    for (int i = 0; i < many->count; i++) {
        const wchar_t *source = many->sources[i];
        all = (is_pattern(source) ? collect_matches(many, source, items)
                                  : collect_one(many, source, into, items)) &&
              all;
    }
    return all;
}

/* --- refusing
 * ------------------------------------------------------------------- */

static int compare_items(const void *a, const void *b)
{
    const struct item *const *one = a;
    const struct item *const *other = b;
    return os_compare_names((*one)->dest, (*other)->dest);
}

/* Two that would land on one name, by the system's case rules. */
static bool refuse_collisions(const struct many *many,
                              const struct items *items)
{
    bool found = false;
    if (items->count < 2)
        return false;
    const struct item **sorted = malloc(items->count * sizeof *sorted);
    if (sorted == NULL) {
        tell_memory(many, items->list[0].source);
        return true;
    }
    for (size_t i = 0; i < items->count; i++)
        sorted[i] = &items->list[i];
    qsort(sorted, items->count, sizeof *sorted, compare_items);
    for (size_t i = 1; i < items->count; i++) {
        if (os_compare_names(sorted[i - 1]->dest, sorted[i]->dest) != 0)
            continue;
        found = true;
        tell(many, sorted[i]->source, sorted[i]->dest, CODE_ALREADY_EXISTS,
             REFLINK_STEP_CREATE, OUTCOME_DEST, REFLINK_HINT_COLLISION);
    }
    free(sorted);
    return found;
}

static bool refuse_loops(const struct many *many, const struct items *items)
{
    bool found = false;
    for (size_t i = 0; i < items->count; i++) {
        const struct item *item = &items->list[i];
        if (!many->recursive || !item->directory || item->is_link ||
            !tree_contains(item->source, item->dest))
            continue;
        found = true;
        tell(many, item->source, item->dest, CODE_INVALID_PARAMETER,
             REFLINK_STEP_CREATE, OUTCOME_DEST, REFLINK_HINT_INSIDE);
    }
    return found;
}

/* --- doing
 * ------------------------------------------------------------------------ */

static void run_item(const struct many *many, const struct item *item)
{
    const struct tree_visitor *visitor = &many->visitor;
    if (item->is_link)
        tree_link(visitor, item->source, item->dest);
    else if (item->directory && many->recursive)
        tree_walk(visitor, item->source, item->dest);
    else if (item->directory)
        tell(many, item->source, item->dest, CODE_DIRECTORY_NOT_SUPPORTED,
             REFLINK_STEP_OPEN_SOURCE, OUTCOME_SOURCE, REFLINK_HINT_RECURSIVE);
    else
        visitor->file(visitor->context, item->source, item->dest);
}

bool many_is(const wchar_t *const *sources, int count, bool into,
             bool recursive)
{
    return recursive || into || count > 1 || is_pattern(sources[0]);
}

/* Where several go, or wildcards may become several, DEST is a directory. */
static bool goes_into(const struct many *many)
{
    return many->into || many->count > 1 || is_pattern(many->sources[0]) ||
           path_ends_with_separator(many->dest);
}

void many_run(const struct many *many)
{
    struct items items = {0};
    bool exists = is_directory(many->dest);
    bool into = exists || goes_into(many);
    if (into && !exists)
        tell(many, many->sources[0], many->dest, CODE_DIRECTORY,
             REFLINK_STEP_OPEN_DEST, OUTCOME_DEST, REFLINK_HINT_NOT_DIRECTORY);
    else if (collect(many, into, &items) || items.count != 0) {
        if (!refuse_collisions(many, &items) && !refuse_loops(many, &items)) {
            for (size_t i = 0; i < items.count && !os_cancelled(); i++)
                run_item(many, &items.list[i]);
        }
    }
    free_items(&items);
}
