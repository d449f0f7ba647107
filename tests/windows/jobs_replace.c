/* A DEST that exists: when it is replaced, by which means, what it keeps. */
#include <process.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "files.h"
#include "job.h"
#include "meta.h"
#include "run.h"

enum { SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE };

static void job_existing(void)
{
    expect(files_make(L"a", MIB, 1) && files_make(L"b", 3 * KIB, 2) &&
               files_make(L"c", 3 * KIB, 3),
           "files can be made");
    run(1, L"a b");
    run(0, L"-n a b");
    expect(files_are(L"b", 3 * KIB, 2), "DEST is left alone");
    SetFileAttributesW(L"b", FILE_ATTRIBUTE_READONLY);
    run(0, L"-f a b");
    expect(files_are(L"b", MIB, 1), "a read-only DEST is replaced");
    expect(!(meta_attributes(L"b") & FILE_ATTRIBUTE_READONLY),
           "DEST is not read-only, as SOURCE is not");
    SetFileAttributesW(L"a", FILE_ATTRIBUTE_READONLY);
    run(0, L"-f a c");
    expect(meta_attributes(L"c") & FILE_ATTRIBUTE_READONLY,
           "DEST is read-only, as SOURCE is");
}

/* ---- how DEST gets its name ---------------------------------------------- */

/* FILE_RENAME_INFO; older SDKs lack the flags and the class FileRenameInfoEx
   [SetFileInformationByHandle]. */
enum { RENAME_INFO_EX = 22, RENAME_REPLACE = 1, RENAME_POSIX = 2 };

struct rename_info {
    DWORD flags;
    HANDLE directory;
    DWORD length;
    WCHAR name[FILES_PATH];
};

/* Whether the volume renames over a file that is open, if all is shared. */
static bool renames_over_open(void)
{
    static struct rename_info info;
    wchar_t path[FILES_PATH];
    files_make(L"from", 8, 1);
    files_make(L"to", 8, 2);
    HANDLE open = CreateFileW(L"to", GENERIC_READ, SHARE_ALL, NULL,
                              OPEN_EXISTING, 0, NULL);
    HANDLE file = CreateFileW(L"from", DELETE | SYNCHRONIZE, SHARE_ALL, NULL,
                              OPEN_EXISTING, 0, NULL);
    info.flags = RENAME_REPLACE | RENAME_POSIX;
    files_path(L"to", path);
    wcscpy(info.name, path);
    info.length = (DWORD)(wcslen(path) * sizeof(wchar_t));
    BOOL renamed = SetFileInformationByHandle(
        file, (FILE_INFO_BY_HANDLE_CLASS)RENAME_INFO_EX, &info, sizeof info);
    CloseHandle(file);
    CloseHandle(open);
    return renamed;
}

/* Who has DEST open, and lets it be deleted, keeps the old file where renames
   have POSIX semantics; elsewhere DEST stays, as it does for who lets nobody
   delete it. */
static void job_held(void)
{
    expect(files_make(L"a", MIB, 1) && files_make(L"b", 3 * KIB, 2) &&
               files_make(L"c", 3 * KIB, 3),
           "files can be made");
    bool posix = renames_over_open();
    HANDLE open = CreateFileW(L"b", GENERIC_READ, SHARE_ALL, NULL,
                              OPEN_EXISTING, 0, NULL);
    HANDLE kept = CreateFileW(L"c", GENERIC_READ, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, 0, NULL);
    bool replaced = run_reflink(L"-f a b") == 0;
    expect(replaced ? files_are(L"b", MIB, 1) : files_are(L"b", 3 * KIB, 2),
           "DEST is the new file or the old one");
    expect(replaced || !posix, "DEST is replaced while it is open, since the "
                               "volume renames with POSIX semantics");
    run(1, L"-f a c");
    expect(files_are(L"c", 3 * KIB, 3), "a DEST that is kept stays");
    CloseHandle(open);
    CloseHandle(kept);
    note(replaced ? "POSIX rename" : "classic rename");
    if (!replaced)
        skip("renames have no POSIX semantics, so DEST stays");
}

