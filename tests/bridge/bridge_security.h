/*
 * Security descriptors, which Wine would turn into the file's mode and back,
 * with losses.
 *
 * They are kept for files on XFS and Btrfs in `user.reflink.security`, byte by
 * byte in self-relative form. A file without the attribute has a fixed one: it
 * belongs to the user and to his primary group, as Wine reports them, and its
 * DACL allows the user everything. What is created inherits from a directory
 * that has the attribute, as Windows does it (MS-DTYP 2.5.3.4.2). The mode of
 * Linux does not matter, and is not changed.
 *
 * The descriptors do not decide who may open a file. What a handle was opened
 * for decides what may be asked and set with it (MS-FSA 2.1.5.14, 2.1.5.17).
 *
 * REFLINK_BRIDGE_SECURITY:
 *
 * off     Wine's own way.
 * none    A volume without permissions, like FAT. MS-FSA has its file system
 *         answer STATUS_INVALID_DEVICE_REQUEST; of that, Windows' I/O manager
 *         makes a descriptor of Everyone with a NULL DACL for who asks, and
 *         success for who sets one, which changes nothing (ReactOS does the
 *         same: IopGetSetSecurityFile in ntoskrnl/io/iomgr/file.c). The volume
 *         says so: its flags are without FILE_PERSISTENT_ACLS.
 * change  A share that grants Change: what asks to open for WRITE_DAC or
 *         WRITE_OWNER is refused. Descriptors are kept.
 */
#ifndef BRIDGE_SECURITY_H
#define BRIDGE_SECURITY_H

#include "bridge_file.h"
#include "bridge_nt.h"

#include <stdbool.h>

/* NtQuerySecurityObject and NtSetSecurityObject. */
typedef nt_status(WINAPI *query_security_function)(HANDLE handle,
                                                   ULONG information, void *out,
                                                   ULONG size, ULONG *needed);
typedef nt_status(WINAPI *set_security_function)(HANDLE handle,
                                                 ULONG information,
                                                 const void *descriptor);

/* Finds what is needed in ntdll; false if this Wine lacks it. */
bool security_startup(void);

/* Answer these requests; `wine` does so for what is not the bridge's. */
nt_status security_query(query_security_function wine, HANDLE handle,
                         ULONG information, void *out, ULONG size,
                         ULONG *needed);
nt_status security_set(set_security_function wine, HANDLE handle,
                       ULONG information, const void *descriptor);

/* Has the new file behind `handle` inherit; `descriptor` is what the program
 * passed for it, or NULL. */
void security_created(HANDLE handle, const void *descriptor);

/* Whether the share that `path` is on refuses to open for `access`. */
bool security_refuses(ACCESS_MASK access, const struct object_attributes *path);

/* Has the volume's flags say whether it has permissions. */
void security_correct_flags(const struct bridge_file *file, uint32_t *flags);

#endif
