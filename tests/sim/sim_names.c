/*
 * Paths and names, files that exist, and who has them open.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

#define MAX_LINKS 40
#define MAX_NAME 255
#define CODE_CANT_RESOLVE_FILENAME 1921

static struct sim_name **roots; /* of the volumes */
static size_t root_count;

/* The directory that was looked in last, and its path: deep ones are dear. */
static struct sim_name *last;
static wchar_t *last_path;
static size_t last_length;

static struct sim_node *nodes;
static struct os_file *handles;

void sim_die(const char *what, const wchar_t *path)
{
    fprintf(stderr, "sim: %s: %ls\n", what, path ? path : L"-");
    abort();
}

void *sim_grow(void *array, size_t size)
{
    void *grown = realloc(array, size);
    if (!grown)
        abort();
    return grown;
}

wchar_t *sim_copy_path(const wchar_t *path, size_t length)
{
    wchar_t *copy = sim_grow(NULL, (length + 1) * sizeof *copy);
    memcpy(copy, path, length * sizeof *copy);
    copy[length] = 0;
    return copy;
}

/* ---- paths ----------------------------------------------------------- */

static wchar_t fold(wchar_t c)
{
    if (c >= L'a' && c <= L'z')
        return c - L'a' + L'A';
    return c == L'\\' ? 1 : c; /* a directory sorts right before its files */
}

static int compare(const wchar_t *a, const wchar_t *b)
{
    while (*a && fold(*a) == fold(*b)) {
        a++;
        b++;
    }
    if (fold(*a) == fold(*b))
        return 0;
    return fold(*a) < fold(*b) ? -1 : 1;
}

bool sim_same_path(const wchar_t *a, const wchar_t *b)
{
    return compare(a, b) == 0;
}

/* The length of `prefix` if `path` is it or lies below it, else 0. */
static size_t prefix_length(const wchar_t *path, const wchar_t *prefix)
{
    size_t i = 0;
    for (; prefix[i]; i++) {
        if (fold(path[i]) != fold(prefix[i]))
            return 0;
    }
    return path[i] == 0 || path[i] == L'\\' ? i : 0;
}

struct sim_volume *sim_volume_of(const wchar_t *path)
{
    struct sim_volume *best = NULL;
    size_t best_length = 0;
    struct sim_volume *volume;

    for (size_t i = 0; (volume = sim_volume_at(i)) != NULL; i++) {
        size_t length = prefix_length(path, volume->root);
        if (length > best_length) {
            best_length = length;
            best = volume;
        }
    }
    return best;
}

static bool is_separator(wchar_t c)
{
    return c == L'\\' || c == L'/';
}

/* Skips what only says "take the path as it is". */
static const wchar_t *without_prefix(const wchar_t *path, bool *unc)
{
    *unc = false;
    if (wcsncmp(path, L"\\\\?\\UNC\\", 8) == 0) {
        *unc = true;
        return path + 8;
    }
    if (wcsncmp(path, L"\\\\?\\", 4) == 0)
        return path + 4;
    if (is_separator(path[0]) && is_separator(path[1])) {
        *unc = true;
        return path + 2;
    }
    return path;
}

/* Takes the last component off; `floor` is where the root ends. */
static size_t parent_end(const wchar_t *path, size_t length, size_t floor)
{
    while (length > floor && path[length - 1] != L'\\')
        length--;
    return length > floor ? length - 1 : floor;
}

/* Appends one component; "." and ".." are taken as what they mean. */
static size_t add_component(wchar_t *out, size_t length, size_t floor,
                            const wchar_t *part, size_t part_length)
{
    if (part_length == 0 || (part_length == 1 && part[0] == L'.'))
        return length;
    if (part_length == 2 && part[0] == L'.' && part[1] == L'.')
        return parent_end(out, length, floor);
    if (length > 0 && out[length - 1] != L'\\')
        out[length++] = L'\\';
    memcpy(out + length, part, part_length * sizeof *part);
    return length + part_length;
}