static unsigned __stdcall close_later(void *handle)
{
    Sleep(300);
    CloseHandle(handle);
    return 0;
}

static void join(HANDLE thread)
{
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

/* A scanner has it open for a moment. */
static void job_wait(void)
{
    expect(files_make(L"a", MIB, 1) && files_make(L"b", 3 * KIB, 2),
           "files can be made");
    HANDLE open = CreateFileW(L"b", GENERIC_READ, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, 0, NULL);
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, close_later, open, 0, NULL);
    run(0, L"-f a b");
    join(thread);
    expect(files_are(L"b", MIB, 1), "DEST is replaced after a wait");
}

/* SOURCE is cloned nevertheless, and the warning says so. */
static void job_writer(void)
{
    expect(files_make(L"a", MIB, 1), "a file can be made");
    HANDLE open = CreateFileW(L"a", GENERIC_WRITE, SHARE_ALL, NULL,
                              OPEN_EXISTING, 0, NULL);
    run(0, L"--json a b");
    expect(run_said("source-in-use"), "there is a warning");
    CloseHandle(open);
    expect(files_are(L"b", MIB, 1), "the bytes are the same");
    open = CreateFileW(L"a", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                       0, NULL);
    run(0, L"--json a c");
    expect(!run_said("source-in-use"), "a reader is no writer");
    CloseHandle(open);
}

struct watch {
    wchar_t path[FILES_PATH];
    volatile LONG over;
    unsigned looks;
    unsigned missing;
};

/* Each look may open the file, and then no classic rename can replace it; so
   there are pauses between many looks. */
static unsigned __stdcall look_for_it(void *argument)
{
    struct watch *watch = argument;
    while (!watch->over) {
        if (watch->looks++ % 64 == 0)
            Sleep(1);
        if (GetFileAttributesW(watch->path) == INVALID_FILE_ATTRIBUTES &&
            GetLastError() == ERROR_FILE_NOT_FOUND)
            watch->missing++;
    }
    return 0;
}

/* DEST's name is there whenever anybody looks. */
static void job_never_missing(void)
{
    static struct watch watch;
    char what[JOB_WORDS];
    expect(files_make(L"a", 256 * KIB, 1) && files_make(L"c", 256 * KIB, 3) &&
               files_make(L"b", 3 * KIB, 2),
           "files can be made");
    files_path(L"b", watch.path);
    HANDLE thread =
        (HANDLE)_beginthreadex(NULL, 0, look_for_it, &watch, 0, NULL);
    for (unsigned i = 0; i < 10; i++) {
        run(0, i % 2 == 0 ? L"-f a b" : L"-f c b");
        expect(files_are(L"b", 256 * KIB, i % 2 == 0 ? 1 : 3),
               "DEST is replaced");
    }
    InterlockedExchange(&watch.over, 1);
    join(thread);
    snprintf(what, sizeof what, "DEST is never missing (%u of %u looks)",
             watch.missing, watch.looks);
    expect(watch.missing == 0, what);
}

/* ---- what a replaced file keeps ------------------------------------------ */

/* A DACL that no directory would pass on, with full access for who runs it. */
static const wchar_t *restricted_dacl(void)
{
    static wchar_t sddl[JOB_WORDS];
    swprintf(sddl, JOB_WORDS, L"D:P(A;;FA;;;%ls)(A;;FR;;;BG)", meta_user());
    return sddl;
}

/* Gives a file that DACL, if the volume has any. */
static bool restrict_file(const wchar_t *name)
{
    if (!(job_volume_flags() & FILE_PERSISTENT_ACLS)) {
        skip("the volume has no permissions");
        return false;
    }
    return need(meta_set_dacl(name, restricted_dacl()) &&
                    wcsstr(meta_dacl(name), L";;;BG)") != NULL,
                "a file can be given a restricted DACL");
}

