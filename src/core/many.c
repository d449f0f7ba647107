#include "many.h"

#include <stdlib.h>

#include "codes.h"
#include "literal.h"
#include "names.h"
#include "open.h"
#include "os.h"
#include "path.h"

/* One SOURCE as it was given. */
struct many_operand {
    const wchar_t *words;
    wchar_t *source; /* without separators at its end */
    wchar_t *dest;   /* what it is to become; NULL for a pattern */
    uint64_t size;
    bool pattern;
    bool directory;
    bool is_link;
    bool failed; /* and told */
};

/* A source, or a match of its wildcards, and what it is to become. */
struct target {
    const wchar_t *source;
    const wchar_t *dest;
    uint64_t size;
    bool directory;
    bool is_link;
};

static void tell_memory(const struct tree_visitor *visitor,
                        const wchar_t *source, const wchar_t *dest)
{
    tree_tell(visitor, source, dest, CODE_NOT_ENOUGH_MEMORY,
              REFLINK_STEP_MEMORY, OUTCOME_DEST, REFLINK_HINT_NONE);
}

/* --- what a path is ------------------------------------------------------- */

/* A name with `*` or `?` in it is taken literally where one exists. */
static bool is_pattern(const wchar_t *path)
{
    struct os_info info;
    return path_has_wildcard(path) && open_query_state(path, &info) != 0;
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

/* Whether the name itself is a link; a listing of it tells. */
static bool is_link(const wchar_t *path)
{
    struct os_directory *list = NULL;
    struct os_entry entry;
    bool end = false;
    if (path_has_wildcard(path) || path_base_name(path)[0] == L'\0')
        return false;
    wchar_t *directory = path_directory(path);
    bool link = directory != NULL &&
                os_list_open(directory, path_base_name(path), &list) == 0 &&
                os_list_next(list, &entry, &end) == 0 && !end && entry.is_link;
    os_list_close(list);
    free(directory);
    return link;
}

/* `.` and `..` and roots have a name of their own only in full. */
static os_error find_target(const struct many *many, const wchar_t *source,
                            wchar_t **target)
{
    const wchar_t *name = path_base_name(source);
    bool in_full = wcscmp(name, L".") == 0 || wcscmp(name, L"..") == 0;
    wchar_t *full = NULL;
    os_error error = 0;
    if (many->into && in_full)
        error = os_full_path(source, &full);
    if (error != 0)
        return error;
    if (full != NULL)
        name = path_base_name(full);
    *target = many->into ? path_join(many->dest, name)
                         : path_splice(many->dest, wcslen(many->dest), L"");
    free(full);
    return *target != NULL ? 0 : CODE_NOT_ENOUGH_MEMORY;
}

static os_error look_at(const struct many *many, struct many_operand *operand)
{
    struct os_info info = {0};
    operand->pattern = is_pattern(operand->words);
    if (operand->pattern)
        return 0;
    operand->source = without_end(operand->words);
    if (operand->source == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    if (open_query_state(operand->source, &info) == 0) {
        operand->size = info.size;
        operand->directory = (info.attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
    }
    operand->is_link = many->recursive && is_link(operand->source);
    return find_target(many, operand->source, &operand->dest);
}

/* --- going through all ---------------------------------------------------- */

/* What is done with each target; false: no more. */
struct each {
    bool (*target)(void *context, const struct target *target);
    void *context;
    bool first; /* what cannot be listed is passed over from now on */
};

/* A name that Win32 would change goes behind a path where it does not. */
static os_error join_literal(const wchar_t *directory, const wchar_t *name,
                             wchar_t **joined)
{
    wchar_t *literal = NULL;
    os_error error = 0;
    if (literal_is_needed(name))
        error = literal_directory(directory, &literal);
    if (error != 0)
        return error;
    if (literal != NULL)
        directory = literal;
    *joined = *directory != L'\0' ? path_join(directory, name)
                                  : path_splice(name, wcslen(name), L"");
    free(literal);
    return *joined != NULL ? 0 : CODE_NOT_ENOUGH_MEMORY;
}

static os_error match_paths(const struct many *many, const wchar_t *pattern,
                            const wchar_t *name, wchar_t **source,
                            wchar_t **dest)
{
    wchar_t *directory =
        path_splice(pattern, path_directory_length(pattern), L"");
    os_error error = CODE_NOT_ENOUGH_MEMORY;
    if (directory != NULL)
        error = join_literal(directory, name, source);
    if (error == 0)
        error = join_literal(many->dest, name, dest);
    free(directory);
    return error;
}

static os_error take_match(const struct many *many, const wchar_t *pattern,
                           const struct os_entry *entry,
                           const struct each *each, bool *more)
{
    bool directory = (entry->attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
    wchar_t *source = NULL;
    wchar_t *dest = NULL;
    os_error error = match_paths(many, pattern, entry->name, &source, &dest);
    struct target target = {.source = source,
                            .dest = dest,
                            .size = entry->size,
                            .directory = directory,
                            .is_link = entry->is_link && many->recursive};
    if (error == 0)
        *more = each->target(each->context, &target);
    free(dest);
    free(source);
    return error;
}

/* What a pattern does not mean. */
static bool is_passed_over(const struct many *many,
                           const struct os_entry *entry)
{
    return !many->recursive &&
           (entry->attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
}

static os_error each_match(const struct many *many, const wchar_t *pattern,
                           const struct each *each, bool *more)
{
    struct os_directory *list = NULL;
    struct os_entry entry;
    wchar_t *directory = path_directory(pattern);
    bool end = false;
    bool any = false;
    os_error error = CODE_NOT_ENOUGH_MEMORY;
    if (directory != NULL)
        error = os_list_open(directory, path_base_name(pattern), &list);
    free(directory);
    while (error == 0 && !end && *more) {
        error = os_list_next(list, &entry, &end);
        if (error != 0 || end || is_passed_over(many, &entry))
            continue;
        any = true;
        error = take_match(many, pattern, &entry, each, more);
    }
    os_list_close(list);
    return error == 0 && !any ? CODE_DIRECTORY_NOT_SUPPORTED : error;
}

/* False: the target wanted no more. */
static bool each_of(const struct many *many, const struct many_operand *operand,
                    const struct each *each, os_error *error)
{
    bool more = true;
    struct target target = {.source = operand->source,
                            .dest = operand->dest,
                            .size = operand->size,
                            .directory = operand->directory,
                            .is_link = operand->is_link};
    *error = 0;
    if (!operand->pattern)
        return each->target(each->context, &target);
    *error = each_match(many, operand->words, each, &more);
    return more;
}

/* A pattern that cannot be listed is told. False: not all were gone through. */
static bool each_target(const struct many *many, const struct each *each,
                        const struct tree_visitor *visitor)
{
    bool more = true;
    for (int i = 0; i < many->count && more; i++) {
        struct many_operand *operand = &many->operands[i];
        os_error error = 0;
        if (operand->failed)
            continue;
        more = each_of(many, operand, each, &error);
        operand->failed = each->first && error != 0;
        if (error != 0)
            tree_tell(visitor, operand->words, many->dest, error,
                      REFLINK_STEP_LIST, OUTCOME_SOURCE,
                      error == CODE_DIRECTORY_NOT_SUPPORTED
                          ? REFLINK_HINT_RECURSIVE
                          : REFLINK_HINT_NONE);
    }
    return more;
}

/* --- refusing ------------------------------------------------------------- */

struct check {
    const struct many *many;
    const struct tree_visitor *visitor;
    struct names names; /* of all targets, then of those that come twice */
    wchar_t **dests;    /* the first DEST of each of the latter */
    bool no_memory;
    bool refused;
};

/* A tree into itself, and the first look at names. */
static bool check_target(void *context, const struct target *target)
{
    struct check *check = context;
    if (os_cancelled())
        return false;
    if (check->many->recursive && target->directory && !target->is_link &&
        tree_contains(target->source, target->dest)) {
        check->refused = true;
        tree_tell(check->visitor, target->source, target->dest,
                  CODE_INVALID_PARAMETER, REFLINK_STEP_CREATE, OUTCOME_DEST,
                  REFLINK_HINT_INSIDE);
    }
    check->no_memory = !names_add(&check->names, target->dest);
    return !check->no_memory;
}

/* The first that has a name keeps it, those behind it are refused. */
static bool check_repeated(void *context, const struct target *target)
{
    struct check *check = context;
    size_t at = names_find(&check->names, target->dest);
    if (at == check->names.count || os_cancelled())
        return !os_cancelled();
    if (check->dests[at] == NULL) {
        check->dests[at] = path_splice(target->dest, wcslen(target->dest), L"");
        check->no_memory = check->dests[at] == NULL;
        return !check->no_memory;
    }
    if (names_compare(check->dests[at], target->dest) == 0) {
        check->refused = true;
        tree_tell(check->visitor, target->source, target->dest,
                  CODE_ALREADY_EXISTS, REFLINK_STEP_CREATE, OUTCOME_DEST,
                  REFLINK_HINT_COLLISION);
    }
    return true;
}

static void check_collisions(struct check *check)
{
    struct each each = {check_repeated, check, false};
    size_t count = names_keep_repeated(&check->names);
    if (count == 0)
        return;
    check->dests = calloc(count, sizeof *check->dests);
    if (check->dests != NULL)
        each_target(check->many, &each, check->visitor);
    else
        check->no_memory = true;
    for (size_t i = 0; check->dests != NULL && i < count; i++)
        free(check->dests[i]);
    free(check->dests);
}

/* Two that would land on one name, by the system's case rules, or a tree
   that would land in itself. */
static bool refuses(const struct many *many, const struct tree_visitor *visitor)
{
    struct check check = {.many = many, .visitor = visitor};
    struct each each = {check_target, &check, true};
    each_target(many, &each, visitor);
    if (!check.no_memory)
        check_collisions(&check);
    if (check.no_memory)
        tell_memory(visitor, many->sources[0], many->dest);
    names_free(&check.names);
    return check.refused || check.no_memory;
}

/* --- doing ---------------------------------------------------------------- */

struct visit {
    const struct many *many;
    const struct tree_visitor *visitor;
    bool told; /* an interruption was, by the walk of a tree */
};

static bool visit_target(void *context, const struct target *target)
{
    struct visit *visit = context;
    const struct tree_visitor *visitor = visit->visitor;
    if (os_cancelled() || visitor->stopped(visitor->context))
        return false;
    if (target->is_link)
        visitor->link(visitor->context, target->source, target->dest);
    else if (target->directory && visit->many->recursive)
        visit->told = !tree_walk(visitor, target->source, target->dest);
    else if (target->directory)
        tree_tell(visitor, target->source, target->dest,
                  CODE_DIRECTORY_NOT_SUPPORTED, REFLINK_STEP_OPEN_SOURCE,
                  OUTCOME_SOURCE, REFLINK_HINT_RECURSIVE);
    else
        visitor->file(visitor->context, target->source, target->dest,
                      target->size);
    return !visit->told;
}

void many_visit(const struct many *many, const struct tree_visitor *visitor)
{
    struct visit visit = {many, visitor, false};
    struct each each = {visit_target, &visit, false};
    if (!each_target(many, &each, visitor) && os_cancelled() && !visit.told)
        tree_tell(visitor, many->sources[0], many->dest, CODE_CANCELLED,
                  REFLINK_STEP_NONE, OUTCOME_DEST, REFLINK_HINT_INTERRUPTED);
}

bool many_is(const wchar_t *const *sources, int count, bool into,
             bool recursive)
{
    return recursive || into || count > 1 || is_pattern(sources[0]);
}

/* Where several go, or wildcards may become several, DEST is a directory. */
static bool finds_dest(struct many *many, const struct tree_visitor *visitor)
{
    bool exists = open_is_directory(many->dest);
    many->into = exists || many->into || many->count > 1 ||
                 is_pattern(many->sources[0]) ||
                 path_ends_with_separator(many->dest);
    if (!many->into || exists)
        return true;
    tree_tell(visitor, many->sources[0], many->dest, CODE_DIRECTORY,
              REFLINK_STEP_OPEN_DEST, OUTCOME_DEST, REFLINK_HINT_NOT_DIRECTORY);
    return false;
}

bool many_begin(struct many *many, const struct tree_visitor *visitor)
{
    many->operands = NULL;
    if (!finds_dest(many, visitor))
        return false;
    many->operands = calloc((size_t)many->count, sizeof *many->operands);
    if (many->operands == NULL) {
        tell_memory(visitor, many->sources[0], many->dest);
        return false;
    }
    for (int i = 0; i < many->count; i++) {
        struct many_operand *operand = &many->operands[i];
        operand->words = many->sources[i];
        os_error error = look_at(many, operand);
        operand->failed = error != 0;
        if (error == CODE_NOT_ENOUGH_MEMORY)
            tell_memory(visitor, operand->words, many->dest);
        else if (error != 0)
            tree_tell(visitor, operand->words, many->dest, error,
                      REFLINK_STEP_PATH, OUTCOME_SOURCE, REFLINK_HINT_NONE);
    }
    return !refuses(many, visitor);
}

void many_end(struct many *many)
{
    for (int i = 0; many->operands != NULL && i < many->count; i++) {
        free(many->operands[i].source);
        free(many->operands[i].dest);
    }
    free(many->operands);
    many->operands = NULL;
}
