/*
 * DLLs with the names of the system's, planted where a program may look for
 * them: in its directory, in the working directory and in PATH. None is ever
 * loaded.
 */
#include <sys/stat.h>
#include <stdlib.h>
#include <unistd.h>

#include "e2e.h"

TestSuite(planted, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

/*
 * What Windows' own DLLs load later, when they need it: these names are planted
 * in practice. What reflink.exe itself imports is not among them, but in
 * image/imports_known_dlls_only: Windows maps a known DLL without a search
 * ["Dynamic-link library search order"]; Wine would search.
 */
static const char *const names[] = {
    "apphelp",        "bcrypt",     "bcryptprimitives",
    "cryptbase",      "cryptsp",    "cscapi",
    "dwmapi",         "fltlib",     "iphlpapi",
    "kernel.appcore", "mpr",        "msasn1",
    "netapi32",       "netutils",   "ntlanman",
    "ntmarta",        "profapi",    "propsys",
    "rsaenh",         "secur32",    "srvcli",
    "sspicli",        "userenv",    "uxtheme",
    "version",        "virtdisk",   "windows.storage",
    "winmm",          "wintrust",   "wkscli",
    "wofutil",        "no-such-dll"};

static void copy_program(const char *from, const char *to)
{
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    int c;
    cr_assert(in != NULL && out != NULL, "%s to %s", from, to);
    while ((c = getc(in)) != EOF)
        putc(c, out);
    fclose(in);
    fclose(out);
    chmod(to, 0755);
}

/* Each into `folder`. Wine prefers its own DLLs to all others of their names,
   unless it is told otherwise. */
static void plant_in(const char *folder)
{
    const char *list = "";
    for (size_t i = 0; i < ROWS(names); i++) {
        copy_program(getenv("E2E_DLL"),
                     e2e_text("%s/%s.dll", folder, names[i]));
        list = e2e_text("%s%s%s", list, i == 0 ? "" : ",", names[i]);
    }
    e2e_set("WINEDLLOVERRIDES", e2e_text("%s=n,b", list));
}

/* Both programs in `program`, and what is planted leaves its mark in `marks`.
 */
static void prepare(const char *planted)
{
    e2e_enter(XFS4K);
    e2e_make_folder("marks");
    e2e_make_folder("program");
    e2e_make_folder("path");
    e2e_set("E2E_PLANTED", e2e_windows("marks\\"));
    e2e_set("WINEPATH", e2e_windows("path"));
    copy_program(getenv("E2E_REFLINK"), "program/reflink.exe");
    copy_program(getenv("E2E_LOAD"), "program/load.exe");
    plant_in(planted);
}

static void use(const char *program)
{
    char *here = getcwd(NULL, 0);
    e2e_set("E2E_REFLINK", e2e_text("%s/program/%s", here, program));
    free(here);
}

static unsigned count_marks(void)
{
    unsigned count = 0;
    for (size_t i = 0; i < ROWS(names); i++)
        count += access(e2e_text("marks/%s.dll", names[i]), F_OK) == 0;
    return count;
}

static void expect_none_loaded(void)
{
    use("reflink.exe");
    e2e_make("a", MIB);
    struct result *result = RUN("a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, count_marks() == 0);
    result = RUN("--reflink=never", "-f", "--security", "a", "b");
    EXPECT(result, count_marks() == 0);
    result = RUN("--dedupe", "-r", ".");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, count_marks() == 0);
    result = RUN("--info", ".", e2e_unc("a"));
    EXPECT(result, count_marks() == 0);
    result = RUN("no-such-file", "c");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, count_marks() == 0);
}

/* A program that takes no care gets at least `most` of them. */
static void expect_loaded_by_others(unsigned most)
{
    use("load.exe");
    e2e_bridge(false);
    struct result *result =
        RUN("bcrypt.dll", "version.dll", "uxtheme.dll", "no-such-dll.dll");
    EXPECT(result, count_marks() >= most);
}

Test(planted, beside_the_program)
{
    prepare("program");
    expect_none_loaded();
    expect_loaded_by_others(4);
}

Test(planted, in_the_working_directory)
{
    prepare(".");
    expect_none_loaded();
    expect_loaded_by_others(1);
}

Test(planted, in_path)
{
    prepare("path");
    expect_none_loaded();
    expect_loaded_by_others(1);
}
