/*
 * All SDK names that an SDK or MinGW-w64 header may not have, in one place.
 *
 * Control codes have the SDK's own names, each guarded by #ifndef. Structures
 * cannot be guarded, so these are private copies. Their layout is that of
 * MS-FSCC 2.3, and is asserted for 32 and 64 bits.
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
#ifndef FSCTL_GET_EXTERNAL_BACKING
#define FSCTL_GET_EXTERNAL_BACKING 0x00090310
#endif
#ifndef FSCTL_READ_FILE_USN_DATA
#define FSCTL_READ_FILE_USN_DATA 0x000900EB
#endif
#ifndef FSCTL_GET_RETRIEVAL_POINTERS_AND_REFCOUNT
#define FSCTL_GET_RETRIEVAL_POINTERS_AND_REFCOUNT 0x000903D3
#endif

#ifndef FILE_SUPPORTS_BLOCK_REFCOUNTING
#define FILE_SUPPORTS_BLOCK_REFCOUNTING 0x08000000
#endif
#ifndef FILE_SUPPORTS_INTEGRITY_STREAMS
#define FILE_SUPPORTS_INTEGRITY_STREAMS 0x04000000
#endif
#ifndef SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE
#define SYMBOLIC_LINK_FLAG_ALLOW_UNPRIVILEGED_CREATE 0x2
#endif
#ifndef ERROR_BLOCK_TOO_MANY_REFERENCES
#define ERROR_BLOCK_TOO_MANY_REFERENCES 347L
#endif
#ifndef ERROR_REPARSE_POINT_ENCOUNTERED
#define ERROR_REPARSE_POINT_ENCOUNTERED 4395
#endif
#ifndef ERROR_DIRECTORY_NOT_SUPPORTED
#define ERROR_DIRECTORY_NOT_SUPPORTED 336L
#endif
#ifndef ERROR_VIRUS_INFECTED
#define ERROR_VIRUS_INFECTED 225L
#endif
#ifndef ERROR_VIRUS_DELETED
#define ERROR_VIRUS_DELETED 226L
#endif
#ifndef ERROR_CLOUD_FILE_SYNC_ROOT_METADATA_CORRUPT
#define ERROR_CLOUD_FILE_SYNC_ROOT_METADATA_CORRUPT 358L
#endif
#ifndef ERROR_CLOUD_FILE_PROVIDER_NOT_RUNNING
#define ERROR_CLOUD_FILE_PROVIDER_NOT_RUNNING 362L
#endif
#ifndef ERROR_CLOUD_FILE_PROPERTY_BLOB_CHECKSUM_MISMATCH
#define ERROR_CLOUD_FILE_PROPERTY_BLOB_CHECKSUM_MISMATCH 366L
#endif
#ifndef ERROR_CLOUD_FILE_TOO_MANY_PROPERTY_BLOBS
#define ERROR_CLOUD_FILE_TOO_MANY_PROPERTY_BLOBS 374L
#endif
#ifndef ERROR_CLOUD_FILE_PROPERTY_VERSION_NOT_SUPPORTED
#define ERROR_CLOUD_FILE_PROPERTY_VERSION_NOT_SUPPORTED 375L
#endif
#ifndef ERROR_CLOUD_FILE_NOT_IN_SYNC
#define ERROR_CLOUD_FILE_NOT_IN_SYNC 377L
#endif
#ifndef ERROR_CLOUD_FILE_VALIDATION_FAILED
#define ERROR_CLOUD_FILE_VALIDATION_FAILED 383L
#endif
#ifndef ERROR_CLOUD_FILE_AUTHENTICATION_FAILED
#define ERROR_CLOUD_FILE_AUTHENTICATION_FAILED 386L
#endif
#ifndef ERROR_CLOUD_FILE_REQUEST_CANCELED
#define ERROR_CLOUD_FILE_REQUEST_CANCELED 398L
#endif
#ifndef ERROR_CLOUD_FILE_PROVIDER_TERMINATED
#define ERROR_CLOUD_FILE_PROVIDER_TERMINATED 404L
#endif
#ifndef ERROR_CLOUD_FILE_REQUEST_TIMEOUT
#define ERROR_CLOUD_FILE_REQUEST_TIMEOUT 426L
#endif
#ifndef ERROR_CLOUD_FILE_DEHYDRATION_DISALLOWED
#define ERROR_CLOUD_FILE_DEHYDRATION_DISALLOWED 434L
#endif
#ifndef ERROR_FILE_SYSTEM_LIMITATION
#define ERROR_FILE_SYSTEM_LIMITATION 665L
#endif
#ifndef ERROR_DATA_CHECKSUM_ERROR
#define ERROR_DATA_CHECKSUM_ERROR 323L
#endif

/*
 * FSCTL_DUPLICATE_EXTENTS_TO_FILE [MS-FSCC 2.3.7]. With 32 bits, four bytes of
 * padding follow the handle, so zero the whole struct first.
 */
