/* Reads, compares, sets and copies owner, group and permissions. */
#include "win32.h"

#include <stdlib.h>
#include <string.h>

static const SECURITY_INFORMATION owners =
    OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION;

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
 * Returns which of owner and group differ. One that is already correct is not
 * set again: that would require WRITE_OWNER, which the owner of a file may not
 * have [MS-FSA 2.1.5.17].
 */
static SECURITY_INFORMATION different_owners(PSECURITY_DESCRIPTOR source,
                                             PSECURITY_DESCRIPTOR dest)
{
    SECURITY_INFORMATION parts = 0;
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

static os_error set_security(HANDLE handle, SECURITY_INFORMATION parts,
                             PSECURITY_DESCRIPTOR descriptor)
{
    SECURITY_DESCRIPTOR_CONTROL control = 0;
    DWORD revision = 0;
    /* Windows clears the flag for inherited entries of a DACL that is set,
       unless it is requested in this way [wimlib, win32_apply.c]. */
    if (GetSecurityDescriptorControl(descriptor, &control, &revision) &&
        (control & SE_DACL_AUTO_INHERITED))
        SetSecurityDescriptorControl(descriptor, SE_DACL_AUTO_INHERIT_REQ,
                                     SE_DACL_AUTO_INHERIT_REQ);
    return SetKernelObjectSecurity(handle, parts, descriptor)
               ? 0
               : win32_last_error();
}

os_error os_copy_security(struct os_file *source, struct os_file *dest)
{
    PSECURITY_DESCRIPTOR wanted = NULL;
    PSECURITY_DESCRIPTOR current = NULL;
    HANDLE saved = NULL;
    if (lacks_permissions(source->handle))
        return 0;
    if (lacks_permissions(dest->handle))
        return ERROR_NOT_SUPPORTED;
    os_error error = get_security(source->handle,
                                  owners | DACL_SECURITY_INFORMATION, &wanted);
    if (error == 0)
        error = get_security(dest->handle, owners, &current);
    SECURITY_INFORMATION parts = DACL_SECURITY_INFORMATION;
    if (error == 0) {
        parts |= different_owners(wanted, current);
        error = set_security(dest->handle, parts, wanted);
    }
    /* setting another owner requires this privilege, which administrators have
       disabled by default */
    if (error == ERROR_INVALID_OWNER &&
        win32_enable_privilege(L"SeRestorePrivilege", &saved)) {
        error = set_security(dest->handle, parts, wanted);
        win32_restore_token(saved);
    }
    free(current);
    free(wanted);
    return error;
}

os_error os_get_security(struct os_file *file, void **security)
{
    *security = NULL;
    if (lacks_permissions(file->handle))
        return 0;
    return get_security(file->handle, owners | DACL_SECURITY_INFORMATION,
                        security);
}

/*
 * Compares entry by entry, because the sizes of two ACLs can differ by unused
 * bytes at their ends. No DACL and a NULL DACL both allow everyone access.
 */
static bool same_entries(PSECURITY_DESCRIPTOR a, PSECURITY_DESCRIPTOR b)
{
    BOOL present = FALSE;
    BOOL defaulted = FALSE;
    PACL one = NULL;
    PACL other = NULL;
    if (!GetSecurityDescriptorDacl(a, &present, &one, &defaulted) ||
        !GetSecurityDescriptorDacl(b, &present, &other, &defaulted))
        return false;
    if (one == NULL || other == NULL)
        return one == other;
    bool same = one->AceCount == other->AceCount;
    for (DWORD i = 0; same && i < one->AceCount; i++) {
        void *left = NULL;
        void *right = NULL;
        same = GetAce(one, i, &left) && GetAce(other, i, &right);
        if (same) {
            WORD size = ((const ACE_HEADER *)left)->AceSize;
            same = size == ((const ACE_HEADER *)right)->AceSize &&
                   memcmp(left, right, size) == 0;
        }
    }
    return same;
}

unsigned os_compare_security(const void *a, const void *b)
{
    PSECURITY_DESCRIPTOR one = (PSECURITY_DESCRIPTOR)(uintptr_t)a;
    PSECURITY_DESCRIPTOR other = (PSECURITY_DESCRIPTOR)(uintptr_t)b;
    SECURITY_DESCRIPTOR_CONTROL control[2] = {0, 0};
    DWORD revision = 0;
    unsigned parts = 0;
    if (different_owners(one, other) != 0)
        parts |= OS_SECURITY_OWNER;
    bool known = GetSecurityDescriptorControl(one, &control[0], &revision) &&
                 GetSecurityDescriptorControl(other, &control[1], &revision);
    if (!known || ((control[0] ^ control[1]) & SE_DACL_PROTECTED) != 0 ||
        !same_entries(one, other))
        parts |= OS_SECURITY_DACL;
    return parts;
}

os_error os_set_security(struct os_file *file, const void *security,
                         unsigned parts)
{
    SECURITY_INFORMATION flags = 0;
    if (parts & OS_SECURITY_OWNER)
        flags |= owners;
    if (parts & OS_SECURITY_DACL)
        flags |= DACL_SECURITY_INFORMATION;
    return set_security(file->handle, flags,
                        (PSECURITY_DESCRIPTOR)(uintptr_t)security);
}
