/* The shipped reflink.exe itself. */
#include <fnmatch.h>

#include "e2e.h"
#include "pe.h"

static struct pe pe;

static void open_image(void)
{
    const char *path = getenv("E2E_REFLINK");
    if (path == NULL || !pe_open(&pe, path))
        cr_skip_test("E2E_REFLINK names no program for 64-bit Windows");
}

static void close_image(void)
{
    pe_close(&pe);
}

TestSuite(image, .init = open_image, .fini = close_image,
          .timeout = E2E_TEST_SECONDS);

Test(image, is_small_and_stripped)
{
    cr_expect(pe.size < 320 * KIB, "it has %zu bytes", pe.size);
    cr_expect(!pe_has_debug(&pe));
}

Test(image, is_hardened)
{
    cr_expect(pe_machine(&pe) == PE_X86_64);
    cr_expect(pe_flags(&pe) & PE_DYNAMIC_BASE);
    cr_expect(pe_flags(&pe) & PE_HIGH_ENTROPY);
    cr_expect(pe_flags(&pe) & PE_NX);
    cr_expect(pe_has_relocations(&pe), "so it cannot be moved");
}

/* Every Windows from 10 on has these, so no runtime is to be installed; and
   they are known DLLs (registry: Session Manager\KnownDLLs; ntdll.dll is in
   every process), so no other directory is searched for them. */
Test(image, imports_known_dlls_only)
{
    static const char *const known_dlls[] = {"kernel32.dll", "ntdll.dll",
                                             "advapi32.dll", "msvcrt.dll"};
    const char *name;
    size_t count = 0;
    for (; (name = pe_import(&pe, count)) != NULL; count++) {
        bool known = false;
        for (size_t i = 0; i < ROWS(known_dlls); i++)
            known = known || strcasecmp(known_dlls[i], name) == 0;
        cr_expect(known, "it imports %s", name);
    }
    cr_expect(count > 0);
}

Test(image, manifest)
{
    cr_expect(pe_has_bytes(&pe, "longPathAware"));
    cr_expect(pe_has_bytes(&pe, ">true</longPathAware>"));
    cr_expect(pe_has_bytes(&pe, "level=\"asInvoker\""));
}

/* One version in one place: here it shows in all of them. */
Test(image, version)
{
    unsigned version[4] = {0};
    cr_expect(pe_version(&pe, version));
    cr_expect(version[0] == E2E_VERSION_MAJOR);
    cr_expect(version[1] == E2E_VERSION_MINOR);
    cr_expect(version[2] == E2E_VERSION_PATCH);
    cr_expect(version[3] == 0);
    cr_expect(pe_has_wide(&pe, "FileVersion"));
    cr_expect(pe_has_wide(&pe, "ProductVersion"));
    cr_expect(pe_has_wide(&pe, E2E_VERSION));
}
