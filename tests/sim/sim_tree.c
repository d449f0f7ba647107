/*
 * Directories as wholes, and the links in them: os.h's part on trees.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

#define CODE_NOT_A_REPARSE_POINT 4390

/* ---- patterns -------------------------------------------------------- */

/* The places in a name that the pattern so far can have led to. */
struct places {
    size_t length; /* of the name */
    bool *at;      /* [0, length] */
};

/* `*`: all that come after the first, and it. */
static void match_any(struct places *places)
{
    bool reached = false;
    for (size_t i = 0; i <= places->length; i++) {
        reached = reached || places->at[i];
        places->at[i] = reached;
    }
}

/* `?`: any character but a dot, or nothing before a dot and at the end. */
static void match_one(struct places *places, const wchar_t *name)
{
    bool before = false;
    for (size_t i = 0; i <= places->length; i++) {
        bool now = places->at[i];
        bool stays = now && (i == places->length || name[i] == L'.');
        places->at[i] = stays || before;
        before = now && !stays;
    }
}

/* The character `c`; if `or_end`, it may also be missing at the end. */
static void match_character(struct places *places, const wchar_t *name,
                            wchar_t c, bool or_end)
{
    bool before = false;
    for (size_t i = 0; i <= places->length; i++) {
        const wchar_t here[] = {name[i], 0};
        const wchar_t wanted[] = {c, 0};
        bool now = places->at[i];
        places->at[i] = before || (or_end && now && i == places->length);
        before = now && sim_same_path(here, wanted);
    }
}

/*
 * As FindFirstFile has it [MS-FSA 2.1.4.4]: `?` is DOS_QM, and a dot right
 * before a wildcard is DOS_DOT, so `*.*` matches names without a dot.
 */
static bool matches(const wchar_t *pattern, const wchar_t *name)
{
    struct places places = {wcslen(name), NULL};
    bool matched;

    places.at = sim_grow(NULL, places.length + 1);
    memset(places.at, 0, places.length + 1);
    places.at[0] = true;
    for (; *pattern; pattern++) {
        bool dos_dot = pattern[0] == L'.' && pattern[1] &&
                       wcschr(L"*?", pattern[1]) != NULL;
        if (*pattern == L'*')
            match_any(&places);
        else if (*pattern == L'?')
            match_one(&places, name);
        else
            match_character(&places, name, *pattern, dos_dot);
    }
    matched = places.at[places.length];
    free(places.at);
    return matched;
}

/* ---- lists ----------------------------------------------------------- */

/*
 * It has its directory open, and remembers which name came last, not where
 * that stood: names come and go meanwhile.
 */
struct os_directory {
    struct os_file *file;
    wchar_t *pattern;
    wchar_t *last;
    bool listed; /* the name that the directory lists besides was its turn */
};

/* The next name that matches; NULL: there is none. */
static const struct sim_name *next_name(const struct os_directory *list)
{
    const struct sim_name *directory = list->file->name;
    const struct sim_name *name = sim_name_after(directory, list->last);

    while (name && !matches(list->pattern, name->leaf))
        name = sim_name_after(directory, name->leaf);
    return name;
}

/* `.` and `..` are always there, though os_list_next does not tell them. */
static bool has_match(const struct os_directory *list)
{
    const wchar_t *besides = list->file->name->node->listed_name;
    return matches(list->pattern, L".") || matches(list->pattern, L"..") ||
           (besides && matches(list->pattern, besides)) || next_name(list);
}

static struct os_directory *new_list(struct sim_name *directory,
                                     const wchar_t *pattern)
{
    struct os_directory *list = sim_grow(NULL, sizeof *list);

    list->file =
        sim_handle_new(directory, 0, SIM_READ | SIM_WRITE | SIM_DELETE);
    list->file->list = list;
    list->pattern = sim_copy_path(pattern, wcslen(pattern));
    list->listed = false;
    list->last = sim_copy_path(L"", 0);
    return list;
}

void sim_list_free(struct os_directory *list)
{
    if (!list)
        return;
    free(list->pattern);
    free(list->last);
    free(list);
}

/* A directory that can be listed. */
static os_error find_directory(const wchar_t *path, struct sim_name **name)
{
    wchar_t *resolved;
    os_error error = sim_resolve(path, true, &resolved);

    if (error)
        return error;
    *name = sim_name_find(resolved);
    free(resolved);
    if (!*name)
        return CODE_PATH_NOT_FOUND;
    if ((*name)->node->kind != SIM_DIRECTORY)
        return CODE_DIRECTORY;
    return (*name)->pending ? CODE_ACCESS_DENIED : 0;
}

