/*
 * os.h over the simulated system. Each function enters the gate, does its
 * work in a static function of the same name, and leaves.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

#define INTEGRITY_UNCHANGED 0xFFFFu
#define CHECKSUM_ENFORCEMENT_OFF 1u
#define LARGEST_ALGORITHM 2u
#define CODE_DIR_NOT_EMPTY 145

/* ---- open and close -------------------------------------------------- */

struct access {
    unsigned rights;
    unsigned shared;
};

static struct access access_for(unsigned intent)
{
    struct access access = {0, SIM_READ | SIM_WRITE | SIM_DELETE};
    switch (intent & OS_INTENT_MASK) {
    case OS_OPEN_LOOK:
    case OS_OPEN_SOURCE_DIRECTORY:
    case OS_OPEN_DIRECTORY:
    case OS_OPEN_SECURITY:
    case OS_OPEN_TO_LINK:
        break;
    case OS_OPEN_DELETE:
        access.rights = SIM_DELETE;
        break;
    case OS_OPEN_SOURCE:
        access.rights = SIM_READ;
        access.shared = SIM_READ | SIM_DELETE;
        break;
    case OS_OPEN_SOURCE_SHARED:
        access.rights = SIM_READ;
        break;
    case OS_CREATE_NEW:
        access.rights = SIM_READ | SIM_WRITE | SIM_DELETE;
        access.shared = 0;
        break;
    case OS_CREATE_STREAM:
        access.rights = SIM_READ | SIM_WRITE;
        break;
    case OS_OPEN_IN_PLACE:
        access.rights = SIM_READ | SIM_WRITE;
        access.shared = SIM_READ;
        break;
    }
    return access;
}

/* What a file that is there has against being opened so, or a stream of it. */
static os_error may_reach(const struct sim_name *name, struct access access)
{
    if (name->pending)
        return CODE_ACCESS_DENIED; /* STATUS_DELETE_PENDING */
    if (access.rights & SIM_WRITE) {
        if (name->node->volume->read_only)
            return CODE_WRITE_PROTECT;
        if (name->node->attributes & OS_ATTRIBUTE_READONLY)
            return CODE_ACCESS_DENIED;
    }
    return 0;
}

/* Whether `node`, `name`'s file or a stream of it, may be opened so. */
static os_error may_open(const struct sim_name *name,
                         const struct sim_node *node, struct access access)
{
    os_error error = may_reach(name, access);
    if (error)
        return error;
    if (node->kind == SIM_DIRECTORY && access.rights)
        return CODE_ACCESS_DENIED;
    if (!sim_sharing_allows(node, access.rights, access.shared))
        return CODE_SHARING_VIOLATION;
    return 0;
}

/* Whether the user may open the file to delete it, or to read or set its
   security. */
static os_error may_open_for(const struct sim_node *node, unsigned intent)
{
    bool sets = (intent & OS_INTENT_MASK) == OS_OPEN_SECURITY;
    if ((intent & OS_INTENT_MASK) == OS_OPEN_DELETE &&
        node->volume->delete_denied)
        return CODE_ACCESS_DENIED;
    if (!sets && !(intent & OS_WITH_SECURITY))
        return 0;
    if (node->dacl_denied & SIM_READ ||
        (sets && (node->dacl_denied & SIM_WRITE || node->volume->change_only)))
        return CODE_ACCESS_DENIED;
    return 0;
}

static os_error open_existing(const wchar_t *path, struct access access,
                              struct os_file **file)
{
    struct sim_name *name = sim_name_find(path);
    os_error error = CODE_FILE_NOT_FOUND;
    if (name)
        error = may_open(name, name->node, access);
    if (!error)
        *file = sim_handle_new(name, access.rights, access.shared);
    return error;
}

/* For attributes and times, which a read-only one lets be set, too. */
static os_error open_directory(const wchar_t *path, struct access access,
                               struct os_file **file)
{
    const struct sim_name *name = sim_name_find(path);
    os_error error;

    if (name && !sim_is_folder(name->node))
        return CODE_DIRECTORY;
    error = open_existing(path, access, file);
    if (!error)
        (*file)->metadata = true;
    return error;
}

static os_error create_new(const wchar_t *path, struct access access,
                           struct os_file **file)
{
    struct sim_name *name = sim_name_find(path);
    struct sim_volume *volume = sim_volume_of(path);

    if (name)
        return name->pending ? CODE_ACCESS_DENIED : CODE_FILE_EXISTS;
    if (volume->read_only)
        return CODE_WRITE_PROTECT;
    name = sim_name_add(path, sim_node_new(volume, SIM_FILE));
    *file = sim_handle_new(name, access.rights, access.shared);
    return 0;
}

