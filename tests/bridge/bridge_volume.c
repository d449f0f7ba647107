/* Capability flags, names, sizes and attributes; see bridge_volume.h. */
#include "bridge_volume.h"

#include "bridge_config.h"
#include "bridge_file.h"
#include "bridge_security.h"
#include "bridge_status.h"

#include <string.h>

#define SECTOR 512

static uint32_t unit_of(const struct bridge_file *file)
{
    uint32_t unit = bridge_config.profile->allocation_unit;

    return unit ? unit : file->cluster;
}

static int64_t in_units(const struct bridge_file *file, uint64_t blocks)
{
    return (int64_t)(blocks * (uint64_t)file->fs.block_size / unit_of(file));
}

static nt_status answer_size(const struct bridge_file *file,
                             struct io_status_block *io, void *buffer,
                             uint32_t size)
{
    struct fs_size out = {in_units(file, file->fs.blocks),
                          in_units(file, file->fs.blocks_available),
                          unit_of(file) / SECTOR, SECTOR};

    if (size < sizeof out)
        return ST_INFO_LENGTH_MISMATCH;
    memcpy(buffer, &out, sizeof out);
    io->information = sizeof out;
    return ST_SUCCESS;
}

static nt_status answer_full_size(const struct bridge_file *file,
                                  struct io_status_block *io, void *buffer,
                                  uint32_t size)
{
    struct fs_full_size out = {in_units(file, file->fs.blocks),
                               in_units(file, file->fs.blocks_available),
                               in_units(file, file->fs.blocks_free),
                               unit_of(file) / SECTOR, SECTOR};

    if (size < sizeof out)
        return ST_INFO_LENGTH_MISMATCH;
    memcpy(buffer, &out, sizeof out);
    io->information = sizeof out;
    return ST_SUCCESS;
}

/* Wine 8 has no such answer for a file's handle; the label is empty. */
static nt_status answer_volume(const struct bridge_file *file,
                               struct io_status_block *io, void *buffer,
                               uint32_t size)
{
    struct fs_volume out = {0};
    uint32_t head = offsetof(struct fs_volume, label);

    if (size < head)
        return ST_INFO_LENGTH_MISMATCH;
    out.serial_number = (uint32_t)file_volume_serial(file);
    memcpy(buffer, &out, head);
    io->information = head;
    return ST_SUCCESS;
}

/* Wine's flags and name limit stay; ours are added, the name replaced. */
static nt_status correct_attribute(const struct bridge_file *file,
                                   struct io_status_block *io, void *buffer,
                                   uint32_t size)
{
    const uint32_t read_only_volume = 0x00080000;
    const char *name = bridge_config.profile->file_system;
    struct fs_attribute *out = buffer;
    uint32_t head = offsetof(struct fs_attribute, name);
    uint32_t length = (uint32_t)strlen(name) * sizeof(WCHAR);
    uint32_t room;

    if (size < head)
        return ST_INFO_LENGTH_MISMATCH;
    room = (size - head) / sizeof(WCHAR) * sizeof(WCHAR);
    out->flags |= bridge_config.profile->volume_flags;
    if (file->fs.flags & LINUX_ST_RDONLY)
        out->flags |= read_only_volume;
    security_correct_flags(file, &out->flags);
    out->name_length = length;
    for (uint32_t i = 0; i < (room < length ? room : length) / 2; i++)
        out->name[i] = (WCHAR)name[i];
    io->information = head + (room < length ? room : length);
    return room < length ? ST_BUFFER_OVERFLOW : ST_SUCCESS;
}

/* `file` has what is free by now, too. */
static nt_status correct(struct bridge_file *file, struct io_status_block *io,
                         void *buffer, uint32_t size, uint32_t class,
                         nt_status status)
{
    if (linux_fstatfs(file->fd, &file->fs) < 0)
        return ST_IO_DEVICE_ERROR;
    switch (class) {
    case CLASS_FS_VOLUME:
        return answer_volume(file, io, buffer, size);
    case CLASS_FS_SIZE:
        return answer_size(file, io, buffer, size);
    case CLASS_FS_FULL_SIZE:
        return answer_full_size(file, io, buffer, size);
    case CLASS_FS_ATTRIBUTE:
        if (status != ST_SUCCESS && status != ST_BUFFER_OVERFLOW)
            return status;
        return correct_attribute(file, io, buffer, size);
    default:
        return status;
    }
}

