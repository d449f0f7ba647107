/* The table of control codes and the smaller handlers. */
#include "bridge_fsctl.h"

#include "bridge_config.h"
#include "bridge_log.h"
#include "bridge_status.h"

#include <string.h>

#define ALGORITHM_NONE 0
#define ALGORITHM_CRC32 1
#define ALGORITHM_CRC64 2
#define ALGORITHM_UNCHANGED 0xFFFF
#define ENFORCEMENT_OFF 1u

#define SECTOR 512

static nt_status get_integrity(struct fsctl_request *request)
{
    const struct bridge_profile *profile = bridge_config.profile;
    struct integrity_get out = {0};

    if (profile->integrity == INTEGRITY_NONE)
        return ST_INVALID_DEVICE_REQUEST;
    if (profile->integrity == INTEGRITY_BLOCKED)
        return ST_NOT_SUPPORTED;
    if (request->output_size < sizeof out)
        return ST_INVALID_PARAMETER;
    out.chunk_size = out.cluster_size = profile->integrity_cluster
                                            ? profile->integrity_cluster
                                            : request->file->cluster;
    if (profile->integrity == INTEGRITY_REAL) {
        struct file_integrity value = file_integrity(request->file);

        out.algorithm = value.algorithm;
        out.flags = value.flags;
    }
    memcpy(request->output, &out, sizeof out);
    if (profile->integrity != INTEGRITY_STUB_MUTE)
        request->returned = sizeof out;
    return ST_SUCCESS;
}

/* Keeps a setting. Every checksum ends as the one of the cluster size
 * (MS-FSA 2.1.5.10.33); a file that shares clusters keeps what it has
 * (MS-FSCC 2.3.74). */
static nt_status keep_integrity(const struct bridge_file *file,
                                struct file_integrity value)
{
    struct file_integrity old = file_integrity(file);

    if (value.algorithm == ALGORITHM_UNCHANGED)
        value.algorithm = old.algorithm;
    else if (value.algorithm != ALGORITHM_NONE)
        value.algorithm =
            file->cluster >= 65536 ? ALGORITHM_CRC64 : ALGORITHM_CRC32;
    if (value.algorithm == ALGORITHM_NONE && value.flags != 0)
        return ST_INVALID_PARAMETER;
    if (value.algorithm == old.algorithm && value.flags == old.flags)
        return ST_SUCCESS;
    if (extents_any_shared(file))
        return ST_NOT_SUPPORTED;
    return file_set_integrity(file, value);
}

/* The answer that does not depend on the request, or ST_SUCCESS. */
static nt_status may_set_integrity(const struct fsctl_request *request)
{
    if (bridge_config.profile->integrity == INTEGRITY_NONE)
        return ST_INVALID_DEVICE_REQUEST;
    if (request->file->fs.flags & LINUX_ST_RDONLY)
        return ST_MEDIA_WRITE_PROTECTED;
    return ST_SUCCESS;
}

static bool keeps_integrity(void)
{
    return bridge_config.profile->integrity == INTEGRITY_REAL ||
           bridge_config.profile->integrity == INTEGRITY_BLOCKED;
}

static nt_status set_integrity(struct fsctl_request *request)
{
    struct integrity_set in;
    nt_status status = may_set_integrity(request);

    if (status != ST_SUCCESS)
        return status;
    if (request->input_size < sizeof in)
        return ST_INVALID_PARAMETER;
    memcpy(&in, request->input, sizeof in);
    if ((in.algorithm > ALGORITHM_CRC64 &&
         in.algorithm != ALGORITHM_UNCHANGED) ||
        (in.flags & ~ENFORCEMENT_OFF))
        return ST_INVALID_PARAMETER;
    if (!keeps_integrity())
        return ST_SUCCESS;
    return keep_integrity(request->file,
                          (struct file_integrity){in.algorithm, in.flags});
}

static nt_status set_integrity_ex(struct fsctl_request *request)
{
    struct file_integrity value = {0, 0};
    struct integrity_set_ex in;
    nt_status status = may_set_integrity(request);

    if (status != ST_SUCCESS)
        return status;
    if (request->input_size < sizeof in)
        return ST_INVALID_PARAMETER;
    memcpy(&in, request->input, sizeof in);
    if (in.version != 1 || (in.flags & ~ENFORCEMENT_OFF))
        return ST_INVALID_PARAMETER;
    if (!keeps_integrity())
        return ST_SUCCESS;
    value.flags = in.flags;
    if (in.keep_state)
        value.algorithm = ALGORITHM_UNCHANGED;
    else if (in.enable)
        value.algorithm = ALGORITHM_CRC64;
    return keep_integrity(request->file, value);
}

/* The code asks for no access, the file system for either of two rights
 * (MS-FSA 2.1.5.10.38). An empty input means TRUE. */
static nt_status set_sparse(struct fsctl_request *request)
{
    uint8_t sparse = 1;

    if (file_allows(request->handle, FILE_WRITE_DATA) != ST_SUCCESS &&
        file_allows(request->handle, FILE_WRITE_ATTRIBUTES) != ST_SUCCESS)
        return ST_ACCESS_DENIED;
    if (!file_is_data(request->file))
        return ST_INVALID_PARAMETER;
    if (request->input_size > 0)
        memcpy(&sparse, request->input, 1);
    if (bridge_config.profile->sparse_is_noop)
        return ST_SUCCESS;
    return file_set_sparse(request->file, sparse != 0);
}

