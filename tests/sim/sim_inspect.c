/*
 * What tests do behind the core's back, and what they look at.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

#define CHUNK 0x10000u

void sim_reset(void)
{
    sim_names_reset();
    sim_volumes_reset();
    sim_clones_reset();
    sim_console_reset();
    sim_faults_reset();
}

/* ---- making files ---------------------------------------------------- */

/* The absolute path of a name that is still free. */
static os_error free_path(const wchar_t *path, wchar_t **resolved)
{
    os_error error = sim_resolve(path, false, resolved);
    if (!error && sim_name_find(*resolved)) {
        free(*resolved);
        error = CODE_ALREADY_EXISTS;
    }
    return error;
}

os_error sim_mkdir(const wchar_t *path)
{
    wchar_t *resolved;
    os_error error = free_path(path, &resolved);
    if (error)
        return error;
    sim_name_add(resolved,
                 sim_node_new(sim_volume_of(resolved), SIM_DIRECTORY));
    free(resolved);
    return 0;
}

os_error sim_link(const wchar_t *existing, const wchar_t *path)
{
    struct sim_node *node = sim_node_find(existing);
    wchar_t *resolved;
    os_error error;

    if (!node)
        return CODE_FILE_NOT_FOUND;
    if (node->kind != SIM_FILE)
        return CODE_ACCESS_DENIED;
    if (!node->volume->hard_links)
        return CODE_INVALID_FUNCTION;
    error = free_path(path, &resolved);
    if (error)
        return error;
    if (sim_volume_of(resolved) != node->volume)
        error = CODE_NOT_SAME_DEVICE;
    else
        sim_name_add(resolved, node);
    free(resolved);
    return error;
}

static os_error make_link(const wchar_t *target, const wchar_t *path,
                          bool junction)
{
    wchar_t *resolved;
    struct sim_node *node;
    os_error error = free_path(path, &resolved);

    if (error)
        return error;
    node = sim_link_new(sim_volume_of(resolved), target, junction);
    node->junction = junction;
    sim_name_add(resolved, node);
    free(resolved);
    if (!junction) {
        const struct sim_node *there = sim_node_find(path);
        node->to_directory = there && there->kind == SIM_DIRECTORY;
    }
    return 0;
}

os_error sim_symlink(const wchar_t *target, const wchar_t *path)
{
    return make_link(target, path, false);
}

os_error sim_junction(const wchar_t *target, const wchar_t *path)
{
    return make_link(target, path, true);
}

static os_error write_bytes(struct sim_node *node, uint64_t offset,
                            const uint8_t *bytes, size_t length)
{
    os_error error = 0;
    for (size_t done = 0; !error && done < length;) {
        uint32_t part = (uint32_t)sim_min(length - done, CHUNK);
        error = sim_data_write(node, offset + done, bytes + done, part);
        done += part;
    }
    return error;
}

os_error sim_write_file(const wchar_t *path, const void *data, size_t length)
{
    os_error error;
    struct sim_node *node = sim_node_make(path, &error);
    if (!error)
        error = sim_data_resize(node, 0);
    if (!error)
        error = write_bytes(node, 0, data, length);
    return error;
}

os_error sim_write_at(const wchar_t *path, uint64_t offset, const void *data,
                      size_t length)
{
    os_error error;
    struct sim_node *node = sim_node_make(path, &error);
    return error ? error : write_bytes(node, offset, data, length);
}

os_error sim_set_size(const wchar_t *path, uint64_t size)
{
    os_error error;
    struct sim_node *node = sim_node_make(path, &error);
    if (!error)
        error = sim_data_resize(node, size);
    if (!error)
        sim_touch(node);
    return error;
}

os_error sim_fill_pattern(const wchar_t *path, uint64_t offset, uint64_t length,
                          uint64_t seed)
{
    os_error error;
    struct sim_node *node = sim_node_make(path, &error);
    return error ? error : sim_data_pattern(node, offset, length, seed);
}

os_error sim_set_sparse(const wchar_t *path, bool sparse)
{
    os_error error;
    struct sim_node *node = sim_node_make(path, &error);
    return error ? error : sim_data_sparse(node, sparse);
}

void sim_set_integrity(const wchar_t *path, uint16_t algorithm, uint32_t flags)
{
    struct sim_node *node = sim_node_must_find(path);
    node->algorithm = algorithm;
    node->integrity_flags = flags;
}

