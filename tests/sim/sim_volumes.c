/*
 * Volumes, and the profiles they impersonate.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

#define KIB UINT64_C(1024)
#define GIB (KIB * KIB * KIB)
#define TIB (KIB * GIB)
#define CEILING 8175u       /* [Block cloning on ReFS] */
#define FAT32_TIME 20000000 /* two seconds [MS-FSCC 2.1.1] */
#define EXFAT_TIME 100000   /* ten milliseconds */
/* The years that FAT and exFAT can store, 1980 to 2107 */
#define FAT_FIRST INT64_C(119600064000000000)
#define FAT_LAST INT64_C(159992927980000000)

#define MAX_VOLUMES 16

static struct sim_volume *volumes[MAX_VOLUMES];
static size_t volume_count;

struct sim_volume *sim_volume_at(size_t index)
{
    return index < volume_count ? volumes[index] : NULL;
}

/* ---- profiles -------------------------------------------------------- */

static void refs_4k(struct sim_volume *v)
{
    v->fs_name = L"ReFS";
    v->cluster = 4096;
    v->limit = CEILING;
    v->features_known = true;
    v->features = OS_VOLUME_CLONES | OS_VOLUME_INTEGRITY | OS_VOLUME_SPARSE;
    v->max_file_size = INT64_MAX;
    v->file_too_large = CODE_FILE_TOO_LARGE;
    v->late_times = true;
    v->time_grain = 1;
    v->posix_rename = true;
    v->rename_over_readonly = true;
    v->hard_links = true;
    v->links_allowed = true;
    v->streams = true;
    v->stream_limit = 128 * KIB; /* [MS-FSA 2.1.5.4, note 54] */
    v->stream_full = CODE_FILE_SYSTEM_LIMITATION;
    v->eas = true;
    v->security = true;
    v->allocation_unit = SIM_OWN;
    v->integrity_cluster = SIM_OWN;
    v->trailing_holes = true;
    v->alignment = SIM_OWN;
    v->max_request = 4 * GIB - 1; /* [Block Cloning, Win32] */
    v->past_end = SIM_PAST_END_REFUSED;
    v->cross_volume = CODE_INVALID_PARAMETER;
    v->overlap = CODE_NOT_SUPPORTED;
    v->sparse_rule = true;
}

static void refs_64k(struct sim_volume *v)
{
    refs_4k(v);
    v->cluster = 0x10000;
}

/* Server 2016 as released [torture/smb2/ioctl.c]; its ReFS had no POSIX rename.
 */
static void refs_ws2016(struct sim_volume *v)
{
    refs_4k(v);
    v->past_end = SIM_PAST_END_CLIPPED;
    v->posix_rename = false;
    v->rename_over_readonly = false;
    v->hard_links = false; /* from 3.5 on [MS-FSA, note 1] */
}

static void refs_unflushed(struct sim_volume *v)
{
    refs_4k(v);
    v->needs_flush = true;
}

static void csvfs(struct sim_volume *v)
{
    refs_4k(v);
    v->fs_name = L"CSVFS";
    v->drop.at = 1;
    v->drop.code = CODE_HOST_NODE_NOT_RESOURCE_OWNER;
}

/* GET_INTEGRITY is not on the server's list [MS-SMB2 3.3.5.15]. */
static void smb_refs(struct sim_volume *v)
{
    refs_4k(v);
    v->remote = true;
    v->get_integrity = CODE_NOT_SUPPORTED;
    v->cross_volume =
        CODE_INVALID_HANDLE; /* another session [MS-SMB2 3.3.5.15.17] */
}

static void smb_tfo(struct sim_volume *v)
{
    smb_refs(v);
    v->drop.at = 2;
    v->drop.code = CODE_NETNAME_DELETED;
}

static void smb_sofs(struct sim_volume *v)
{
    smb_tfo(v);
    v->drop.kills_handles = true;
}

/*
 * smbd with share:fake_fscaps on XFS or Btrfs, blocks of 4 KiB
 * [smb2_ioctl_filesys.c]. It checks the exact size of both files.
 */
