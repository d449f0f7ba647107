/* Handles, files and their extended attributes; see bridge_file.h. */
#include "bridge_file.h"

#include "bridge_config.h"
#include "bridge_mount.h"
#include "bridge_status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XATTR_SPARSE "user.reflink.sparse"
#define XATTR_INTEGRITY "user.reflink.integrity"
#define XATTR_REFCOUNT "user.reflink.refcount"
#define XATTR_FLUSHED "user.reflink.flushed"
#define XATTR_DELETED "user.reflink.deleted"
#define XATTR_BACKED "user.reflink.backed"
#define XATTR_SECURITY "user.reflink.security"

/* Exported by Wine's ntdll; checks the handle's access rights. */
typedef nt_status(__cdecl *handle_to_fd_function)(HANDLE handle,
                                                  unsigned access, int *fd,
                                                  unsigned *options);

typedef nt_status(WINAPI *query_object_function)(HANDLE handle, ULONG class,
                                                 void *buffer, ULONG size,
                                                 ULONG *returned);

static handle_to_fd_function handle_to_fd;
static query_object_function query_object;

bool file_startup(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC found_fd = GetProcAddress(ntdll, "wine_server_handle_to_fd");
    FARPROC found_query = GetProcAddress(ntdll, "NtQueryObject");

    memcpy(&handle_to_fd, &found_fd, sizeof handle_to_fd);
    memcpy(&query_object, &found_query, sizeof query_object);
    return handle_to_fd && query_object;
}

nt_status file_status(int64_t result)
{
    switch (-result) {
    case LINUX_EPERM:
    case LINUX_EACCES:
    case LINUX_EBADF:
    case LINUX_ETXTBSY:
        return ST_ACCESS_DENIED;
    case LINUX_ENOSPC:
    case LINUX_EDQUOT:
        return ST_DISK_FULL;
    case LINUX_EIO:
        return ST_IO_DEVICE_ERROR;
    case LINUX_ENOMEM:
        return ST_INSUFFICIENT_RESOURCES;
    case LINUX_EISDIR:
        return ST_FILE_IS_A_DIRECTORY;
    case LINUX_EROFS:
        return ST_MEDIA_WRITE_PROTECTED;
    case LINUX_EOPNOTSUPP:
        return ST_NOT_SUPPORTED;
    default:
        return result < 0 ? ST_INVALID_PARAMETER : ST_SUCCESS;
    }
}

static bool is_kind(const struct bridge_file *file, uint32_t kind)
{
    return (file->st.mode & LINUX_S_IFMT) == kind;
}

/* Has a volume's block device stand for the volume's root folder. */
static void enter_volume(struct bridge_file *file)
{
    int root = mount_open_root(file->st.raw_device);

    if (root < 0)
        return;
    linux_close(file->fd);
    file->fd = root;
}

enum { MOST_VOLUMES = 8 };

/* What a volume is does not change while a program runs, and asking for it
   takes longer than most of what a request needs. */
static struct {
    SRWLOCK lock;
    unsigned count;
    uint64_t devices[MOST_VOLUMES];
    struct linux_statfs answers[MOST_VOLUMES];
} volumes = {.lock = SRWLOCK_INIT};

static bool recall_volume(struct bridge_file *file)
{
    bool found = false;

    AcquireSRWLockShared(&volumes.lock);
    for (unsigned i = 0; i < volumes.count && !found; i++) {
        found = volumes.devices[i] == file->st.device;
        if (found)
            file->fs = volumes.answers[i];
    }
    ReleaseSRWLockShared(&volumes.lock);
    return found;
}

static void note_volume(const struct bridge_file *file)
{
    AcquireSRWLockExclusive(&volumes.lock);
    if (volumes.count < MOST_VOLUMES) {
        volumes.devices[volumes.count] = file->st.device;
        volumes.answers[volumes.count++] = file->fs;
    }
    ReleaseSRWLockExclusive(&volumes.lock);
}

static int examine_volume(struct bridge_file *file)
{
    int result;

    if (recall_volume(file))
        return 0;
    result = linux_fstatfs(file->fd, &file->fs);
    if (result == 0)
        note_volume(file);
    return result;
}

/* Fills in all but the descriptor; 0 or a negated errno. */
static int examine(struct bridge_file *file)
{
    int result = linux_fstat(file->fd, &file->st);

    if (result == 0 && is_kind(file, LINUX_S_IFBLK)) {
        enter_volume(file);
        result = linux_fstat(file->fd, &file->st);
    }
    if (result == 0)
        result = examine_volume(file);
    if (result < 0)
        return result;
    file->cluster = (uint32_t)file->fs.block_size;
    file->can_clone = (file_is_data(file) || file_is_directory(file)) &&
                      (file->fs.type == LINUX_XFS_MAGIC ||
                       file->fs.type == LINUX_BTRFS_MAGIC);
    return 0;
}

