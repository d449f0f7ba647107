/* The names of staging files. */
#include <stdlib.h>

#include "core/file/staging.h"
#include "world.h"

TestSuite(staging, .timeout = 120);

enum { NAMES = 200, DIGITS = 16 };

/* Later runs recognize each, and each digit depends on chance. */
Test(staging, names)
{
    struct world w = world_make("refs-4k");
    unsigned seen[DIGITS] = {0};
    for (int i = 0; i < NAMES; i++) {
        wchar_t *path = NULL;
        cr_assert_eq(staging_path(L"R:\\d\\a", &path), 0);
        cr_assert_eq(wcsncmp(path, L"R:\\d\\~reflink-", 14), 0, "%ls", path);
        cr_assert(staging_is_name(path + 5), "%ls", path);
        for (int k = 0; k < DIGITS; k++) {
            const wchar_t digit[] = {path[14 + k], 0};
            seen[k] |= 1u << wcstoul(digit, NULL, 16);
        }
        free(path);
    }
    for (int k = 0; k < DIGITS; k++)
        cr_expect_eq(seen[k], 0xFFFF, "digit %d: %x", k, seen[k]);
    world_end(&w);
}

Test(staging, names_of_other_files)
{
    static const wchar_t *const names[] = {
        L"~reflink-0123456789abcdef.tm",   L"~reflink-0123456789abcde.tmp",
        L"~reflink-0123456789abcdeF.tmp",  L"reflink-0123456789abcdef.tmp",
        L"~reflink-0123456789abcdef0.tmp", L"~reflink-0123456789abcdef.tmpx",
    };
    cr_expect(staging_is_name(L"~reflink-0123456789abcdef.tmp"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_expect_not(staging_is_name(names[i]), "%ls", names[i]);
}