wchar_t *sim_normalize(const wchar_t *path)
{
    const struct sim_volume *first = sim_volume_at(0);
    const wchar_t *base = first ? first->root : L"";
    bool unc;
    const wchar_t *rest = without_prefix(path, &unc);
    bool absolute = unc || (rest[0] && rest[1] == L':');
    wchar_t *out =
        sim_grow(NULL, (wcslen(base) + wcslen(path) + 4) * sizeof *out);
    size_t length = 0;
    size_t floor;

    if (unc) {
        wmemcpy(out, L"\\\\", 2);
        length = 2;
    } else if (!absolute) {
        length = wcslen(base);
        wmemcpy(out, base, length);
    }
    floor = absolute ? 2 : length;
    while (*rest) {
        size_t part = 0;
        while (rest[part] && !is_separator(rest[part]))
            part++;
        length = add_component(out, length, floor, rest, part);
        rest += part + (rest[part] != 0);
    }
    out[length] = 0;
    return out;
}

/* ---- one directory --------------------------------------------------- */

/* Whether `leaf` comes before the name of `length` characters, is it, or
   comes after it. */
static int compare_leaf(const wchar_t *leaf, const wchar_t *part, size_t length)
{
    size_t i = 0;
    while (i < length && leaf[i] && fold(leaf[i]) == fold(part[i]))
        i++;
    if (i == length)
        return leaf[i] != 0;
    return fold(leaf[i]) < fold(part[i]) ? -1 : 1;
}

