/* Raw Linux system calls, x86-64; bridge_linux.h has the contracts. */
#include "bridge_linux.h"

#include <stdio.h>
#include <string.h>

enum {
    CALL_READ = 0,
    CALL_WRITE = 1,
    CALL_OPEN = 2,
    CALL_CLOSE = 3,
    CALL_STAT = 4,
    CALL_FSTAT = 5,
    CALL_LSTAT = 6,
    CALL_LSEEK = 8,
    CALL_IOCTL = 16,
    CALL_PREAD = 17,
    CALL_PWRITE = 18,
    CALL_SOCKET = 41,
    CALL_CONNECT = 42,
    CALL_FCNTL = 72,
    CALL_FTRUNCATE = 77,
    CALL_RENAME = 82,
    CALL_UNLINK = 87,
    CALL_READLINK = 89,
    CALL_FCHMOD = 91,
    CALL_FSTATFS = 138,
    CALL_FSETXATTR = 190,
    CALL_LGETXATTR = 192,
    CALL_FGETXATTR = 193,
    CALL_FREMOVEXATTR = 199,
    CALL_FALLOCATE = 285
};

#define IOCTL_FICLONERANGE 0x4020940D
#define IOCTL_FIEMAP 0xC020660B
#define IOCTL_BTRFS_FS_INFO 0x8400941F

static int64_t system_call(int64_t number, int64_t a, int64_t b, int64_t c,
                           int64_t d, int64_t e)
{
    register int64_t r10 __asm__("r10") = d;
    register int64_t r8 __asm__("r8") = e;
    int64_t result;

    do {
        __asm__ volatile("syscall"
                         : "=a"(result)
                         : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10),
                           "r"(r8)
                         : "rcx", "r11", "memory");
    } while (result == -LINUX_EINTR && number != CALL_CLOSE);
    return result;
}

/* A pointer as the register that carries it. */
static int64_t at(const void *pointer)
{
    return (int64_t)(intptr_t)pointer;
}

int linux_open(const char *path, int flags, int mode)
{
    return (int)system_call(CALL_OPEN, at(path), flags, mode, 0, 0);
}

int linux_connect(const char *path)
{
    enum { FAMILY_UNIX = 1, STREAM = 1 };
    struct {
        uint16_t family;
        char path[108];
    } address = {.family = FAMILY_UNIX};
    int fd, result;

    if (strlen(path) >= sizeof address.path)
        return -LINUX_EINVAL;
    strcpy(address.path, path);
    fd = (int)system_call(CALL_SOCKET, FAMILY_UNIX, STREAM | LINUX_O_CLOEXEC, 0,
                          0, 0);
    if (fd < 0)
        return fd;
    result =
        (int)system_call(CALL_CONNECT, fd, at(&address), sizeof address, 0, 0);
    if (result >= 0)
        return fd;
    linux_close(fd);
    return result;
}

int linux_close(int fd)
{
    return (int)system_call(CALL_CLOSE, fd, 0, 0, 0, 0);
}

int64_t linux_read_at(int fd, void *buffer, size_t size, int64_t offset)
{
    return system_call(CALL_PREAD, fd, at(buffer), (int64_t)size, offset, 0);
}

int64_t linux_write_at(int fd, const void *buffer, size_t size, int64_t offset)
{
    return system_call(CALL_PWRITE, fd, at(buffer), (int64_t)size, offset, 0);
}

int64_t linux_read(int fd, void *buffer, size_t size)
{
    return system_call(CALL_READ, fd, at(buffer), (int64_t)size, 0, 0);
}

int64_t linux_write(int fd, const void *buffer, size_t size)
{
    return system_call(CALL_WRITE, fd, at(buffer), (int64_t)size, 0, 0);
}

int64_t linux_seek(int fd, int64_t offset, int whence)
{
    return system_call(CALL_LSEEK, fd, offset, whence, 0, 0);
}

int linux_fstat(int fd, struct linux_stat *st)
{
    return (int)system_call(CALL_FSTAT, fd, at(st), 0, 0, 0);
}

