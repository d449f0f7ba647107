/* Owner, group and permissions. */
#include "win32.h"

#include <stdlib.h>

/*
 * For a volume that has no permissions, as FAT, the I/O manager answers with
 * a descriptor for everybody, and takes any that is set as set; so the volume
 * is asked. One that does not tell is believed.
 */
static bool has_none(HANDLE handle)
{
    DWORD flags = 0;
    return GetVolumeInformationByHandleW(handle, NULL, 0, NULL, NULL, &flags,
                                         NULL, 0) &&
           (flags & FILE_PERSISTENT_ACLS) == 0;
}

/* The descriptor as the file has it; the caller frees it. */
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
 * What of SOURCE's security DEST has not. An owner or group that is right is
 * not set again: it would need WRITE_OWNER, which who owns a file need not
 * have [MS-FSA 2.1.5.17].
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

/* Windows takes "its entries were inherited" off a DACL that is set, unless
   it is asked for like this [wimlib, win32_apply.c]. */
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

/* Giving a file to another owner needs this. It is on for this one call. */
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