/* The index of the first name at `part` or after it. */
static size_t child_index(const struct sim_name *directory, const wchar_t *part,
                          size_t length)
{
    size_t low = 0;
    size_t high = directory->child_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_leaf(directory->children[middle]->leaf, part, length) >= 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static struct sim_name *child(const struct sim_name *directory,
                              const wchar_t *part, size_t length)
{
    size_t i = child_index(directory, part, length);
    if (i < directory->child_count &&
        compare_leaf(directory->children[i]->leaf, part, length) == 0)
        return directory->children[i];
    return NULL;
}

static struct sim_name *root_of(const struct sim_volume *volume)
{
    for (size_t i = 0; i < root_count; i++) {
        if (roots[i]->node->volume == volume)
            return roots[i];
    }
    return NULL;
}

/* Where the component ends that begins at the separator path[at]. */
static size_t component_end(const wchar_t *path, size_t at)
{
    do
        at++;
    while (path[at] && path[at] != L'\\');
    return at;
}

static void remember(struct sim_name *directory, const wchar_t *path,
                     size_t length)
{
    last_path = sim_grow(last_path, (length + 1) * sizeof *last_path);
    wmemcpy(last_path, path, length);
    last_path[length] = 0;
    last_length = length;
    last = directory;
}

/*
 * A directory that `path` is or lies in, no link on the way, and where that
 * ends in `*end`: what it has in common with the last one, or the root.
 */
static struct sim_name *begin(const wchar_t *path,
                              const struct sim_volume *volume, size_t *end)
{
    size_t root = wcslen(volume->root);
    struct sim_name *name = last;
    size_t common = 0;

    *end = root;
    if (!last || last->node->volume != volume)
        return root_of(volume);
    while (common < last_length && path[common] == last_path[common])
        common++;
    *end = last_length;
    while (*end > root &&
           (*end > common || (path[*end] && path[*end] != L'\\'))) {
        *end -= wcslen(name->leaf) + 1;
        name = name->parent;
    }
    return name;
}

/* ---- links ----------------------------------------------------------- */

static bool is_reserved(wchar_t c)
{
    switch (c) {
    case L':':
    case L'*':
    case L'?':
    case L'"':
    case L'<':
    case L'>':
    case L'|':
        return true;
    default:
        return false;
    }
}

/* Characters and lengths no name may have; a stream's colon is one. */
static bool valid_names(const wchar_t *path, size_t root)
{
    size_t length = 0;
    for (const wchar_t *c = path + root; *c; c++) {
        length = *c == L'\\' ? 0 : length + 1;
        if (length > MAX_NAME || *c < L' ' || is_reserved(*c))
            return false;
    }
    return true;
}

/* The path after the link at path[0..end) was followed. */
static wchar_t *follow_link(const wchar_t *path, size_t end,
                            const wchar_t *target)
{
    size_t base = 0;
    wchar_t *joined =
        sim_grow(NULL, (wcslen(path) + wcslen(target) + 3) * sizeof *joined);
    wchar_t *normal;

    if (!is_separator(target[0]) && !(target[0] && target[1] == L':')) {
        base = parent_end(path, end, 0);
        wmemcpy(joined, path, base);
        joined[base++] = L'\\';
    }
    wcscpy(joined + base, target);
    wcscat(joined, path + end);
    normal = sim_normalize(joined);
    free(joined);
    return normal;
}

/*
 * Looks at the components from the root on, up to a link that is to be
 * followed: its name, and where it ends in `*end`.
 */
static os_error walk(const wchar_t *path, const struct sim_volume *volume,
                     bool follow, struct sim_name **link, size_t *end)
{
    struct sim_name *name = begin(path, volume, end);

    *link = NULL;
    while (path[*end]) {
        struct sim_name *directory = name;
        size_t start = *end + 1;
        *end = component_end(path, *end);
        name = child(name, path + start, *end - start);
        if (name && name->node->kind == SIM_SYMLINK && (path[*end] || follow)) {
            *link = name;
            return 0;
        }
        if (path[*end] && (!name || name->node->kind != SIM_DIRECTORY))
            return CODE_PATH_NOT_FOUND;
        if (!path[*end])
            remember(directory, path, start - 1);
    }
    return 0;
}

os_error sim_resolve(const wchar_t *path, bool follow, wchar_t **resolved)
{
    wchar_t *current = sim_normalize(path);
    os_error error = CODE_CANT_RESOLVE_FILENAME;

    for (int links = 0; links < MAX_LINKS; links++) {
        const struct sim_volume *volume = sim_volume_of(current);
        struct sim_name *link = NULL;
        size_t end = 0;
        wchar_t *next;

        error = CODE_PATH_NOT_FOUND;
        if (!volume)
            break;
        error = CODE_INVALID_NAME;
        if (!valid_names(current, wcslen(volume->root)))
            break;
        error = walk(current, volume, follow, &link, &end);
        if (error)
            break;
        if (!link) {
            *resolved = current;
            return 0;
        }
        next = follow_link(current, end, link->node->target);
        free(current);
        current = next;
        error = CODE_CANT_RESOLVE_FILENAME;
    }
    free(current);
    return error;
}

os_error sim_resolve_at(const struct os_file *directory, const wchar_t *path,
                        bool follow, wchar_t **resolved)
{
    wchar_t *plain;
    wchar_t *base;
    const wchar_t *leaf;
    const struct sim_name *name;

    if (!directory)
        return sim_resolve(path, follow, resolved);
    if (directory->dead)
        return directory->dead;
    if (directory->name->gone)
        return CODE_ACCESS_DENIED; /* STATUS_DELETE_PENDING */
    plain = sim_normalize(path);
    leaf = plain + parent_end(plain, wcslen(plain), 0) + 1;
    if (!valid_names(leaf, 0)) {
        free(plain);
        return CODE_INVALID_NAME;
    }
    base = sim_name_path(directory->name);
    *resolved =
        sim_grow(NULL, (wcslen(base) + wcslen(leaf) + 2) * sizeof **resolved);
    wcscpy(*resolved, base);
    wcscat(*resolved, L"\\");
    wcscat(*resolved, leaf);
    free(base);
    free(plain);
    name = sim_name_find(*resolved);
    if (!follow || !name || name->node->kind != SIM_SYMLINK)
        return 0;
    plain = follow_link(*resolved, wcslen(*resolved), name->node->target);
    free(*resolved);
    os_error error = sim_resolve(plain, true, resolved);
    free(plain);
    return error;
}

void sim_turn_into_link(const wchar_t *path, const wchar_t *target)
{
    struct sim_name *name = sim_name_find(path);

    if (!name || name->node->kind != SIM_DIRECTORY || name->child_count)
        sim_die("no empty directory", path);
    name->node->kind = SIM_SYMLINK;
    name->node->to_directory = true;
    name->node->target = sim_copy_path(target, wcslen(target));
    last = NULL;
}

void sim_put_link(const wchar_t *path, const wchar_t *target)
{
    struct sim_name *name = sim_name_find(path);
    wchar_t *moved = sim_grow(NULL, (wcslen(path) + 2) * sizeof *moved);

    if (!name || name->node->kind != SIM_DIRECTORY)
        sim_die("no directory", path);
    wcscpy(moved, path);
    wcscat(moved, L"~");
    sim_name_move(name, moved);
    free(moved);
    sim_name_add(path, sim_link_new(name->node->volume, target, true));
}

struct sim_volume *sim_volume_under(const wchar_t *path)
{
    struct sim_volume *volume;
    wchar_t *absolute;

    if (sim_resolve(path, true, &absolute))
        absolute = sim_normalize(path);
    volume = sim_volume_of(absolute);
    free(absolute);
    return volume;
}

/* ---- names in their directories -------------------------------------- */

struct sim_name *sim_name_find(const wchar_t *path)
{
    const struct sim_volume *volume = sim_volume_of(path);
    size_t end = 0;
    struct sim_name *name = volume ? begin(path, volume, &end) : NULL;

    while (name && path[end]) {
        size_t start = end + 1;
        end = component_end(path, end);
        name = child(name, path + start, end - start);
    }
    return name;
}

struct sim_name *sim_name_after(const struct sim_name *directory,
                                const wchar_t *leaf)
{
    size_t length = wcslen(leaf);
    size_t i = child_index(directory, leaf, length);
    if (i < directory->child_count &&
        compare_leaf(directory->children[i]->leaf, leaf, length) == 0)
        i++;
    return i < directory->child_count ? directory->children[i] : NULL;
}

const struct sim_name *sim_name_next(const struct sim_name *top,
                                     const struct sim_name *name)
{
    if (name->child_count && (name == top || !sim_name_is_link(name)))
        return name->children[0];
    for (; name != top; name = name->parent) {
        const struct sim_name *next = sim_name_after(name->parent, name->leaf);
        if (next)
            return next;
    }
    return NULL;
}

wchar_t *sim_name_path(const struct sim_name *name)
{
    size_t at = 0;
    wchar_t *path;

    for (const struct sim_name *part = name; part; part = part->parent)
        at += wcslen(part->leaf) + 1;
    path = sim_grow(NULL, at * sizeof *path);
    path[--at] = 0;
    for (; name; name = name->parent) {
        size_t length = wcslen(name->leaf);
        at -= length;
        wmemcpy(path + at, name->leaf, length);
        if (at)
            path[--at] = L'\\';
    }
    return path;
}

bool sim_name_is_link(const struct sim_name *name)
{
    return name->node->kind == SIM_SYMLINK ||
           (name->parent && name->parent->node->volume != name->node->volume);
}

/* The directory that `path` is a name in; NULL if there is none. */
static struct sim_name *parent_of(const wchar_t *path)
{
    wchar_t *cut = sim_copy_path(path, parent_end(path, wcslen(path), 0));
    struct sim_name *parent = sim_name_find(cut);
    free(cut);
    return parent;
}

/* Gives `name` the last part of `path`, and its place in `parent`. */
static void enter_directory(struct sim_name *name, struct sim_name *parent,
                            const wchar_t *path)
{
    const wchar_t *leaf = path + parent_end(path, wcslen(path), 0) + 1;
    size_t length = wcslen(leaf);
    size_t i = child_index(parent, leaf, length);

    name->leaf = sim_copy_path(leaf, length);
    name->parent = parent;
    if (parent->child_count == parent->child_room) {
        parent->child_room = parent->child_room * 2 + 4;
        parent->children = sim_grow(
            parent->children, parent->child_room * sizeof *parent->children);
    }
    memmove(parent->children + i + 1, parent->children + i,
            (parent->child_count - i) * sizeof *parent->children);
    parent->children[i] = name;
    parent->child_count++;
    sim_touch(parent->node);
}

/* `name` keeps its leaf. */
static void leave_directory(struct sim_name *name)
{
    struct sim_name *parent = name->parent;
    size_t i = child_index(parent, name->leaf, wcslen(name->leaf));

    parent->child_count--;
    memmove(parent->children + i, parent->children + i + 1,
            (parent->child_count - i) * sizeof *parent->children);
    name->parent = NULL;
    sim_touch(parent->node);
}

static struct sim_name *new_name(struct sim_node *node)
{
    struct sim_name *name = calloc(1, sizeof *name);
    if (!name)
        abort();
    name->node = node;
    node->names++;
    return name;
}

struct sim_name *sim_name_add(const wchar_t *path, struct sim_node *node)
{
    struct sim_name *parent = parent_of(path);
    struct sim_name *name;

    if (!parent)
        sim_die("no such directory", path);
    if (node->names == 0) /* a new file gets the security of its directory */
        node->security = parent->node->security;
    name = new_name(node);
    enter_directory(name, parent, path);
    return name;
}

/* A directory that a volume is mounted on is hidden: it has to be empty. */
static void hide(const struct sim_name *parent, const wchar_t *path)
{
    const wchar_t *leaf = path + parent_end(path, wcslen(path), 0) + 1;
    struct sim_name *there = child(parent, leaf, wcslen(leaf));

    if (there && (there->node->kind != SIM_DIRECTORY || there->child_count))
        sim_die("no empty directory to mount on", path);
    if (there)
        sim_name_drop(there);
}

void sim_name_add_root(const wchar_t *path, struct sim_node *node)
{
    struct sim_name *parent = parent_of(path);
    struct sim_name *name = new_name(node);

    if (parent) {
        hide(parent, path);
        node->security = parent->node->security;
        enter_directory(name, parent, path);
    } else {
        name->leaf = sim_copy_path(path, wcslen(path));
    }
    roots = sim_grow(roots, (root_count + 1) * sizeof *roots);
    roots[root_count++] = name;
    last = NULL;
}

static void remove_root(const struct sim_name *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < root_count; i++) {
        if (roots[i] != name)
            roots[kept++] = roots[i];
    }
    root_count = kept;
}