void sim_set_attributes(const wchar_t *path, uint32_t attributes)
{
    sim_node_must_find(path)->attributes = attributes;
}

void sim_set_created(const wchar_t *path, int64_t created)
{
    sim_node_must_find(path)->created = created;
}

int64_t sim_created(const wchar_t *path)
{
    return sim_node_must_find(path)->created;
}

void sim_forget_sparse(const wchar_t *path)
{
    sim_node_must_find(path)->sparse = false;
}

void sim_set_written(const wchar_t *path, int64_t written)
{
    sim_node_must_find(path)->written = written;
}

void sim_lock(const wchar_t *path, uint64_t offset, uint64_t length)
{
    sim_map_set(&sim_node_must_find(path)->locks, offset, offset + length, 1,
                0);
}

void sim_unlock_all(const wchar_t *path)
{
    sim_map_clear(&sim_node_must_find(path)->locks, 0, UINT64_MAX);
}

void sim_settle(const wchar_t *path)
{
    sim_node_must_find(path)->dirty = false;
}

static struct sim_name *must_find_name(const wchar_t *path)
{
    struct sim_name *name;
    wchar_t *resolved;

    if (sim_resolve(path, true, &resolved))
        sim_die("no such path", path);
    name = sim_name_find(resolved);
    free(resolved);
    if (!name)
        sim_die("no such file", path);
    return name;
}

struct os_file *sim_open_as(const wchar_t *path, unsigned rights,
                            unsigned shared)
{
    size_t colon = sim_stream_colon(path);
    wchar_t *plain = sim_copy_path(path, colon);
    struct sim_name *name = must_find_name(plain);
    struct sim_node *stream = NULL;

    free(plain);
    if (path[colon]) {
        stream = sim_stream_find(name->node, path + colon + 1);
        if (!stream)
            sim_die("no such stream", path);
    }
    if (!sim_sharing_allows(stream ? stream : name->node, rights, shared))
        return NULL;
    if (stream)
        return sim_handle_new_stream(name, stream, rights, shared);
    return sim_handle_new(name, rights, shared);
}

void sim_kill_process(void)
{
    while (sim_handles())
        sim_handle_free(sim_handles());
}

/* ---- looking at files ------------------------------------------------ */

/* The name `path` itself, a link too; NULL if there is none. */
static const struct sim_name *find_itself(const wchar_t *path)
{
    const struct sim_name *name;
    wchar_t *resolved;

    if (sim_resolve(path, false, &resolved))
        return NULL;
    name = sim_name_find(resolved);
    free(resolved);
    return name;
}

bool sim_exists(const wchar_t *path)
{
    return find_itself(path) != NULL;
}

bool sim_is_directory(const wchar_t *path)
{
    const struct sim_name *name = find_itself(path);
    return name && name->node->kind == SIM_DIRECTORY;
}

bool sim_is_link(const wchar_t *path)
{
    const struct sim_name *name = find_itself(path);
    return name && sim_name_is_link(name);
}

const wchar_t *sim_link_target(const wchar_t *path)
{
    const struct sim_name *name = find_itself(path);
    if (!name || !sim_name_is_link(name))
        return NULL;
    return name->node->target ? name->node->target : name->node->volume->root;
}

bool sim_is_junction(const wchar_t *path)
{
    const struct sim_name *name = find_itself(path);
    return name && sim_name_is_junction(name);
}

uint64_t sim_size(const wchar_t *path)
{
    return sim_node_must_find(path)->size;
}

uint32_t sim_attributes(const wchar_t *path)
{
    return sim_node_must_find(path)->attributes;
}

int64_t sim_written(const wchar_t *path)
{
    return sim_node_must_find(path)->written;
}

bool sim_is_sparse(const wchar_t *path)
{
    return sim_node_must_find(path)->sparse;
}

uint16_t sim_integrity(const wchar_t *path)
{
    return sim_node_must_find(path)->algorithm;
}

uint64_t sim_allocated(const wchar_t *path)
{
    const struct sim_node *node = sim_node_must_find(path);
    return sim_map_covered(&node->extents, 0, UINT64_MAX) *
           node->volume->cluster;
}

