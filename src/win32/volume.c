/* What lies under an open file. Asked of the handle, never of the path. */
#include "win32.h"

#include <stdlib.h>
#include <string.h>

static uint32_t features_of(DWORD flags)
{
    uint32_t features = 0;
    if (flags & FILE_SUPPORTS_BLOCK_REFCOUNTING)
        features |= OS_VOLUME_CLONES;
    if (flags & FILE_SUPPORTS_INTEGRITY_STREAMS)
        features |= OS_VOLUME_INTEGRITY;
    if (flags & FILE_SUPPORTS_SPARSE_FILES)
        features |= OS_VOLUME_SPARSE;
    if (flags & FILE_READ_ONLY_VOLUME)
        features |= OS_VOLUME_READ_ONLY;
    return features;
}

void os_query_volume(struct os_file *file, struct os_volume *volume)
{
    DWORD flags = 0;
    memset(volume, 0, sizeof *volume);
    /* Neither label nor serial number is asked for: Wine 8 has none by
       handle, and would fail the whole call. */
    volume->known = GetVolumeInformationByHandleW(
        file->handle, NULL, 0, NULL, NULL, &flags, volume->file_system,
        sizeof volume->file_system / sizeof volume->file_system[0]);
    if (!volume->known)
        volume->file_system[0] = L'\0';
    volume->features = volume->known ? features_of(flags) : 0;
}

uint32_t os_allocation_unit(struct os_file *file)
{
    struct sdk_io_status status;
    struct sdk_fs_size size;
    memset(&status, 0, sizeof status);
    memset(&size, 0, sizeof size);
    if (NtQueryVolumeInformationFile(file->handle, &status, &size, sizeof size,
                                     SDK_FS_SIZE_INFORMATION) < 0)
        return 0;
    uint64_t unit = (uint64_t)size.sectors_per_unit * size.bytes_per_sector;
    return unit <= UINT32_MAX ? (uint32_t)unit : 0;
}

static const wchar_t *without_prefix(const wchar_t *root)
{
    return wcsncmp(root, L"\\\\?\\", 4) == 0 && root[4] != L'U' &&
                   root[4] != L'V'
               ? root + 4
               : root;
}

void os_volume_root(const wchar_t *path, wchar_t *root, size_t capacity)
{
    wchar_t *full = NULL;
    wchar_t buffer[MAX_PATH + 1];
    root[0] = L'\0';
    if (win32_full_path(path, &full) != 0)
        return;
    if (GetVolumePathNameW(full, buffer, MAX_PATH)) {
        const wchar_t *shown = without_prefix(buffer);
        if (wcslen(shown) < capacity)
            wcscpy(root, shown);
    }
    free(full);
}
