/* Copies owner, group and permissions. */
#include "win32.h"

#include <stdlib.h>

/*
 * Whether the volume does not support permissions. For such a volume, such as
 * FAT, the I/O manager returns a descriptor that allows everyone access, and
 * ignores one that is set without an error. So this queries the volume. If the
 * query fails, the volume counts as supporting them.
 */
static bool lacks_permissions(HANDLE handle)
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
 * Sets `parts` of the security descriptor, first without a privilege: setting
 * another owner requires one, and administrators have it disabled by default.
 */
static os_error set_security(HANDLE handle, SECURITY_INFORMATION parts,
                             PSECURITY_DESCRIPTOR descriptor)
{
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision = 0;
    HANDLE saved = NULL;
    /* Windows clears the flag for inherited entries of a DACL that is set,
       unless it is requested in this way [wimlib, win32_apply.c]. */
    if (GetSecurityDescriptorControl(descriptor, &control, &revision) &&
        (control & SE_DACL_AUTO_INHERITED))
        SetSecurityDescriptorControl(descriptor, SE_DACL_AUTO_INHERIT_REQ,
                                     SE_DACL_AUTO_INHERIT_REQ);
    if (SetKernelObjectSecurity(handle, parts, descriptor))
        return 0;
    os_error error = win32_last_error();
    if (error != ERROR_INVALID_OWNER ||
        !win32_enable_privilege(L"SeRestorePrivilege", &saved))
        return error;
    error = SetKernelObjectSecurity(handle, parts, descriptor)
                ? 0
                : win32_last_error();
    win32_restore_token(saved);
    return error;
}

os_error os_copy_security(struct os_file *source, struct os_file *dest)
{
    const SECURITY_INFORMATION owners =
        OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION;
    PSECURITY_DESCRIPTOR wanted = NULL;
    PSECURITY_DESCRIPTOR current = NULL;
    if (lacks_permissions(source->handle))
        return 0;
    if (lacks_permissions(dest->handle))
        return ERROR_NOT_SUPPORTED;
    os_error error = get_security(source->handle,
                                  owners | DACL_SECURITY_INFORMATION, &wanted);
    if (error == 0)
        error = get_security(dest->handle, owners, &current);
    if (error == 0)
        error =
            set_security(dest->handle, parts_to_set(wanted, current), wanted);
    free(current);
    free(wanted);
    return error;
}