static os_error open_stream(struct sim_name *name, const wchar_t *stream,
                            struct access access, struct os_file **file)
{
    struct sim_node *node = sim_stream_find(name->node, stream);
    os_error error = CODE_FILE_NOT_FOUND;
    if (node)
        error = may_open(name, node, access);
    if (!error)
        *file = sim_handle_new_stream(name, node, access.rights, access.shared);
    return error;
}

/* Who has the file open, and how, does not matter [MS-FSA 2.1.5.1.2]. */
static os_error create_stream(struct sim_name *name, const wchar_t *stream,
                              bool may_be, struct access access,
                              struct os_file **file)
{
    os_error error = may_reach(name, access);
    bool there = sim_stream_find(name->node, stream) != NULL;
    if (!error && there && !may_be)
        error = CODE_FILE_EXISTS;
    if (!error && there)
        return open_stream(name, stream, access, file);
    if (!error)
        *file = sim_handle_new_stream(name, sim_stream_add(name->node, stream),
                                      access.rights, access.shared);
    return error;
}

/*
 * NTFS would create the file along with its stream. The core is not to do
 * that, so the simulator does not know such a name.
 */
static os_error open_part(const wchar_t *path, const wchar_t *stream,
                          unsigned intent, struct os_file **file)
{
    struct access access = access_for(intent);
    unsigned plain = intent & OS_INTENT_MASK;
    bool create = plain == OS_CREATE_NEW || plain == OS_CREATE_STREAM;
    struct sim_name *name = sim_name_find(path);
    os_error error = sim_stream_allowed(sim_volume_of(path), stream);

    if (error)
        return error;
    if (!name)
        return create ? CODE_INVALID_NAME : CODE_FILE_NOT_FOUND;
    if (plain == OS_OPEN_DIRECTORY)
        return CODE_DIRECTORY;
    return create ? create_stream(name, stream, plain == OS_CREATE_STREAM,
                                  access, file)
                  : open_stream(name, stream, access, file);
}

static os_error open_whole(const wchar_t *path, unsigned intent,
                           struct os_file **file)
{
    struct access access = access_for(intent);
    os_error error;

    if ((intent & OS_INTENT_MASK) == OS_OPEN_DIRECTORY)
        return open_directory(path, access, file);
    if ((intent & OS_INTENT_MASK) != OS_CREATE_NEW) {
        const struct sim_name *name = sim_name_find(path);
        error = name ? may_open_for(name->node, intent) : 0;
        return error ? error : open_existing(path, access, file);
    }
    if ((intent & OS_WITH_SECURITY) && sim_volume_of(path)->change_only)
        return CODE_ACCESS_DENIED;
    error = create_new(path, access, file);
    if (!error && (intent & OS_ENCRYPTED) && (*file)->node->volume->encrypts)
        (*file)->node->attributes |= OS_ATTRIBUTE_ENCRYPTED;
    if (!error)
        (*file)->node->attributes |=
            (*file)->name->parent->node->attributes & OS_ATTRIBUTE_ENCRYPTED;
    if (!error && (intent & OS_TEMPORARY))
        (*file)->name->pending = true;
    return error;
}

static os_error open_file(const struct os_file *directory, const wchar_t *path,
                          unsigned intent, struct os_file **file)
{
    bool follow = (intent & OS_INTENT_MASK) != OS_CREATE_NEW &&
                  (intent & OS_INTENT_MASK) != OS_OPEN_DIRECTORY &&
                  (intent & OS_INTENT_MASK) != OS_CREATE_STREAM &&
                  (intent & OS_INTENT_MASK) != OS_OPEN_DELETE &&
                  (intent & OS_INTENT_MASK) != OS_OPEN_TO_LINK &&
                  (intent & OS_INTENT_MASK) != OS_OPEN_SECURITY;
    size_t colon = sim_stream_colon(path);
    wchar_t *plain = sim_copy_path(path, colon);
    wchar_t *stream = sim_stream_of(path);
    wchar_t *resolved = NULL;
    bool no_link = (intent & OS_NO_LINK) && directory;
    os_error error =
        sim_resolve_at(directory, plain, follow && !no_link, &resolved);

    if (!error && no_link && sim_name_find(resolved) &&
        sim_name_is_link(sim_name_find(resolved)))
        error = CODE_REPARSE_POINT_ENCOUNTERED;
    if (!error && stream)
        error = open_part(resolved, stream, intent, file);
    else if (!error)
        error = open_whole(resolved, intent, file);
    free(plain);
    free(stream);
    free(resolved);
    if (!error) {
        bool sets = (intent & OS_INTENT_MASK) == OS_OPEN_SECURITY;
        (*file)->security = intent & OS_WITH_SECURITY;
        (*file)->sets_dacl = sets;
        (*file)->metadata |= (intent & OS_INTENT_MASK) == OS_OPEN_TO_LINK;
        (*file)->sets_owner = sets && intent & OS_WITH_OWNER;
        (*file)->ea = (*file)->rights & SIM_READ ||
                      (intent & OS_INTENT_MASK) == OS_OPEN_SOURCE_DIRECTORY;
    }
    return error;
}

