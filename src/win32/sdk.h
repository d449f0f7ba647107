/*
 * Every SDK name that an SDK or MinGW-w64 header may lack, in one place.
 *
 * Control codes stand under the SDK's own names, each guarded. Structures
 * cannot be guarded, so they are private copies; their layout comes from
 * MS-FSCC 2.3 and is asserted for 32 and 64 bits.
 */
#ifndef REFLINK_WIN32_SDK_H
#define REFLINK_WIN32_SDK_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#include <winioctl.h>

#include <stddef.h>

#ifndef FSCTL_DUPLICATE_EXTENTS_TO_FILE
#define FSCTL_DUPLICATE_EXTENTS_TO_FILE 0x00098344
#endif
#ifndef FSCTL_GET_INTEGRITY_INFORMATION
#define FSCTL_GET_INTEGRITY_INFORMATION 0x0009027C
#endif
#ifndef FSCTL_SET_INTEGRITY_INFORMATION
#define FSCTL_SET_INTEGRITY_INFORMATION 0x0009C280
#endif
#ifndef FSCTL_SET_SPARSE
#define FSCTL_SET_SPARSE 0x000900C4
#endif
#ifndef FSCTL_SET_ZERO_DATA
#define FSCTL_SET_ZERO_DATA 0x000980C8
#endif
#ifndef FSCTL_QUERY_ALLOCATED_RANGES
#define FSCTL_QUERY_ALLOCATED_RANGES 0x000940CF
#endif
#ifndef FSCTL_GET_RETRIEVAL_POINTERS
#define FSCTL_GET_RETRIEVAL_POINTERS 0x00090073
#endif

#ifndef FILE_SUPPORTS_BLOCK_REFCOUNTING
#define FILE_SUPPORTS_BLOCK_REFCOUNTING 0x08000000
#endif
#ifndef FILE_SUPPORTS_INTEGRITY_STREAMS
#define FILE_SUPPORTS_INTEGRITY_STREAMS 0x04000000
#endif
#ifndef ERROR_BLOCK_TOO_MANY_REFERENCES
#define ERROR_BLOCK_TOO_MANY_REFERENCES 347L
#endif
#ifndef ERROR_DIRECTORY_NOT_SUPPORTED
#define ERROR_DIRECTORY_NOT_SUPPORTED 336L
#endif
#ifndef ERROR_DATA_CHECKSUM_ERROR
#define ERROR_DATA_CHECKSUM_ERROR 323L
#endif

/* FSCTL_DUPLICATE_EXTENTS_TO_FILE [MS-FSCC 2.3.7]. On 32 bits four bytes
   follow the handle: the whole is to be zeroed first. */
struct sdk_duplicate_extents {
    HANDLE file;
    LARGE_INTEGER source_offset;
    LARGE_INTEGER target_offset;
    LARGE_INTEGER byte_count;
};

/* FSCTL_GET_INTEGRITY_INFORMATION [MS-FSCC 2.3.52]. */
struct sdk_get_integrity {
    WORD algorithm;
    WORD reserved;
    DWORD flags;
    DWORD chunk_size;
    DWORD cluster_size;
};

/* FSCTL_SET_INTEGRITY_INFORMATION [MS-FSCC 2.3.73]. */
struct sdk_set_integrity {
    WORD algorithm;
    WORD reserved;
    DWORD flags;
};

/* FSCTL_SET_SPARSE [MS-FSCC 2.3.83]. */
struct sdk_set_sparse {
    BYTE sparse;
};

/* FSCTL_SET_ZERO_DATA [MS-FSCC 2.3.85]. */
struct sdk_set_zero {
    LARGE_INTEGER offset;
    LARGE_INTEGER beyond;
};

/* FSCTL_QUERY_ALLOCATED_RANGES, in and out [MS-FSCC 2.3.47]. */
struct sdk_range {
    LARGE_INTEGER offset;
    LARGE_INTEGER length;
};

/* FSCTL_GET_RETRIEVAL_POINTERS, as much as fits [MS-FSCC 2.3.36]. */
enum { SDK_EXTENTS = 64 };
struct sdk_retrieval_pointers {
    DWORD count;
    LARGE_INTEGER starting_vcn;
    struct {
        LARGE_INTEGER next_vcn;
        LARGE_INTEGER lcn;
    } extents[SDK_EXTENTS];
};