static void job_dacl(void)
{
    wchar_t before[JOB_PATH];
    expect(files_make(L"a", MIB, 1) && files_make(L"b", 3 * KIB, 2),
           "files can be made");
    if (!restrict_file(L"b"))
        return;
    wcscpy(before, meta_dacl(L"b"));
    run(0, L"-f a b");
    expect(files_are(L"b", MIB, 1), "DEST is replaced");
    expect(meta_same_dacl(meta_dacl(L"b"), before), "it keeps its DACL");
    run(0, L"-f --security a b");
    expect(wcsstr(meta_dacl(L"b"), L";;;BG)") == NULL,
           "with --security it has SOURCE's");
}

/* Nothing has to be set where the new file inherits the same. */
static void job_dacl_inherited(void)
{
    wchar_t before[JOB_PATH];
    expect(files_make(L"a", MIB, 1) && files_make(L"b", 3 * KIB, 2),
           "files can be made");
    wcscpy(before, meta_dacl(L"b"));
    if (!(job_volume_flags() & FILE_PERSISTENT_ACLS)) {
        skip("the volume has no permissions");
        return;
    }
    if (!restrict_file(L"a"))
        return;
    run(0, L"-f a b");
    expect(files_are(L"b", MIB, 1), "DEST is replaced");
    expect(meta_same_dacl(meta_dacl(L"b"), before),
           "it has what its directory gives it, and nothing of SOURCE's");
}

static void job_security(void)
{
    wchar_t of_a[JOB_PATH];
    expect(files_make(L"a", MIB, 1), "a file can be made");
    if (!restrict_file(L"a"))
        return;
    wcscpy(of_a, meta_dacl(L"a"));
    run_clone(L"--security a b");
    expect(meta_same_dacl(meta_dacl(L"b"), of_a), "--security copies the DACL");
    run_clone(L"a c");
    expect(files_are(L"c", MIB, 1) && !meta_same_dacl(meta_dacl(L"c"), of_a),
           "without it, DEST inherits");
}

static void job_created(void)
{
    expect(files_make(L"a", MIB, 1) && files_make(L"b", 3 * KIB, 2),
           "files can be made");
    if (!need(meta_set_years(L"b", 2001, 0) && meta_created_year(L"b") == 2001,
              "the creation time can be set"))
        return;
    run(0, L"-f a b");
    expect(files_are(L"b", MIB, 1), "DEST is replaced");
    expect(meta_created_year(L"b") == 2001,
           "it has the creation time of the file it replaces");
}

static void job_update(void)
{
    expect(files_make(L"old", MIB, 1) && files_make(L"b", 3 * KIB, 2) &&
               meta_set_years(L"old", 0, 2001) && meta_set_years(L"b", 0, 2011),
           "files can be made");
    run(0, L"-u old b");
    expect(files_are(L"b", 3 * KIB, 2), "a newer DEST stays");
    expect(meta_set_years(L"old", 0, 2021), "a time can be set");
    run(0, L"-u old b");
    expect(files_are(L"b", MIB, 1), "an older DEST is replaced");
    expect(files_write(L"b", 0, 64, 3) && meta_set_years(L"b", 0, 2021),
           "it can be changed");
    run(0, L"-u old b");
    expect(files_hold(L"b", 0, 64, 3, 0), "of equal times DEST stays");
}

const struct job jobs_of_replacing[] = {
    {"existing", "DEST exists", job_existing},
    {"held", "DEST is open elsewhere", job_held},
    {"wait", "DEST is open elsewhere for a moment", job_wait},
    {"writer", "SOURCE has a writer", job_writer},
    {"never_missing", "DEST is never missing", job_never_missing},
    {"dacl", "a replaced file keeps its DACL", job_dacl},
    {"dacl_inherited", "a replaced file inherits its DACL", job_dacl_inherited},
    {"security", "--security copies a restricted DACL", job_security},
    {"created", "a replaced file keeps its creation time", job_created},
    {"update", "-u replaces what is older", job_update},
    {NULL, NULL, NULL},
};