struct sdk_duplicate_extents {
    HANDLE file;
    LARGE_INTEGER source_offset;
    LARGE_INTEGER target_offset;
    LARGE_INTEGER byte_count;
};

/* FSCTL_GET_INTEGRITY_INFORMATION [MS-FSCC 2.3.20]. */
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

/*
 * READ_FILE_USN_DATA: the record versions that are accepted [MS-FSCC 2.3.61].
 */
struct sdk_usn_versions {
    WORD min;
    WORD max;
};

/*
 * No header has these two codes, which the Win32 documentation therefore spells
 * out [IOCTL_COPYCHUNK, FSCTL_SRV_REQUEST_RESUME_KEY].
 */
enum { SDK_SRV_REQUEST_RESUME_KEY = 0x00140078, SDK_COPYCHUNK = 0x00144418 };

/* SRV_REQUEST_RESUME_KEY, with room for the reserved context. */
struct sdk_resume_key {
    BYTE key[24];
    ULONG context_length;
    BYTE context[4];
};

/* SRV_COPYCHUNK [MS-SMB2 2.2.31.1.1]. */
struct sdk_copychunk {
    LARGE_INTEGER source;
    LARGE_INTEGER target;
    ULONG length;
    ULONG reserved;
};

/* SRV_COPYCHUNK_COPY [MS-SMB2 2.2.31.1]; 256 chunks are the most. */
struct sdk_copychunk_copy {
    BYTE key[24];
    ULONG count;
    ULONG reserved;
    struct sdk_copychunk chunks[256];
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

/* FSCTL_QUERY_ALLOCATED_RANGES, in and out [MS-FSCC 2.3.51]. */
struct sdk_range {
    LARGE_INTEGER offset;
    LARGE_INTEGER length;
};

/*
 * FSCTL_GET_RETRIEVAL_POINTERS, and the same with reference counts. As many
 * extents follow the head as fit [MS-FSCC 2.3.32, 2.3.34].
 */
struct sdk_extents_head {
    DWORD count;
    LARGE_INTEGER starting_vcn;
};
struct sdk_extent {
    LARGE_INTEGER next_vcn;
    LARGE_INTEGER lcn;
};
struct sdk_counted_extent {
    LARGE_INTEGER next_vcn;
    LARGE_INTEGER lcn;
    DWORD references; /* four bytes of padding follow */
};

/*
 * FileRenameInformation of NtSetInformationFile, its newer form (Windows 10
 * 1709), and FileLinkInformation, which has the form of the older one [MS-FSCC
 * 2.4.42, 2.4.43, 2.4.27]. The first member is a BOOLEAN in the older
 * form and flags in the newer one.
 */
enum { SDK_FILE_RENAME = 10, SDK_FILE_LINK = 11, SDK_FILE_RENAME_EX = 65 };
enum {
    SDK_NAME_REPLACE = 0x1,
    SDK_NAME_POSIX = 0x2,
    SDK_NAME_IGNORE_READONLY = 0x40
};
struct sdk_name_information {
    ULONG flags; /* older form: a BOOLEAN in the first byte */
    HANDLE root;
    ULONG length; /* bytes in `name` */
    WCHAR name[1];
};

/* FileIdInfo, GetFileInformationByHandleEx. */
enum { SDK_FILE_ID_INFO = 18 };
struct sdk_file_id {
    ULONGLONG volume;
    BYTE id[16];
};

/* FileAllInformation [MS-FSCC 2.4.2]. */
enum { SDK_FILE_ALL_INFORMATION = 18 };
struct sdk_file_all {
    LARGE_INTEGER created;
    LARGE_INTEGER accessed;
    LARGE_INTEGER written;
    LARGE_INTEGER changed;
    ULONG attributes;
    LARGE_INTEGER allocated;
    LARGE_INTEGER end_of_file;
    ULONG links;
    BOOLEAN delete_pending;
    BOOLEAN directory;
    LARGE_INTEGER index;
    ULONG ea_size;
    ULONG access;
    LARGE_INTEGER position;
    ULONG mode;
    ULONG alignment;
    ULONG name_length;
    WCHAR name[1];
};

/* FileFsSizeInformation, NtQueryVolumeInformationFile [MS-FSCC 2.5.8]. */
enum { SDK_FS_SIZE_INFORMATION = 3 };
struct sdk_fs_size {
    LARGE_INTEGER total_units;
    LARGE_INTEGER free_units;
    ULONG sectors_per_unit;
    ULONG bytes_per_sector;
};

/* FileFsFullSizeInformation [MS-FSCC 2.5.4]. */
enum { SDK_FS_FULL_SIZE_INFORMATION = 7 };
struct sdk_fs_full_size {
    LARGE_INTEGER total_units;
    LARGE_INTEGER caller_free_units; /* less if there is a quota */
    LARGE_INTEGER free_units;
    ULONG sectors_per_unit;
    ULONG bytes_per_sector;
};

/* FileFsDeviceInformation [MS-FSCC 2.5.10]. */
enum { SDK_FS_DEVICE_INFORMATION = 4, SDK_REMOTE_DEVICE = 0x10 };
struct sdk_fs_device {
    ULONG type;
    ULONG characteristics;
};

struct sdk_io_status {
    ULONG_PTR status; /* an NTSTATUS in the space of a pointer */
    ULONG_PTR information;
};

/* FileModeInformation: options that a file was opened with [MS-FSCC]. */
enum { SDK_FILE_MODE = 16 };

/* UNICODE_STRING and OBJECT_ATTRIBUTES, for NtCreateFile. */
struct sdk_unicode_string {
    USHORT length; /* in bytes */
    USHORT capacity;
    WCHAR *text;
};
struct sdk_object_attributes {
    ULONG size;
    HANDLE root; /* an open directory that the name begins in, or NULL */
    struct sdk_unicode_string *name;
    ULONG attributes;
    void *security;
    void *quality;
};
enum { SDK_CASE_INSENSITIVE = 0x40, SDK_DONT_REPARSE = 0x1000 };
enum { SDK_OPEN = 1, SDK_CREATE = 2, SDK_OPEN_IF = 3 };
enum {
    SDK_OPTION_DIRECTORY = 0x1,
    SDK_OPTION_SEQUENTIAL = 0x4,
    SDK_OPTION_UNBUFFERED = 0x8,
    SDK_OPTION_SYNCHRONOUS_ALERT = 0x10,
    SDK_OPTION_SYNCHRONOUS = 0x20, /* and not ended by alerts */
    SDK_OPTION_NON_DIRECTORY = 0x40,
    SDK_OPTION_DELETE_ON_CLOSE = 0x1000,
    SDK_OPTION_FOR_BACKUP = 0x4000,
    SDK_OPTION_REPARSE_POINT = 0x200000
};

/*
 * Functions of ntdll.dll that work by handle, where Win32 only accepts a path.
 */
__declspec(dllimport) LONG NTAPI
    NtQueryVolumeInformationFile(HANDLE file, void *io_status, void *buffer,
                                 ULONG length, int class);

__declspec(dllimport) LONG NTAPI
    NtQueryInformationFile(HANDLE file, void *io_status, void *buffer,
                           ULONG length, int class);
__declspec(dllimport) LONG NTAPI
    NtCreateFile(HANDLE *file, DWORD access,
                 struct sdk_object_attributes *attributes, void *io_status,
                 LARGE_INTEGER *allocation, ULONG file_attributes, ULONG share,
                 ULONG disposition, ULONG options, void *ea, ULONG ea_length);
__declspec(dllimport) LONG NTAPI
    NtQueryEaFile(HANDLE file, void *io_status, void *buffer, ULONG length,
                  BOOLEAN single, void *list, ULONG list_length, ULONG *index,
                  BOOLEAN restart);
__declspec(dllimport) LONG NTAPI
    NtSetEaFile(HANDLE file, void *io_status, void *buffer, ULONG length);
__declspec(dllimport) LONG NTAPI
    NtSetInformationFile(HANDLE file, void *io_status, void *buffer,
                         ULONG length, int class);
__declspec(dllimport) ULONG NTAPI RtlNtStatusToDosError(LONG status);
__declspec(dllimport) WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR character);