/* FileRenameInfoEx, SetFileInformationByHandle; Windows 10 1607. */
enum { SDK_FILE_RENAME_INFO_EX = 22 };
enum {
    SDK_RENAME_REPLACE = 0x1,
    SDK_RENAME_POSIX = 0x2,
    SDK_RENAME_IGNORE_READONLY = 0x40 /* Windows 10 1809 */
};

/* FileIdInfo, GetFileInformationByHandleEx. */
enum { SDK_FILE_ID_INFO = 18 };
struct sdk_file_id {
    ULONGLONG volume;
    BYTE id[16];
};

/* FileFsSizeInformation, NtQueryVolumeInformationFile [MS-FSCC 2.5.8]. */
enum { SDK_FS_SIZE_INFORMATION = 3 };
struct sdk_fs_size {
    LARGE_INTEGER total_units;
    LARGE_INTEGER free_units;
    ULONG sectors_per_unit;
    ULONG bytes_per_sector;
};

struct sdk_io_status {
    ULONG_PTR status; /* an NTSTATUS in the space of a pointer */
    ULONG_PTR information;
};

/* By handle, where Win32 offers only a path. Exported by ntdll.dll. */
__declspec(dllimport) LONG NTAPI
    NtQueryVolumeInformationFile(HANDLE file, void *io_status, void *buffer,
                                 ULONG length, int class);

__declspec(dllimport) LONG NTAPI
    NtQueryEaFile(HANDLE file, void *io_status, void *buffer, ULONG length,
                  BOOLEAN single, void *list, ULONG list_length, ULONG *index,
                  BOOLEAN restart);
__declspec(dllimport) LONG NTAPI
    NtSetEaFile(HANDLE file, void *io_status, void *buffer, ULONG length);
__declspec(dllimport) ULONG NTAPI RtlNtStatusToDosError(LONG status);

#define SDK_STATUS_BUFFER_OVERFLOW ((LONG)0x80000005)
#define SDK_STATUS_BUFFER_TOO_SMALL ((LONG)0xC0000023)
#define SDK_STATUS_NOT_IMPLEMENTED ((LONG)0xC0000002)
#define SDK_STATUS_INVALID_DEVICE_REQUEST ((LONG)0xC0000010)
#define SDK_STATUS_EAS_NOT_SUPPORTED ((LONG)0xC000004F)
#define SDK_STATUS_NO_EAS_ON_FILE ((LONG)0xC0000052)
#define SDK_STATUS_NOT_SUPPORTED ((LONG)0xC00000BB)

/* A file's extended attributes fit in 64 KiB [MS-FSCC 2.4.15]. */
enum { SDK_EA_MOST = 1 << 18 };

/* What a volume or file without extended attributes answers. */
static inline BOOL sdk_has_no_ea(LONG status)
{
    return status == SDK_STATUS_NO_EAS_ON_FILE ||
           status == SDK_STATUS_EAS_NOT_SUPPORTED ||
           status == SDK_STATUS_NOT_SUPPORTED ||
           status == SDK_STATUS_NOT_IMPLEMENTED ||
           status == SDK_STATUS_INVALID_DEVICE_REQUEST;
}

_Static_assert(sizeof(struct sdk_duplicate_extents) == 32, "FSCC 2.3.7");
_Static_assert(offsetof(struct sdk_duplicate_extents, source_offset) == 8,
               "FSCC 2.3.7");
_Static_assert(offsetof(struct sdk_duplicate_extents, byte_count) == 24,
               "FSCC 2.3.7");
_Static_assert(sizeof(struct sdk_get_integrity) == 16, "FSCC 2.3.52");
_Static_assert(offsetof(struct sdk_get_integrity, cluster_size) == 12,
               "FSCC 2.3.52");
_Static_assert(sizeof(struct sdk_set_integrity) == 8, "FSCC 2.3.73");
_Static_assert(sizeof(struct sdk_set_sparse) == 1, "FSCC 2.3.83");
_Static_assert(sizeof(struct sdk_set_zero) == 16, "FSCC 2.3.85");
_Static_assert(sizeof(struct sdk_range) == 16, "FSCC 2.3.47");
_Static_assert(offsetof(struct sdk_retrieval_pointers, starting_vcn) == 8,
               "FSCC 2.3.36");
_Static_assert(offsetof(struct sdk_retrieval_pointers, extents) == 16,
               "FSCC 2.3.36");
_Static_assert(sizeof(struct sdk_file_id) == 24, "FILE_ID_INFO");
_Static_assert(sizeof(struct sdk_fs_size) == 24, "FSCC 2.5.8");

#endif
