#include "walk.h"

#include <stdlib.h>
#include <string.h>

#include "core/errors.h"
#include "core/base/path_buffer.h"
#include "core/base/classify.h"
#include "core/base/identity.h"
#include "core/base/verbatim.h"
#include "core/base/name_set.h"
#include "core/file/staging.h"
#include "core/base/path.h"
#include "core/base/path_query.h"

/*
 * How many directories are listed at a time. Each listing takes tens of KiB of
 * system memory. In deeper levels, a directory's subdirectories are collected
 * by name, and its listing is closed before they are entered.
 */
enum { MAX_LISTS = 32 };

/* A directory that is being walked. */
struct frame {
    struct os_directory *list;        /* NULL: listed to the end */
    struct held_directory *source;    /* SOURCE's; may be NULL */
    struct held_directory *directory; /* DEST's; may be NULL */
    wchar_t *deferred; /* names of subdirectories, each with its NUL */
    size_t deferred_length;
    size_t deferred_room;
    size_t deferred_next;
    size_t source_length; /* characters in the directory's source path */
    size_t dest_length;
    /* original paths, while an entry needs the verbatim form */
    wchar_t *original_source;
    wchar_t *original_dest;
    wchar_t last[OS_NAME_ROOM]; /* the previous entry */
    bool unsorted; /* the listing is not sorted; `repeated` is filled */
    struct name_set repeated; /* names that occur more than once */
};

struct walk {
    const struct tree_visitor *visitor;
    const struct tree_root *tree;     /* that SOURCE is in */
    bool from_root;                   /* SOURCE is the root of a volume */
    bool follow;                      /* SOURCE may be a link */
    struct held_directory *directory; /* that DEST is in; may be NULL */
    struct path_buffer source;
    struct path_buffer dest;
    struct os_info root; /* DEST's directory, once it exists */
    bool has_root;
    struct frame *frames;
    size_t depth;
    size_t capacity;
};

static void fail_hint(const struct walk *walk, os_error error,
                      enum reflink_step step, enum outcome_side side,
                      enum reflink_hint hint)
{
    tree_report(walk->visitor, walk->source.words, walk->dest.words, error,
                step, side, hint);
}

static void fail(const struct walk *walk, os_error error,
                 enum reflink_step step, enum outcome_side side)
{
    fail_hint(walk, error, step, side, REFLINK_HINT_NONE);
}

/* --- directories ---------------------------------------------------------- */

static bool push_frame(struct walk *walk, struct os_directory *list,
                       struct held_directory *source,
                       struct held_directory *directory)
{
    if (walk->depth == walk->capacity) {
        size_t capacity = walk->capacity == 0 ? 16 : walk->capacity * 2;
        struct frame *frames = realloc(walk->frames, capacity * sizeof *frames);
        if (frames == NULL)
            return false;
        walk->frames = frames;
        walk->capacity = capacity;
    }
    walk->frames[walk->depth++] =
        (struct frame){.list = list,
                       .source = source,
                       .directory = directory,
                       .source_length = walk->source.length,
                       .dest_length = walk->dest.length};
    return true;
}

static void pop_frame(struct walk *walk)
{
    struct frame *frame = &walk->frames[--walk->depth];
    os_list_close(frame->list);
    held_directory_drop(frame->source);
    held_directory_drop(frame->directory);
    free(frame->deferred);
    name_set_free(&frame->repeated);
    free(frame->original_source);
    free(frame->original_dest);
}

/* The directory that DEST's current path is in. */
static struct held_directory *current(const struct walk *walk)
{
    return walk->depth != 0 ? walk->frames[walk->depth - 1].directory
                            : walk->directory;
}

/*
 * Opens SOURCE's directory, before anything is done with it: it stays what it
 * is then, and its entries are opened by its handle. Returns false if it cannot
 * be walked; that has been reported.
 */