os_error os_open_at(struct os_file *directory, const wchar_t *path,
                    unsigned intent, struct os_file **file)
{
    os_error error = sim_enter(SIM_OP_OPEN, NULL);
    if (!error)
        error = open_file(directory, path, intent, file);
    return sim_leave(SIM_OP_OPEN, path, error);
}

os_error os_open(const wchar_t *path, unsigned intent, struct os_file **file)
{
    return os_open_at(NULL, path, intent, file);
}

/* A handle is an open file here. The two share access and sharing modes. */
os_error os_use_handle(void *handle, struct os_file **file)
{
    const struct os_file *open = handle;
    if (!open)
        return CODE_INVALID_FUNCTION;
    os_error error = sim_enter(SIM_OP_USE_HANDLE, handle);
    if (!error) {
        *file = sim_handle_new(open->name, open->rights, open->shared);
        (*file)->ea = open->ea;
        (*file)->metadata = open->metadata;
    }
    return sim_leave(SIM_OP_USE_HANDLE, open->path, error);
}

void os_close(struct os_file *file)
{
    if (!file)
        return;
    (void)sim_enter(SIM_OP_CLOSE, file);
    wchar_t *path = sim_copy_path(file->path, wcslen(file->path));
    sim_handle_free(file);
    (void)sim_leave(SIM_OP_CLOSE, path, 0);
    free(path);
}

/* ---- what a file is -------------------------------------------------- */

uint32_t sim_attributes_of(struct sim_node *node)
{
    const struct sim_node *file = sim_file_of(node);
    uint32_t attributes = file->attributes;
    if (node->sparse)
        attributes |= OS_ATTRIBUTE_SPARSE;
    if (sim_is_folder(file))
        attributes |= OS_ATTRIBUTE_DIRECTORY;
    if (!node->volume->hides_integrity &&
        (sim_is_folder(file) ? node->volume->default_integrity
                             : node->algorithm != 0))
        attributes |= OS_ATTRIBUTE_INTEGRITY;
    if (file->kind == SIM_SYMLINK)
        attributes |= OS_ATTRIBUTE_REPARSE;
    return attributes ? attributes : OS_ATTRIBUTE_NORMAL;
}

static void identify(const struct os_file *file, struct os_identity *identity)
{
    const struct sim_node *node = sim_file_of(file->node);
    memset(identity, 0, sizeof *identity);
    identity->volume = node->volume->serial;
    identity->device = node->volume->device;
    memcpy(identity->file, &node->id, sizeof node->id);
}

static void query(const struct os_file *file, struct os_info *info)
{
    const struct sim_node *node = sim_file_of(file->node);
    memset(info, 0, sizeof *info);
    info->size = node->volume->hides_sizes ? 0 : file->node->size;
    info->allocated = sim_map_covered(&file->node->extents, 0, UINT64_MAX) *
                      node->volume->cluster;
    info->attributes = sim_attributes_of(file->node);
    info->links = (uint32_t)node->names;
    info->ea_size = (uint32_t)node->ea_size;
    info->created = node->created;
    info->written = node->written;
    info->changed = node->changed;
}

os_error os_query(struct os_file *file, struct os_info *info)
{
    os_error error = sim_enter(SIM_OP_QUERY, file);
    if (!error) {
        query(file, info);
        identify(file, &info->identity);
    }
    return sim_leave(SIM_OP_QUERY, file->path, error);
}

os_error os_query_state(struct os_file *file, struct os_info *info)
{
    os_error error = sim_enter(SIM_OP_QUERY, file);
    if (!error)
        query(file, info);
    return sim_leave(SIM_OP_QUERY, file->path, error);
}

os_error os_change_number(struct os_file *file, uint64_t *number)
{
    os_error error = sim_enter(SIM_OP_CHANGE_NUMBER, file);
    if (!error && !file->node->volume->journal)
        error = CODE_INVALID_FUNCTION;
    if (!error)
        *number = sim_file_of(file->node)->number;
    return sim_leave(SIM_OP_CHANGE_NUMBER, file->path, error);
}

/* Copies text that fits; what does not is left out. */
static void tell(const wchar_t *text, wchar_t *buffer, size_t capacity)
{
    if (capacity == 0)
        return;
    buffer[0] = 0;
    if (wcslen(text) < capacity)
        wcscpy(buffer, text);
}

