/*
 * SHA-256 by the host's library, and the failures of Windows' own.
 */
#include "core/errors.h"
#include "host.h"
#include "sim_internal.h"

os_error os_hash_begin(struct os_hash **hash)
{
    os_error error = sim_enter(SIM_OP_HASH, NULL);
    if (!error)
        *hash = host_hash_begin();
    return sim_leave(SIM_OP_HASH, L"", error);
}

os_error os_hash_add(struct os_hash *hash, const void *bytes, uint32_t length)
{
    os_error error = sim_enter(SIM_OP_HASH, NULL);
    if (!error)
        host_hash_add(hash, bytes, length);
    return sim_leave(SIM_OP_HASH, L"", error);
}

os_error os_hash_end(struct os_hash *hash, uint8_t digest[OS_DIGEST_SIZE])
{
    os_error error = sim_enter(SIM_OP_HASH, NULL);
    if (!error)
        host_hash_end(hash, digest);
    return sim_leave(SIM_OP_HASH, L"", error);
}

void os_hash_free(struct os_hash *hash)
{
    if (hash)
        host_hash_free(hash);
}
