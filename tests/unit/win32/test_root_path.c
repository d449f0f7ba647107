/* The roots of shares and volumes, as they are shown. */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "win32/root_path.h"

TestSuite(root_path, .timeout = 120);

/* Each path has memory of just its size. */
static wchar_t *copy_of(const wchar_t *path, size_t more)
{
    size_t length = wcslen(path) + 1;
    wchar_t *copy = malloc((length + more) * sizeof *copy);
    return wmemcpy(copy, path, length);
}

Test(root_path, of_shares)
{
    static const struct {
        const wchar_t *full;
        const wchar_t *root;
    } rows[] = {
        {L"\\\\?\\UNC\\server\\share\\a\\b", L"\\\\?\\UNC\\server\\share\\"},
        {L"\\\\?\\UNC\\server\\share\\", L"\\\\?\\UNC\\server\\share\\"},
        {L"\\\\?\\UNC\\server\\share", L"\\\\?\\UNC\\server\\share\\"},
        {L"\\\\?\\UNC\\s\\x", L"\\\\?\\UNC\\s\\x\\"},
        {L"\\\\?\\UNC\\s\\\\a", L"\\\\?\\UNC\\s\\\\"},
        {L"\\\\?\\UNC\\server\\", NULL},
        {L"\\\\?\\UNC\\server", NULL},
        {L"\\\\?\\UNC\\", NULL},
        {L"\\\\?\\UNC", NULL},
        {L"\\\\?\\C:\\a\\b", NULL},
        {L"", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wchar_t *full = copy_of(rows[i].full, 0);
        wchar_t *root = copy_of(rows[i].full, 1);
        wmemset(root, L'?', wcslen(full) + 2);
        bool found = root_path_of_share(full, root);
        cr_expect_eq(found, rows[i].root != NULL, "%ls", full);
        cr_expect(!found || wcscmp(root, rows[i].root) == 0, "%ls", root);
        free(full);
        free(root);
    }
}

Test(root_path, as_it_is_shown)
{
    static const struct {
        const wchar_t *root;
        const wchar_t *shown;
    } rows[] = {
        {L"\\\\?\\D:\\", L"D:\\"},
        {L"D:\\", L"D:\\"},
        {L"\\\\?\\UNC\\server\\share\\", L"\\\\server\\share\\"},
        {L"\\\\?\\Volume{1-2}\\", L"\\\\?\\Volume{1-2}\\"},
        {L"\\\\?\\", L"\\\\?\\"},
        {L"\\\\?\\D", L"\\\\?\\D"},
        {L"\\\\?\\UNC\\", L"\\\\"},
        {L"\\\\?xD:\\", L"\\\\?xD:\\"},
        {L"", L""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wchar_t *root = copy_of(rows[i].root, 0);
        cr_expect_eq(wcscmp(root_path_shown(root), rows[i].shown), 0, "%ls",
                     rows[i].root);
        free(root);
    }
}
