#include "tree.h"

#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "growing_path.h"
#include "metadata.h"
#include "open.h"
#include "path.h"

/* A directory that is being listed. */
struct frame {
    struct os_directory *list;
    size_t source_length; /* of its paths */
    size_t dest_length;
};

struct walk {
    const struct tree_visitor *visitor;
    struct growing_path source;
    struct growing_path dest;
    struct os_info root; /* of DEST, once it is made */
    bool has_root;
    struct frame *frames;
    size_t depth;
    size_t capacity;
};

static void tell(const struct tree_visitor *visitor, const wchar_t *source,
                 const wchar_t *dest, os_error error, enum reflink_step step,
                 enum outcome_side side, enum reflink_hint hint)
{
    struct reflink_outcome outcome;
    uint64_t start = outcome_begin(&outcome, source, dest);
    outcome_fail_hint(&outcome, error, step, side, hint);
    outcome_end(&outcome, start);
    visitor->failed(visitor->context, &outcome);
}

static void fail(const struct walk *walk, os_error error,
                 enum reflink_step step, enum outcome_side side)
{
    tell(walk->visitor, walk->source.words, walk->dest.words, error, step, side,
         REFLINK_HINT_NONE);
}

void tree_link(const struct tree_visitor *visitor, const wchar_t *source,
               const wchar_t *dest)
{
    os_error error = os_copy_link(source, dest);
    if (error == CODE_PRIVILEGE_NOT_HELD)
        tell(visitor, source, dest, error, REFLINK_STEP_LINK, OUTCOME_DEST,
             REFLINK_HINT_LINK_RIGHT);
    else if (error != 0)
        tell(visitor, source, dest, error, REFLINK_STEP_LINK, OUTCOME_DEST,
             REFLINK_HINT_NONE);
}

/* --- directories ------------------------------------------------------------
 */

static bool is_directory(const wchar_t *path)
{
    struct os_file *file = NULL;
    struct os_info info;
    if (os_open(path, OS_OPEN_LOOK, &file) != 0)
        return false;
    os_error error = os_query(file, &info);
    os_close(file);
    return error == 0 && (info.attributes & OS_ATTRIBUTE_DIRECTORY) != 0;
}

static bool make_directory(const struct walk *walk)
{
    os_error error = os_make_directory(walk->dest.words);
    if (error == 0 ||
        (error == CODE_ALREADY_EXISTS && is_directory(walk->dest.words)))
        return true;
    fail(walk, error, REFLINK_STEP_CREATE, OUTCOME_DEST);
    return false;
}

static bool push_frame(struct walk *walk, struct os_directory *list)
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
        (struct frame){list, walk->source.length, walk->dest.length};
    return true;
}

static bool identify(const wchar_t *path, struct os_info *info)
{
    struct os_file *file = NULL;
    if (os_open(path, OS_OPEN_LOOK, &file) != 0)
        return false;
    os_error error = os_query(file, info);
    os_close(file);
    return error == 0;
}

/* Whether SOURCE's directory is the one that all this goes into: a link that
   nobody could resolve leads there, and the walk would never end. */
static bool is_own_dest(struct walk *walk)
{
    struct os_info here;
    return walk->has_root && identify(walk->source.words, &here) &&
           open_is_same_file(&here, &walk->root);
}

/* Begins the directory that both paths name now. */
static void enter(struct walk *walk)
{
    struct os_directory *list = NULL;
    if (is_own_dest(walk)) {
        tell(walk->visitor, walk->source.words, walk->dest.words,
             CODE_INVALID_PARAMETER, REFLINK_STEP_CREATE, OUTCOME_DEST,
             REFLINK_HINT_INSIDE);
        return;
    }
    if (!make_directory(walk))
        return;
    if (!walk->has_root)
        walk->has_root = identify(walk->dest.words, &walk->root);
    os_error error = os_list_open(walk->source.words, L"*", &list);
    if (error != 0 && error != CODE_FILE_NOT_FOUND) {
        fail(walk, error, REFLINK_STEP_LIST, OUTCOME_SOURCE);
        return;
    }
    if (!push_frame(walk, list)) {
        os_list_close(list);
        fail(walk, CODE_NOT_ENOUGH_MEMORY, REFLINK_STEP_MEMORY, OUTCOME_DEST);
    }
}

static os_error open_both(const struct walk *walk, struct open_source *source,
                          struct os_file **dest)
{
    unsigned extra = walk->visitor->security ? OS_WITH_SECURITY : 0;
    os_error error =
        os_open(walk->source.words, OS_OPEN_LOOK | extra, &source->file);
    if (error == 0)
        error = os_query(source->file, &source->info);
    if (error == 0)
        error = os_open(walk->dest.words, OS_OPEN_DIRECTORY | extra, dest);
    return error;
}