static void free_name(struct sim_name *name)
{
    free(name->children);
    free(name->leaf);
    free(name);
}

static void drop_node_if_unused(struct sim_node *node)
{
    if (node->names == 0 && node->opens == 0)
        sim_node_free(node);
}

void sim_name_drop(struct sim_name *name)
{
    if (name->child_count)
        sim_die("a directory goes that is not empty", name->leaf);
    if (name->parent)
        leave_directory(name);
    if (name->node->kind == SIM_DIRECTORY) {
        remove_root(name);
        last = NULL;
    }
    name->gone = true;
    name->node->names--;
    name->node->changed = sim_file_time();
    drop_node_if_unused(name->node);
    if (name->opens == 0)
        free_name(name);
}

void sim_name_move(struct sim_name *name, const wchar_t *path)
{
    struct sim_name *parent = parent_of(path);
    wchar_t *old = name->leaf;

    if (!parent || !name->parent)
        sim_die("a name goes where no directory is", path);
    leave_directory(name);
    enter_directory(name, parent, path);
    last = NULL;
    free(old);
    name->node->changed = sim_file_time();
}

/* ---- files ----------------------------------------------------------- */

struct sim_node *sim_nodes(void)
{
    return nodes;
}

struct sim_node *sim_node_new(struct sim_volume *volume, enum sim_kind kind)
{
    struct sim_node *node = calloc(1, sizeof *node);
    if (!node)
        abort();
    node->kind = kind;
    node->volume = volume;
    node->id = ++volume->last_number;
    node->extents.step = 1;
    if (kind == SIM_FILE) {
        node->attributes = OS_ATTRIBUTE_ARCHIVE;
        if (volume->default_integrity)
            node->algorithm = volume->cluster > 4096 ? 2 : 1;
    }
    sim_touch(node);
    node->created = node->written;
    node->next = nodes;
    if (nodes)
        nodes->previous = node;
    nodes = node;
    return node;
}

