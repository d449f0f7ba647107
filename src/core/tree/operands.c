#include "operands.h"

#include <stdlib.h>

#include "core/errors.h"
#include "core/base/verbatim.h"
#include "core/base/classify.h"
#include "core/base/name_set.h"
#include "core/file/staging.h"
#include "core/os.h"
#include "core/base/path.h"
#include "core/base/path_query.h"
#include "wildcard.h"

/* One SOURCE of the command line. */
struct operand {
    const wchar_t *typed;
    wchar_t *source; /* without separators at its end */
    wchar_t *dest;   /* the target path; NULL for a pattern */
    wchar_t *whole;  /* the directory of which a pattern matches all entries */
    uint64_t size;
    bool pattern;
    bool directory;
    bool is_link;
    bool contents; /* `.`: what is in the directory goes into DEST */
    bool in_root;  /* a pattern for the entries of a volume's root */
    bool failed;   /* cannot be processed; already reported */
};

/* A source, or a match of its wildcards, with its target path. */
struct target {
    const wchar_t *source;
    const wchar_t *dest;
    uint64_t size;
    bool directory;
    bool is_link;
    bool operand;                 /* typed, and no match of a pattern */
    bool contents;                /* may be merged with other directories */
    const struct tree_root *root; /* of which it is an entry; NULL: of none */
};

/* Targets that occur more than once, by their names. */
struct repeated {
    struct name_set names;
    wchar_t **dests;   /* the target of each of `names` */
    wchar_t **sources; /* the path of its source */
};

static void report_no_memory(const struct tree_visitor *visitor,
                             const wchar_t *source, const wchar_t *dest)
{
    tree_report(visitor, source, dest, CODE_NOT_ENOUGH_MEMORY,
                REFLINK_STEP_MEMORY, OUTCOME_DEST, REFLINK_HINT_NONE);
}

/* --- examining a path ----------------------------------------------------- */

/* Copies the path without the separators at its end, unless it is a root. */
static wchar_t *without_separators(const wchar_t *path)
{
    size_t length = wcslen(path);
    wchar_t *cut = path_splice(path, length, L"");
    while (cut != NULL && length > 1 && path_ends_with_separator(cut) &&
           cut[length - 2] != L':' && cut[length - 2] != L'\\') {
        cut[--length] = L'\0';
    }
    return cut;
}

/*
 * Sets `*link`: whether the path itself is a link, as its directory lists it.
 * Returns an error only if memory ran out.
 */
static os_error query_link(const wchar_t *path, bool *link)
{
    struct os_directory *list = NULL;
    struct os_entry entry;
    bool end = false;
    *link = false;
    if (path_has_wildcard(path) || path_base_name(path)[0] == L'\0')
        return 0;
    wchar_t *directory = path_directory(path);
    os_error error = directory != NULL
                         ? os_list_open(directory, path_base_name(path), &list)
                         : CODE_NOT_ENOUGH_MEMORY;
    if (error == 0)
        error = os_list_next(list, &entry, &end);
    *link = error == 0 && !end && entry.is_link;
    os_list_close(list);
    free(directory);
    return classify_memory(error);
}

/*
 * Finds the target of a source. `.` and `..` have a name only in their full
 * path. Sets `*contents` if DEST itself is the target, although it is to take
 * sources in: with -r, for `.`, which stands for what is in a directory, and
 * for a root, which has no name.
 */
static os_error find_target(const struct operands *operands,
                            const wchar_t *source, wchar_t **target,
                            bool *contents)
{
    const wchar_t *name = path_base_name(source);
    bool needs_full = wcscmp(name, L".") == 0 || wcscmp(name, L"..") == 0;
    wchar_t *full = NULL;
    os_error error = 0;
    *contents = operands->recursive && wcscmp(name, L".") == 0;
    if (operands->into && needs_full && !*contents)
        error = os_full_path(source, &full);
    if (error != 0)
        return error;
    if (full != NULL)
        name = path_base_name(full);
    *contents = *contents || (operands->recursive && name[0] == L'\0');
    bool into = operands->into && !*contents;
    *target = into ? path_join(operands->dest, name)
                   : path_splice(operands->dest, wcslen(operands->dest), L"");
    free(full);
    return *target != NULL ? 0 : CODE_NOT_ENOUGH_MEMORY;
}