/* Where the cluster at `offset` lies; false: nowhere. */
static bool locate(const wchar_t *path, uint64_t offset, struct sim_node **node,
                   uint64_t *lcn)
{
    struct sim_run run;
    uint64_t vcn;
    bool mapped;

    *node = sim_node_must_find(path);
    vcn = offset / (*node)->volume->cluster;
    run = sim_map_piece(&(*node)->extents, vcn, vcn + 1, &mapped);
    *lcn = run.value;
    return mapped;
}

bool sim_is_hole(const wchar_t *path, uint64_t offset)
{
    struct sim_node *node;
    uint64_t lcn;
    return !locate(path, offset, &node, &lcn);
}

uint32_t sim_refs(const wchar_t *path, uint64_t offset)
{
    struct sim_node *node;
    uint64_t lcn;
    bool mapped;

    if (!locate(path, offset, &node, &lcn))
        return 0;
    return (uint32_t)sim_map_piece(sim_ref_map(node->volume), lcn, lcn + 1,
                                   &mapped)
        .value;
}

size_t sim_read_at(const wchar_t *path, uint64_t offset, void *buffer,
                   size_t length)
{
    const struct sim_node *node = sim_node_must_find(path);
    uint8_t *bytes = buffer;
    size_t done = 0;

    while (done < length) {
        uint32_t part = sim_data_read(node, offset + done, bytes + done,
                                      (uint32_t)sim_min(length - done, CHUNK));
        if (part == 0)
            break;
        done += part;
    }
    return done;
}

size_t sim_read_file(const wchar_t *path, void *buffer, size_t length)
{
    return sim_read_at(path, 0, buffer, length);
}

bool sim_holds(const wchar_t *path, const void *data, size_t length)
{
    const struct sim_node *node = sim_node_find(path);
    uint8_t *bytes;
    bool same;

    if (!node || node->size != length)
        return false;
    bytes = sim_grow(NULL, length + 1);
    same = sim_read_at(path, 0, bytes, length) == length &&
           (length == 0 || memcmp(bytes, data, length) == 0);
    free(bytes);
    return same;
}

/* ---- two files ------------------------------------------------------- */

static bool same_range(const struct sim_node *a, const struct sim_node *b,
                       uint64_t offset, uint64_t end)
{
    uint8_t *buffers = sim_grow(NULL, CHUNK * 2);
    bool same = true;

    while (same && offset < end) {
        uint32_t part = (uint32_t)sim_min(end - offset, CHUNK);
        (void)sim_data_read(a, offset, buffers, part);
        (void)sim_data_read(b, offset, buffers + CHUNK, part);
        same = memcmp(buffers, buffers + CHUNK, part) == 0;
        offset += part;
    }
    free(buffers);
    return same;
}

/* The whole cluster [vcn, end) of two files with one cluster size, valid. */
static bool same_clusters(const struct sim_node *a, const struct sim_node *b,
                          uint64_t vcn, uint64_t end)
{
    bool a_mapped;
    bool b_mapped;

    while (vcn < end) {
        struct sim_run p = sim_map_piece(&a->extents, vcn, end, &a_mapped);
        struct sim_run q = sim_map_piece(&b->extents, vcn, p.end, &b_mapped);
        uint64_t count = q.end - vcn;
        bool shared = a->volume == b->volume && a_mapped && b_mapped &&
                      p.value == q.value;
        bool same = shared || (!a_mapped && !b_mapped);

        if (!same && a_mapped && b_mapped)
            same =
                sim_content_same(a->volume, p.value, b->volume, q.value, count);
        else if (!same && a_mapped)
            same = sim_content_is_zero(a->volume, p.value, count);
        else if (!same)
            same = sim_content_is_zero(b->volume, q.value, count);
        if (!same && !same_range(a, b, vcn * a->volume->cluster,
                                 q.end * a->volume->cluster))
            return false;
        vcn = q.end;
    }
    return true;
}

bool sim_same_bytes(const wchar_t *a_path, const wchar_t *b_path)
{
    const struct sim_node *a = sim_node_must_find(a_path);
    const struct sim_node *b = sim_node_must_find(b_path);
    uint64_t cluster = a->volume->cluster;
    uint64_t valid = sim_min(a->valid, b->valid) / cluster;
    uint64_t last = sim_max(a->valid, b->valid);

    if (a->size != b->size)
        return false;
    if (cluster != b->volume->cluster)
        return same_range(a, b, 0, last);
    return same_clusters(a, b, 0, valid) &&
           same_range(a, b, valid * cluster, last);
}