void sim_node_free(struct sim_node *node)
{
    if (node->next)
        node->next->previous = node->previous;
    if (node->previous)
        node->previous->next = node->next;
    else
        nodes = node->next;
    if (node->extents.count)
        sim_data_punch(node, 0,
                       node->extents.runs[node->extents.count - 1].end);
    sim_map_free(&node->extents);
    sim_map_free(&node->locks);
    sim_streams_free(node);
    free(node->ea);
    free(node->listed_name);
    free(node->target);
    free(node);
}

struct sim_node *sim_node_find(const wchar_t *path)
{
    wchar_t *resolved;
    struct sim_name *name;
    if (sim_resolve(path, true, &resolved))
        return NULL;
    name = sim_name_find(resolved);
    free(resolved);
    return name ? name->node : NULL;
}

struct sim_node *sim_node_must_find(const wchar_t *path)
{
    struct sim_node *node = sim_node_find(path);
    if (!node)
        sim_die("no such file", path);
    return node;
}

struct sim_node *sim_node_make(const wchar_t *path, os_error *error)
{
    wchar_t *resolved;
    struct sim_name *name;

    *error = sim_resolve(path, true, &resolved);
    if (*error)
        return NULL;
    name = sim_name_find(resolved);
    if (!name)
        name = sim_name_add(resolved,
                            sim_node_new(sim_volume_of(resolved), SIM_FILE));
    free(resolved);
    if (name->node->kind != SIM_FILE)
        *error = CODE_ACCESS_DENIED;
    return name->node;
}