static os_error list_open(const wchar_t *path, const wchar_t *pattern,
                          struct os_directory **list)
{
    struct sim_name *directory;
    struct os_directory *made;
    os_error error = find_directory(path, &directory);

    if (error)
        return error;
    made = new_list(directory, pattern);
    if (has_match(made)) {
        *list = made;
        return 0;
    }
    sim_handle_free(made->file);
    return CODE_FILE_NOT_FOUND;
}

os_error os_list_open(const wchar_t *directory, const wchar_t *pattern,
                      struct os_directory **list)
{
    os_error error = sim_enter(SIM_OP_LIST_OPEN, NULL);
    if (!error)
        error = list_open(directory, pattern, list);
    return sim_leave(SIM_OP_LIST_OPEN, directory, error);
}

/* See sim_list_name. */
static bool list_besides(struct os_directory *list, struct os_entry *entry)
{
    const struct sim_node *directory = list->file->name->node;

    if (list->listed || !directory->listed_name ||
        !matches(list->pattern, directory->listed_name))
        return false;
    list->listed = true;
    memset(entry, 0, sizeof *entry);
    wcscpy(entry->name, directory->listed_name);
    entry->attributes = directory->listed_attributes;
    return true;
}

static void list_next(struct os_directory *list, struct os_entry *entry,
                      bool *end)
{
    const struct sim_name *name;

    *end = false;
    if (list_besides(list, entry))
        return;
    name = next_name(list);
    *end = !name;
    if (!name)
        return;
    memset(entry, 0, sizeof *entry);
    wcscpy(entry->name, name->leaf);
    entry->size = name->node->size;
    entry->attributes = sim_attributes_of(name->node);
    entry->is_link = sim_name_is_link(name);
    if (entry->is_link) /* a folder where a volume is mounted, too */
        entry->attributes |= OS_ATTRIBUTE_REPARSE;
    free(list->last);
    list->last = sim_copy_path(name->leaf, wcslen(name->leaf));
}

os_error os_list_next(struct os_directory *list, struct os_entry *entry,
                      bool *end)
{
    os_error error = sim_enter(SIM_OP_LIST_NEXT, list->file);
    if (!error)
        list_next(list, entry, end);
    return sim_leave(SIM_OP_LIST_NEXT, list->file->path, error);
}

void sim_list_name(const wchar_t *directory, const wchar_t *name,
                   uint32_t attributes)
{
    struct sim_node *node = sim_node_must_find(directory);

    free(node->listed_name);
    node->listed_name = sim_copy_path(name, wcslen(name));
    node->listed_attributes = attributes;
}

void os_list_close(struct os_directory *list)
{
    if (!list)
        return;
    sim_hold();
    sim_handle_free(list->file); /* and the list with it */
    sim_release();
}

/* ---- making ---------------------------------------------------------- */

/* What stands against a new name at a resolved path. */
static os_error may_make(const wchar_t *path)
{
    const struct sim_name *name = sim_name_find(path);

    if (name)
        return name->pending ? CODE_ACCESS_DENIED : CODE_ALREADY_EXISTS;
    return sim_volume_of(path)->read_only ? CODE_WRITE_PROTECT : 0;
}

/* As if opened to list it, which others may do, too, and write in it. */
static os_error hold(struct sim_name *name, struct os_file **directory)
{
    if (name->pending)
        return CODE_ACCESS_DENIED;
    if (name->node->kind != SIM_DIRECTORY)
        return CODE_ALREADY_EXISTS;
    *directory = sim_handle_new(name, SIM_READ, SIM_READ | SIM_WRITE);
    return 0;
}

/* What is there; links followed or not. */
static os_error open_existing(const struct os_file *parent, const wchar_t *path,
                              unsigned flags, struct os_file **directory,
                              enum os_found *found)
{
    bool follow = flags & OS_DIRECTORY_FOLLOW;
    wchar_t *resolved;
    struct sim_name *name;
    os_error error = sim_resolve_at(parent, path, follow, &resolved);

    if (error)
        return error;
    name = sim_name_find(resolved);
    free(resolved);
    if (!name)
        return CODE_FILE_NOT_FOUND;
    *found = OS_FOUND_DIRECTORY;
    if (!follow && sim_name_is_link(name) && sim_is_folder(name->node)) {
        *found = OS_FOUND_LINK;
        return 0;
    }
    if (!follow && (name->node->attributes & OS_ATTRIBUTE_REPARSE))
        *found = OS_FOUND_REPARSE;
    return hold(name, directory);
}

