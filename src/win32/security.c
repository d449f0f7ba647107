/* Reads, compares, sets and copies owner, group and permissions. */
#include "descriptor.h"
#include "win32.h"

#include <stdlib.h>
#include <string.h>

static const SECURITY_INFORMATION owners =
    OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION;

_Static_assert(DESCRIPTOR_OWNER == OWNER_SECURITY_INFORMATION &&
                   DESCRIPTOR_GROUP == GROUP_SECURITY_INFORMATION &&
                   DESCRIPTOR_DACL == DACL_SECURITY_INFORMATION,
               "SECURITY_INFORMATION");

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

/* A self-relative security descriptor. */
struct descriptor {
    DWORD size;
    uint64_t bytes[]; /* aligned as Win32 wants it */
};

/* Reads the file's security descriptor. The caller frees it. */
static os_error get_security(HANDLE handle, SECURITY_INFORMATION parts,
                             struct descriptor **descriptor)
{
    DWORD size = 0;
    GetKernelObjectSecurity(handle, parts, NULL, 0, &size);
    if (size == 0)
        return win32_last_error();
    *descriptor = calloc(1, sizeof **descriptor + size);
    if (*descriptor == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    (*descriptor)->size = size;
    if (GetKernelObjectSecurity(handle, parts, (*descriptor)->bytes, size,
                                &size))
        return 0;
    os_error error = win32_last_error();
    free(*descriptor);
    *descriptor = NULL;
    return error;
}

static unsigned differences(const struct descriptor *a,
                            const struct descriptor *b)
{
    return descriptor_differences(a->bytes, a->size, b->bytes, b->size);
}

static os_error set_security(HANDLE handle, SECURITY_INFORMATION parts,
                             struct descriptor *owned)
{
    PSECURITY_DESCRIPTOR descriptor = owned->bytes;
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
    struct descriptor *wanted = NULL;
    struct descriptor *current = NULL;
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
    if (wanted != NULL && current != NULL) {
        /* One that is already correct is not set again: that would require
           WRITE_OWNER, which the owner of a file may not have [MS-FSA
           2.1.5.17]. */
        parts |= differences(wanted, current) & owners;
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
    struct descriptor *descriptor = NULL;
    *security = NULL;
    if (lacks_permissions(file->handle))
        return 0;
    os_error error = get_security(
        file->handle, owners | DACL_SECURITY_INFORMATION, &descriptor);
    *security = descriptor;
    return error;
}

unsigned os_compare_security(const void *a, const void *b)
{
    unsigned different = differences(a, b);
    unsigned parts = 0;
    if ((different & owners) != 0)
        parts |= OS_SECURITY_OWNER;
    if ((different & DACL_SECURITY_INFORMATION) != 0)
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
                        (struct descriptor *)(uintptr_t)security);
}