/* ---- open files ------------------------------------------------------ */

struct os_file *sim_handles(void)
{
    return handles;
}

/* Who looks at attributes only is no party to sharing [MS-FSA 2.1.5.1.2]. */
bool sim_sharing_allows(const struct sim_node *node, unsigned rights,
                        unsigned shared)
{
    for (const struct os_file *file = handles; file; file = file->next) {
        if (file->node != node || file->rights == 0 || rights == 0)
            continue;
        if ((rights & ~file->shared) || (file->rights & ~shared))
            return false;
    }
    return true;
}

struct os_file *sim_handle_new(struct sim_name *name, unsigned rights,
                               unsigned shared)
{
    struct os_file *file = calloc(1, sizeof *file);
    if (!file)
        abort();
    file->node = name->node;
    file->name = name;
    file->rights = rights;
    file->shared = shared;
    file->metadata = rights & SIM_WRITE;
    file->path = sim_name_path(name);
    file->next = handles;
    handles = file;
    name->opens++;
    name->node->opens++;
    return file;
}

struct os_file *sim_handle_new_stream(struct sim_name *name,
                                      struct sim_node *stream, unsigned rights,
                                      unsigned shared)
{
    struct os_file *file = sim_handle_new(name, rights, shared);
    size_t length = wcslen(file->path);
    size_t room = length + wcslen(stream->stream_name) + 2;

    file->node = stream;
    file->path = sim_grow(file->path, room * sizeof *file->path);
    file->path[length] = L':';
    wcscpy(file->path + length + 1, stream->stream_name);
    return file;
}

/* What the server does when a file is closed: it may be the last of it. */
static void detach(struct os_file *file)
{
    struct sim_node *node = sim_file_of(file->node);
    struct sim_name *name = file->name;

    sim_stamp_close(file);
    file->node = NULL;
    file->name = NULL;
    node->opens--;
    name->opens--;
    if (name->opens == 0 && name->gone)
        free_name(name);
    else if (name->opens == 0 && name->pending) {
        sim_name_drop(name);
        return;
    }
    drop_node_if_unused(node);
}

void sim_handle_free(struct os_file *file)
{
    struct os_file **link = &handles;
    while (*link != file) {
        if (!*link)
            sim_die("a file was closed that is not open", NULL);
        link = &(*link)->next;
    }
    *link = file->next;
    sim_closed(file);
    if (file->node)
        detach(file);
    sim_list_free(file->list);
    free(file->path);
    free(file);
}

void sim_handles_lost(struct sim_volume *volume, os_error code)
{
    for (struct os_file *file = handles; file; file = file->next) {
        if (file->node && file->node->volume == volume) {
            file->dead = code;
            if (volume->forgets_deletions)
                file->name->pending = false;
            detach(file);
        }
    }
}

void sim_lose_handles(struct sim_volume *volume, os_error code)
{
    sim_handles_lost(volume, code);
}

/* Drops a name with all below it, from the leaves on. */
static void drop_tree(struct sim_name *top)
{
    struct sim_name *name = top;
    struct sim_name *parent = NULL;

    do {
        while (name->child_count)
            name = name->children[name->child_count - 1];
        parent = name == top ? NULL : name->parent;
        sim_name_drop(name);
        name = parent;
    } while (name);
}

void sim_names_reset(void)
{
    while (handles)
        sim_handle_free(handles);
    while (root_count)
        drop_tree(roots[root_count - 1]);
    free(roots);
    roots = NULL;
    free(last_path);
    last_path = NULL;
}
