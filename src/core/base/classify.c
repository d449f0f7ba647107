#include "classify.h"

#include "core/errors.h"

struct row {
    os_error code;
    enum error_class in_clone;
    enum error_class elsewhere;
    bool unsupported; /* of other requests: the volume does not support them */
};

/*
 * A code without a row is ERROR_CLASS_FAILED. The first two blocks are the
 * replies listed in MS-FSA 2.1.5.10.4 and MS-FSCC 2.3.8, as
 * RtlNtStatusToDosError translates them. The last block has the codes of a lost
 * connection or cluster resource.
 */
static const struct row rows[] = {
    /* no block cloning, or not for these two files */
    {CODE_INVALID_FUNCTION, ERROR_CLASS_CANNOT_CLONE, ERROR_CLASS_FAILED, true},
    /* Samba returns this if the files are on different devices. */
    {CODE_INVALID_HANDLE, ERROR_CLASS_CANNOT_CLONE, ERROR_CLASS_FAILED, false},
    {CODE_NOT_SAME_DEVICE, ERROR_CLASS_CANNOT_CLONE, ERROR_CLASS_FAILED,
     false}, /* ms-nfs41 */
    {CODE_NOT_SUPPORTED, ERROR_CLASS_CANNOT_CLONE, ERROR_CLASS_FAILED, true},
    {CODE_INVALID_PARAMETER, ERROR_CLASS_CANNOT_CLONE, ERROR_CLASS_FAILED,
     false},

    /* the limit of 8175 references [Block cloning on ReFS, Windows Server] */
    {CODE_BLOCK_TOO_MANY_REFERENCES, ERROR_CLASS_TOO_MANY_REFERENCES,
     ERROR_CLASS_FAILED, false},
    {CODE_TOO_MANY_LINKS_EARLY, ERROR_CLASS_TOO_MANY_REFERENCES,
     ERROR_CLASS_FAILED, false},

    /* not enough memory or log space for such a large request [MS-FSCC 2.3.8:
       STATUS_INSUFFICIENT_RESOURCES] */
    {CODE_NOT_ENOUGH_MEMORY, ERROR_CLASS_NO_RESOURCES, ERROR_CLASS_FAILED,
     false},
    {CODE_OUTOFMEMORY, ERROR_CLASS_NO_RESOURCES, ERROR_CLASS_FAILED, false},
    {CODE_NO_SYSTEM_RESOURCES, ERROR_CLASS_NO_RESOURCES, ERROR_CLASS_FAILED,
     false},

    /* temporarily unreachable */
    {CODE_BAD_NETPATH, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT, false},
    {CODE_NETWORK_BUSY, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT, false},
    {CODE_DEV_NOT_EXIST, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT, false},
    {CODE_UNEXP_NET_ERR, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT, false},
    {CODE_NETNAME_DELETED, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT, false},
    {CODE_SEM_TIMEOUT, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT, false},
    {CODE_VC_DISCONNECTED, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT, false},
    {CODE_NETWORK_UNREACHABLE, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT,
     false},
    {CODE_CONNECTION_ABORTED, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT,
     false},
    {CODE_RETRY, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT, false},
    {CODE_RESOURCE_NOT_ONLINE, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT,
     false},
    {CODE_RESOURCE_NOT_AVAILABLE, ERROR_CLASS_TRANSIENT, ERROR_CLASS_TRANSIENT,
     false},
    {CODE_HOST_NODE_NOT_RESOURCE_OWNER, ERROR_CLASS_TRANSIENT,
     ERROR_CLASS_TRANSIENT, false},
};

static const struct row *find(os_error code)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].code == code)
            return &rows[i];
    }
    return NULL;
}

enum error_class classify_clone(os_error code)
{
    const struct row *row = find(code);
    return row ? row->in_clone : ERROR_CLASS_FAILED;
}

enum error_class classify_io(os_error code)
{
    const struct row *row = find(code);
    return row ? row->elsewhere : ERROR_CLASS_FAILED;
}

bool classify_unsupported(os_error code)
{
    const struct row *row = find(code);
    return row != NULL && row->unsupported;
}

bool classify_unknown_request(os_error code)
{
    return classify_unsupported(code) || code == CODE_INVALID_PARAMETER;
}

os_error classify_memory(os_error error)
{
    return error == CODE_NOT_ENOUGH_MEMORY || error == CODE_OUTOFMEMORY ? error
                                                                        : 0;
}

/* The codes from `first` to `last`. */
struct hint_row {
    os_error first;
    os_error last;
    enum reflink_hint hint;
};

/*
 * The codes of the cloud filter are in several blocks, with others in between.
 */
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