static bool open_source(struct walk *walk, struct held_directory **source)
{
    bool top = walk->depth == 0;
    struct os_info here = {0};
    os_error error = held_directory_open_source(
        top ? NULL : walk->frames[walk->depth - 1].source, walk->source.words,
        top && walk->follow, &here, source);
    if (error == 0 && *source == NULL && walk->has_root)
        error = classify_memory(path_query(walk->source.words, &here));
    /* it was listed as a directory */
    if (error == CODE_REPARSE_POINT_ENCOUNTERED)
        fail_hint(walk, CODE_FILE_INVALID, REFLINK_STEP_LIST, OUTCOME_SOURCE,
                  REFLINK_HINT_SOURCE_CHANGED);
    else if (error != 0)
        fail(walk, error, REFLINK_STEP_LIST, OUTCOME_SOURCE);
    /* If a link that could not be resolved leads to the DEST of this walk, the
       walk would never end. */
    else if (walk->has_root &&
             identity_same_file(&here.identity, &walk->root.identity))
        fail_hint(walk, CODE_INVALID_PARAMETER, REFLINK_STEP_CREATE,
                  OUTCOME_DEST, REFLINK_HINT_INSIDE);
    else
        return true;
    held_directory_drop(*source);
    return false;
}

/* Begins to walk the directory at the current paths. */
static void enter(struct walk *walk)
{
    const struct tree_visitor *visitor = walk->visitor;
    struct os_directory *list = NULL;
    struct held_directory *source = NULL;
    struct held_directory *opened = NULL;
    if (!open_source(walk, &source))
        return;
    if (visitor->enter != NULL &&
        !visitor->enter(visitor->context, walk->source.words, current(walk),
                        walk->dest.words, &opened)) {
        held_directory_drop(source);
        return;
    }
    if (opened != NULL) {
        opened->source = source;
        held_directory_keep(source);
    }
    if (!walk->has_root)
        walk->has_root = path_query(walk->dest.words, &walk->root) == 0;
    os_error error = os_list_open(walk->source.words, L"*", &list);
    if (error != 0 && error != CODE_FILE_NOT_FOUND)
        fail(walk, error, REFLINK_STEP_LIST, OUTCOME_SOURCE);
    else if (push_frame(walk, list, source, opened))
        return;
    else
        fail(walk, CODE_NOT_ENOUGH_MEMORY, REFLINK_STEP_MEMORY, OUTCOME_DEST);
    os_list_close(list);
    held_directory_drop(source);
    held_directory_drop(opened);
}

/* --- entries -------------------------------------------------------------- */

/*
 * Changes `path` to the verbatim form, which keeps appended names unchanged.
 * `*words` receives the original path.
 */
static os_error make_verbatim(struct path_buffer *path, wchar_t **words)
{
    wchar_t *verbatim = NULL;
    os_error error = verbatim_directory(path->words, &verbatim);
    if (error != 0)
        return error;
    *words = path_splice(path->words, path->length, L"");
    bool made = *words != NULL && path_buffer_set(path, verbatim);
    free(verbatim);
    return made ? 0 : CODE_NOT_ENOUGH_MEMORY;
}

/* Appends the name of an entry of the current directory to both paths. */
static bool push_name(struct walk *walk, const wchar_t *name)
{
    struct frame *frame = &walk->frames[walk->depth - 1];
    os_error error = 0;
    if (verbatim_is_needed(name)) {
        error = make_verbatim(&walk->source, &frame->original_source);
        if (error == 0)
            error = make_verbatim(&walk->dest, &frame->original_dest);
    }
    if (error == 0 && (!path_buffer_push(&walk->source, name) ||
                       !path_buffer_push(&walk->dest, name)))
        error = CODE_NOT_ENOUGH_MEMORY;
    if (error != 0)
        fail(walk, error, REFLINK_STEP_PATH, OUTCOME_SOURCE);
    return error == 0;
}

/* Restores the directory's own path. The memory for it is already there. */
static void restore(struct path_buffer *path, wchar_t **words, size_t length)
{
    if (*words != NULL)
        path_buffer_set(path, *words);
    free(*words);
    *words = NULL;
    path_buffer_cut(path, length);
}

/* Lists the directory a second time, to find duplicate names. */
static os_error find_repeated(const struct walk *walk, struct frame *frame)
{
    struct os_directory *list = NULL;
    struct os_entry entry;
    bool end = false;
    os_error error = os_list_open(walk->source.words, L"*", &list);
    while (error == 0 && !end) {
        error = os_list_next(list, &entry, &end);
        if (error == 0 && !end && !name_set_add(&frame->repeated, entry.name))
            error = CODE_NOT_ENOUGH_MEMORY;
    }
    os_list_close(list);
    name_set_keep_repeated(&frame->repeated);
    return error;
}

