/* Queries the volume of an open file, by its handle and not by its path. */
#include "answers.h"
#include "root_path.h"
#include "win32.h"

#include <stdlib.h>
#include <string.h>

void os_query_volume(struct os_file *file, struct os_volume *volume)
{
    DWORD flags = 0;
    memset(volume, 0, sizeof *volume);
    volume->known = GetVolumeInformationByHandleW(
        file->handle, NULL, 0, NULL, NULL, &flags, volume->file_system,
        sizeof volume->file_system / sizeof volume->file_system[0]);
    if (!volume->known) {
        volume->file_system[0] = L'\0';
        return;
    }
    if (flags & FILE_SUPPORTS_BLOCK_REFCOUNTING)
        volume->features |= OS_VOLUME_CLONES;
    if (flags & FILE_SUPPORTS_INTEGRITY_STREAMS)
        volume->features |= OS_VOLUME_INTEGRITY;
    if (flags & FILE_SUPPORTS_SPARSE_FILES)
        volume->features |= OS_VOLUME_SPARSE;
    if (flags & FILE_READ_ONLY_VOLUME)
        volume->features |= OS_VOLUME_READ_ONLY;
}

/*
 * Win32 queries sizes by path, which may lead elsewhere by now. By handle it
 * only returns what a redirector reports about a connection
 * [FileRemoteProtocolInfo].
 */
static LONG query_volume(struct os_file *file, void *out, ULONG size, int class)
{
    struct sdk_io_status status;
    memset(&status, 0, sizeof status);
    memset(out, 0, size);
    return NtQueryVolumeInformationFile(file->handle, &status, out, size,
                                        class);
}

uint32_t os_allocation_unit(struct os_file *file)
{
    struct sdk_fs_size size;
    if (query_volume(file, &size, sizeof size, SDK_FS_SIZE_INFORMATION) < 0)
        return 0;
    return answers_unit(&size);
}

os_error os_free_bytes(struct os_file *file, uint64_t *bytes)
{
    struct sdk_fs_full_size size;
    LONG status =
        query_volume(file, &size, sizeof size, SDK_FS_FULL_SIZE_INFORMATION);
    if (status < 0)
        return RtlNtStatusToDosError(status);
    return answers_free(&size, bytes) ? 0 : ERROR_ARITHMETIC_OVERFLOW;
}

os_error os_is_remote(struct os_file *file, bool *remote)
{
    struct sdk_fs_device device;
    LONG status =
        query_volume(file, &device, sizeof device, SDK_FS_DEVICE_INFORMATION);
    if (status < 0)
        return RtlNtStatusToDosError(status);
    *remote = (device.characteristics & SDK_REMOTE_DEVICE) != 0;
    return 0;
}

/*
 * According to its documentation, GetVolumePathNameW needs a buffer for the
 * whole path, although the root is shorter.
 */
void os_volume_root(const wchar_t *path, wchar_t *root, size_t capacity)
{
    wchar_t *full = NULL;
    root[0] = L'\0';
    if (win32_full_path(path, &full) != 0)
        return;
    size_t room = wcslen(full) + 2;
    wchar_t *buffer = calloc(room, sizeof *buffer);
    if (buffer != NULL && (GetVolumePathNameW(full, buffer, (DWORD)room) ||
                           root_path_of_share(full, buffer))) {
        const wchar_t *shown = root_path_shown(buffer);
        if (wcslen(shown) < capacity)
            wcscpy(root, shown);
    }
    free(buffer);
    free(full);
}
