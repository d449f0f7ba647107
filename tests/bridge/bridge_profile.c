/* The table of profiles; bridge_profile.h says what a column means. */
#include "bridge_profile.h"

#include "bridge_status.h"

#include <stddef.h>
#include <string.h>

#define SPARSE_FILES UINT32_C(0x00000040)
#define INTEGRITY_STREAMS UINT32_C(0x04000000)
#define BLOCK_REFCOUNTING UINT32_C(0x08000000)

#define REFS_FLAGS (SPARSE_FILES | INTEGRITY_STREAMS | BLOCK_REFCOUNTING)
#define CLONE_FLAGS (SPARSE_FILES | BLOCK_REFCOUNTING)

/* ReFS 3.x; each row below names only where it departs from this. */
#define REFS_RULES                                                             \
    .file_system = "ReFS", .volume_flags = REFS_FLAGS, .clones = true,         \
    .clones_ex = true, .tail = TAIL_ROUNDED, .past_end = PAST_END_REFUSED,     \
    .overlap_status = ST_NOT_SUPPORTED,                                        \
    .other_volume_status = ST_INVALID_PARAMETER, .integrity = INTEGRITY_REAL,  \
    .retrieval_pointers = true, .reference_counts = true,                      \
    .refs_volume_data = true

/* smbd: no integrity, no retrieval pointers, and no growing (source3/smbd/
 * smb2_ioctl_filesys.c); the name and the 1 KiB unit are its defaults; an
 * unknown class is refused as such (smb2_setinfo.c). */
#define SAMBA_RULES                                                            \
    .file_system = "NTFS", .volume_flags = CLONE_FLAGS, .clones = true,        \
    .tail = TAIL_EXACT, .past_end = PAST_END_NOTHING,                          \
    .overlap_status = ST_NOT_SUPPORTED,                                        \
    .other_volume_status = ST_INVALID_HANDLE,                                  \
    .name_ex_status = ST_INVALID_INFO_CLASS, .integrity = INTEGRITY_NONE

/*
 * name_ex_status: FILE_SUPPORTS_POSIX_UNLINK_RENAME is NTFS' alone (MS-FSCC
 * 2.5.1). How others refuse a class that they do not know was looked up in the
 * sources of Samba and ms-nfs41-client (nfs41sys_setfileinfo.c), and that
 * WinBtrfs knows it (fileinfo.c). The rest have one of the two usual answers
 * each, so that a program meets both.
 */