static void samba(struct sim_volume *v)
{
    refs_4k(v);
    v->late_times = false;
    v->remote = true;
    v->fs_name = L"NTFS";
    v->features = OS_VOLUME_CLONES | OS_VOLUME_SPARSE;
    v->stream_limit = 0;
    v->eas = false;
    v->lazy = true;
    v->limit = UINT32_MAX;
    v->allocation_unit = 1024;
    v->get_integrity = CODE_INVALID_FUNCTION;
    v->set_integrity = CODE_INVALID_FUNCTION;
    v->extents = CODE_INVALID_FUNCTION;
    v->extents_counted = CODE_INVALID_FUNCTION;
    v->max_request = UINT64_MAX;
    v->exact_tail = true;
    v->past_end = SIM_PAST_END_IGNORED;
    v->cross_volume = CODE_INVALID_HANDLE;
}

static void truenas(struct sim_volume *v)
{
    samba(v);
    v->cluster = 128 * KIB;
    v->allocation_unit = SIM_OWN;
    v->copies_misaligned = true;
}

static void winbtrfs(struct sim_volume *v)
{
    refs_4k(v);
    v->late_times = false;
    v->extents_counted = CODE_INVALID_FUNCTION;
    v->fs_name = L"Btrfs";
    v->stream_limit = 0;
    v->features = OS_VOLUME_CLONES | OS_VOLUME_SPARSE;
    v->limit = UINT32_MAX;
    v->integrity_cluster = 4096;
    v->set_integrity = CODE_INVALID_FUNCTION;
    v->max_request = UINT64_MAX;
    v->overlap = CODE_INVALID_PARAMETER;
    v->honours_locks = true;
    v->crashes_sub_cluster = true;
}

/*
 * Its stubs succeed without effect, and an error of its own comes out as a
 * success: EXDEV is not a failure to Windows [openzfsonwindows/openzfs #485].
 */
static void openzfs(struct sim_volume *v)
{
    refs_4k(v);
    v->late_times = false;
    v->fs_name = L"ZFS";
    v->streams = false;
    v->eas = false;
    v->cluster = 128 * KIB;
    v->lazy = true;
    v->limit = UINT32_MAX;
    v->allocation_unit = 512;
    v->integrity_cluster = 512;
    v->fake_integrity = true;
    v->fake_sparse = true;
    v->extents = CODE_INVALID_FUNCTION;
    v->extents_counted = CODE_INVALID_FUNCTION;
    v->max_request = UINT64_MAX;
    v->unbounded_source = true;
    v->past_end = SIM_PAST_END_CLIPPED;
    v->cross_volume = 0;
    v->overlap = 0;
    v->sparse_rule = false;
}

static void nfs41(struct sim_volume *v)
{
    refs_4k(v);
    v->late_times = false;
    v->remote = true;
    v->fs_name = L"NFS";
    v->copy_key = CODE_INVALID_FUNCTION; /* a code of SMB's redirector */
    v->streams = false;
    v->eas = false;
    v->features = OS_VOLUME_CLONES | OS_VOLUME_SPARSE;
    v->lazy = true;
    v->limit = UINT32_MAX;
    v->get_integrity = CODE_INVALID_FUNCTION;
    v->set_integrity = CODE_INVALID_FUNCTION;
    v->extents = CODE_INVALID_FUNCTION;
    v->extents_counted = CODE_INVALID_FUNCTION;
    v->max_request = UINT64_MAX;
    v->exact_tail = true;
    v->past_end = SIM_PAST_END_CLAMPED;
    v->cross_volume = CODE_NOT_SAME_DEVICE;
    v->sparse_rule = false;
}

static void ntfs(struct sim_volume *v)
{
    refs_4k(v);
    v->late_times = false;
    v->extents_counted = CODE_INVALID_FUNCTION;
    v->fs_name = L"NTFS";
    v->stream_limit = 0;
    v->encrypts = true;
    v->features = OS_VOLUME_SPARSE;
    v->get_integrity = CODE_INVALID_FUNCTION;
    v->set_integrity = CODE_INVALID_FUNCTION;
    v->clone = CODE_INVALID_FUNCTION;
}