void os_query_volume(struct os_file *file, struct os_volume *volume)
{
    os_error error = sim_enter(SIM_OP_QUERY_VOLUME, file);
    memset(volume, 0, sizeof *volume);
    if (!error) {
        const struct sim_volume *under = file->node->volume;
        tell(under->fs_name, volume->file_system,
             sizeof volume->file_system / sizeof volume->file_system[0]);
        volume->known = under->features_known;
        if (volume->known)
            volume->features =
                under->features |
                (under->read_only ? (uint32_t)OS_VOLUME_READ_ONLY : 0);
    }
    (void)sim_leave(SIM_OP_QUERY_VOLUME, file->path, error);
}

/* "R:\\", also for a path that is not there. */
void os_volume_root(const wchar_t *path, wchar_t *root, size_t capacity)
{
    os_error error = sim_enter(SIM_OP_VOLUME_ROOT, NULL);
    const struct sim_volume *volume = sim_volume_under(path);

    tell(L"", root, capacity);
    if (!error && volume && wcslen(volume->root) + 1 < capacity) {
        wcscpy(root, volume->root);
        wcscat(root, L"\\");
    }
    (void)sim_leave(SIM_OP_VOLUME_ROOT, path, error);
}

static uint32_t told(const struct sim_volume *volume, uint32_t value)
{
    return value == SIM_OWN ? volume->cluster : value;
}

uint32_t os_allocation_unit(struct os_file *file)
{
    uint32_t unit = 0;
    os_error error = sim_enter(SIM_OP_ALLOCATION_UNIT, file);
    if (!error)
        unit = told(file->node->volume, file->node->volume->allocation_unit);
    (void)sim_leave(SIM_OP_ALLOCATION_UNIT, file->path, error);
    return unit;
}

/* ---- integrity ------------------------------------------------------- */

static os_error get_integrity(struct os_file *file, struct os_integrity *out)
{
    const struct sim_node *node = file->node;
    const struct sim_volume *volume = node->volume;

    if (volume->get_integrity)
        return volume->get_integrity;
    memset(out, 0, sizeof *out);
    if (!volume->fake_integrity) {
        out->algorithm = node->algorithm;
        out->flags = node->integrity_flags;
    }
    out->cluster_size = told(volume, volume->integrity_cluster);
    return 0;
}

os_error os_get_integrity(struct os_file *file, struct os_integrity *out)
{
    os_error error = sim_enter(SIM_OP_GET_INTEGRITY, file);
    if (!error)
        error = get_integrity(file, out);
    return sim_leave(SIM_OP_GET_INTEGRITY, file->path, error);
}

/* What is wrong with it in itself [MS-FSA 2.1.5.10.33]. */
static bool invalid_integrity(const struct sim_node *node,
                              const struct os_integrity *integrity)
{
    unsigned algorithm = integrity->algorithm;
    if (algorithm > LARGEST_ALGORITHM && algorithm != INTEGRITY_UNCHANGED)
        return true;
    if (algorithm == INTEGRITY_UNCHANGED)
        algorithm = node->algorithm;
    if (integrity->flags & ~CHECKSUM_ENFORCEMENT_OFF)
        return true;
    return integrity->flags != 0 && algorithm == 0;
}

/* Any algorithm ends as the one for the cluster size. */
static uint16_t final_algorithm(const struct sim_node *node, uint16_t algorithm)
{
    if (algorithm == INTEGRITY_UNCHANGED)
        return node->algorithm;
    if (algorithm == 0)
        return 0;
    return node->volume->cluster > 4096 ? 2 : 1;
}

static os_error set_integrity(struct os_file *file,
                              const struct os_integrity *integrity)
{
    struct sim_node *node = file->node;
    uint16_t algorithm = final_algorithm(node, integrity->algorithm);

    if (node->volume->set_integrity)
        return node->volume->set_integrity;
    if (~file->rights & (SIM_READ | SIM_WRITE))
        return CODE_ACCESS_DENIED; /* both are needed [MS-FSA 2.1.5.10.33] */
    if (node->volume->read_only)
        return CODE_WRITE_PROTECT;
    if (invalid_integrity(node, integrity))
        return CODE_INVALID_PARAMETER;
    if (node->volume->fake_integrity)
        return 0;
    if (node->extents.count && algorithm != node->algorithm)
        return CODE_NOT_SUPPORTED;
    node->algorithm = algorithm;
    node->integrity_flags = integrity->flags;
    node->changed = sim_file_time();
    return 0;
}

os_error os_set_integrity(struct os_file *file,
                          const struct os_integrity *integrity)
{
    os_error error = sim_enter(SIM_OP_SET_INTEGRITY, file);
    if (!error)
        error = set_integrity(file, integrity);
    return sim_leave(SIM_OP_SET_INTEGRITY, file->path, error);
}

/* ---- size, holes ----------------------------------------------------- */