static os_error open_directory(const struct os_file *parent,
                               const wchar_t *path, unsigned flags,
                               struct os_file **directory, enum os_found *found)
{
    wchar_t *resolved;
    os_error error = sim_resolve_at(parent, path, false, &resolved);

    if (error)
        return error;
    error =
        flags & OS_DIRECTORY_CREATE ? may_make(resolved) : CODE_ALREADY_EXISTS;
    if (!error) {
        *found = OS_FOUND_NOTHING;
        error =
            hold(sim_name_add(resolved, sim_node_new(sim_volume_of(resolved),
                                                     SIM_DIRECTORY)),
                 directory);
    } else if (error == CODE_ALREADY_EXISTS) {
        error = open_existing(parent, path, flags, directory, found);
        /* a link without a target */
        if (flags & OS_DIRECTORY_CREATE &&
            (error == CODE_FILE_NOT_FOUND || error == CODE_PATH_NOT_FOUND))
            error = CODE_ALREADY_EXISTS;
    }
    free(resolved);
    return error;
}

os_error os_open_directory(struct os_file *parent, const wchar_t *path,
                           unsigned flags, struct os_file **directory,
                           enum os_found *found)
{
    os_error error = sim_enter(SIM_OP_OPEN_DIRECTORY, NULL);
    *directory = NULL;
    if (!error)
        error = open_directory(parent, path, flags, directory, found);
    return sim_leave(SIM_OP_OPEN_DIRECTORY, path, error);
}

/* ---- links ----------------------------------------------------------- */

struct sim_node *sim_link_new(struct sim_volume *volume, const wchar_t *target,
                              bool to_directory)
{
    struct sim_node *node = sim_node_new(volume, SIM_SYMLINK);
    node->target = sim_copy_path(target, wcslen(target));
    node->to_directory = to_directory;
    return node;
}

bool sim_name_is_junction(const struct sim_name *name)
{
    return sim_name_is_link(name) &&
           (name->node->kind != SIM_SYMLINK || name->node->junction);
}

/* What has a name, links not followed. */
static os_error find_named(const struct os_file *directory, const wchar_t *path,
                           const struct sim_name **name)
{
    wchar_t *resolved;
    os_error error = sim_resolve_at(directory, path, false, &resolved);

    if (error)
        return error;
    *name = sim_name_find(resolved);
    free(resolved);
    if (!*name)
        return CODE_FILE_NOT_FOUND;
    return (*name)->pending ? CODE_ACCESS_DENIED : 0;
}

/* The link that `path` is. */
static os_error find_link(const wchar_t *path, const struct sim_name **link)
{
    os_error error = find_named(NULL, path, link);
    if (error)
        return error;
    return sim_name_is_link(*link) ? 0 : CODE_NOT_A_REPARSE_POINT;
}

static uint32_t tag_of(const struct sim_name *name)
{
    if (!sim_name_is_link(name))
        return 0;
    return sim_name_is_junction(name) ? OS_LINK_JUNCTION : UINT32_C(0xA000000C);
}

static os_error query_name(const struct os_file *directory, const wchar_t *path,
                           struct os_named *named)
{
    const struct sim_name *name;
    os_error error = find_named(directory, path, &name);

    if (error)
        return error;
    *named = (struct os_named){.link = tag_of(name),
                               .directory = sim_is_folder(name->node),
                               .is_volume = sim_name_is_link(name) &&
                                            name->node->kind != SIM_SYMLINK,
                               .written = name->node->written};
    return 0;
}

os_error os_query_name(struct os_file *directory, const wchar_t *path,
                       struct os_named *named)
{
    os_error error = sim_enter(SIM_OP_QUERY_NAME, NULL);
    if (!error)
        error = query_name(directory, path, named);
    return sim_leave(SIM_OP_QUERY_NAME, path, error);
}

static os_error link_target(const wchar_t *path, wchar_t **target)
{
    const struct sim_name *link;
    os_error error = find_link(path, &link);
    const wchar_t *text = error ? NULL : link->node->target;

    if (text && (text[0] == L'\\' || (text[0] && text[1] == L':')))
        *target = sim_copy_path(text, wcslen(text));
    return error;
}

