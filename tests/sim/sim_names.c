/*
 * Paths and names, files that exist, and who has them open.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

#define MAX_LINKS 40
#define MAX_NAME 255
#define CODE_CANT_RESOLVE_FILENAME 1921

static struct sim_name **names; /* sorted by path */
static size_t name_count;
static size_t name_room;
static struct sim_node *nodes;
static struct os_file *handles;
static uint64_t last_id;

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

/* The path with one kind of separator and none at its end. */
static wchar_t *normalize(const wchar_t *path)
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

/* Characters and lengths no name may have; a stream's colon is one. */
static bool valid_names(const wchar_t *path, size_t root)
{
    size_t length = 0;
    for (const wchar_t *c = path + root; *c; c++) {
        length = *c == L'\\' ? 0 : length + 1;
        if (length > MAX_NAME || *c < L' ' || wcschr(L":*?\"<>|", *c))
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
    normal = normalize(joined);
    free(joined);
    return normal;
}

/*
 * Looks at the components from the root on, up to a link that is to be
 * followed: its name, and where it ends in `*end`.
 */
static os_error walk(wchar_t *path, size_t root, bool follow,
                     struct sim_name **link, size_t *end)
{
    *link = NULL;
    for (*end = root; path[*end];) {
        struct sim_name *name;
        wchar_t cut;
        do
            ++*end;
        while (path[*end] && path[*end] != L'\\');
        cut = path[*end];
        path[*end] = 0;
        name = sim_name_find(path);
        path[*end] = cut;
        if (name && name->node->kind == SIM_SYMLINK && (cut || follow)) {
            *link = name;
            return 0;
        }
        if (cut && (!name || name->node->kind != SIM_DIRECTORY))
            return CODE_PATH_NOT_FOUND;
    }
    return 0;
}

os_error sim_resolve(const wchar_t *path, bool follow, wchar_t **resolved)
{
    wchar_t *current = normalize(path);
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
        error = walk(current, wcslen(volume->root), follow, &link, &end);
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

struct sim_volume *sim_volume_under(const wchar_t *path)
{
    struct sim_volume *volume;
    wchar_t *absolute;

    if (sim_resolve(path, true, &absolute))
        absolute = normalize(path);
    volume = sim_volume_of(absolute);
    free(absolute);
    return volume;
}

/* ---- names ----------------------------------------------------------- */

/* The index of the first name at `path` or after it. */
static size_t name_index(const wchar_t *path)
{
    size_t low = 0;
    size_t high = name_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(names[middle]->path, path) >= 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

struct sim_name *sim_name_find(const wchar_t *path)
{
    size_t i = name_index(path);
    if (i < name_count && compare(names[i]->path, path) == 0)
        return names[i];
    return NULL;
}

static void insert_name(struct sim_name *name)
{
    size_t i = name_index(name->path);
    if (name_count == name_room) {
        name_room = name_room * 2 + 64;
        names = sim_grow(names, name_room * sizeof *names);
    }
    memmove(names + i + 1, names + i, (name_count - i) * sizeof *names);
    names[i] = name;
    name_count++;
}

static void remove_name(const struct sim_name *name)
{
    size_t i = name_index(name->path);
    name_count--;
    memmove(names + i, names + i + 1, (name_count - i) * sizeof *names);
}

/* A new file gets the security of its directory. */
static void inherit(const wchar_t *path, struct sim_node *node)
{
    wchar_t *parent = sim_copy_path(path, parent_end(path, wcslen(path), 0));
    const struct sim_name *directory = sim_name_find(parent);
    if (directory)
        node->security = directory->node->security;
    free(parent);
}

struct sim_name *sim_name_add(const wchar_t *path, struct sim_node *node)
{
    struct sim_name *name = calloc(1, sizeof *name);
    if (!name)
        abort();
    if (node->names == 0)
        inherit(path, node);
    name->path = sim_copy_path(path, wcslen(path));
    name->node = node;
    node->names++;
    insert_name(name);
    return name;
}

static void free_name(struct sim_name *name)
{
    free(name->path);
    free(name);
}

static void drop_node_if_unused(struct sim_node *node)
{
    if (node->names == 0 && node->opens == 0)
        sim_node_free(node);
}

void sim_name_drop(struct sim_name *name)
{
    remove_name(name);
    name->gone = true;
    name->node->names--;
    name->node->changed = sim_file_time();
    drop_node_if_unused(name->node);
    if (name->opens == 0)
        free_name(name);
}

void sim_name_move(struct sim_name *name, const wchar_t *path)
{
    wchar_t *copy = sim_copy_path(path, wcslen(path));
    remove_name(name);
    free(name->path);
    name->path = copy;
    insert_name(name);
    name->node->changed = sim_file_time();
}

struct sim_name *sim_name_at(size_t index)
{
    return index < name_count ? names[index] : NULL;
}

bool sim_name_within(const struct sim_name *name, const wchar_t *directory)
{
    size_t length = prefix_length(name->path, directory);
    return length && name->path[length] &&
           !wcschr(name->path + length + 1, L'\\');
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
    node->id = ++last_id;
    node->extents.step = 1;
    if (kind == SIM_FILE) {
        node->attributes = OS_ATTRIBUTE_ARCHIVE;
        if (volume->default_integrity)
            node->algorithm = volume->cluster > 4096 ? 2 : 1;
    }
    sim_touch(node);
    node->next = nodes;
    nodes = node;
    return node;
}

void sim_node_free(struct sim_node *node)
{
    struct sim_node **link = &nodes;
    while (*link != node)
        link = &(*link)->next;
    *link = node->next;
    if (node->extents.count)
        sim_data_punch(node, 0,
                       node->extents.runs[node->extents.count - 1].end);
    sim_map_free(&node->extents);
    sim_map_free(&node->locks);
    sim_streams_free(node);
    free(node->ea);
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
    file->path = sim_copy_path(name->path, wcslen(name->path));
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

    file->node = NULL;
    file->name = NULL;
    if (file->vanishing)
        name->pending = true;
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
    if (file->node)
        detach(file);
    free(file->path);
    free(file);
}

void sim_handles_lost(struct sim_volume *volume, os_error code)
{
    for (struct os_file *file = handles; file; file = file->next) {
        if (file->node && file->node->volume == volume) {
            file->dead = code;
            detach(file);
        }
    }
}

void sim_names_reset(void)
{
    while (handles)
        sim_handle_free(handles);
    while (name_count)
        sim_name_drop(names[name_count - 1]);
    free(names);
    names = NULL;
    name_room = 0;
    last_id = 0;
}