/* What stands against any change of the data. */
static os_error may_write(const struct os_file *file)
{
    if (!(file->rights & SIM_WRITE))
        return CODE_ACCESS_DENIED;
    if (file->node->volume->read_only)
        return CODE_WRITE_PROTECT;
    return 0;
}

static os_error set_sparse(struct os_file *file, bool sparse)
{
    const struct sim_volume *volume = file->node->volume;
    os_error error = volume->set_sparse;
    if (!error)
        error = may_write(file);
    if (!error && !volume->fake_sparse)
        error = sim_data_sparse(file->node, sparse);
    if (!error)
        file->node->changed = sim_file_time();
    return error;
}

os_error os_set_sparse(struct os_file *file, bool sparse)
{
    os_error error = sim_enter(SIM_OP_SET_SPARSE, file);
    if (!error)
        error = set_sparse(file, sparse);
    return sim_leave(SIM_OP_SET_SPARSE, file->path, error);
}

/* The largest file of FAT has a code of its own; others do not care. */
static os_error fits(const struct sim_node *node, uint64_t size)
{
    uint64_t limit = node->volume->stream_limit;

    if (size > INT64_MAX)
        return CODE_INVALID_PARAMETER;
    if (node->kind == SIM_STREAM && limit && size > limit)
        return node->volume->stream_full;
    return size > node->volume->max_file_size ? node->volume->file_too_large
                                              : 0;
}

static os_error set_size(struct os_file *file, uint64_t size)
{
    os_error error = may_write(file);
    if (!error)
        error = fits(file->node, size);
    if (!error)
        error = sim_data_resize(file->node, size);
    if (!error)
        sim_touch(file->node);
    return error;
}

os_error os_set_size(struct os_file *file, uint64_t size)
{
    os_error error = sim_enter(SIM_OP_SET_SIZE, file);
    if (!error)
        error = set_size(file, size);
    return sim_leave(SIM_OP_SET_SIZE, file->path, error);
}

static bool locked(const struct os_file *file, uint64_t offset, uint64_t length)
{
    uint64_t end = length > UINT64_MAX - offset ? UINT64_MAX : offset + length;
    return sim_map_meets(&file->node->locks, offset, end);
}

static os_error zero(struct os_file *file, uint64_t offset, uint64_t length)
{
    struct sim_node *node = file->node;
    os_error error = node->volume->zero;

    if (!error)
        error = may_write(file);
    if (error)
        return error;
    if (length > node->size || offset > node->size - length)
        return CODE_INVALID_PARAMETER; /* the contract is broken */
    if (locked(file, offset, length))
        return CODE_LOCK_VIOLATION;
    error = sim_data_zero(node, offset, offset + length);
    if (!error) {
        node->dirty = true;
        sim_touch(node);
    }
    return error;
}

os_error os_zero(struct os_file *file, uint64_t offset, uint64_t length)
{
    os_error error = sim_enter(SIM_OP_ZERO, file);
    if (!error)
        error = zero(file, offset, length);
    return sim_leave(SIM_OP_ZERO, file->path, error);
}

/* ---- bytes ----------------------------------------------------------- */

static os_error read_file(struct os_file *file, uint64_t offset, void *buffer,
                          uint32_t length, uint32_t *done)
{
    if (!(file->rights & SIM_READ))
        return CODE_ACCESS_DENIED;
    if (offset > INT64_MAX - (uint64_t)length)
        return CODE_INVALID_PARAMETER;
    if (locked(file, offset, length))
        return CODE_LOCK_VIOLATION;
    *done = sim_data_read(file->node, offset, buffer, length);
    return 0;
}

os_error os_read(struct os_file *file, uint64_t offset, void *buffer,
                 uint32_t length, uint32_t *done)
{
    os_error error = sim_enter(SIM_OP_READ, file);
    if (!error)
        error = read_file(file, offset, buffer, length, done);
    return sim_leave(SIM_OP_READ, file->path, error);
}

/* After a call that moved the times of a file (os_restore_state). */
static void keep_times(struct os_file *file)
{
    if (!file->keeps_times || !file->node || file->node->volume->times_move)
        return;
    file->node->written = file->kept_written;
    file->node->changed = file->kept_changed;
    file->late = false;
}

static os_error write_and_stamp(struct os_file *file, uint64_t offset,
                                const void *buffer, uint32_t length)
{
    struct sim_stamp before = sim_stamp_of(file);
    bool extends = offset + length > file->node->size;
    os_error error = sim_data_write(file->node, offset, buffer, length);
    if (!error)
        sim_stamp_write(file, &before, extends);
    keep_times(file);
    return error;
}

static os_error write_file(struct os_file *file, uint64_t offset,
                           const void *buffer, uint32_t length)
{
    os_error error = may_write(file);
    if (!error && offset > INT64_MAX - (uint64_t)length)
        error = CODE_INVALID_PARAMETER;
    if (!error)
        error = fits(file->node, offset + length);
    if (!error && locked(file, offset, length))
        error = CODE_LOCK_VIOLATION;
    if (!error)
        error = write_and_stamp(file, offset, buffer, length);
    return error;
}