static nt_status set_zero_data(struct fsctl_request *request)
{
    struct zero_data in;
    int mode = LINUX_FALLOC_ZERO_RANGE;

    if (!file_is_data(request->file) || request->input_size < sizeof in)
        return ST_INVALID_PARAMETER;
    memcpy(&in, request->input, sizeof in);
    if (in.offset < 0 || in.beyond < in.offset)
        return ST_INVALID_PARAMETER;
    if (in.beyond > request->file->st.size)
        in.beyond = request->file->st.size;
    if (in.offset >= in.beyond)
        return ST_SUCCESS;
    if (file_is_sparse(request->file))
        mode = LINUX_FALLOC_PUNCH_HOLE;
    return file_status(linux_fallocate(request->file->fd,
                                       mode | LINUX_FALLOC_KEEP_SIZE, in.offset,
                                       in.beyond - in.offset));
}

/* Of a file that WOF compressed, version and provider are told. */
static nt_status get_external_backing(struct fsctl_request *request)
{
    const uint32_t info[5] = {1, 2, 1, 0, 0};

    if (!file_is_backed_externally(request->file))
        return ST_NOT_EXTERNALLY_BACKED;
    if (request->output_size < sizeof info)
        return ST_BUFFER_TOO_SMALL;
    memcpy(request->output, info, sizeof info);
    request->returned = sizeof info;
    return ST_SUCCESS;
}

static nt_status get_refs_volume_data(struct fsctl_request *request)
{
    struct refs_volume_data out = {0};
    struct linux_statfs fs;
    uint32_t size = sizeof out;

    if (!bridge_config.profile->refs_volume_data)
        return ST_INVALID_DEVICE_REQUEST;
    if (request->output_size < size)
        return ST_BUFFER_TOO_SMALL;
    if (linux_fstatfs(request->file->fd, &fs) < 0)
        return ST_IO_DEVICE_ERROR;
    out.byte_count = size;
    out.major_version = 3;
    out.minor_version = 14;
    out.bytes_per_physical_sector = 4096;
    out.serial_number = (int64_t)request->file->st.device;
    out.number_sectors = (int64_t)fs.blocks * (fs.block_size / SECTOR);
    out.total_clusters = (int64_t)fs.blocks;
    out.free_clusters = (int64_t)fs.blocks_free;
    out.bytes_per_sector = SECTOR;
    out.bytes_per_cluster = request->file->cluster;
    memcpy(request->output, &out, size);
    request->returned = size;
    return ST_SUCCESS;
}

struct handler {
    uint32_t code;
    const char *name;
    nt_status (*answer)(struct fsctl_request *request);
    bool logs_itself;
};

static const struct handler handlers[] = {
    {CODE_DUPLICATE_EXTENTS, "DUP", dup_answer, true},
    {CODE_DUPLICATE_EXTENTS_EX, "DUP_EX", dup_ex_answer, true},
    {CODE_GET_INTEGRITY, "GET_INTEGRITY", get_integrity, false},
    {CODE_SET_INTEGRITY, "SET_INTEGRITY", set_integrity, false},
    {CODE_SET_INTEGRITY_EX, "SET_INTEGRITY_EX", set_integrity_ex, false},
    {CODE_SET_SPARSE, "SET_SPARSE", set_sparse, false},
    {CODE_SET_ZERO_DATA, "SET_ZERO_DATA", set_zero_data, false},
    {CODE_QUERY_ALLOCATED_RANGES, "QUERY_ALLOCATED_RANGES",
     extents_allocated_ranges, false},
    {CODE_GET_RETRIEVAL_POINTERS, "GET_RETRIEVAL_POINTERS", extents_pointers,
     false},
    {CODE_GET_RETRIEVAL_POINTERS_AND_REFCOUNT,
     "GET_RETRIEVAL_POINTERS_AND_REFCOUNT", extents_pointers_and_counts, false},
    {CODE_GET_EXTERNAL_BACKING, "GET_EXTERNAL_BACKING", get_external_backing,
     false},
    {CODE_GET_REFS_VOLUME_DATA, "GET_REFS_VOLUME_DATA", get_refs_volume_data,
     false},
};

static const struct handler *find(uint32_t code)
{
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
        if (handlers[i].code == code)
            return &handlers[i];
    }
    return NULL;
}

const char *fsctl_name(uint32_t code)
{
    const struct handler *handler = find(code);

    return handler ? handler->name : NULL;
}

/* What the I/O manager demands of the handle, by the code's bits 14, 15. */
static ACCESS_MASK access_of(uint32_t code)
{
    ACCESS_MASK access = 0;

    if (code & (FILE_READ_ACCESS << 14))
        access |= FILE_READ_DATA;
    if (code & (FILE_WRITE_ACCESS << 14))
        access |= FILE_WRITE_DATA;
    return access;
}

bool fsctl_answer(uint32_t code, struct fsctl_request *request,
                  nt_status *status)
{
    const struct handler *handler = find(code);
    struct bridge_file file;
    bool logged = false;

    if (!handler || file_open(request->handle, 0, &file) != ST_SUCCESS)
        return false;
    if (!file.can_clone) {
        file_close(&file);
        return false;
    }
    *status = file_allows(request->handle, access_of(code));
    if (*status == ST_SUCCESS) {
        request->file = &file;
        *status = handler->answer(request);
        logged = handler->logs_itself;
    }
    file_close(&file);
    if (!logged)
        log_line("%s status=%08X", handler->name, (unsigned)*status);
    return true;
}
