#include "cluster.h"

enum { CLUSTER_MIN = 512, CLUSTER_MAX = 16 << 20 };

static bool is_sane(uint32_t size)
{
    return size >= CLUSTER_MIN && size <= CLUSTER_MAX &&
           (size & (size - 1)) == 0;
}

uint32_t cluster_size(const struct os_integrity *integrity,
                      struct os_file *file)
{
    if (integrity != NULL && is_sane(integrity->cluster_size))
        return integrity->cluster_size;
    uint32_t unit = os_allocation_unit(file);
    return is_sane(unit) ? unit : 0;
}

uint32_t cluster_size_reported(const struct os_integrity *integrity)
{
    return is_sane(integrity->cluster_size) ? integrity->cluster_size : 0;
}

uint32_t cluster_size_of(struct os_file *file)
{
    struct os_integrity integrity;
    bool known = os_get_integrity(file, &integrity) == 0;
    return cluster_size(known ? &integrity : NULL, file);
}