os_error os_write(struct os_file *file, uint64_t offset, const void *buffer,
                  uint32_t length)
{
    os_error error = sim_enter(SIM_OP_WRITE, file);
    if (!error)
        error = write_file(file, offset, buffer, length);
    else if (sim_fault_was_partial() && !file->dead)
        (void)write_file(file, offset, buffer, length / 2);
    return sim_leave(SIM_OP_WRITE, file->path, error);
}

/* ---- extents --------------------------------------------------------- */

struct range_list {
    struct os_range *ranges;
    size_t capacity;
    size_t count;
    bool more;
};

static void add_range(struct range_list *list, uint64_t from, uint64_t to)
{
    struct os_range *last = list->count ? &list->ranges[list->count - 1] : NULL;
    if (last && !list->more && last->offset + last->length == from) {
        last->length += to - from;
    } else if (list->count < list->capacity) {
        list->ranges[list->count].offset = from;
        list->ranges[list->count++].length = to - from;
    } else {
        list->more = true;
    }
}

/* Where the allocated runs end that meet [offset, end). */
static void list_ranges(const struct sim_node *node, uint64_t offset,
                        uint64_t end, struct range_list *list)
{
    uint64_t cluster = node->volume->cluster;
    size_t i = sim_map_find(&node->extents, offset / cluster);

    for (; i < node->extents.count && !list->more; i++) {
        const struct sim_run *run = &node->extents.runs[i];
        if (run->start * cluster >= end)
            break;
        add_range(list, sim_max(run->start * cluster, offset),
                  sim_min(run->end * cluster, end));
    }
}

static os_error allocated(struct os_file *file, uint64_t offset,
                          uint64_t length, struct range_list *list)
{
    const struct sim_node *node = file->node;
    uint64_t end = sim_min(node->size, INT64_MAX);

    if (node->volume->allocated)
        return node->volume->allocated;
    if (!(file->rights & SIM_READ))
        return CODE_ACCESS_DENIED;
    if (offset > INT64_MAX || length > INT64_MAX - offset)
        return CODE_INVALID_PARAMETER;
    end = sim_min(end, offset + length);
    if (node->volume->range_teller)
        node->volume->range_teller(file->path, offset, length, list->ranges,
                                   list->capacity, &list->count, &list->more);
    else if (offset >= end)
        return 0;
    else if (node->sparse || node->volume->fake_sparse)
        list_ranges(node, offset, end, list);
    else
        add_range(list, offset, end); /* a dense file is all allocated */
    return 0;
}

os_error os_allocated(struct os_file *file, uint64_t offset, uint64_t length,
                      struct os_range *ranges, size_t capacity, size_t *count,
                      bool *more)
{
    struct range_list list = {ranges, capacity, 0, false};
    os_error error = sim_enter(SIM_OP_ALLOCATED, file);
    if (!error)
        error = allocated(file, offset, length, &list);
    if (!error) {
        *count = list.count;
        *more = list.more;
    }
    return sim_leave(SIM_OP_ALLOCATED, file->path, error);
}

os_error os_clone(struct os_file *source, uint64_t source_offset,
                  struct os_file *dest, uint64_t dest_offset, uint64_t length)
{
    os_error error = sim_enter(SIM_OP_CLONE, dest);
    if (!error)
        error = sim_clone(source, source_offset, dest, dest_offset, length);
    keep_times(dest);
    sim_clone_record(source, source_offset, dest, dest_offset, length, error);
    return sim_leave(SIM_OP_CLONE, dest->path, error);
}

/* ---- metadata, names ------------------------------------------------- */

static os_error set_metadata(struct os_file *file, uint32_t attributes,
                             int64_t created, int64_t written)
{
    const uint32_t settable = OS_ATTRIBUTE_READONLY | OS_ATTRIBUTE_HIDDEN |
                              OS_ATTRIBUTE_SYSTEM | OS_ATTRIBUTE_ARCHIVE |
                              OS_ATTRIBUTE_TEMPORARY | OS_ATTRIBUTE_NOT_INDEXED;
    struct sim_node *node = sim_file_of(file->node);
    uint32_t encrypted = node->attributes & OS_ATTRIBUTE_ENCRYPTED;

    if (!file->metadata)
        return CODE_ACCESS_DENIED;
    if (node->volume->read_only)
        return CODE_WRITE_PROTECT;
    if (written < 0 || created < 0)
        return CODE_INVALID_PARAMETER;
    if (written != 0 && node->volume->first_time > written) {
        if (node->volume->no_time)
            return node->volume->no_time;
        written = node->volume->first_time;
    }
    if (node->volume->last_time != 0 && written > node->volume->last_time) {
        if (node->volume->no_time)
            return node->volume->no_time;
        written = node->volume->last_time;
    }
    node->attributes = attributes & settable & ~node->volume->no_attributes;
    node->attributes |= encrypted;
    if (created != 0)
        node->created = created - created % node->volume->time_grain;
    if (written != 0) {
        node->written = written - written % node->volume->time_grain;
        file->late = false; /* it was set by the writer */
    }
    node->changed = sim_file_time();
    return 0;
}