int linux_stat(const char *path, struct linux_stat *st)
{
    return (int)system_call(CALL_STAT, at(path), at(st), 0, 0, 0);
}

int linux_lstat(const char *path, struct linux_stat *st)
{
    return (int)system_call(CALL_LSTAT, at(path), at(st), 0, 0, 0);
}

int linux_fstatfs(int fd, struct linux_statfs *fs)
{
    return (int)system_call(CALL_FSTATFS, fd, at(fs), 0, 0, 0);
}

int linux_truncate(int fd, int64_t size)
{
    return (int)system_call(CALL_FTRUNCATE, fd, size, 0, 0, 0);
}

int linux_rename(const char *from, const char *to)
{
    return (int)system_call(CALL_RENAME, at(from), at(to), 0, 0, 0);
}

int linux_unlink(const char *path)
{
    return (int)system_call(CALL_UNLINK, at(path), 0, 0, 0, 0);
}

int linux_fchmod(int fd, uint32_t mode)
{
    return (int)system_call(CALL_FCHMOD, fd, mode, 0, 0, 0);
}

int linux_fallocate(int fd, int mode, int64_t offset, int64_t length)
{
    return (int)system_call(CALL_FALLOCATE, fd, mode, offset, length, 0);
}

int linux_fiemap(int fd, struct linux_fiemap *map)
{
    return (int)system_call(CALL_IOCTL, fd, IOCTL_FIEMAP, at(map), 0, 0);
}

int linux_clone_range(int from, int64_t from_offset, int64_t length, int to,
                      int64_t to_offset)
{
    struct {
        int64_t from;
        uint64_t from_offset;
        uint64_t length;
        uint64_t to_offset;
    } range = {from, (uint64_t)from_offset, (uint64_t)length,
               (uint64_t)to_offset};

    return (int)system_call(CALL_IOCTL, to, IOCTL_FICLONERANGE, at(&range), 0,
                            0);
}

int linux_get_xattr(int fd, const char *name, void *value, size_t size)
{
    return (int)system_call(CALL_FGETXATTR, fd, at(name), at(value),
                            (int64_t)size, 0);
}

int linux_get_xattr_by_path(const char *path, const char *name, void *value,
                            size_t size)
{
    return (int)system_call(CALL_LGETXATTR, at(path), at(name), at(value),
                            (int64_t)size, 0);
}

int linux_set_xattr(int fd, const char *name, const void *value, size_t size)
{
    return (int)system_call(CALL_FSETXATTR, fd, at(name), at(value),
                            (int64_t)size, 0);
}

int linux_remove_xattr(int fd, const char *name)
{
    return (int)system_call(CALL_FREMOVEXATTR, fd, at(name), 0, 0, 0);
}

bool linux_is_locked(int fd, int64_t offset, int64_t length, bool for_write)
{
    struct {
        int16_t type;
        int16_t whence;
        int32_t padding;
        int64_t start;
        int64_t length;
        int32_t owner;
        int32_t padding2;
    } lock = {for_write ? 1 : 0, 0, 0, offset, length, 0, 0};
    enum { GET_LOCK = 5, UNLOCKED = 2 };

    return system_call(CALL_FCNTL, fd, GET_LOCK, at(&lock), 0, 0) == 0 &&
           lock.type != UNLOCKED;
}

int linux_reopen(int fd, int flags)
{
    char path[32];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return linux_open(path, flags | LINUX_O_CLOEXEC, 0);
}

int linux_path(int fd, char *path, size_t size)
{
    char link[32];
    int length;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = (int)system_call(CALL_READLINK, at(link), at(path),
                              (int64_t)size - 1, 0, 0);
    if (length >= 0)
        path[length] = '\0';
    return length;
}

int linux_btrfs_id(int fd, uint8_t id[16])
{
    uint8_t info[1024] = {0}; /* u64 max_id, u64 num_devices, u8 fsid[16] */
    int result =
        (int)system_call(CALL_IOCTL, fd, IOCTL_BTRFS_FS_INFO, at(info), 0, 0);

    if (result == 0)
        memcpy(id, info + 16, 16);
    return result;
}