os_error os_link_target(const wchar_t *path, wchar_t **target)
{
    os_error error = sim_enter(SIM_OP_LINK_TARGET, NULL);
    *target = NULL;
    if (!error)
        error = link_target(path, target);
    return sim_leave(SIM_OP_LINK_TARGET, path, error);
}

/* What the new link or the changed one leads to. A volume mounted in a folder
   is a link to its own root. */
static const wchar_t *new_target(const struct sim_node *link,
                                 const wchar_t *target)
{
    if (target)
        return target;
    return link->target ? link->target : link->volume->root;
}

static os_error may_write_links(const struct sim_volume *volume)
{
    if (volume->read_only)
        return CODE_WRITE_PROTECT;
    if (volume->copy_link)
        return volume->copy_link;
    return volume->links_allowed ? 0 : CODE_PRIVILEGE_NOT_HELD;
}

static os_error make_copy(const struct sim_name *link, const wchar_t *target,
                          const wchar_t *path)
{
    struct sim_volume *volume = sim_volume_of(path);
    struct sim_node *made;
    os_error error = may_make(path);

    if (!error)
        error = may_write_links(volume);
    if (error)
        return error;
    made = sim_link_new(volume, new_target(link->node, target),
                        sim_is_folder(link->node));
    made->junction = sim_name_is_junction(link);
    sim_name_add(path, made);
    return 0;
}

static os_error copy_link(const wchar_t *source, const wchar_t *target,
                          const struct os_file *directory, const wchar_t *dest)
{
    const struct sim_name *link;
    wchar_t *resolved;
    os_error error = find_link(source, &link);

    if (!error)
        error = sim_resolve_at(directory, dest, false, &resolved);
    if (error)
        return error;
    error = make_copy(link, target, resolved);
    free(resolved);
    return error;
}

os_error os_copy_link(const wchar_t *source, const wchar_t *target,
                      struct os_file *directory, const wchar_t *dest)
{
    os_error error = sim_enter(SIM_OP_COPY_LINK, NULL);
    if (!error)
        error = copy_link(source, target, directory, dest);
    return sim_leave(SIM_OP_COPY_LINK, dest, error);
}

static os_error set_link(const wchar_t *source, const wchar_t *target,
                         const struct os_file *directory, const wchar_t *dest)
{
    const struct sim_name *link;
    const struct sim_name *there;
    wchar_t *old;
    os_error error = find_link(source, &link);

    if (!error)
        error = find_named(directory, dest, &there);
    if (error)
        return error;
    if (!sim_is_folder(there->node))
        return CODE_DIRECTORY;
    if (there->node->kind != SIM_SYMLINK || tag_of(there) != tag_of(link))
        return CODE_REPARSE_TAG_MISMATCH;
    error = may_write_links(there->node->volume);
    if (error)
        return error;
    target = new_target(link->node, target);
    old = there->node->target;
    there->node->target = sim_copy_path(target, wcslen(target));
    free(old);
    sim_touch(there->node);
    return 0;
}

os_error os_set_link(const wchar_t *source, const wchar_t *target,
                     struct os_file *directory, const wchar_t *dest)
{
    os_error error = sim_enter(SIM_OP_SET_LINK, NULL);
    if (!error)
        error = set_link(source, target, directory, dest);
    return sim_leave(SIM_OP_SET_LINK, dest, error);
}

/* ---- paths ----------------------------------------------------------- */

/* A drive keeps its separator, nothing else has one. */
static os_error full_path(const wchar_t *path, wchar_t **full)
{
    size_t length;

    if (!*path)
        return CODE_PATH_NOT_FOUND;
    *full = sim_normalize(path);
    length = wcslen(*full);
    if (length == 2 && (*full)[1] == L':') {
        *full = sim_grow(*full, (length + 2) * sizeof **full);
        wcscpy(*full + length, L"\\");
    }
    return 0;
}

os_error os_full_path(const wchar_t *path, wchar_t **full)
{
    os_error error = sim_enter(SIM_OP_FULL_PATH, NULL);
    if (!error)
        error = full_path(path, full);
    return sim_leave(SIM_OP_FULL_PATH, path, error);
}

/* A handle knows where links led it. */
os_error os_final_path(struct os_file *file, wchar_t **full)
{
    os_error error = sim_enter(SIM_OP_FULL_PATH, file);
    if (!error)
        *full = sim_copy_path(file->path, wcslen(file->path));
    return sim_leave(SIM_OP_FULL_PATH, file->path, error);
}

wchar_t os_fold(wchar_t c)
{
    return c >= L'a' && c <= L'z' ? c - L'a' + L'A' : c;
}