/* Attributes and times, now that nothing more is made in it. */
static void stamp(const struct walk *walk)
{
    struct open_source source = {0};
    struct os_file *dest = NULL;
    struct reflink_outcome outcome;
    uint64_t start =
        outcome_begin(&outcome, walk->source.words, walk->dest.words);
    os_error error = open_both(walk, &source, &dest);
    if (error != 0)
        outcome_fail(&outcome, error, REFLINK_STEP_ATTRIBUTES, OUTCOME_DEST);
    else if (!walk->visitor->security ||
             metadata_copy_security(source.file, dest, &outcome))
        metadata_stamp(&source, dest, &outcome);
    os_close(dest);
    os_close(source.file);
    outcome_end(&outcome, start);
    if (outcome.status != REFLINK_OK)
        walk->visitor->failed(walk->visitor->context, &outcome);
}

static void leave(struct walk *walk)
{
    os_list_close(walk->frames[--walk->depth].list);
    stamp(walk);
}

/* --- entries
 * ------------------------------------------------------------------ */

static void visit(struct walk *walk, const struct os_entry *entry)
{
    if (!growing_path_push(&walk->source, entry->name) ||
        !growing_path_push(&walk->dest, entry->name))
        fail(walk, CODE_NOT_ENOUGH_MEMORY, REFLINK_STEP_MEMORY, OUTCOME_DEST);
    else if (entry->is_link)
        tree_link(walk->visitor, walk->source.words, walk->dest.words);
    else if (entry->attributes & OS_ATTRIBUTE_DIRECTORY)
        enter(walk);
    else
        walk->visitor->file(walk->visitor->context, walk->source.words,
                            walk->dest.words);
}

/* One entry of the innermost directory, or its end. */
static void advance(struct walk *walk)
{
    struct frame *frame = &walk->frames[walk->depth - 1];
    struct os_entry entry;
    bool end = frame->list == NULL; /* a root without entries */
    growing_path_cut(&walk->source, frame->source_length);
    growing_path_cut(&walk->dest, frame->dest_length);
    os_error error = end ? 0 : os_list_next(frame->list, &entry, &end);
    if (error != 0) {
        fail(walk, error, REFLINK_STEP_LIST, OUTCOME_SOURCE);
        end = true;
    }
    if (end)
        leave(walk);
    else
        visit(walk, &entry);
}

static void end_walk(struct walk *walk)
{
    while (walk->depth != 0)
        os_list_close(walk->frames[--walk->depth].list);
    free(walk->frames);
    growing_path_free(&walk->source);
    growing_path_free(&walk->dest);
}

void tree_walk(const struct tree_visitor *visitor, const wchar_t *source,
               const wchar_t *dest)
{
    struct walk walk = {.visitor = visitor};
    if (growing_path_set(&walk.source, source) &&
        growing_path_set(&walk.dest, dest))
        enter(&walk);
    while (walk.depth != 0 && !os_cancelled())
        advance(&walk);
    if (os_cancelled())
        tell(visitor, source, dest, CODE_CANCELLED, REFLINK_STEP_NONE,
             OUTCOME_DEST, REFLINK_HINT_INTERRUPTED);
    end_walk(&walk);
}

/* --- a tree into itself
 * --------------------------------------------------------- */

/* Cuts the last part off; false if there is none. */
static bool cut_part(wchar_t *path)
{
    size_t length = wcslen(path);
    while (length != 0 && path[length - 1] == L'\\')
        path[--length] = L'\0';
    size_t directory = path_directory_length(path);
    if (directory == 0 || directory == length)
        return false;
    path[directory] = L'\0';
    return true;
}

/* Whether `path` or what it lies in is `root`. Cuts `path` down. */
static bool lies_within(wchar_t *path, const struct os_info *root)
{
    struct os_info above;
    do {
        if (identify(path, &above) && open_is_same_file(root, &above))
            return true;
    } while (cut_part(path));
    return false;
}

/* The place of what is there of `path`, links resolved; cuts `path` down. */
static wchar_t *final_place(wchar_t *path)
{
    struct os_file *file = NULL;
    wchar_t *place = NULL;
    while (os_open(path, OS_OPEN_LOOK, &file) != 0) {
        if (!cut_part(path))
            return NULL;
    }
    if (os_final_path(file, &place) != 0)
        place = NULL;
    os_close(file);
    return place;
}

bool tree_contains(const wchar_t *source, const wchar_t *dest)
{
    struct os_info root;
    wchar_t *path = NULL;
    if (!identify(source, &root) || os_full_path(dest, &path) != 0)
        return false;
    wchar_t *place = final_place(path);
    bool found = lies_within(path, &root) ||
                 (place != NULL && lies_within(place, &root));
    free(place);
    free(path);
    return found;
}
