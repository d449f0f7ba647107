/*
 * The Linux file behind a Windows handle, and the state that Linux lacks.
 *
 * That state is kept in extended attributes, where a test can set it and read
 * it back with setfattr and getfattr:
 *
 *   user.reflink.sparse     "1": the file has the sparse attribute
 *   user.reflink.integrity  "ALGORITHM FLAGS" in decimal, as MS-FSCC 2.3.74;
 *                           absent: no integrity stream
 *   user.reflink.refcount   decimal: the count to report for shared clusters
 *   user.reflink.flushed    set by a flush, for profiles that heed it: the
 *                           write time it made durable
 *   user.reflink.deleted    the file is marked for deletion
 *   user.reflink.security   its security descriptor, in self-relative form;
 *                           bridge_security.h
 */
#ifndef BRIDGE_FILE_H
#define BRIDGE_FILE_H

#include "bridge_linux.h"
#include "bridge_nt.h"

#include <stdbool.h>
#include <stdint.h>

struct bridge_file {
    int fd;
    uint32_t options; /* FILE_... options it was opened with */
    bool can_clone;   /* lies on XFS or Btrfs */
    uint32_t cluster; /* the volume's, in bytes */
    struct linux_stat st;
    struct linux_statfs fs; /* its kind, block size and flags; what is free
                               may be long out of date */
};

struct file_integrity {
    uint16_t algorithm;
    uint32_t flags;
};

/* Finds wine_server_handle_to_fd; false if this is no Wine. */
bool file_startup(void);

/*
 * Opens what is behind `handle`, which must have all rights in `access`
 * (0: none). ST_SUCCESS, or the status of the refusal; then `file` is void.
 * A file that was opened is given back with file_close.
 */
nt_status file_open(HANDLE handle, ACCESS_MASK access,
                    struct bridge_file *file);
void file_close(struct bridge_file *file);

/* Whether `handle`, which can be opened, has all rights in `access`:
   ST_SUCCESS, or the status of the refusal. */
nt_status file_allows(HANDLE handle, ACCESS_MASK access);

/* All rights that the program has by `handle`; 0 if it cannot be told.
   file_open and file_allows heed those to read and write only. */
ACCESS_MASK file_rights(HANDLE handle);

/* The same as file_open for what `path`, a Linux path, names; it can be asked
   for attributes, but not read. */
bool file_open_path(const char *path, struct bridge_file *file);

bool file_is_data(const struct bridge_file *file);
bool file_is_directory(const struct bridge_file *file);
bool file_same(const struct bridge_file *a, const struct bridge_file *b);
bool file_same_volume(const struct bridge_file *a, const struct bridge_file *b);

/* A number that tells the file's volume from others while it is mounted. */
uint64_t file_volume_serial(const struct bridge_file *file);

bool file_is_sparse(const struct bridge_file *file);

/* Whether it stands for a file that the Windows Overlay Filter compressed. */
bool file_is_backed_externally(const struct bridge_file *file);
nt_status file_set_sparse(const struct bridge_file *file, bool sparse);

struct file_integrity file_integrity(const struct bridge_file *file);
nt_status file_set_integrity(const struct bridge_file *file,
                             struct file_integrity value);

/* The count to report for a shared cluster. */
uint32_t file_shared_count(const struct bridge_file *file);

/*
 * Moves the end of file of `handle` up to `size`. Wine would write a byte
 * there, and so allocate the last cluster even of a sparse file. False when
 * there is nothing to move up, or no right to: then Wine must answer.
 */
bool file_grow(HANDLE handle, int64_t size, nt_status *status);

/* A file that is overwritten is dense again, as after CREATE_ALWAYS. */
void file_overwritten(HANDLE handle);

/*
 * The mark for deletion, which Wine's server keeps to itself: kept in the file,
 * it is seen by all processes, and goes with the file when a process is killed.
 * Files that are not on XFS or Btrfs are never marked.
 */
void file_mark_deleted(HANDLE handle, bool deleted);
bool file_is_marked_deleted(HANDLE handle);

/* The same for what `path`, a Linux path, names. */
bool file_is_marked_deleted_at(const char *path);

/* The attribute with the security descriptor, to be given back with free, or
   NULL. */
uint8_t *file_security(const struct bridge_file *file, size_t *size);
nt_status file_set_security(const struct bridge_file *file,
                            const uint8_t *bytes, size_t size);

/* The same attribute of the folder that the file lies in. */
uint8_t *file_security_of_folder(const struct bridge_file *file, size_t *size);

void file_mark_flushed(const struct bridge_file *file);
bool file_was_flushed(const struct bridge_file *file);

/* The NTSTATUS for a system call's negated errno. */
nt_status file_status(int64_t result);

#endif
