/* Making files, and telling from outside what became of them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "e2e_internal.h"

enum { BLOCK = 1 << 16 };

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int open_file(const char *name, int flags)
{
    int file = open(name, flags | O_CLOEXEC, 0644);
    if (file < 0)
        e2e_broken(name);
    return file;
}

static void fill(int file, struct range range, uint64_t seed)
{
    static uint64_t block[BLOCK / sizeof(uint64_t)];
    uint64_t state = (seed ^ range.offset) | 1;
    while (range.length != 0) {
        size_t step = range.length < BLOCK ? (size_t)range.length : BLOCK;
        for (size_t i = 0; i < ROWS(block); i++)
            block[i] = next_random(&state);
        if (pwrite(file, block, step, (off_t)range.offset) != (ssize_t)step)
            e2e_broken("write");
        range.offset += step;
        range.length -= step;
    }
}

void e2e_make(const char *name, uint64_t size)
{
    int file = open_file(name, O_WRONLY | O_CREAT | O_TRUNC);
    fill(file, (struct range){0, size}, hash_bytes(size, name, strlen(name)));
    close(file);
}

/* The size comes first: XFS takes room ahead of a write that grows a file, and
   would leave it where a hole is to be. */
void e2e_make_sparse(const char *name, uint64_t size, const struct range *data)
{
    int file = open_file(name, O_WRONLY | O_CREAT | O_TRUNC);
    if (ftruncate(file, (off_t)size) != 0)
        e2e_broken("ftruncate");
    for (; data->length != 0; data++)
        fill(file, *data, hash_bytes(size, name, strlen(name)));
    /* What the bridge reports as FILE_ATTRIBUTE_SPARSE_FILE. */
    if (fsetxattr(file, "user.reflink.sparse", "1", 1, 0) != 0)
        e2e_broken("setxattr");
    close(file);
}

void e2e_preallocate(const char *name, uint64_t size)
{
    int file = open_file(name, O_WRONLY);
    if (fallocate(file, 0, 0, (off_t)size) != 0)
        e2e_broken("fallocate");
    close(file);
}

void e2e_make_folder(const char *name)
{
    if (mkdir(name, 0755) != 0)
        e2e_broken(name);
}

void e2e_write(const char *name, const char *text)
{
    FILE *file = fopen(name, "wb");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
        e2e_broken(name);
}

const char *e2e_read(const char *name)
{
    return e2e_slurp(name);
}

uint64_t e2e_size(const char *name)
{
    struct stat status;
    return stat(name, &status) == 0 ? (uint64_t)status.st_size : UINT64_MAX;
}

uint64_t e2e_allocated(const char *name)
{
    struct stat status;
    return stat(name, &status) == 0 ? (uint64_t)status.st_blocks * 512
                                    : UINT64_MAX;
}

uint64_t e2e_free_bytes(void)
{
    struct statfs status;
    if (statfs(".", &status) != 0)
        e2e_broken("statfs");
    return (uint64_t)status.f_bavail * (uint64_t)status.f_bsize;
}

bool e2e_is_sparse(const char *name)
{
    char text[8] = "";
    return getxattr(name, "user.reflink.sparse", text, sizeof text - 1) > 0 &&
           text[0] == '1';
}

/* The next offset with data at or behind `at`; the size if there is none. */
static uint64_t next_data(int file, uint64_t at, uint64_t size)
{
    off_t data = lseek(file, (off_t)at, SEEK_DATA);
    return data < 0 ? size : (uint64_t)data;
}

static bool same_block(int a, int b, uint64_t at, size_t length)
{
    static char from_a[BLOCK];
    static char from_b[BLOCK];
    return pread(a, from_a, length, (off_t)at) == (ssize_t)length &&
           pread(b, from_b, length, (off_t)at) == (ssize_t)length &&
           memcmp(from_a, from_b, length) == 0;
}

static bool same_data(int a, int b, uint64_t size)
{
    uint64_t at = 0;
    for (;;) {
        uint64_t in_a = next_data(a, at, size);
        uint64_t in_b = next_data(b, at, size);
        at = in_a < in_b ? in_a : in_b;
        if (at >= size)
            return true;
        uint64_t left = size - at;
        size_t step = left < BLOCK ? (size_t)left : BLOCK;
        if (!same_block(a, b, at, step))
            return false;
        at += step;
    }
}

bool e2e_same_bytes(const char *a, const char *b)
{
    int file_a = open(a, O_RDONLY | O_CLOEXEC);
    int file_b = open(b, O_RDONLY | O_CLOEXEC);
    bool same = file_a >= 0 && file_b >= 0 && e2e_size(a) == e2e_size(b) &&
                same_data(file_a, file_b, e2e_size(a));
    close(file_a);
    close(file_b);
    return same;
}

struct extents {
    struct fiemap_extent *at;
    size_t count;
};

/* Extents that continue each other in every respect are one. */
static bool continues(const struct fiemap_extent *before,
                      const struct fiemap_extent *next)
{
    const uint32_t last = FIEMAP_EXTENT_LAST | FIEMAP_EXTENT_MERGED;
    return (before->fe_flags & ~last) == (next->fe_flags & ~last) &&
           before->fe_logical + before->fe_length == next->fe_logical &&
           before->fe_physical + before->fe_length == next->fe_physical;
}

static void add_extent(struct extents *all, const struct fiemap_extent *next)
{
    if (all->count != 0 && continues(&all->at[all->count - 1], next)) {
        all->at[all->count - 1].fe_length += next->fe_length;
        return;
    }
    all->at = realloc(all->at, (all->count + 1) * sizeof *all->at);
    if (all->at == NULL)
        e2e_broken("realloc");
    all->at[all->count++] = *next;
}