/* Whether a pattern matches all names. */
static bool is_all(const wchar_t *pattern)
{
    return wcscmp(pattern, L"*") == 0 || wcscmp(pattern, L"*.*") == 0;
}

static os_error examine(const struct operands *operands,
                        struct operand *operand)
{
    struct os_info info = {0};
    bool is_root = false;
    os_error error = 0;
    operand->pattern = wildcard_is_pattern(operand->typed);
    if (operand->pattern) {
        wchar_t *directory = path_directory(operand->typed);
        if (directory == NULL)
            return CODE_NOT_ENOUGH_MEMORY;
        if (operands->recursive)
            error = path_query_root(directory, &operand->in_root);
        if (is_all(path_base_name(operand->typed)))
            operand->whole = directory;
        else
            free(directory);
        return error;
    }
    operand->source = without_separators(operand->typed);
    if (operand->source == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    error = path_query_state(operand->source, &info);
    if (classify_memory(error) != 0)
        return error;
    operand->size = info.size;
    operand->directory = (info.attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
    /* A separator at the end stands for what the link leads to. A folder that a
       volume is mounted on is a link, too, but users know it as a directory. */
    error = 0;
    if (operands->recursive && !path_ends_with_separator(operand->typed))
        error = query_link(operand->source, &operand->is_link);
    if (error == 0 && operand->is_link)
        error = path_query_root(operand->source, &is_root);
    operand->is_link = operand->is_link && !is_root;
    return error != 0 ? error
                      : find_target(operands, operand->source, &operand->dest,
                                    &operand->contents);
}

/* --- iterating over all targets ------------------------------------------- */

/* What to do with each target; `run` returns false to stop. */
struct target_action {
    bool (*run)(void *context, const struct target *target);
    void *context;
    bool first; /* first pass: mark patterns that cannot be listed as failed */
    /* gets invalid names; NULL: only checking */
    const struct tree_visitor *report_to;
};

/* The state while the matches of a pattern are visited. */
struct matching {
    const struct operands *operands;
    const struct operand *operand;
    const struct target_action *action;
    bool more;
    os_error error;
};

static bool on_match(void *context, const wchar_t *source,
                     const struct os_entry *entry)
{
    struct matching *matching = context;
    const struct operands *operands = matching->operands;
    const struct target_action *action = matching->action;
    bool directory = (entry->attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
    wchar_t *dest = NULL;
    bool is_system = matching->operand->in_root && directory &&
                     tree_is_system_directory(entry->name);
    if (is_system || (!directory && staging_is_name(entry->name))) {
        if (action->report_to != NULL)
            action->report_to->passed_over(
                action->report_to->context,
                is_system ? TREE_SYSTEM_DIRECTORY : TREE_STAGING_FILE, source);
        return true;
    }
    matching->error = verbatim_join(operands->dest, entry->name, &dest);
    const struct tree_root root = {matching->operand->whole, operands->dest};
    struct target target = {.source = source,
                            .root = root.source != NULL ? &root : NULL,
                            .dest = dest,
                            .size = entry->size,
                            .directory = directory,
                            .is_link = entry->is_link && operands->recursive};
    if (matching->error == 0)
        matching->more = action->run(action->context, &target);
    free(dest);
    return matching->error == 0 && matching->more;
}

/*
 * Reports an invalid name when the targets are processed; ignores it while they
 * are checked.
 */
static bool on_invalid_name(void *context, const wchar_t *shown)
{
    struct matching *matching = context;
    if (matching->action->report_to != NULL)
        tree_report(matching->action->report_to, shown,
                    matching->operands->dest, CODE_INVALID_NAME,
                    REFLINK_STEP_LIST, OUTCOME_SOURCE, REFLINK_HINT_NO_NAME);
    matching->more = !os_cancelled();
    return matching->more;
}

/* Visits one operand's targets. Returns false if a target stopped it. */
static bool visit_operand(const struct operands *operands,
                          const struct operand *operand,
                          const struct target_action *action, os_error *error)
{
    struct matching matching = {operands, operand, action, true, 0};
    const struct wildcard_visitor visitor = {on_match, on_invalid_name,
                                             &matching};
    struct target target = {.source = operand->source,
                            .dest = operand->dest,
                            .size = operand->size,
                            .directory = operand->directory,
                            .is_link = operand->is_link,
                            .operand = true,
                            .contents = operand->contents};
    *error = 0;
    if (!operand->pattern)
        return action->run(action->context, &target);
    *error = wildcard_visit(operand->typed, operands->recursive, &visitor);
    if (matching.error != 0)
        *error = matching.error;
    /* an empty directory has no entries to copy */
    if (*error == CODE_FILE_NOT_FOUND && operands->recursive &&
        is_all(path_base_name(operand->typed)))
        *error = 0;
    return matching.more;
}

/*
 * Visits all targets. Reports a pattern that cannot be listed. Returns false if
 * a target stopped it.
 */
static bool visit_targets(const struct operands *operands,
                          const struct target_action *action,
                          const struct tree_visitor *visitor)
{
    bool more = true;
    for (int i = 0; i < operands->count && more; i++) {
        struct operand *operand = &operands->items[i];
        os_error error = 0;
        if (operand->failed)
            continue;
        more = visit_operand(operands, operand, action, &error);
        operand->failed = action->first && error != 0;
        if (error != 0)
            tree_report(visitor, operand->typed, operands->dest, error,
                        REFLINK_STEP_LIST, OUTCOME_SOURCE,
                        error == CODE_DIRECTORY_NOT_SUPPORTED
                            ? REFLINK_HINT_RECURSIVE
                            : REFLINK_HINT_NONE);
    }
    return more;
}

/* --- refusing ------------------------------------------------------------- */

struct check {
    struct operands *operands;
    const struct tree_visitor *visitor;
    bool no_memory;
    bool refused;
};

/* Refuses a tree that would be copied into itself, and collects the names. */
static bool check_target(void *context, const struct target *target)
{
    struct check *check = context;
    if (os_cancelled())
        return false;
    bool is_tree =
        check->operands->recursive && target->directory && !target->is_link;
    const struct tree_visitor *visitor = check->visitor;
    if (is_tree && visitor->accept != NULL &&
        !visitor->accept(visitor->context, target->source, target->dest))
        check->refused = true;
    bool contains = false;
    if (is_tree)
        check->no_memory =
            tree_query_contains(target->source, target->dest, &contains) != 0;
    if (contains) {
        check->refused = true;
        tree_report(check->visitor, target->source, target->dest,
                    CODE_INVALID_PARAMETER, REFLINK_STEP_CREATE, OUTCOME_DEST,
                    REFLINK_HINT_INSIDE);
    }
    if (!check->no_memory && !target->contents)
        check->no_memory =
            !name_set_add(&check->operands->repeated->names, target->dest);
    return !check->no_memory;
}

/* Reports that two different SOURCEs would get the same name. */
static void report_collision(struct check *check, const struct target *target)
{
    struct reflink_outcome outcome;
    uint64_t start = outcome_begin(&outcome, target->source, target->dest);
    outcome_fail_hint(&outcome, CODE_ALREADY_EXISTS, REFLINK_STEP_CREATE,
                      OUTCOME_DEST, REFLINK_HINT_COLLISION);
    outcome_end(&outcome, start);
    check->refused = true;
    if (check->visitor->misused != NULL)
        check->visitor->misused(check->visitor->context, &outcome);
}

/*
 * Accepts the first target with a name. Later ones must be the same SOURCE,
 * given twice.
 */
static bool check_repeated(void *context, const struct target *target)
{
    struct check *check = context;
    struct repeated *repeated = check->operands->repeated;
    if (os_cancelled())
        return false;
    size_t at = name_set_find(&repeated->names, target->dest);
    if (target->contents || at == repeated->names.count)
        return true;
    if (repeated->dests[at] == NULL) {
        repeated->dests[at] =
            path_splice(target->dest, wcslen(target->dest), L"");
        repeated->sources[at] =
            path_splice(target->source, wcslen(target->source), L"");
        check->no_memory =
            repeated->dests[at] == NULL || repeated->sources[at] == NULL;
        return !check->no_memory;
    }
    if (name_compare(repeated->dests[at], target->dest) != 0)
        return true;
    /* Compares the files, and not their paths, which can be written in many
       ways. In a case-sensitive directory, `a` and `A` are two files. */
    bool same = wcscmp(repeated->sources[at], target->source) == 0;
    if (!same)
        check->no_memory =
            path_query_same(repeated->sources[at], target->source, &same) != 0;
    if (!same && !check->no_memory)
        report_collision(check, target);
    return !check->no_memory;
}

static void check_collisions(struct check *check)
{
    struct target_action action = {check_repeated, check, false, NULL};
    struct repeated *repeated = check->operands->repeated;
    size_t count = name_set_keep_repeated(&repeated->names);
    if (count == 0)
        return;
    repeated->dests = calloc(count, sizeof *repeated->dests);
    repeated->sources = calloc(count, sizeof *repeated->sources);
    if (repeated->dests != NULL && repeated->sources != NULL)
        visit_targets(check->operands, &action, check->visitor);
    else
        check->no_memory = true;
}

/*
 * Whether to refuse: two targets would have the same name by the system's case
 * rules, a tree would be copied into itself, or the visitor does not accept it.
 */
static bool is_refused(struct operands *operands,
                       const struct tree_visitor *visitor)
{
    struct check check = {.operands = operands, .visitor = visitor};
    struct target_action action = {check_target, &check, true, NULL};
    operands->repeated = calloc(1, sizeof *operands->repeated);
    check.no_memory = operands->repeated == NULL;
    if (!check.no_memory)
        visit_targets(operands, &action, visitor);
    if (!check.no_memory)
        check_collisions(&check);
    if (check.no_memory)
        report_no_memory(visitor, operands->sources[0], operands->dest);
    return check.refused || check.no_memory;
}

/* --- processing ----------------------------------------------------------- */

struct visit {
    const struct operands *operands;
    const struct tree_visitor *visitor;
    bool *visited;              /* which of the repeated targets */
    bool interruption_reported; /* by the walk of a tree */
};

/* Whether the target was visited before, from a SOURCE that was given twice. */
static bool was_visited(struct visit *visit, const struct target *target)
{
    const struct repeated *repeated = visit->operands->repeated;
    size_t at = name_set_find(&repeated->names, target->dest);
    if (target->contents || at == repeated->names.count ||
        repeated->dests[at] == NULL ||
        name_compare(repeated->dests[at], target->dest) != 0)
        return false;
    bool visited = visit->visited[at];
    visit->visited[at] = true;
    return visited;
}

static void visit_link(const struct tree_visitor *visitor,
                       struct held_directory *directory,
                       const struct target *target)
{
    const struct tree_link link = {.source = target->source,
                                   .directory = directory,
                                   .dest = target->dest,
                                   .root = target->root,
                                   .operand = target->operand};
    if (visitor->link != NULL)
        visitor->link(visitor->context, &link);
}

static bool visit_target(void *context, const struct target *target)
{
    struct visit *visit = context;
    const struct tree_visitor *visitor = visit->visitor;
    /* DEST itself is not in DEST */
    struct held_directory *directory =
        target->contents ? NULL : visit->operands->directory;
    if (os_cancelled() || visitor->stopped(visitor->context))
        return false;
    if (was_visited(visit, target))
        tree_pass_over(visitor, TREE_SAME_SOURCE, target->source);
    else if (target->is_link)
        visit_link(visitor, directory, target);
    else if (target->directory && visit->operands->recursive)
        visit->interruption_reported =
            !tree_walk(visitor, target->root, target->source, target->operand,
                       directory, target->dest);
    else if (target->directory)
        tree_report(visitor, target->source, target->dest,
                    CODE_DIRECTORY_NOT_SUPPORTED, REFLINK_STEP_OPEN_SOURCE,
                    OUTCOME_SOURCE, REFLINK_HINT_RECURSIVE);
    else
        visitor->file(visitor->context, target->source, directory, target->dest,
                      target->size);
    return !visit->interruption_reported;
}

void operands_visit(const struct operands *operands,
                    const struct tree_visitor *visitor)
{
    struct visit visit = {operands, visitor, NULL, false};
    struct target_action action = {visit_target, &visit, false, visitor};
    size_t count = operands->repeated->names.count;
    visit.visited = calloc(count + 1, sizeof *visit.visited);
    if (visit.visited == NULL)
        report_no_memory(visitor, operands->sources[0], operands->dest);
    else if (!visit_targets(operands, &action, visitor) && os_cancelled() &&
             !visit.interruption_reported)
        tree_report(visitor, operands->sources[0], operands->dest,
                    CODE_CANCELLED, REFLINK_STEP_NONE, OUTCOME_DEST,
                    REFLINK_HINT_INTERRUPTED);
    free(visit.visited);
}

bool operands_needed(const wchar_t *const *sources, int count, bool into,
                     bool recursive)
{
    return recursive || into || count > 1 || wildcard_is_pattern(sources[0]);
}

/*
 * Decides whether the sources go into DEST: if it is a directory, or must be
 * one because there are several sources, or wildcards that could match several.
 * Returns false if it must be one and is not.
 */
static bool resolve_dest(struct operands *operands,
                         const struct tree_visitor *visitor)
{
    struct os_info info = {0};
    bool separated = path_ends_with_separator(operands->dest);
    os_error error = path_query_state(operands->dest, &info);
    bool exists = error == 0;
    bool directory = (info.attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
    if (operands->exact)
        return true;
    if (classify_memory(error) != 0) {
        report_no_memory(visitor, operands->sources[0], operands->dest);
        return false;
    }
    operands->into = directory || operands->into || operands->count > 1 ||
                     wildcard_is_pattern(operands->sources[0]) || separated;
    operands->creates_dest = operands->recursive && separated && !exists;
    if (!operands->into || directory || operands->creates_dest)
        return true;
    enum reflink_hint hint = REFLINK_HINT_NOT_DIRECTORY;
    if (!exists && operands->recursive)
        hint = REFLINK_HINT_MISSING_TREE;
    else if (!exists)
        hint = REFLINK_HINT_MISSING_DIRECTORY;
    tree_report(visitor, operands->sources[0], operands->dest, CODE_DIRECTORY,
                REFLINK_STEP_OPEN_DEST, OUTCOME_DEST, hint);
    return false;
}

/*
 * Opens, or creates, a DEST that takes the sources in. It may be a link: the
 * user named it. Returns false if it failed.
 */
static bool open_dest(struct operands *operands,
                      const struct tree_visitor *visitor)
{
    struct reflink_outcome outcome;
    unsigned flags = OS_DIRECTORY_FOLLOW;
    if (!operands->into)
        return true;
    if (operands->creates_dest)
        flags |= OS_DIRECTORY_CREATE;
    if (operands->dry_run) {
        operands->directory = held_directory_plan(NULL, operands->dest);
        if (operands->directory == NULL)
            report_no_memory(visitor, operands->sources[0], operands->dest);
        return operands->directory != NULL;
    }
    uint64_t start =
        outcome_begin(&outcome, operands->sources[0], operands->dest);
    operands->directory =
        held_directory_open(NULL, operands->dest, flags, &outcome);
    outcome_end(&outcome, start);
    if (operands->directory == NULL)
        tree_fail(visitor, &outcome);
    return operands->directory != NULL;
}

bool operands_begin(struct operands *operands,
                    const struct tree_visitor *visitor)
{
    operands->items = NULL;
    operands->repeated = NULL;
    operands->directory = NULL;
    if (!resolve_dest(operands, visitor))
        return false;
    operands->items = calloc((size_t)operands->count, sizeof *operands->items);
    if (operands->items == NULL) {
        report_no_memory(visitor, operands->sources[0], operands->dest);
        return false;
    }
    for (int i = 0; i < operands->count; i++) {
        struct operand *operand = &operands->items[i];
        operand->typed = operands->sources[i];
        os_error error = examine(operands, operand);
        operand->failed = error != 0;
        if (error == CODE_NOT_ENOUGH_MEMORY)
            report_no_memory(visitor, operand->typed, operands->dest);
        else if (error != 0)
            tree_report(visitor, operand->typed, operands->dest, error,
                        REFLINK_STEP_PATH, OUTCOME_SOURCE, REFLINK_HINT_NONE);
    }
    return !is_refused(operands, visitor) && open_dest(operands, visitor);
}

void operands_end(struct operands *operands)
{
    for (int i = 0; operands->items != NULL && i < operands->count; i++) {
        free(operands->items[i].source);
        free(operands->items[i].dest);
        free(operands->items[i].whole);
    }
    free(operands->items);
    held_directory_drop(operands->directory);
    operands->items = NULL;
    operands->directory = NULL;
    if (operands->repeated == NULL)
        return;
    struct repeated *repeated = operands->repeated;
    for (size_t i = 0; repeated->dests != NULL && repeated->sources != NULL &&
                       i < repeated->names.count;
         i++) {
        free(repeated->dests[i]);
        free(repeated->sources[i]);
    }
    free(repeated->dests);
    free(repeated->sources);
    name_set_free(&repeated->names);
    free(repeated);
    operands->repeated = NULL;
}