nt_status volume_correct(HANDLE handle, struct io_status_block *io,
                         void *buffer, uint32_t size, uint32_t class,
                         nt_status status)
{
    struct bridge_file file;

    if (class != CLASS_FS_VOLUME && class != CLASS_FS_SIZE &&
        class != CLASS_FS_ATTRIBUTE && class != CLASS_FS_FULL_SIZE)
        return status;
    if (file_open(handle, 0, &file) != ST_SUCCESS)
        return status;
    if (file.can_clone) {
        status = correct(&file, io, buffer, size, class, status);
        io->result.status = status;
    }
    file_close(&file);
    return status;
}

/* Where the class keeps the attributes, or NULL. */
static uint32_t *attributes_in(void *buffer, uint32_t size, uint32_t class)
{
    size_t offset;

    switch (class) {
    case CLASS_FILE_BASIC:
    case CLASS_FILE_ALL:
        offset = offsetof(struct file_basic, attributes);
        break;
    case CLASS_FILE_NETWORK_OPEN:
        offset = offsetof(struct file_network_open, attributes);
        break;
    case CLASS_FILE_ATTRIBUTE_TAG:
        offset = offsetof(struct file_attribute_tag, attributes);
        break;
    case CLASS_FILE_STAT: /* FILE_STAT_INFORMATION: id, 4 times, 2 sizes */
        offset = 56;
        break;
    default:
        return NULL;
    }
    if (size < offset + sizeof(uint32_t))
        return NULL;
    return (uint32_t *)((uint8_t *)buffer + offset);
}

#define ATTRIBUTE_INTEGRITY 0x8000u /* MS-FSCC 2.6 */

static void correct_attributes(const struct bridge_file *file,
                               uint32_t *attributes)
{
    uint32_t added = 0;

    if (!file_is_data(file))
        return;
    if (file_is_sparse(file))
        added |= FILE_ATTRIBUTE_SPARSE_FILE;
    if (bridge_config.profile->integrity == INTEGRITY_REAL &&
        file_integrity(file).algorithm != 0)
        added |= ATTRIBUTE_INTEGRITY;
    if (added != 0) /* "normal" is only valid alone */
        *attributes &= ~(uint32_t)FILE_ATTRIBUTE_NORMAL;
    *attributes |= added;
}

/* Wine numbers volumes by drive letter: two volumes below one letter would
 * be one to it, and one volume below two letters or a share would be two. */
static void correct_id(const struct bridge_file *file, void *buffer,
                       uint32_t size)
{
    struct file_id *id = buffer;

    if (size < sizeof *id)
        return;
    id->volume_serial_number = file_volume_serial(file);
    if (bridge_config.twins)
        memset(id, 1, sizeof *id);
}

void file_information_correct(HANDLE handle, void *buffer, uint32_t size,
                              uint32_t class)
{
    uint32_t *attributes = attributes_in(buffer, size, class);
    struct bridge_file file;

    if ((!attributes && class != CLASS_FILE_ID) ||
        file_open(handle, 0, &file) != ST_SUCCESS)
        return;
    if (file.can_clone && attributes)
        correct_attributes(&file, attributes);
    else if (file.can_clone)
        correct_id(&file, buffer, size);
    file_close(&file);
}

typedef nt_status(WINAPI *open_file_function)(
    HANDLE *handle, ACCESS_MASK access, const struct object_attributes *path,
    struct io_status_block *io, ULONG sharing, ULONG options);

static open_file_function open_file;

bool volume_startup(void)
{
    FARPROC found =
        GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtOpenFile");

    memcpy(&open_file, &found, sizeof open_file);
    return open_file != NULL;
}

nt_status attributes_correct_by_path(const struct object_attributes *path,
                                     void *buffer, uint32_t class)
{
    const ULONG share_all =
        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    struct io_status_block io;
    HANDLE handle;
    nt_status status =
        open_file(&handle, FILE_READ_ATTRIBUTES, path, &io, share_all, 0);

    if (status != ST_SUCCESS)
        return status == ST_DELETE_PENDING ? status : ST_SUCCESS;
    file_information_correct(handle, buffer, sizeof(struct file_network_open),
                             class);
    CloseHandle(handle);
    return ST_SUCCESS;
}
