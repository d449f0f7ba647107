/*
 * SHA-256, by a library that is not ours.
 */
#include <openssl/evp.h>

#include <stdlib.h>

#include "core/errors.h"
#include "sim_internal.h"

struct os_hash {
    EVP_MD_CTX *context;
};

os_error os_hash_begin(struct os_hash **hash)
{
    os_error error = sim_enter(SIM_OP_HASH, NULL);
    if (!error) {
        *hash = sim_grow(NULL, sizeof **hash);
        (*hash)->context = EVP_MD_CTX_new();
        if (!EVP_DigestInit_ex((*hash)->context, EVP_sha256(), NULL))
            sim_die("no SHA-256", NULL);
    }
    return sim_leave(SIM_OP_HASH, L"", error);
}

os_error os_hash_add(struct os_hash *hash, const void *bytes, uint32_t length)
{
    os_error error = sim_enter(SIM_OP_HASH, NULL);
    if (!error && !EVP_DigestUpdate(hash->context, bytes, length))
        sim_die("no SHA-256", NULL);
    return sim_leave(SIM_OP_HASH, L"", error);
}

os_error os_hash_end(struct os_hash *hash, uint8_t digest[OS_DIGEST_SIZE])
{
    os_error error = sim_enter(SIM_OP_HASH, NULL);
    if (!error && !EVP_DigestFinal_ex(hash->context, digest, NULL))
        sim_die("no SHA-256", NULL);
    return sim_leave(SIM_OP_HASH, L"", error);
}

void os_hash_free(struct os_hash *hash)
{
    if (!hash)
        return;
    EVP_MD_CTX_free(hash->context);
    free(hash);
}