nt_status file_open(HANDLE handle, ACCESS_MASK access, struct bridge_file *file)
{
    nt_status status;
    int result;

    memset(file, 0, sizeof *file);
    status = handle_to_fd(handle, access, &file->fd, &file->options);
    if (status != ST_SUCCESS)
        return status;
    result = examine(file);
    if (result < 0)
        file_close(file);
    return file_status(result);
}

nt_status file_allows(HANDLE handle, ACCESS_MASK access)
{
    unsigned options;
    int fd;
    nt_status status = handle_to_fd(handle, access, &fd, &options);

    if (status == ST_SUCCESS)
        linux_close(fd);
    return status;
}

ACCESS_MASK file_rights(HANDLE handle)
{
    const ULONG basic_information = 0;
    struct {
        ULONG attributes;
        ACCESS_MASK access;
        ULONG rest[12];
    } basic;

    if (query_object(handle, basic_information, &basic, sizeof basic, NULL) !=
        ST_SUCCESS)
        return 0;
    return basic.access;
}

bool file_open_path(const char *path, struct bridge_file *file)
{
    memset(file, 0, sizeof *file);
    file->fd = linux_open(path, LINUX_O_PATH | LINUX_O_CLOEXEC, 0);
    if (file->fd < 0)
        return false;
    if (examine(file) == 0)
        return true;
    file_close(file);
    return false;
}

void file_close(struct bridge_file *file)
{
    linux_close(file->fd);
    file->fd = -1;
}

bool file_is_data(const struct bridge_file *file)
{
    return is_kind(file, LINUX_S_IFREG);
}

bool file_is_directory(const struct bridge_file *file)
{
    return is_kind(file, LINUX_S_IFDIR);
}

bool file_same(const struct bridge_file *a, const struct bridge_file *b)
{
    return a->st.device == b->st.device && a->st.inode == b->st.inode;
}

bool file_same_volume(const struct bridge_file *a, const struct bridge_file *b)
{
    uint8_t id_a[16], id_b[16];

    if (a->st.device == b->st.device)
        return true;
    /* Each subvolume of one Btrfs has a device number of its own. */
    return linux_btrfs_id(a->fd, id_a) == 0 &&
           linux_btrfs_id(b->fd, id_b) == 0 && memcmp(id_a, id_b, 16) == 0;
}

uint64_t file_volume_serial(const struct bridge_file *file)
{
    uint64_t half[2];
    uint8_t id[16];

    if (linux_btrfs_id(file->fd, id) < 0)
        return file->st.device;
    memcpy(half, id, sizeof half);
    return half[0] ^ half[1];
}

/* Reads an attribute as text; false when there is none. */
static bool read_text(const struct bridge_file *file, const char *name,
                      char *text, size_t size)
{
    int n = linux_get_xattr(file->fd, name, text, size - 1);

    if (n < 0)
        return false;
    text[n] = '\0';
    return true;
}

bool file_is_sparse(const struct bridge_file *file)
{
    char text[8];

    return !bridge_config.profile->sparse_is_noop &&
           read_text(file, XATTR_SPARSE, text, sizeof text) && text[0] == '1';
}

bool file_is_backed_externally(const struct bridge_file *file)
{
    char text[8];

    return read_text(file, XATTR_BACKED, text, sizeof text);
}

/* A file without the attribute has no holes: MS-FSA 2.1.5.10.38. */
static int fill_holes(const struct bridge_file *file)
{
    int fd, result;

    if (file->st.size == 0)
        return 0;
    fd = linux_reopen(file->fd, LINUX_O_RDWR);
    if (fd < 0)
        return fd;
    result = linux_fallocate(fd, LINUX_FALLOC_KEEP_SIZE, 0, file->st.size);
    linux_close(fd);
    return result;
}

nt_status file_set_sparse(const struct bridge_file *file, bool sparse)
{
    int result;

    if (sparse)
        return file_status(linux_set_xattr(file->fd, XATTR_SPARSE, "1", 1));
    if (!file_is_sparse(file))
        return ST_SUCCESS;
    result = fill_holes(file);
    if (result == 0)
        result = linux_remove_xattr(file->fd, XATTR_SPARSE);
    return file_status(result);
}

struct file_integrity file_integrity(const struct bridge_file *file)
{
    struct file_integrity value = {0, 0};
    char text[32];
    char *rest;

    if (read_text(file, XATTR_INTEGRITY, text, sizeof text)) {
        value.algorithm = (uint16_t)strtoul(text, &rest, 10);
        value.flags = (uint32_t)strtoul(rest, NULL, 10);
    }
    return value;
}

nt_status file_set_integrity(const struct bridge_file *file,
                             struct file_integrity value)
{
    char text[32];