os_error os_set_metadata(struct os_file *file, uint32_t attributes,
                         int64_t created, int64_t written)
{
    os_error error = sim_enter(SIM_OP_SET_METADATA, file);
    if (!error)
        error = set_metadata(file, attributes, created, written);
    return sim_leave(SIM_OP_SET_METADATA, file->path, error);
}

static os_error restore_state(struct os_file *file, const struct os_info *info)
{
    os_error error = set_metadata(file, info->attributes, 0, info->written);
    if (error)
        return error;
    file->node->changed = info->changed;
    file->keeps_times = true;
    file->kept_written = file->node->written;
    file->kept_changed = info->changed;
    return 0;
}

os_error os_restore_state(struct os_file *file, const struct os_info *info)
{
    os_error error = sim_enter(SIM_OP_RESTORE_STATE, file);
    if (!error)
        error = restore_state(file, info);
    return sim_leave(SIM_OP_RESTORE_STATE, file->path, error);
}

/* A stream that goes by itself, or changes its name, is beyond the seam. */
static os_error mark_deleted(struct os_file *file, bool deleted)
{
    if (file->node->kind == SIM_STREAM)
        return CODE_INVALID_PARAMETER;
    if (!(file->rights & SIM_DELETE))
        return CODE_ACCESS_DENIED;
    if (file->node->volume->read_only)
        return CODE_WRITE_PROTECT;
    if (deleted && (file->node->attributes & OS_ATTRIBUTE_READONLY))
        return CODE_ACCESS_DENIED; /* STATUS_CANNOT_DELETE */
    if (deleted && file->name->child_count)
        return CODE_DIR_NOT_EMPTY;
    file->name->pending = deleted;
    return 0;
}

os_error os_mark_deleted(struct os_file *file, bool deleted)
{
    os_error error = sim_enter(SIM_OP_MARK_DELETED, file);
    if (!error)
        error = mark_deleted(file, deleted);
    return sim_leave(SIM_OP_MARK_DELETED, file->path, error);
}

/*
 * Whether a file that is there may be replaced: a POSIX rename asks whoever
 * has it open to share its deletion, the classic one lets nobody have it
 * open [MS-FSA 2.1.5.15.11].
 */
static os_error may_replace(const struct sim_name *there, bool replace)
{
    const struct sim_node *node = there->node;

    if (there->pending)
        return CODE_ACCESS_DENIED;
    if (!replace)
        return CODE_ALREADY_EXISTS;
    if (sim_is_folder(node) || (!node->volume->rename_over_readonly &&
                                (node->attributes & OS_ATTRIBUTE_READONLY)))
        return CODE_ACCESS_DENIED;
    if (!node->volume->posix_rename)
        return node->opens ? CODE_ACCESS_DENIED : 0;
    if (!sim_sharing_allows(node, SIM_DELETE,
                            SIM_READ | SIM_WRITE | SIM_DELETE))
        return CODE_SHARING_VIOLATION;
    return 0;
}

/* A file, not a directory, that gets a name [MS-FSA 2.1.5.15.7, 12]. */
static void set_archive(struct sim_node *node)
{
    if (!sim_is_folder(node))
        node->attributes |= OS_ATTRIBUTE_ARCHIVE & ~node->volume->no_attributes;
}

static os_error rename_to(struct os_file *file, const wchar_t *path,
                          bool replace)
{
    struct sim_name *there = sim_name_find(path);
    os_error error = 0;

    if (sim_volume_of(path) != file->node->volume)
        return CODE_NOT_SAME_DEVICE;
    if (there == file->name) {
        sim_name_move(there, path); /* its case may change */
        return 0;
    }
    if (there)
        error = may_replace(there, replace);
    if (error)
        return error;
    if (there)
        sim_name_drop(there);
    sim_name_move(file->name, path);
    set_archive(file->node);
    return 0;
}

static os_error rename_file(struct os_file *file,
                            const struct os_file *directory,
                            const wchar_t *path, bool replace)
{
    wchar_t *resolved;
    os_error error;

    if (file->node->kind == SIM_STREAM)
        return CODE_INVALID_PARAMETER;
    if (!(file->rights & SIM_DELETE) || file->name->pending || file->name->gone)
        return CODE_ACCESS_DENIED;
    if (file->node->volume->read_only)
        return CODE_WRITE_PROTECT;
    error = sim_resolve_at(directory, path, false, &resolved);
    if (error)
        return error;
    error = rename_to(file, resolved, replace);
    if (!error) {
        free(file->path);
        file->path = resolved;
        return 0;
    }
    free(resolved);
    return error;
}

