/*
 * Linux system calls for code that runs inside a Wine process.
 *
 * A program under Wine is a Linux process, so the `syscall` instruction works
 * in a Windows DLL; only the C library of Linux is out of reach. Every
 * function returns what the kernel returned: a count or descriptor, or a
 * negated errno (LINUX_E...). Beware that `long` has 32 bits here.
 */
#ifndef BRIDGE_LINUX_H
#define BRIDGE_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINUX_EINTR 4
#define LINUX_EIO 5
#define LINUX_ENXIO 6
#define LINUX_EBADF 9
#define LINUX_ENOMEM 12
#define LINUX_EACCES 13
#define LINUX_EPERM 1
#define LINUX_EXDEV 18
#define LINUX_EISDIR 21
#define LINUX_EINVAL 22
#define LINUX_ETXTBSY 26
#define LINUX_ENOSPC 28
#define LINUX_EROFS 30
#define LINUX_EOPNOTSUPP 95
#define LINUX_EDQUOT 122

#define LINUX_O_RDONLY 0
#define LINUX_O_WRONLY 1
#define LINUX_O_RDWR 2
#define LINUX_O_CREAT 0100
#define LINUX_O_EXCL 0200
#define LINUX_O_APPEND 02000
#define LINUX_O_CLOEXEC 02000000
#define LINUX_O_PATH 010000000

#define LINUX_S_IFMT 0170000
#define LINUX_S_IFBLK 0060000
#define LINUX_S_IFDIR 0040000
#define LINUX_S_IFREG 0100000
#define LINUX_S_IFLNK 0120000

#define LINUX_SEEK_DATA 3
#define LINUX_SEEK_HOLE 4

#define LINUX_XFS_MAGIC 0x58465342
#define LINUX_BTRFS_MAGIC 0x9123683E
#define LINUX_ST_RDONLY 1

#define LINUX_FALLOC_KEEP_SIZE 0x01
#define LINUX_FALLOC_PUNCH_HOLE 0x02
#define LINUX_FALLOC_ZERO_RANGE 0x10

/* struct stat of x86-64. */
struct linux_stat {
    uint64_t device;
    uint64_t inode;
    uint64_t links;
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t padding;
    uint64_t raw_device;
    int64_t size;
    int64_t block_size;
    int64_t blocks;
    int64_t access_time[2];
    int64_t write_time[2]; /* seconds, nanoseconds */
    int64_t change_time[2];
    int64_t reserved[3];
};

/* struct statfs of x86-64. */
struct linux_statfs {
    int64_t type;
    int64_t block_size;
    uint64_t blocks;
    uint64_t blocks_free;
    uint64_t blocks_available;
    uint64_t files;
    uint64_t files_free;
    uint32_t id[2];
    int64_t name_length;
    int64_t fragment_size;
    int64_t flags;
    int64_t reserved[4];
};

/* struct fiemap and its extents, <linux/fiemap.h>. */
#define LINUX_FIEMAP_FLAG_SYNC 0x1
#define LINUX_EXTENT_LAST 0x1
#define LINUX_EXTENT_UNKNOWN 0x2
#define LINUX_EXTENT_INLINE 0x200
#define LINUX_EXTENT_SHARED 0x2000

struct linux_extent {
    uint64_t logical;
    uint64_t physical;
    uint64_t length;
    uint64_t reserved64[2];
    uint32_t flags;
    uint32_t reserved[3];
};

#define LINUX_FIEMAP_BATCH 256

struct linux_fiemap {
    uint64_t start;
    uint64_t length;
    uint32_t flags;
    uint32_t mapped;
    uint32_t capacity;
    uint32_t reserved;
    struct linux_extent extents[LINUX_FIEMAP_BATCH];
};

int linux_open(const char *path, int flags, int mode);

/* A stream to the Unix socket of that name. */
int linux_connect(const char *path);

int linux_close(int fd);
int64_t linux_read_at(int fd, void *buffer, size_t size, int64_t offset);
int64_t linux_write_at(int fd, const void *buffer, size_t size, int64_t offset);
int64_t linux_read(int fd, void *buffer, size_t size);
int64_t linux_write(int fd, const void *buffer, size_t size);
int64_t linux_seek(int fd, int64_t offset, int whence);
int linux_stat(const char *path, struct linux_stat *st);
/* Of a symbolic link itself. */
int linux_lstat(const char *path, struct linux_stat *st);

int linux_fstat(int fd, struct linux_stat *st);
int linux_fstatfs(int fd, struct linux_statfs *fs);
int linux_truncate(int fd, int64_t size);
int linux_rename(const char *from, const char *to);
int linux_unlink(const char *path);
int linux_fchmod(int fd, uint32_t mode);
int linux_fallocate(int fd, int mode, int64_t offset, int64_t length);
int linux_fiemap(int fd, struct linux_fiemap *map);

/* Length 0 would mean "to the end" to the kernel; callers never pass it. */
int linux_clone_range(int from, int64_t from_offset, int64_t length, int to,
                      int64_t to_offset);

/* Returns the attribute's size, or a negated errno. */
int linux_get_xattr(int fd, const char *name, void *value, size_t size);
int linux_get_xattr_by_path(const char *path, const char *name, void *value,
                            size_t size);
int linux_set_xattr(int fd, const char *name, const void *value, size_t size);
int linux_remove_xattr(int fd, const char *name);

/* Whether another process holds a lock that a write to the range meets. Wine
 * keeps LockFileEx's locks as POSIX locks of its server, another process. */
bool linux_is_locked(int fd, int64_t offset, int64_t length, bool for_write);

/*
 * A second, independent descriptor of the file behind `fd`. It has a file
 * position of its own: `fd` shares Wine's, which must not move.
 */
int linux_reopen(int fd, int flags);

/* The path of the file behind `fd`, ended by 0: its length, or a negated
 * errno. */
int linux_path(int fd, char *path, size_t size);

/* The 16-byte identity of a mounted Btrfs; 0 or a negated errno. */
int linux_btrfs_id(int fd, uint8_t id[16]);

#endif
