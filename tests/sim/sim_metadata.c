/*
 * Extended attributes and security, of which the simulator knows no more than
 * that a file has them, who may read and set them, and what is inherited.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

/* ---- extended attributes --------------------------------------------- */

/* A copy of a block; NULL for an empty one. */
static void *copy_block(const void *block, size_t size)
{
    void *copy = NULL;
    if (size) {
        copy = sim_grow(NULL, size);
        memcpy(copy, block, size);
    }
    return copy;
}

static os_error put_ea(struct sim_node *node, const void *block, size_t size)
{
    void *old = node->ea;
    if (!node->volume->eas)
        return CODE_EAS_NOT_SUPPORTED;
    node->ea = copy_block(block, size);
    node->ea_size = size;
    node->changed = sim_file_time();
    free(old);
    return 0;
}

static os_error get_ea(struct os_file *file, void **block, size_t *size)
{
    const struct sim_node *node = sim_file_of(file->node);

    if (!file->ea)
        return CODE_ACCESS_DENIED;
    *block = copy_block(node->ea, node->ea_size);
    *size = node->ea_size;
    return 0;
}

os_error os_get_ea(struct os_file *file, void **block, size_t *size)
{
    os_error error = sim_enter(SIM_OP_GET_EA, file);
    if (!error)
        error = get_ea(file, block, size);
    return sim_leave(SIM_OP_GET_EA, file->path, error);
}

static os_error set_ea(struct os_file *file, const void *block, size_t size)
{
    if (!file->metadata)
        return CODE_ACCESS_DENIED;
    if (file->node->volume->read_only)
        return CODE_WRITE_PROTECT;
    return put_ea(sim_file_of(file->node), block, size);
}

os_error os_set_ea(struct os_file *file, const void *block, size_t size)
{
    os_error error = sim_enter(SIM_OP_SET_EA, file);
    if (!error)
        error = set_ea(file, block, size);
    return sim_leave(SIM_OP_SET_EA, file->path, error);
}

os_error sim_set_ea(const wchar_t *path, const void *data, size_t size)
{
    return put_ea(sim_node_must_find(path), data, size);
}

bool sim_ea_holds(const wchar_t *path, const void *data, size_t size)
{
    const struct sim_node *node = sim_node_find(path);
    return node && node->ea_size == size &&
           (size == 0 || memcmp(node->ea, data, size) == 0);
}

/* ---- security -------------------------------------------------------- */

static os_error copy_security(const struct os_file *source,
                              const struct os_file *dest)
{
    const struct sim_node *from = sim_file_of(source->node);
    struct sim_node *to = sim_file_of(dest->node);

    if (!source->security || !dest->security || !dest->metadata)
        return CODE_ACCESS_DENIED;
    if (!from->volume->security || !to->volume->security)
        return CODE_NOT_SUPPORTED;
    if (to->volume->read_only)
        return CODE_WRITE_PROTECT;
    to->security = from->security;
    to->owner = from->owner;
    to->changed = sim_file_time();
    return 0;
}

os_error os_copy_security(struct os_file *source, struct os_file *dest)
{
    os_error error = sim_enter(SIM_OP_COPY_SECURITY, dest);
    if (!error)
        error = source->dead;
    if (!error)
        error = copy_security(source, dest);
    return sim_leave(SIM_OP_COPY_SECURITY, dest->path, error);
}

/* What the system keeps of a file, for the core an opaque block. */
struct block {
    unsigned owner;
    unsigned dacl;
};

static os_error get_security(const struct os_file *file, void **security)
{
    const struct sim_node *node = sim_file_of(file->node);

    *security = NULL;
    if (!node->volume->security)
        return 0;
    if (!file->security && !(file->rights & SIM_READ))
        return CODE_ACCESS_DENIED;
    *security = copy_block(&(struct block){node->owner, node->security},
                           sizeof(struct block));
    return 0;
}

os_error os_get_security(struct os_file *file, void **security)
{
    os_error error = sim_enter(SIM_OP_GET_SECURITY, file);
    if (!error)
        error = get_security(file, security);
    return sim_leave(SIM_OP_GET_SECURITY, file->path, error);
}

unsigned os_compare_security(const void *a, const void *b)
{
    const struct block *one = a;
    const struct block *other = b;
    return (one->owner != other->owner ? OS_SECURITY_OWNER : 0u) |
           (one->dacl != other->dacl ? OS_SECURITY_DACL : 0u);
}

static os_error set_security(const struct os_file *file,
                             const struct block *block, unsigned parts)
{
    struct sim_node *node = sim_file_of(file->node);

    if (node->volume->read_only)
        return CODE_WRITE_PROTECT;
    if ((parts & OS_SECURITY_OWNER && !file->sets_owner) ||
        (parts & OS_SECURITY_DACL && !file->sets_dacl))
        return CODE_ACCESS_DENIED;
    /* the user is 0 */
    if (parts & OS_SECURITY_OWNER && block->owner != 0)
        return CODE_INVALID_OWNER;
    if (parts & OS_SECURITY_OWNER)
        node->owner = block->owner;
    if (parts & OS_SECURITY_DACL)
        node->security = block->dacl;
    node->changed = sim_file_time();
    return 0;
}

os_error os_set_security(struct os_file *file, const void *security,
                         unsigned parts)
{
    os_error error = sim_enter(SIM_OP_SET_SECURITY, file);
    if (!error)
        error = set_security(file, security, parts);
    return sim_leave(SIM_OP_SET_SECURITY, file->path, error);
}

void sim_set_owner(const wchar_t *path, unsigned owner)
{
    sim_node_must_find(path)->owner = owner;
}

unsigned sim_owner(const wchar_t *path)
{
    return sim_node_must_find(path)->owner;
}

void sim_deny_security(const wchar_t *path, unsigned denied)
{
    sim_node_must_find(path)->dacl_denied = denied;
}

void sim_set_security(const wchar_t *path, unsigned security)
{
    sim_node_must_find(path)->security = security;
}

unsigned sim_security(const wchar_t *path)
{
    return sim_node_must_find(path)->security;
}