/*
 * Sets `*duplicate` if another entry has the same name in a different case, as
 * is possible in a case-sensitive directory. DEST's directory may not be one,
 * and one file would replace the other. NTFS sorts names regardless of case, so
 * duplicates are neighbours, and the second is reported. A listing that is not
 * sorted, which FAT and servers may return [FindNextFileW], is read twice;
 * then each duplicate from there on is reported.
 */
static os_error check_duplicate(const struct walk *walk, struct frame *frame,
                                const wchar_t *name, bool *duplicate)
{
    os_error error = 0;
    int order = name_compare(frame->last, name);
    if (order > 0 && !frame->unsorted) {
        frame->unsorted = true;
        error = find_repeated(walk, frame);
    }
    *duplicate = order == 0 ||
                 name_set_find(&frame->repeated, name) != frame->repeated.count;
    wcscpy(frame->last, name);
    return error;
}

/* Collects a subdirectory's name; it is entered at the end of the listing. */
static void defer(struct walk *walk, struct frame *frame, const wchar_t *name)
{
    size_t length = wcslen(name) + 1;
    if (frame->deferred_length + length > frame->deferred_room) {
        size_t room = (frame->deferred_length + length) * 2;
        wchar_t *deferred = realloc(frame->deferred, room * sizeof *deferred);
        if (deferred == NULL) {
            fail(walk, CODE_NOT_ENOUGH_MEMORY, REFLINK_STEP_MEMORY,
                 OUTCOME_DEST);
            return;
        }
        frame->deferred = deferred;
        frame->deferred_room = room;
    }
    wmemcpy(frame->deferred + frame->deferred_length, name, length);
    frame->deferred_length += length;
}

/*
 * Reports an entry with a name that no file can have. The name is displayed but
 * never opened. A server or a crafted volume may list `..\name`, a file outside
 * DEST.
 */
static void fail_invalid_name(const struct walk *walk, const wchar_t *name)
{
    wchar_t *shown = path_join(walk->source.words, name);
    tree_report(walk->visitor, shown != NULL ? shown : walk->source.words,
                walk->dest.words, CODE_INVALID_NAME, REFLINK_STEP_LIST,
                OUTCOME_SOURCE, REFLINK_HINT_NO_NAME);
    free(shown);
}

static void visit_link(const struct walk *walk)
{
    const struct tree_visitor *visitor = walk->visitor;
    const struct tree_link link = {.source = walk->source.words,
                                   .directory = current(walk),
                                   .dest = walk->dest.words,
                                   .root = walk->tree};
    if (visitor->link != NULL)
        visitor->link(visitor->context, &link);
}

