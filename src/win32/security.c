/* Copies owner, group and permissions. */
#include "win32.h"

#include <stdlib.h>

/*
 * Whether the volume does not support permissions. For such a volume, such as
 * FAT, the I/O manager returns a descriptor that allows everyone access, and
 * ignores one that is set without an error. So this queries the volume. If the
 * query fails, the volume counts as supporting them.
 */
static bool has_none(HANDLE handle)
{
    DWORD flags = 0;
    return GetVolumeInformationByHandleW(handle, NULL, 0, NULL, NULL, &flags,
                                         NULL, 0) &&
           (flags & FILE_PERSISTENT_ACLS) == 0;
}

/* Reads the file's security descriptor. The caller frees it. */
static os_error get_security(HANDLE handle, SECURITY_INFORMATION parts,
                             PSECURITY_DESCRIPTOR *descriptor)
{
    DWORD size = 0;
    GetKernelObjectSecurity(handle, parts, NULL, 0, &size);
    if (size == 0)
        return win32_last_error();
    *descriptor = calloc(1, size);
    if (*descriptor == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (GetKernelObjectSecurity(handle, parts, *descriptor, size, &size))
        return 0;
    os_error error = win32_last_error();
    free(*descriptor);
    *descriptor = NULL;
    return error;
}

static bool same_sid(PSID a, PSID b)
{
    return a != NULL && b != NULL && EqualSid(a, b);
}

/*
 * Returns the parts of SOURCE's security that DEST does not have. An owner or
 * group that is already correct is not set again: that would require
 * WRITE_OWNER, which the owner of a file may not have [MS-FSA 2.1.5.17].
 */
static SECURITY_INFORMATION parts_to_set(PSECURITY_DESCRIPTOR source,
                                         PSECURITY_DESCRIPTOR dest)
{
    SECURITY_INFORMATION parts = DACL_SECURITY_INFORMATION;
    PSID from = NULL;
    PSID to = NULL;
    BOOL defaulted = FALSE;
    if (!GetSecurityDescriptorOwner(source, &from, &defaulted) ||
        !GetSecurityDescriptorOwner(dest, &to, &defaulted) ||
        !same_sid(from, to))
        parts |= OWNER_SECURITY_INFORMATION;
    if (!GetSecurityDescriptorGroup(source, &from, &defaulted) ||
        !GetSecurityDescriptorGroup(dest, &to, &defaulted) ||
        !same_sid(from, to))
        parts |= GROUP_SECURITY_INFORMATION;
    return parts;
}

/*
 * Windows clears the flag for inherited entries of a DACL that is set, unless
 * it is requested in this way [wimlib, win32_apply.c].
 */
static void keep_inherited(PSECURITY_DESCRIPTOR descriptor)
{
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision = 0;
    if (GetSecurityDescriptorControl(descriptor, &control, &revision) &&
        (control & SE_DACL_AUTO_INHERITED))
        SetSecurityDescriptorControl(descriptor, SE_DACL_AUTO_INHERIT_REQ,
                                     SE_DACL_AUTO_INHERIT_REQ);
}

static os_error set_security(HANDLE handle, SECURITY_INFORMATION parts,
                             PSECURITY_DESCRIPTOR descriptor)
{
    return SetKernelObjectSecurity(handle, parts, descriptor)
               ? 0
               : win32_last_error();
}

/*
 * Setting another owner requires this privilege. It is enabled only for this
 * call.
 */
static os_error set_as_administrator(HANDLE handle, SECURITY_INFORMATION parts,
                                     PSECURITY_DESCRIPTOR descriptor)
{
    HANDLE saved = NULL;
    if (!win32_take_privilege(L"SeRestorePrivilege", &saved))
        return ERROR_INVALID_OWNER;
    os_error error = set_security(handle, parts, descriptor);
    win32_drop_privilege(saved);
    return error;
}

os_error os_copy_security(struct os_file *source, struct os_file *dest)
{
    const SECURITY_INFORMATION owners =
        OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION;
    PSECURITY_DESCRIPTOR wanted = NULL;
    PSECURITY_DESCRIPTOR there = NULL;
    if (has_none(source->handle))
        return 0;
    if (has_none(dest->handle))
        return ERROR_NOT_SUPPORTED;
    os_error error = get_security(source->handle,
                                  owners | DACL_SECURITY_INFORMATION, &wanted);
    if (error == 0)
        error = get_security(dest->handle, owners, &there);
    if (error == 0) {
        SECURITY_INFORMATION parts = parts_to_set(wanted, there);
        keep_inherited(wanted);
        error = set_security(dest->handle, parts, wanted);
        if (error == ERROR_INVALID_OWNER)
            error = set_as_administrator(dest->handle, parts, wanted);
    }
    free(there);
    free(wanted);
    return error;
}
