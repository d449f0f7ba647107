#include "classify.h"

#include "core/errors.h"

struct row {
    os_error code;
    enum fate in_clone;
    enum fate elsewhere;
    bool unsupported; /* elsewhere: there is no such request */
};

/*
 * A code without a row is FATE_FAILED. The first two blocks come from
 * the replies of MS-FSA 2.1.5.10.4 and MS-FSCC 2.3.8, as RtlNtStatusToDosError
 * has them; the last
 * holds the codes of a connection or a cluster resource that went away.
 */
static const struct row rows[] = {
    /* no block cloning, or not for these two files */
    {CODE_INVALID_FUNCTION, FATE_CANNOT, FATE_FAILED, true},
    {CODE_INVALID_HANDLE, FATE_CANNOT, FATE_FAILED, false},  /* Samba, other
                                                                device */
    {CODE_NOT_SAME_DEVICE, FATE_CANNOT, FATE_FAILED, false}, /* ms-nfs41 */
    {CODE_NOT_SUPPORTED, FATE_CANNOT, FATE_FAILED, true},
    {CODE_INVALID_PARAMETER, FATE_CANNOT, FATE_FAILED, false},

    /* the ceiling of 8175 references [Block cloning on ReFS, Windows Server] */
    {CODE_BLOCK_TOO_MANY_REFERENCES, FATE_SATURATED, FATE_FAILED, false},
    {CODE_TOO_MANY_LINKS_EARLY, FATE_SATURATED, FATE_FAILED, false},

    /* no memory, or no room in a log, for so large a request [MS-FSCC 2.3.8:
       STATUS_INSUFFICIENT_RESOURCES] */
    {CODE_NOT_ENOUGH_MEMORY, FATE_NO_RESOURCES, FATE_FAILED, false},
    {CODE_OUTOFMEMORY, FATE_NO_RESOURCES, FATE_FAILED, false},
    {CODE_NO_SYSTEM_RESOURCES, FATE_NO_RESOURCES, FATE_FAILED, false},

    /* gone for a moment */
    {CODE_BAD_NETPATH, FATE_TRANSIENT, FATE_TRANSIENT, false},
    {CODE_NETWORK_BUSY, FATE_TRANSIENT, FATE_TRANSIENT, false},
    {CODE_DEV_NOT_EXIST, FATE_TRANSIENT, FATE_TRANSIENT, false},
    {CODE_UNEXP_NET_ERR, FATE_TRANSIENT, FATE_TRANSIENT, false},
    {CODE_NETNAME_DELETED, FATE_TRANSIENT, FATE_TRANSIENT, false},
    {CODE_SEM_TIMEOUT, FATE_TRANSIENT, FATE_TRANSIENT, false},
    {CODE_VC_DISCONNECTED, FATE_TRANSIENT, FATE_TRANSIENT, false},
    {CODE_NETWORK_UNREACHABLE, FATE_TRANSIENT, FATE_TRANSIENT, false},
    {CODE_CONNECTION_ABORTED, FATE_TRANSIENT, FATE_TRANSIENT, false},
    {CODE_RETRY, FATE_TRANSIENT, FATE_TRANSIENT, false},
    {CODE_RESOURCE_NOT_ONLINE, FATE_TRANSIENT, FATE_TRANSIENT, false},
    {CODE_RESOURCE_NOT_AVAILABLE, FATE_TRANSIENT, FATE_TRANSIENT, false},
    {CODE_HOST_NODE_NOT_RESOURCE_OWNER, FATE_TRANSIENT, FATE_TRANSIENT, false},
};

static const struct row *find(os_error code)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].code == code)
            return &rows[i];
    }
    return NULL;
}

enum fate classify_clone(os_error code)
{
    const struct row *row = find(code);
    return row ? row->in_clone : FATE_FAILED;
}

enum fate classify_io(os_error code)
{
    const struct row *row = find(code);
    return row ? row->elsewhere : FATE_FAILED;
}

bool classify_unsupported(os_error code)
{
    const struct row *row = find(code);
    return row != NULL && row->unsupported;
}

/* Codes from `first` to `last`. */
struct hint_row {
    os_error first;
    os_error last;
    enum reflink_hint hint;
};

/* Those of the cloud filter are no single block: others lie between them. */
static const struct hint_row hints[] = {
    {CODE_VIRUS_INFECTED, CODE_VIRUS_DELETED, REFLINK_HINT_VIRUS},
    {CODE_CLOUD_FILE_SYNC_ROOT_METADATA_CORRUPT,
     CODE_CLOUD_FILE_SYNC_ROOT_METADATA_CORRUPT, REFLINK_HINT_CLOUD},
    {CODE_CLOUD_FILE_PROVIDER_NOT_RUNNING,
     CODE_CLOUD_FILE_PROPERTY_BLOB_CHECKSUM_MISMATCH, REFLINK_HINT_CLOUD},
    {CODE_CLOUD_FILE_TOO_MANY_PROPERTY_BLOBS,
     CODE_CLOUD_FILE_PROPERTY_VERSION_NOT_SUPPORTED, REFLINK_HINT_CLOUD},
    {CODE_CLOUD_FILE_NOT_IN_SYNC, CODE_CLOUD_FILE_VALIDATION_FAILED,
     REFLINK_HINT_CLOUD},
    {CODE_CLOUD_FILE_AUTHENTICATION_FAILED, CODE_CLOUD_FILE_REQUEST_CANCELED,
     REFLINK_HINT_CLOUD},
    {CODE_CLOUD_FILE_PROVIDER_TERMINATED, CODE_CLOUD_FILE_PROVIDER_TERMINATED,
     REFLINK_HINT_CLOUD},
    {CODE_CLOUD_FILE_REQUEST_TIMEOUT, CODE_CLOUD_FILE_REQUEST_TIMEOUT,
     REFLINK_HINT_CLOUD},
    {CODE_CLOUD_FILE_DEHYDRATION_DISALLOWED,
     CODE_CLOUD_FILE_DEHYDRATION_DISALLOWED, REFLINK_HINT_CLOUD},
};

enum reflink_hint classify_hint(os_error code)
{
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        if (code >= hints[i].first && code <= hints[i].last)
            return hints[i].hint;
    }
    return REFLINK_HINT_NONE;
}