    if (value.algorithm == 0) {
        linux_remove_xattr(file->fd, XATTR_INTEGRITY); /* or there is none */
        return ST_SUCCESS;
    }
    snprintf(text, sizeof text, "%u %u", value.algorithm,
             (unsigned)value.flags);
    return file_status(
        linux_set_xattr(file->fd, XATTR_INTEGRITY, text, strlen(text)));
}

uint32_t file_shared_count(const struct bridge_file *file)
{
    char text[32];

    if (read_text(file, XATTR_REFCOUNT, text, sizeof text))
        return (uint32_t)strtoul(text, NULL, 10);
    return 2; /* FIEMAP says that a cluster is shared, not how often */
}

bool file_grow(HANDLE handle, int64_t size, nt_status *status)
{
    struct bridge_file file;
    bool grows;

    if (file_open(handle, FILE_WRITE_DATA, &file) != ST_SUCCESS)
        return false;
    grows = file.can_clone && file_is_data(&file) && size > file.st.size;
    if (grows)
        *status = file_status(linux_truncate(file.fd, size));
    file_close(&file);
    return grows;
}

void file_overwritten(HANDLE handle)
{
    struct bridge_file file;

    if (file_open(handle, 0, &file) != ST_SUCCESS)
        return;
    if (file.can_clone && file_is_data(&file))
        linux_remove_xattr(file.fd, XATTR_SPARSE); /* or there is none */
    file_close(&file);
}

/* Sets an attribute, or removes it if `value` is NULL. */
static int set_or_remove(int fd, const char *name, const void *value,
                         size_t size)
{
    return value ? linux_set_xattr(fd, name, value, size)
                 : linux_remove_xattr(fd, name);
}

/* Linux changes attributes only of what may be written, but a program may make
 * a marked file read-only and then unmark it. */
static int set_of_any(const struct bridge_file *file, const char *name,
                      const void *value, size_t size)
{
    const uint32_t owner_writes = 0200;
    int result = set_or_remove(file->fd, name, value, size);

    if (result == -LINUX_EACCES &&
        linux_fchmod(file->fd, file->st.mode | owner_writes) == 0) {
        result = set_or_remove(file->fd, name, value, size);
        linux_fchmod(file->fd, file->st.mode);
    }
    return result;
}

void file_mark_deleted(HANDLE handle, bool deleted)
{
    struct bridge_file file;

    if (file_open(handle, 0, &file) != ST_SUCCESS)
        return;
    if (file.can_clone)
        set_of_any(&file, XATTR_DELETED, deleted ? "1" : NULL, 1);
    file_close(&file);
}

bool file_is_marked_deleted(HANDLE handle)
{
    unsigned options;
    char value;
    int fd;
    bool marked;

    if (handle_to_fd(handle, 0, &fd, &options) != ST_SUCCESS)
        return false;
    marked = linux_get_xattr(fd, XATTR_DELETED, &value, sizeof value) > 0;
    linux_close(fd);
    return marked;
}

bool file_is_marked_deleted_at(const char *path)
{
    char value;

    return linux_get_xattr_by_path(path, XATTR_DELETED, &value, sizeof value) >
           0;
}

/* An attribute of a descriptor, or else of a path. */
static int get_attribute(int fd, const char *path, void *value, size_t size)
{
    return path ? linux_get_xattr_by_path(path, XATTR_SECURITY, value, size)
                : linux_get_xattr(fd, XATTR_SECURITY, value, size);
}

static uint8_t *read_security(int fd, const char *path, size_t *size)
{
    int there = get_attribute(fd, path, NULL, 0);
    uint8_t *bytes = there > 0 ? malloc((size_t)there) : NULL;

    if (!bytes)
        return NULL;
    there = get_attribute(fd, path, bytes, (size_t)there);
    if (there > 0) {
        *size = (size_t)there;
        return bytes;
    }
    free(bytes);
    return NULL;
}

uint8_t *file_security(const struct bridge_file *file, size_t *size)
{
    return read_security(file->fd, NULL, size);
}

nt_status file_set_security(const struct bridge_file *file,
                            const uint8_t *bytes, size_t size)
{
    return file_status(set_of_any(file, XATTR_SECURITY, bytes, size));
}

uint8_t *file_security_of_folder(const struct bridge_file *file, size_t *size)
{
    char path[4096];
    char *slash;

    if (linux_path(file->fd, path, sizeof path) < 0)
        return NULL;
    slash = strrchr(path, '/');
    if (!slash || slash == path)
        return NULL;
    *slash = '\0';
    return read_security(-1, path, size);
}

void file_mark_flushed(const struct bridge_file *file)
{
    linux_set_xattr(file->fd, XATTR_FLUSHED, file->st.write_time,
                    sizeof file->st.write_time);
}

bool file_was_flushed(const struct bridge_file *file)
{
    int64_t flushed[2];

    return linux_get_xattr(file->fd, XATTR_FLUSHED, flushed, sizeof flushed) ==
               (int)sizeof flushed &&
           memcmp(flushed, file->st.write_time, sizeof flushed) == 0;
}
