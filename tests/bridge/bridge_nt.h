/*
 * The NT names the bridge needs: control codes, information classes and the
 * buffers behind them, with the layouts of MS-FSCC. MinGW-w64 10 lacks the
 * block cloning and integrity ones, and its winternl.h has few of the rest,
 * so all are private copies here.
 */
#ifndef BRIDGE_NT_H
#define BRIDGE_NT_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

typedef uint32_t nt_status;

struct io_status_block {
    union {
        nt_status status;
        void *pointer;
    } result;
    ULONG_PTR information;
};

typedef void(WINAPI *nt_apc_routine)(void *context, struct io_status_block *io,
                                     ULONG reserved);

/* UNICODE_STRING; lengths are in bytes. */
struct unicode_string {
    USHORT length;
    USHORT capacity;
    WCHAR *buffer;
};

/* OBJECT_ATTRIBUTES */
struct object_attributes {
    ULONG size;
    HANDLE root; /* the name begins there, if there is one */
    struct unicode_string *name;
    ULONG attributes;
    void *security;
    void *quality;
};

/* MS-FSCC 2.3; the low two bits of the number are the method, bits 14 and 15
 * the access the handle must have. */
#define CODE_DUPLICATE_EXTENTS 0x00098344u
#define CODE_DUPLICATE_EXTENTS_EX 0x000983E8u
#define CODE_GET_INTEGRITY 0x0009027Cu
#define CODE_SET_INTEGRITY 0x0009C280u
#define CODE_SET_INTEGRITY_EX 0x00090380u
#define CODE_SET_SPARSE 0x000900C4u
#define CODE_SET_ZERO_DATA 0x000980C8u
#define CODE_QUERY_ALLOCATED_RANGES 0x000940CFu
#define CODE_GET_RETRIEVAL_POINTERS 0x00090073u
#define CODE_GET_RETRIEVAL_POINTERS_AND_REFCOUNT 0x000903D3u
#define CODE_GET_EXTERNAL_BACKING 0x00090310u
#define CODE_GET_REFS_VOLUME_DATA 0x000902D8u

struct duplicate_extents {
    HANDLE source;
    int64_t source_offset;
    int64_t target_offset;
    int64_t count;
};

struct duplicate_extents_ex {
    uint64_t size; /* 0x30 */
    HANDLE source;
    int64_t source_offset;
    int64_t target_offset;
    int64_t count;
    uint32_t flags;
    uint32_t padding;
};

struct integrity_get {
    uint16_t algorithm;
    uint16_t reserved;
    uint32_t flags;
    uint32_t chunk_size;
    uint32_t cluster_size;
};

struct integrity_set {
    uint16_t algorithm;
    uint16_t reserved;
    uint32_t flags;
};

struct integrity_set_ex {
    uint8_t enable;
    uint8_t keep_state;
    uint16_t reserved;
    uint32_t flags;
    uint8_t version;
    uint8_t reserved2[7];
};

struct allocated_range {
    int64_t offset;
    int64_t length;
};

struct zero_data {
    int64_t offset;
    int64_t beyond;
};

struct refs_volume_data {
    uint32_t byte_count;
    uint32_t major_version;
    uint32_t minor_version;
    uint32_t bytes_per_physical_sector;
    int64_t serial_number;
    int64_t number_sectors;
    int64_t total_clusters;
    int64_t free_clusters;
    int64_t total_reserved;
    uint32_t bytes_per_sector;
    uint32_t bytes_per_cluster;
    int64_t maximum_size_of_resident_file;
    uint16_t fast_tier_fill_ratio;
    uint16_t slow_tier_fill_ratio;
    uint32_t destages_rate;
    int64_t reserved[9];
};

/* What NtCreateFile is to do. */
#define DISPOSITION_SUPERSEDE 0u
#define DISPOSITION_OPEN 1u
#define DISPOSITION_OPEN_IF 3u
#define DISPOSITION_OVERWRITE 4u
#define DISPOSITION_OVERWRITE_IF 5u
#define OPTION_DELETE_ON_CLOSE 0x1000u

/* The options that a redirector hands on: directory, no directory, write
 * through, delete on close, for backup, the reparse point itself. */
#define SMB_OPTIONS (0x1u | 0x40u | 0x2u | OPTION_DELETE_ON_CLOSE | 0x205000u)

