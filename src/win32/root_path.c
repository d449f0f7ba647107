#include "root_path.h"

static const wchar_t unc_prefix[] = L"\\\\?\\UNC\\";

static bool is_unc(const wchar_t *full)
{
    return wcsncmp(full, unc_prefix, wcslen(unc_prefix)) == 0;
}

bool root_path_of_share(const wchar_t *full, wchar_t *root)
{
    const wchar_t *share =
        is_unc(full) ? wcschr(full + wcslen(unc_prefix), L'\\') : NULL;
    if (share == NULL || share[1] == L'\0')
        return false;
    const wchar_t *end = wcschr(share + 1, L'\\');
    size_t length = end != NULL ? (size_t)(end - full) : wcslen(full);
    wmemcpy(root, full, length);
    wcscpy(root + length, L"\\");
    return true;
}

const wchar_t *root_path_shown(wchar_t *root)
{
    if (is_unc(root)) {
        root[6] = L'\\';
        return root + 6;
    }
    bool letter = wcsncmp(root, L"\\\\?\\", 4) == 0 && root[4] != L'\0' &&
                  root[5] == L':';
    return letter ? root + 4 : root;
}