static void exfat(struct sim_volume *v)
{
    ntfs(v);
    v->fs_name = L"exFAT";
    v->cluster = 128 * KIB;
    v->features = 0;
    v->time_grain = EXFAT_TIME;
    v->first_time = FAT_FIRST;
    v->last_time = FAT_LAST;
    v->no_time = CODE_INVALID_PARAMETER;
    v->posix_rename = false;
    v->rename_over_readonly = false;
    v->hard_links = false;
    v->copy_link = CODE_INVALID_FUNCTION;
    v->streams = false;
    v->eas = false;
    v->security = false;
    v->encrypts = false;
    v->no_attributes = OS_ATTRIBUTE_NOT_INDEXED;
    v->set_sparse = CODE_INVALID_FUNCTION;
    v->zero = CODE_INVALID_FUNCTION;
    v->allocated = CODE_INVALID_FUNCTION;
}

static void fat32(struct sim_volume *v)
{
    exfat(v);
    v->fs_name = L"FAT32";
    v->cluster = 32 * KIB;
    v->max_file_size = 4 * GIB - 1;
    v->file_too_large = CODE_DISK_FULL; /* [MS-FSA 2.1.5.15.5, note 180] */
    v->time_grain = FAT32_TIME;
    v->first_time = FAT_FIRST;
    v->last_time = FAT_LAST;
    v->no_time = CODE_INVALID_PARAMETER;
}

static const struct profile {
    const char *name;
    void (*make)(struct sim_volume *volume);
} profiles[] = {
    {"refs-4k", refs_4k},
    {"refs-64k", refs_64k},
    {"refs-ws2016", refs_ws2016},
    {"refs-unflushed", refs_unflushed},
    {"dev-drive", refs_4k},
    {"csvfs", csvfs},
    {"smb-refs", smb_refs},
    {"smb-tfo", smb_tfo},
    {"smb-sofs", smb_sofs},
    {"samba", samba},
    {"winbtrfs", winbtrfs},
    {"openzfs", openzfs},
    {"nfs41", nfs41},
    {"truenas", truenas},
    {"ntfs", ntfs},
    {"exfat", exfat},
    {"fat32", fat32},
};

const char *sim_profile(size_t index)
{
    if (index >= sizeof profiles / sizeof profiles[0])
        return NULL;
    return profiles[index].name;
}

/* ---- mounting -------------------------------------------------------- */

static const struct profile *find_profile(const char *name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    }
    fprintf(stderr, "sim: unknown profile: %s\n", name);
    abort();
}

/* The mount point in the form that resolved paths have. */
static wchar_t *root_path(const wchar_t *root)
{
    size_t length = wcslen(root);
    wchar_t *copy;

    while (length > 0 &&
           (root[length - 1] == L'\\' || root[length - 1] == L'/'))
        length--;
    copy = sim_copy_path(root, length);
    for (wchar_t *c = copy; *c; c++) {
        if (*c == L'/')
            *c = L'\\';
    }
    return copy;
}

struct sim_volume *sim_mount(const wchar_t *root, const char *profile)
{
    struct sim_volume *volume = calloc(1, sizeof *volume);
    if (!volume || volume_count == MAX_VOLUMES)
        abort();
    find_profile(profile)->make(volume);
    volume->root = root_path(root);
    volume->serial = UINT64_C(0x5245464c0000) + volume_count + 1;
    volume->device = volume_count + 1;
    volume->capacity = TIB / volume->cluster;
    volume->inner = sim_store_new();
    volumes[volume_count++] = volume;
    sim_name_add_root(volume->root, sim_node_new(volume, SIM_DIRECTORY));
    return volume;
}

void sim_volumes_reset(void)
{
    for (size_t i = 0; i < volume_count; i++) {
        sim_store_free(volumes[i]->inner);
        free((void *)volumes[i]->root);
        free(volumes[i]);
    }
    volume_count = 0;
}

void sim_set_limit(const wchar_t *path, uint32_t limit)
{
    struct sim_volume *volume = sim_volume_under(path);
    if (!volume)
        sim_die("no such volume", path);
    volume->limit = limit;
}

uint64_t sim_free_clusters(const struct sim_volume *volume)
{
    return sim_free_count(volume);
}

uint64_t sim_used_clusters(const struct sim_volume *volume)
{
    return sim_map_covered(sim_ref_map(volume), 0, UINT64_MAX);
}