#define SDK_STATUS_BUFFER_OVERFLOW ((LONG)0x80000005)
#define SDK_STATUS_BUFFER_TOO_SMALL ((LONG)0xC0000023)
#define SDK_STATUS_NOT_IMPLEMENTED ((LONG)0xC0000002)
#define SDK_STATUS_INVALID_INFO_CLASS ((LONG)0xC0000003)
#define SDK_STATUS_INVALID_DEVICE_REQUEST ((LONG)0xC0000010)
#define SDK_STATUS_EAS_NOT_SUPPORTED ((LONG)0xC000004F)
#define SDK_STATUS_NO_EAS_ON_FILE ((LONG)0xC0000052)
#define SDK_STATUS_NOT_SUPPORTED ((LONG)0xC00000BB)
#define SDK_STATUS_INVALID_PARAMETER ((LONG)0xC000000D)
#define SDK_STATUS_REPARSE_POINT_ENCOUNTERED ((LONG)0xC000050B)

/* A file's extended attributes fit in 64 KiB [MS-FSCC 2.4.16]. */
enum { SDK_EA_MAX = 1 << 18 };

_Static_assert(offsetof(struct sdk_file_all, allocated) == 40, "FSCC 2.4.2");
_Static_assert(offsetof(struct sdk_file_all, index) == 64, "FSCC 2.4.2");
_Static_assert(offsetof(struct sdk_file_all, ea_size) == 72, "FSCC 2.4.2");
_Static_assert(offsetof(struct sdk_file_all, name) == 100, "FSCC 2.4.2");
_Static_assert(sizeof(struct sdk_duplicate_extents) == 32, "FSCC 2.3.7");
_Static_assert(offsetof(struct sdk_duplicate_extents, source_offset) == 8,
               "FSCC 2.3.7");
