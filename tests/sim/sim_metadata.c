/*
 * Extended attributes and security, of which the simulator knows no more than
 * that a file has them.
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

void sim_set_security(const wchar_t *path, unsigned security)
{
    sim_node_must_find(path)->security = security;
}

unsigned sim_security(const wchar_t *path)
{
    return sim_node_must_find(path)->security;
}