/* What NtCreateFile says it did. */
#define CREATE_SUPERSEDED 0u
#define CREATE_CREATED 2u
#define CREATE_OVERWRITTEN 3u

/* FILE_INFORMATION_CLASS */
#define CLASS_FILE_BASIC 4u
#define CLASS_FILE_STANDARD 5u
#define CLASS_FILE_INTERNAL 6u
#define CLASS_FILE_EA 7u
#define CLASS_FILE_RENAME 10u
#define CLASS_FILE_LINK 11u
#define CLASS_FILE_DISPOSITION 13u
#define CLASS_FILE_POSITION 14u
#define CLASS_FILE_MODE 16u
#define CLASS_FILE_ALL 18u
#define CLASS_FILE_END_OF_FILE 20u
#define CLASS_FILE_STREAM 22u
#define CLASS_FILE_COMPLETION 30u
#define CLASS_FILE_NETWORK_OPEN 34u
#define CLASS_FILE_ATTRIBUTE_TAG 35u
#define CLASS_FILE_ID 59u
#define CLASS_FILE_DISPOSITION_EX 64u
#define CLASS_FILE_RENAME_EX 65u
#define CLASS_FILE_STAT 68u
#define CLASS_FILE_LINK_EX 72u

/* FileBasicInformation, also the head of FileAllInformation; 40 bytes. */
struct file_basic {
    int64_t times[4];
    uint32_t attributes;
};

struct file_network_open {
    int64_t times[4];
    int64_t allocation_size;
    int64_t end_of_file;
    uint32_t attributes;
};

struct file_attribute_tag {
    uint32_t attributes;
    uint32_t reparse_tag;
};

struct file_id {
    uint64_t volume_serial_number;
    uint8_t id[16];
};

/* FileAllInformation as far as FileInternalInformation. */
struct file_all {
    struct file_basic basic;
    int64_t allocation_size;
    int64_t end_of_file;
    uint32_t links;
    uint8_t delete_pending;
    uint8_t directory;
    uint16_t padding2;
    uint64_t index;
};

struct file_stat {
    uint64_t id;
    int64_t times[4];
    int64_t allocation_size;
    int64_t end_of_file;
    uint32_t attributes;
    uint32_t reparse_tag;
    uint32_t links;
    uint32_t access;
};

/* FileRenameInformation, FileLinkInformation and their _Ex forms. */
struct file_name_information {
    ULONG flags;
    HANDLE root;
    ULONG name_length; /* in bytes */
    WCHAR name[1];
};

#define NAME_REPLACE 0x1u
#define NAME_POSIX 0x2u
#define NAME_IGNORE_READONLY 0x40u

/* Whether that is what the class has. */
static inline bool sets_name(ULONG class)
{
    return class == CLASS_FILE_RENAME || class == CLASS_FILE_LINK ||
           class == CLASS_FILE_RENAME_EX || class == CLASS_FILE_LINK_EX;
}

/* FileDispositionInformation has one byte, the _Ex form 32 bits of flags; the
 * lowest bit of both marks the file for deletion. */
static inline bool marks_for_deletion(ULONG class)
{
    return class == CLASS_FILE_DISPOSITION ||
           class == CLASS_FILE_DISPOSITION_EX;
}

/* FS_INFORMATION_CLASS */
#define CLASS_FS_VOLUME 1u
#define CLASS_FS_SIZE 3u
#define CLASS_FS_DEVICE 4u
#define CLASS_FS_ATTRIBUTE 5u
#define CLASS_FS_FULL_SIZE 7u

struct fs_volume {
    int64_t creation_time;
    uint32_t serial_number;
    uint32_t label_length; /* in bytes */
    uint8_t supports_objects;
    uint8_t reserved;
    WCHAR label[1];
};

struct fs_size {
    int64_t total;
    int64_t available;
    uint32_t sectors_per_unit;
    uint32_t bytes_per_sector;
};

struct fs_full_size {
    int64_t total;
    int64_t caller_available;
    int64_t available;
    uint32_t sectors_per_unit;
    uint32_t bytes_per_sector;
};

struct fs_device {
    uint32_t type;
    uint32_t characteristics;
};

struct fs_attribute {
    uint32_t flags;
    int32_t name_limit;
    uint32_t name_length; /* in bytes */
    WCHAR name[1];
};

#define OPTION_NO_INTERMEDIATE_BUFFERING 0x8u

#endif