os_error os_rename(struct os_file *file, struct os_file *directory,
                   const wchar_t *path, bool replace)
{
    os_error error = sim_enter(SIM_OP_RENAME, file);
    if (!error)
        error = rename_file(file, directory, path, replace);
    return sim_leave(SIM_OP_RENAME, path, error);
}

/* A name more; the one that a file was opened by stays what it is
   [MS-FSA 2.1.5.15.7]. */
static os_error link_file(const struct os_file *file,
                          const struct os_file *directory, const wchar_t *path)
{
    const struct sim_volume *volume = file->node->volume;
    const struct sim_name *there;
    wchar_t *resolved;
    os_error error;

    if (!volume->hard_links)
        return CODE_INVALID_FUNCTION;
    if (file->node->kind != SIM_FILE || file->name->pending || file->name->gone)
        return CODE_ACCESS_DENIED;
    if (volume->read_only)
        return CODE_WRITE_PROTECT;
    error = sim_resolve_at(directory, path, false, &resolved);
    if (error)
        return error;
    there = sim_name_find(resolved);
    if (sim_volume_of(resolved) != volume)
        error = CODE_NOT_SAME_DEVICE;
    else if (there)
        error = there->pending ? CODE_ACCESS_DENIED : CODE_ALREADY_EXISTS;
    else if (volume->link_limit && file->node->names >= volume->link_limit)
        error = CODE_TOO_MANY_LINKS;
    else
        sim_name_add(resolved, file->node);
    if (!error)
        set_archive(file->node);
    free(resolved);
    return error;
}

os_error os_hard_link(struct os_file *file, struct os_file *directory,
                      const wchar_t *path)
{
    os_error error = sim_enter(SIM_OP_HARD_LINK, file);
    if (!error)
        error = link_file(file, directory, path);
    return sim_leave(SIM_OP_HARD_LINK, path, error);
}

static os_error remove_name(const wchar_t *path)
{
    struct sim_name *name = sim_name_find(path);

    if (!name)
        return CODE_FILE_NOT_FOUND;
    if (name->pending || sim_is_folder(name->node))
        return CODE_ACCESS_DENIED;
    if (name->node->volume->read_only)
        return CODE_WRITE_PROTECT;
    if (!sim_sharing_allows(name->node, SIM_DELETE,
                            SIM_READ | SIM_WRITE | SIM_DELETE))
        return CODE_SHARING_VIOLATION;
    /* a read-only file is removed by clearing that first */
    name->node->attributes &= ~(uint32_t)OS_ATTRIBUTE_READONLY;
    if (name->opens)
        name->pending = true;
    else
        sim_name_drop(name);
    return 0;
}

static os_error remove_path(const struct os_file *directory,
                            const wchar_t *path)
{
    wchar_t *resolved;
    os_error error = sim_resolve_at(directory, path, false, &resolved);
    if (error)
        return error;
    error = remove_name(resolved);
    free(resolved);
    return error;
}

os_error os_remove(struct os_file *directory, const wchar_t *path)
{
    os_error error = sim_enter(SIM_OP_REMOVE, NULL);
    if (!error)
        error = remove_path(directory, path);
    return sim_leave(SIM_OP_REMOVE, path, error);
}

/* ---- flushing -------------------------------------------------------- */

os_error os_flush(struct os_file *file)
{
    os_error error = sim_enter(SIM_OP_FLUSH, file);
    if (!error)
        error = may_write(file); /* [FlushFileBuffers] */
    if (!error)
        file->node->dirty = false;
    return sim_leave(SIM_OP_FLUSH, file->path, error);
}

/*
 * An opening for writing like any other: a read-only file refuses it, and so
 * does whoever has the file open and shares no writing.
 */
static os_error flush_path(const wchar_t *path)
{
    const struct access access = {SIM_WRITE, SIM_READ | SIM_WRITE | SIM_DELETE};
    wchar_t *resolved;
    struct os_file *file;
    os_error error = sim_resolve(path, true, &resolved);

    if (error)
        return error;
    error = open_existing(resolved, access, &file);
    if (!error) {
        file->node->dirty = false;
        sim_handle_free(file);
    }
    free(resolved);
    return error;
}

os_error os_flush_path(const wchar_t *path)
{
    os_error error = sim_enter(SIM_OP_FLUSH_PATH, NULL);
    if (!error)
        error = flush_path(path);
    return sim_leave(SIM_OP_FLUSH_PATH, path, error);
}