static struct extents read_extents(const char *name)
{
    enum { AT_ONCE = 128 };
    struct extents all = {NULL, 0};
    size_t size = sizeof(struct fiemap) + AT_ONCE * sizeof all.at[0];
    struct fiemap *map = calloc(1, size);
    int file = open(name, O_RDONLY | O_CLOEXEC);
    uint64_t start = 0;
    bool more = file >= 0 && map != NULL;
    while (more) {
        memset(map, 0, sizeof *map);
        map->fm_start = start;
        map->fm_length = FIEMAP_MAX_OFFSET;
        map->fm_flags = FIEMAP_FLAG_SYNC;
        map->fm_extent_count = AT_ONCE;
        more =
            ioctl(file, FS_IOC_FIEMAP, map) == 0 && map->fm_mapped_extents != 0;
        for (uint32_t i = 0; more && i < map->fm_mapped_extents; i++) {
            struct fiemap_extent *extent = &map->fm_extents[i];
            add_extent(&all, extent);
            start = extent->fe_logical + extent->fe_length;
            more = (extent->fe_flags & FIEMAP_EXTENT_LAST) == 0;
        }
    }
    close(file);
    free(map);
    return all;
}

static bool is_shared(const struct fiemap_extent *extent)
{
    return (extent->fe_flags & FIEMAP_EXTENT_SHARED) != 0;
}

static uint64_t shared_part(const struct fiemap_extent *a,
                            const struct fiemap_extent *b)
{
    uint64_t from =
        a->fe_logical > b->fe_logical ? a->fe_logical : b->fe_logical;
    uint64_t end_a = a->fe_logical + a->fe_length;
    uint64_t end_b = b->fe_logical + b->fe_length;
    uint64_t end = end_a < end_b ? end_a : end_b;
    if (from >= end || !is_shared(a) || !is_shared(b) ||
        a->fe_physical - a->fe_logical != b->fe_physical - b->fe_logical)
        return 0;
    return end - from;
}

uint64_t e2e_shared_bytes(const char *a, const char *b)
{
    struct extents in_a = read_extents(a);
    struct extents in_b = read_extents(b);
    uint64_t bytes = 0;
    for (size_t i = 0; i < in_a.count; i++) {
        for (size_t j = 0; j < in_b.count; j++)
            bytes += shared_part(&in_a.at[i], &in_b.at[j]);
    }
    free(in_a.at);
    free(in_b.at);
    return bytes;
}

static uint64_t sum(const struct extents *all)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < all->count; i++)
        bytes += all->at[i].fe_length;
    return bytes;
}

bool e2e_same_extents(const char *a, const char *b)
{
    struct extents in_a = read_extents(a);
    struct extents in_b = read_extents(b);
    uint64_t bytes = sum(&in_a);
    bool same =
        bytes != 0 && bytes == sum(&in_b) && bytes == e2e_shared_bytes(a, b);
    free(in_a.at);
    free(in_b.at);
    return same;
}

static int is_name(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

const char *e2e_files(void)
{
    struct dirent **entries = NULL;
    const char *text = "";
    int count = scandir(".", &entries, is_name, by_bytes);
    for (int i = 0; i < count; i++) {
        text = e2e_text("%s%s%s", text, i == 0 ? "" : " ", entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return text;
}

const char *e2e_newest_temporary(void)
{
    struct dirent **entries = NULL;
    const char *found = NULL;
    struct stat status;
    int count = scandir(".", &entries, is_name, by_bytes);
    for (int i = 0; i < count; i++) {
        if (strncmp(entries[i]->d_name, "~reflink-", 9) == 0 &&
            stat(entries[i]->d_name, &status) == 0 && status.st_blocks != 0)
            found = e2e_text("%s", entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return found;
}

static const char *snapshot;

/* Size and bytes are those of one open file, whoever takes its name then. */
uint64_t e2e_hash(const char *name)
{
    static char block[BLOCK];
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    struct stat status;
    int file = open(name, O_RDONLY | O_CLOEXEC);
    bool known = file >= 0 && fstat(file, &status) == 0;
    uint64_t size = known ? (uint64_t)status.st_size : 0;
    uint64_t at = known ? next_data(file, 0, size) : 0;
    while (at < size) {
        ssize_t got = pread(file, block, sizeof block, (off_t)at);
        if (got <= 0)
            break;
        hash = hash_bytes(hash, &at, sizeof at);
        hash = hash_bytes(hash, block, (size_t)got);
        at = next_data(file, at + (uint64_t)got, size);
    }
    if (file >= 0)
        close(file);
    return hash;
}

static int add_to_snapshot(const char *path, const struct stat *status,
                           int kind, struct FTW *walk)
{
    (void)walk;
    uint64_t hash = kind == FTW_F ? e2e_hash(path) : 0;
    snapshot =
        e2e_text("%s%s %o %ju %jd %jd.%09ld %016jx\n", snapshot, path,
                 status->st_mode, (uintmax_t)status->st_ino,
                 (intmax_t)status->st_size, (intmax_t)status->st_mtim.tv_sec,
                 status->st_mtim.tv_nsec, (uintmax_t)hash);
    return 0;
}

/* The folder's own time changes with a file that comes and goes. */
static int add_unless_top(const char *path, const struct stat *status, int kind,
                          struct FTW *walk)
{
    return walk->level == 0 ? 0 : add_to_snapshot(path, status, kind, walk);
}

const char *e2e_snapshot(void)
{
    snapshot = "";
    nftw(".", add_unless_top, 16, FTW_PHYS);
    return snapshot;
}
