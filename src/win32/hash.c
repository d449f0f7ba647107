/*
 * SHA-256 by the system's own library. It is loaded from System32, and only by
 * a run that needs it.
 */
#include "win32.h"

#include <bcrypt.h>
#include <stdlib.h>
#include <string.h>

/* The functions of bcrypt.dll, which are never unloaded. */
struct library {
    NTSTATUS(WINAPI *open)(BCRYPT_ALG_HANDLE *, LPCWSTR, LPCWSTR, ULONG);
    NTSTATUS(WINAPI *create)
    (BCRYPT_ALG_HANDLE, BCRYPT_HASH_HANDLE *, PUCHAR, ULONG, PUCHAR, ULONG,
     ULONG);
    NTSTATUS(WINAPI *add)(BCRYPT_HASH_HANDLE, PUCHAR, ULONG, ULONG);
    NTSTATUS(WINAPI *finish)(BCRYPT_HASH_HANDLE, PUCHAR, ULONG, ULONG);
    NTSTATUS(WINAPI *destroy)(BCRYPT_HASH_HANDLE);
    BCRYPT_ALG_HANDLE algorithm;
};

static struct library library;
static os_error library_error;
static INIT_ONCE library_once = INIT_ONCE_STATIC_INIT;

/* Copies the address, because C has no conversion between pointers to functions
   of different types that compilers do not warn of. */
static bool find(HMODULE module, const char *name, void *function)
{
    FARPROC found = GetProcAddress(module, name);
    memcpy(function, &found, sizeof found);
    return found != NULL;
}

static os_error load(void)
{
    HMODULE module =
        LoadLibraryExW(L"bcrypt.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (module == NULL)
        return win32_last_error();
    if (!find(module, "BCryptOpenAlgorithmProvider", &library.open) ||
        !find(module, "BCryptCreateHash", &library.create) ||
        !find(module, "BCryptHashData", &library.add) ||
        !find(module, "BCryptFinishHash", &library.finish) ||
        !find(module, "BCryptDestroyHash", &library.destroy))
        return win32_last_error();
    NTSTATUS status =
        library.open(&library.algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0);
    return status >= 0 ? 0 : RtlNtStatusToDosError(status);
}

static BOOL CALLBACK load_once(INIT_ONCE *once, void *parameter, void **context)
{
    (void)once;
    (void)parameter;
    (void)context;
    library_error = load();
    return TRUE;
}

struct os_hash {
    BCRYPT_HASH_HANDLE handle;
};

os_error os_hash_begin(struct os_hash **hash)
{
    InitOnceExecuteOnce(&library_once, load_once, NULL, NULL);
    if (library_error != 0)
        return library_error;
    struct os_hash *made = malloc(sizeof *made);
    if (made == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    NTSTATUS status =
        library.create(library.algorithm, &made->handle, NULL, 0, NULL, 0, 0);
    if (status < 0) {
        free(made);
        return RtlNtStatusToDosError(status);
    }
    *hash = made;
    return 0;
}

/* The function does not change the bytes; its parameter only lacks `const`. */
os_error os_hash_add(struct os_hash *hash, const void *bytes, uint32_t length)
{
    NTSTATUS status =
        library.add(hash->handle, (PUCHAR)(uintptr_t)bytes, length, 0);
    return status >= 0 ? 0 : RtlNtStatusToDosError(status);
}

os_error os_hash_end(struct os_hash *hash, uint8_t digest[OS_DIGEST_SIZE])
{
    NTSTATUS status = library.finish(hash->handle, digest, OS_DIGEST_SIZE, 0);
    return status >= 0 ? 0 : RtlNtStatusToDosError(status);
}

void os_hash_free(struct os_hash *hash)
{
    if (hash == NULL)
        return;
    library.destroy(hash->handle);
    free(hash);
}