static const struct bridge_profile profiles[] = {
    {.name = "refs", REFS_RULES, .name_ex_status = ST_NOT_SUPPORTED},
    {.name = "refs-4k", REFS_RULES, .name_ex_status = ST_NOT_SUPPORTED},
    {.name = "refs-64k", REFS_RULES, .name_ex_status = ST_INVALID_PARAMETER},
    /* SET_INTEGRITY needs read access on every ReFS, by its control code;
     * the name is kept because that is where people met it. */
    {.name = "dev-drive", REFS_RULES, .name_ex_status = ST_INVALID_PARAMETER},
    {.name = "refs-unflushed",
     REFS_RULES,
     .name_ex_status = ST_NOT_SUPPORTED,
     .zeros_unless_flushed = true},
    {.name = "no-flag",
     .file_system = "ReFS",
     .volume_flags = SPARSE_FILES | INTEGRITY_STREAMS,
     .clones = true,
     .tail = TAIL_ROUNDED,
     .overlap_status = ST_NOT_SUPPORTED,
     .other_volume_status = ST_INVALID_PARAMETER,
     .name_ex_status = ST_NOT_SUPPORTED,
     .integrity = INTEGRITY_REAL,
     .retrieval_pointers = true,
     .reference_counts = true},
    {.name = "refs-ws2016",
     .file_system = "ReFS",
     .volume_flags = REFS_FLAGS,
     .clones = true,
     .tail = TAIL_ROUNDED,
     .past_end = PAST_END_CLIPPED,
     .overlap_status = ST_NOT_SUPPORTED,
     .other_volume_status = ST_INVALID_PARAMETER,
     .name_ex_status = ST_INVALID_PARAMETER,
     .integrity = INTEGRITY_REAL,
     .retrieval_pointers = true,
     .refs_volume_data = true},
    {.name = "csvfs",
     .file_system = "CSVFS",
     .volume_flags = REFS_FLAGS,
     .clones = true,
     .clones_ex = true,
     .tail = TAIL_ROUNDED,
     .overlap_status = ST_NOT_SUPPORTED,
     .other_volume_status = ST_INVALID_PARAMETER,
     .name_ex_status = ST_NOT_SUPPORTED,
     .integrity = INTEGRITY_REAL,
     .retrieval_pointers = true,
     .reference_counts = true,
     .fails_once = true},
    /* MS-SMB2 note <380>: GET_INTEGRITY is not on the server's list. */
    {.name = "smb-refs",
     .file_system = "ReFS",
     .volume_flags = REFS_FLAGS,
     .clones = true,
     .clones_ex = true,
     .tail = TAIL_ROUNDED,
     .overlap_status = ST_NOT_SUPPORTED,
     .other_volume_status = ST_INVALID_PARAMETER,
     .name_ex_status = ST_NOT_SUPPORTED,
     .integrity = INTEGRITY_BLOCKED,
     .retrieval_pointers = true,
     .reference_counts = true},
    {.name = "samba", SAMBA_RULES, .allocation_unit = 1024},
    /* Samba over ZFS: truenas/middleware PR 16635. */
    {.name = "truenas",
     SAMBA_RULES,
     .allocation_unit = 128 * 1024,
     .alignment = 128 * 1024,
     .misaligned = MISALIGNED_COPIED},
    /* maharmstone/btrfs src/fsctl.c; the crash is its issue 789. */
    {.name = "winbtrfs",
     .file_system = "Btrfs",
     .volume_flags = CLONE_FLAGS,
     .clones = true,
     .tail = TAIL_ROUNDED,
     .overlap_status = ST_INVALID_PARAMETER,
     .other_volume_status = ST_INVALID_PARAMETER,
     .integrity = INTEGRITY_STUB_MUTE,
     .integrity_cluster = 4096,
     .retrieval_pointers = true,
     .honours_locks = true,
     .crashes_below_cluster = true},
    /* openzfsonwindows/openzfs module/os/windows/zfs/zfs_vnops_windows.c */
    {.name = "openzfs",
     .file_system = "ZFS",
     .volume_flags = REFS_FLAGS,
     .alignment = 128 * 1024,
     .clones = true,
     .clones_ex = true,
     .tail = TAIL_CLAMPED,
     .overlap_status = ST_INVALID_PARAMETER,
     .other_volume_status = ST_INVALID_PARAMETER,
     .name_ex_status = ST_INVALID_PARAMETER,
     .integrity = INTEGRITY_STUB,
     .integrity_cluster = 512,
     .sparse_is_noop = true},
    /* kofemann/ms-nfs41-client daemon/fsctl.c */
    {.name = "nfs41",
     .file_system = "NFS",
     .volume_flags = CLONE_FLAGS,
     .clones = true,
     .tail = TAIL_CLAMPED,
     .overlap_status = ST_INVALID_PARAMETER,
     .other_volume_status = ST_NOT_SAME_DEVICE,
     .name_ex_status = ST_NOT_SUPPORTED,
     .integrity = INTEGRITY_NONE},
    {.name = "ntfs",
     .file_system = "NTFS",
     .volume_flags = SPARSE_FILES,
     .integrity = INTEGRITY_NONE,
     .retrieval_pointers = true},
};

const struct bridge_profile *profile_at(unsigned n)
{
    return n < sizeof profiles / sizeof profiles[0] ? &profiles[n] : NULL;
}

const struct bridge_profile *profile_find(const char *name)
{
    const struct bridge_profile *p;

    for (unsigned n = 0; (p = profile_at(n)) != NULL; n++) {
        if (strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}
