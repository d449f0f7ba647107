/*
 * NTFS' rules for what takes a file's name, where Wine has none or others.
 *
 * They hold for files on XFS and Btrfs, unless REFLINK_BRIDGE_NTFS_RULES is
 * off:
 *
 * - A file is renamed through a handle with DELETE access only, and not while
 *   it is marked for deletion (MS-FSA 2.1.5.15.12): STATUS_ACCESS_DENIED.
 * - What is read-only is not replaced, unless a request in the _Ex form says
 *   FILE_RENAME_IGNORE_READONLY_ATTRIBUTE: STATUS_ACCESS_DENIED.
 * - What is marked for deletion is not replaced: STATUS_DELETE_PENDING.
 * - What any process has open, if only for its attributes, is not replaced:
 *   STATUS_ACCESS_DENIED. This is the rule of Wine's server as well.
 * - With POSIX semantics it is replaced if all who have it open share DELETE,
 *   and their handles stay valid; otherwise STATUS_SHARING_VIOLATION.
 * - The _Ex forms (FileRenameInformationEx, FileLinkInformationEx) are known or
 *   refused as the profile has it, whatever this Wine knows.
 *
 * Wine's server judges who has a file open, so the processes of one prefix see
 * each other; other programs of Linux are not seen.
 */
#ifndef BRIDGE_RENAME_H
#define BRIDGE_RENAME_H

#include "bridge_nt.h"

#include <stdbool.h>

typedef nt_status(WINAPI *set_file_function)(HANDLE handle,
                                             struct io_status_block *io,
                                             void *buffer, ULONG size,
                                             ULONG class);

/* Finds what is needed in ntdll; false if this Wine lacks it. */
bool rename_startup(void);

/*
 * Answers NtSetInformationFile for a class that sets a name. `set_file` is
 * Wine's own function, which renames where the rules allow it.
 */
nt_status rename_answer(set_file_function set_file, HANDLE handle,
                        struct io_status_block *io, void *buffer, ULONG size,
                        ULONG class);

#endif