static void visit(struct walk *walk, const struct os_entry *entry)
{
    const struct tree_visitor *visitor = walk->visitor;
    struct frame *frame = &walk->frames[walk->depth - 1];
    if (!path_is_name(entry->name)) {
        fail_invalid_name(walk, entry->name);
        return;
    }
    bool directory = (entry->attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
    if (walk->from_root && walk->depth == 1 && directory &&
        tree_is_system_directory(entry->name)) {
        tree_pass_over(visitor, TREE_SYSTEM_DIRECTORY, entry->name);
        return;
    }
    if (!directory && staging_is_name(entry->name)) {
        tree_pass_over(visitor, TREE_STAGING_FILE, entry->name);
        return;
    }
    bool duplicate = false;
    os_error error = check_duplicate(walk, frame, entry->name, &duplicate);
    /* stop: other entries may be duplicates of each other */
    if (error != 0) {
        fail(walk, error, REFLINK_STEP_LIST, OUTCOME_SOURCE);
        os_list_close(frame->list);
        frame->list = NULL;
    } else if (directory && !entry->is_link && !duplicate &&
               walk->depth > MAX_LISTS)
        defer(walk, frame, entry->name);
    else if (!push_name(walk, entry->name))
        return;
    else if (duplicate)
        fail_hint(walk, CODE_ALREADY_EXISTS, REFLINK_STEP_CREATE, OUTCOME_DEST,
                  REFLINK_HINT_COLLISION);
    else if (entry->is_link)
        visit_link(walk);
    else if (directory)
        enter(walk);
    else
        visitor->file(visitor->context, walk->source.words, current(walk),
                      walk->dest.words, entry->size);
}

/* Processes one entry of the current directory, or leaves it at its end. */
static void advance(struct walk *walk)
{
    const struct tree_visitor *visitor = walk->visitor;
    struct frame *frame = &walk->frames[walk->depth - 1];
    restore(&walk->source, &frame->original_source, frame->source_length);
    restore(&walk->dest, &frame->original_dest, frame->dest_length);
    if (frame->list != NULL) {
        struct os_entry entry;
        bool end = false;
        os_error error = os_list_next(frame->list, &entry, &end);
        if (error == 0 && !end) {
            visit(walk, &entry);
            return;
        }
        if (error != 0)
            fail(walk, error, REFLINK_STEP_LIST, OUTCOME_SOURCE);
        os_list_close(frame->list);
        frame->list = NULL;
    } else if (frame->deferred_next < frame->deferred_length) {
        const wchar_t *name = frame->deferred + frame->deferred_next;
        frame->deferred_next += wcslen(name) + 1;
        if (push_name(walk, name))
            enter(walk);
    } else {
        if (visitor->leave != NULL)
            visitor->leave(visitor->context, walk->source.words,
                           frame->directory, walk->dest.words);
        pop_frame(walk);
    }
}

bool tree_is_system_directory(const wchar_t *name)
{
    return name_compare(name, L"System Volume Information") == 0 ||
           name_compare(name, L"$RECYCLE.BIN") == 0;
}

void tree_pass_over(const struct tree_visitor *visitor,
                    enum tree_passed_over why, const wchar_t *source)
{
    if (visitor->passed_over != NULL)
        visitor->passed_over(visitor->context, why, source);
}

void tree_fail(const struct tree_visitor *visitor,
               const struct reflink_outcome *outcome)
{
    if (visitor->failed != NULL)
        visitor->failed(visitor->context, outcome);
}

void tree_report(const struct tree_visitor *visitor, const wchar_t *source,
                 const wchar_t *dest, os_error error, enum reflink_step step,
                 enum outcome_side side, enum reflink_hint hint)
{
    struct reflink_outcome outcome;
    uint64_t start = outcome_begin(&outcome, source, dest);
    outcome_fail_hint(&outcome, error, step, side, hint);
    outcome_end(&outcome, start);
    tree_fail(visitor, &outcome);
}

bool tree_walk(const struct tree_visitor *visitor, const struct tree_root *root,
               const wchar_t *source, bool follow,
               struct held_directory *directory, const wchar_t *dest)
{
    const struct tree_root itself = {source, dest};
    struct walk walk = {.visitor = visitor,
                        .tree = root != NULL ? root : &itself,
                        .follow = follow,
                        .directory = directory};
    bool cut = false;
    if (path_query_root(source, &walk.from_root) == 0 &&
        path_buffer_set(&walk.source, source) &&
        path_buffer_set(&walk.dest, dest)) {
        enter(&walk);
        while (walk.depth != 0 && !os_cancelled() &&
               !visitor->stopped(visitor->context))
            advance(&walk);
        cut = walk.depth != 0 && os_cancelled();
    } else {
        tree_report(visitor, source, dest, CODE_NOT_ENOUGH_MEMORY,
                    REFLINK_STEP_MEMORY, OUTCOME_DEST, REFLINK_HINT_NONE);
    }
    while (walk.depth != 0)
        pop_frame(&walk);
    if (cut)
        tree_report(visitor, source, dest, CODE_CANCELLED, REFLINK_STEP_NONE,
                    OUTCOME_DEST, REFLINK_HINT_INTERRUPTED);
    free(walk.frames);
    path_buffer_free(&walk.source);
    path_buffer_free(&walk.dest);
    return !cut;
}

/* --- a tree in itself ----------------------------------------------------- */

/*
 * These return an error only if memory ran out. What cannot be queried for
 * another reason is not within the tree.
 */

/*
 * Sets `*within`: whether `path` or one of its parent directories is `root`.
 * Shortens `path`.
 */
static os_error lies_within(wchar_t *path, const struct os_info *root,
                            bool *within)
{
    struct os_info above;
    do {
        os_error error = path_query(path, &above);
        if (classify_memory(error) != 0)
            return error;
        *within =
            error == 0 && identity_same_file(&root->identity, &above.identity);
    } while (!*within && path_cut(path));
    return 0;
}

/*
 * Finds the real path, with links resolved, of that part of `path` that exists;
 * NULL if there is none. Shortens `path` to this part.
 */
static os_error final_path_of(wchar_t *path, wchar_t **final)
{
    struct os_file *file = NULL;
    os_error error = 0;
    *final = NULL;
    while ((error = os_open(path, OS_OPEN_LOOK, &file)) != 0) {
        if (classify_memory(error) != 0 || !path_cut(path))
            return classify_memory(error);
    }
    error = os_final_path(file, final);
    if (error != 0)
        *final = NULL;
    os_close(file);
    return classify_memory(error);
}

os_error tree_query_contains(const wchar_t *source, const wchar_t *dest,
                             bool *contains)
{
    struct os_info root;
    wchar_t *path = NULL;
    wchar_t *final = NULL;
    *contains = false;
    os_error error = path_query(source, &root);
    if (error == 0)
        error = os_full_path(dest, &path);
    if (error != 0)
        return classify_memory(error);
    error = final_path_of(path, &final);
    if (error == 0)
        error = lies_within(path, &root, contains);
    if (error == 0 && !*contains && final != NULL)
        error = lies_within(final, &root, contains);
    free(final);
    free(path);
    return error;
}

static os_error without_first_separators(const wchar_t *path, wchar_t **rest)
{
    while (*path == L'\\' || *path == L'/')
        path++;
    *rest = path_splice(path, wcslen(path), L"");
    return *rest != NULL ? 0 : CODE_NOT_ENOUGH_MEMORY;
}

/* Sets `*rest` as below if one of the directories in `path` is `root`. */
static os_error find_within(const wchar_t *path, const struct os_info *root,
                            wchar_t **rest)
{
    bool within = false;
    wchar_t *above = path_splice(path, wcslen(path), L"");
    os_error error = above != NULL ? lies_within(above, root, &within)
                                   : CODE_NOT_ENOUGH_MEMORY;
    if (within)
        error = without_first_separators(path + wcslen(above), rest);
    free(above);
    return error;
}

/*
 * Sets `*rest` as below if `path` begins with the full path of `root`. That is
 * true of most links, of which a tree may have thousands; then nothing is
 * opened.
 */
static os_error find_below(const wchar_t *path, const wchar_t *root,
                           wchar_t **rest)
{
    wchar_t *full = NULL;
    os_error error = os_full_path(root, &full);
    if (error != 0)
        return classify_memory(error);
    bool is_verbatim = wcsncmp(path, L"\\\\?\\", 4) == 0;
    bool has_prefix = wcsncmp(full, L"\\\\?\\", 4) == 0;
    const wchar_t *start = full + (has_prefix && !is_verbatim ? 4 : 0);
    size_t length = wcslen(start);
    if (wcsncmp(path, start, length) == 0 &&
        (path_ends_with_separator(start) || path[length] == L'\0' ||
         path[length] == L'\\'))
        error = without_first_separators(path + length, rest);
    free(full);
    return error;
}

/* Finds `path` with links resolved as far as it exists; NULL if it is on no
   volume. */
static os_error resolve(const wchar_t *path, wchar_t **whole)
{
    wchar_t *final = NULL;
    wchar_t *existing = path_splice(path, wcslen(path), L"");
    os_error error = existing != NULL ? final_path_of(existing, &final)
                                      : CODE_NOT_ENOUGH_MEMORY;
    *whole = NULL;
    if (final != NULL) {
        const wchar_t *missing = path + wcslen(existing);
        *whole = *missing != L'\0' ? path_join(final, missing)
                                   : path_splice(final, wcslen(final), L"");
        error = *whole != NULL ? 0 : CODE_NOT_ENOUGH_MEMORY;
    }
    free(final);
    free(existing);
    return error;
}

os_error tree_find_within(const wchar_t *root, const wchar_t *path,
                          wchar_t **rest)
{
    struct os_info info;
    wchar_t *final = NULL;
    *rest = NULL;
    os_error error = find_below(path, root, rest);
    if (error != 0 || *rest != NULL)
        return error;
    error = path_query(root, &info);
    if (error != 0)
        return classify_memory(error);
    error = find_within(path, &info, rest);
    if (error == 0 && *rest == NULL)
        error = resolve(path, &final);
    if (error == 0 && final != NULL)
        error = find_within(final, &info, rest);
    free(final);
    return error;
}