uint64_t sim_shared_bytes(const wchar_t *a_path, const wchar_t *b_path)
{
    const struct sim_node *a = sim_node_must_find(a_path);
    const struct sim_node *b = sim_node_must_find(b_path);
    uint64_t size = sim_min(a->size, b->size);
    uint64_t cluster = a->volume->cluster;
    uint64_t end = sim_clusters(a->volume, size);
    uint64_t shared = 0;
    bool a_mapped;
    bool b_mapped;

    if (a->volume != b->volume)
        return 0;
    for (uint64_t vcn = 0; vcn < end;) {
        struct sim_run p = sim_map_piece(&a->extents, vcn, end, &a_mapped);
        struct sim_run q = sim_map_piece(&b->extents, vcn, p.end, &b_mapped);
        if (a_mapped && b_mapped && p.value == q.value)
            shared += sim_min(q.end * cluster, size) - vcn * cluster;
        vcn = q.end;
    }
    return shared;
}

/* ---- directories ----------------------------------------------------- */

static const struct sim_name *must_find_directory(const wchar_t *path)
{
    const struct sim_name *name = must_find_name(path);
    if (name->node->kind != SIM_DIRECTORY)
        sim_die("no directory", path);
    return name;
}

size_t sim_links(const wchar_t *path)
{
    const struct sim_name *name = find_itself(path);
    return name ? name->node->names : 0;
}

bool sim_is_same_file(const wchar_t *a, const wchar_t *b)
{
    const struct sim_name *one = find_itself(a);
    const struct sim_name *other = find_itself(b);
    return one && other && one->node == other->node;
}

size_t sim_file_count(const wchar_t *directory)
{
    return must_find_directory(directory)->child_count;
}

const wchar_t *sim_file_name(const wchar_t *directory, size_t index)
{
    const struct sim_name *name = must_find_directory(directory);
    return index < name->child_count ? name->children[index]->leaf : NULL;
}

size_t sim_count_below(const wchar_t *directory)
{
    const struct sim_name *top = must_find_directory(directory);
    size_t count = 0;
    for (const struct sim_name *name = top;
         (name = sim_name_next(top, name)) != NULL;)
        count++;
    return count;
}

/* ---- consistency ----------------------------------------------------- */

size_t sim_open_handles(void)
{
    size_t count = 0;
    for (const struct os_file *file = sim_handles(); file; file = file->next)
        count++;
    return count;
}

/* Counts the references of one file's clusters. */
static void count_node(const struct sim_node *node, struct sim_map *counts)
{
    bool mapped;
    for (size_t i = 0; i < node->extents.count; i++) {
        const struct sim_run *run = &node->extents.runs[i];
        uint64_t at = run->value;
        uint64_t end = at + (run->end - run->start);
        while (at < end) {
            struct sim_run piece = sim_map_piece(counts, at, end, &mapped);
            sim_map_set(counts, at, piece.end, piece.value + 1, 0);
            at = piece.end;
        }
    }
}

static bool check_node(const struct sim_node *node)
{
    const struct sim_map *extents = &node->extents;
    uint64_t end = sim_clusters(node->volume, node->size);
    const wchar_t *root = node->volume->root;
    bool right = true;

    if (extents->count && extents->runs[extents->count - 1].end > end) {
        fprintf(stderr, "sim_check: %ls: clusters past the end\n", root);
        right = false;
    }
    if (node->valid > node->size) {
        fprintf(stderr, "sim_check: %ls: valid data past the end\n", root);
        right = false;
    }
    return right;
}

static bool check_volume(const struct sim_volume *volume)
{
    struct sim_map counts = {NULL, 0, 0, 0};
    bool right = true;
    const struct sim_node *node;

    for (node = sim_nodes(); node; node = node->next) {
        if (node->volume == volume) {
            right = check_node(node) && right;
            count_node(node, &counts);
        }
    }
    right = sim_store_check(volume, &counts) && right;
    sim_map_free(&counts);
    return right;
}

bool sim_check(void)
{
    const struct sim_volume *volume;
    bool right = true;
    for (size_t i = 0; (volume = sim_volume_at(i)) != NULL; i++)
        right = check_volume(volume) && right;
    return right;
}