_Static_assert(offsetof(struct sdk_duplicate_extents, byte_count) == 24,
               "FSCC 2.3.7");
_Static_assert(sizeof(struct sdk_get_integrity) == 16, "FSCC 2.3.20");
_Static_assert(offsetof(struct sdk_get_integrity, cluster_size) == 12,
               "FSCC 2.3.20");
_Static_assert(sizeof(struct sdk_set_integrity) == 8, "FSCC 2.3.73");
_Static_assert(sizeof(struct sdk_set_sparse) == 1, "FSCC 2.3.83");
_Static_assert(sizeof(struct sdk_set_zero) == 16, "FSCC 2.3.85");
_Static_assert(sizeof(struct sdk_range) == 16, "FSCC 2.3.51");
_Static_assert(offsetof(struct sdk_extents_head, starting_vcn) == 8,
               "FSCC 2.3.32");
_Static_assert(sizeof(struct sdk_extents_head) == 16, "FSCC 2.3.32");
_Static_assert(sizeof(struct sdk_extent) == 16, "FSCC 2.3.32");
_Static_assert(sizeof(struct sdk_counted_extent) == 24, "FSCC 2.3.34");
_Static_assert(offsetof(struct sdk_counted_extent, references) == 16,
               "FSCC 2.3.34");
_Static_assert(offsetof(struct sdk_name_information, root) == sizeof(void *),
               "FSCC 2.4.42");
_Static_assert(offsetof(struct sdk_name_information, name) ==
                   2 * sizeof(void *) + 4,
               "FSCC 2.4.42");
_Static_assert(sizeof(struct sdk_file_id) == 24, "FILE_ID_INFO");
_Static_assert(SDK_COPYCHUNK == CTL_CODE(FILE_DEVICE_NETWORK_FILE_SYSTEM, 262,
                                         METHOD_BUFFERED, FILE_READ_ACCESS),
               "IOCTL_COPYCHUNK");
_Static_assert(SDK_SRV_REQUEST_RESUME_KEY ==
                   CTL_CODE(FILE_DEVICE_NETWORK_FILE_SYSTEM, 30,
                            METHOD_BUFFERED, FILE_ANY_ACCESS),
               "FSCTL_SRV_REQUEST_RESUME_KEY");
_Static_assert(sizeof(struct sdk_resume_key) == 32, "SMB2 2.2.32.3");
_Static_assert(sizeof(struct sdk_copychunk) == 24, "SMB2 2.2.31.1.1");
_Static_assert(offsetof(struct sdk_copychunk_copy, chunks) == 32,
               "SMB2 2.2.31.1");
_Static_assert(sizeof(struct sdk_fs_size) == 24, "FSCC 2.5.8");
_Static_assert(sizeof(struct sdk_fs_full_size) == 32, "FSCC 2.5.4");
_Static_assert(sizeof(struct sdk_fs_device) == 8, "FSCC 2.5.10");

#endif
