/*
 * reflink-check REFLINK DIRECTORY
 *
 * Runs reflink.exe through its main jobs on a real volume and judges the
 * results by Win32's own means: for whoever has a volume that nobody here had.
 * All of it happens in a new directory below DIRECTORY, which goes again at
 * the end. It takes some hundred MiB of room, and a minute or two.
 *
 * A line for each job: ok, FAILED and what was wrong, or skipped and why.
 * Exit code 0: none failed; 1: some did; 2: it could not begin.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "files.h"
#include "run.h"

enum { PATH = 1024, WORDS = 256 };

static struct {
    bool clones;      /* reflink says that the volume does */
    bool failed;      /* the job at hand */
    const char *skip; /* why the job at hand cannot be done here, or NULL */
    unsigned passed_count;
    unsigned failed_count;
    unsigned skipped_count;
} check;

/* Says what is wrong, once for a job, with what reflink said. */
static void expect(bool holds, const char *what)
{
    if (holds || check.failed)
        return;
    check.failed = true;
    printf("FAILED  it does not hold that %s; reflink said:\n%s\n", what,
           run_output());
}

static void skip(const char *why)
{
    check.skip = why;
}

/* Runs reflink; its exit code is to be `code`. */
static void run(int code, const wchar_t *arguments)
{
    char what[WORDS];
    int got = run_reflink(arguments);
    snprintf(what, sizeof what, "the exit code of '%ls' is %d (it is %d)",
             arguments, code, got);
    expect(got == code, what);
}

/* With the option that has it fail rather than copy, where it can clone. */
static void run_clone(const wchar_t *arguments)
{
    wchar_t line[PATH];
    swprintf(line, PATH, L"%ls %ls", check.clones ? L"--reflink=always" : L"",
             arguments);
    run(0, line);
}

static void expect_shared(const wchar_t *a, const wchar_t *b)
{
    if (check.clones)
        expect(files_sharing(a, b) != FILES_APART,
               "both files lie in the same clusters");
}

/* ---- the jobs ------------------------------------------------------------ */

static void job_volume(void)
{
    run(0, L"--info .");
    printf("%s", run_output());
    run(0, L"--info --json .");
    check.clones = run_said("\"reflink\":\"clones\"");
}

static void job_clone(void)
{
    uint64_t size = 8 * MIB + 1234;
    expect(files_make(L"a", size, 1), "a file can be made");
    run_clone(L"--json a b");
    expect(!check.clones || run_said("\"method\":\"clone\"") ||
               run_said("\"method\":\"mixed\""),
           "it was cloned");
    expect(files_are(L"b", size, 1), "the bytes are the same");
    expect_shared(L"a", L"b");
    run(0, L"--verify=full --reflink=never a c");
    expect(files_are(L"c", size, 1), "the copy's bytes are the same");
}

/* Volumes were seen to leave zeros where SOURCE had not been flushed. */
static void job_fresh(void)
{
    wchar_t name[WORDS];
    CreateDirectoryW(L"in", NULL);
    CreateDirectoryW(L"out", NULL);
    for (unsigned i = 0; i < 200; i++) {
        swprintf(name, WORDS, L"in\\%u", i);
        expect(files_make(name, 256 * KIB + i, i), "a file can be made");
    }
    run_clone(L"in\\* out");
    for (unsigned i = 0; i < 200; i++) {
        swprintf(name, WORDS, L"out\\%u", i);
        expect(files_are(name, 256 * KIB + i, i), "each clone has its bytes");
    }
}

static void job_apart(void)
{
    expect(files_make(L"a", 4 * MIB, 1), "a file can be made");
    run_clone(L"a b");
    expect(files_write(L"b", MIB, 64 * KIB, 2), "the clone can be written to");
    expect(files_are(L"a", 4 * MIB, 1), "SOURCE keeps its bytes");
    expect(files_write(L"a", 2 * MIB, 64 * KIB, 3), "so can SOURCE");
    expect(files_hold(L"b", 2 * MIB, 64 * KIB, 1, 2 * MIB),
           "the clone keeps its bytes");
}

static void job_existing(void)
{
    expect(files_make(L"a", MIB, 1) && files_make(L"b", 3 * KIB, 2),
           "files can be made");
    run(1, L"a b");
    run(0, L"-n a b");
    expect(files_are(L"b", 3 * KIB, 2), "DEST is left alone");
    SetFileAttributesW(L"b", FILE_ATTRIBUTE_READONLY);
    run(0, L"-f a b");
    expect(files_are(L"b", MIB, 1), "a read-only DEST is replaced");
}

/* Who has DEST open, and lets it be deleted, keeps the old file where renames
   have POSIX semantics; elsewhere DEST stays, as it does for who lets nobody
   delete it. */
static void job_held(void)
{
    const DWORD all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    expect(files_make(L"a", MIB, 1) && files_make(L"b", 3 * KIB, 2) &&
               files_make(L"c", 3 * KIB, 3),
           "files can be made");
    HANDLE open =
        CreateFileW(L"b", GENERIC_READ, all, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE kept = CreateFileW(L"c", GENERIC_READ, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, 0, NULL);
    bool replaced = run_reflink(L"-f a b") == 0;
    expect(replaced ? files_are(L"b", MIB, 1) : files_are(L"b", 3 * KIB, 2),
           "DEST is the new file or the old one");
    run(1, L"-f a c");
    expect(files_are(L"c", 3 * KIB, 3), "a DEST that is kept stays");
    CloseHandle(open);
    CloseHandle(kept);
    if (!replaced)
        skip("renames have no POSIX semantics, so DEST stays");
}

static void job_large(void)
{
    const uint64_t offsets[] = {0, 4 * GIB - 64 * KIB, 4 * GIB,
                                5 * GIB - 64 * KIB};
    if (!files_make_sparse(L"a", 5 * GIB, offsets, 4, 1)) {
        skip("the volume has no sparse files");
        return;
    }
    run_clone(L"--json a b");
    expect(!check.clones || run_said("\"requests\":2,"),
           "two requests were enough");
    expect(files_size(L"b") == 5 * GIB, "the size is the same");
    for (size_t i = 0; i < 4; i++)
        expect(files_hold(L"b", offsets[i], 64 * KIB, 1, offsets[i]),
               "the bytes are the same");
    expect(files_hold(L"b", offsets[3] - 8, 8, 1, offsets[3] - 8) == false,
           "what was a hole is not data");
}

static void job_range(void)
{
    expect(files_make(L"a", MIB, 1) && files_make(L"b", MIB, 2),
           "files can be made");
    run(0, L"a b 64K 128K 256K");
    expect(files_hold(L"b", 0, 128 * KIB, 2, 0) &&
               files_hold(L"b", 128 * KIB, 256 * KIB, 1, 64 * KIB) &&
               files_hold(L"b", 384 * KIB, 640 * KIB, 2, 384 * KIB),
           "the range is in DEST, and nothing else has changed");
    run(0, L"--offset=700001 --length=200000 a b");
    expect(files_hold(L"b", 700000, 1, 2, 700000) &&
               files_hold(L"b", 700001, 200000, 1, 700001) &&
               files_hold(L"b", 900001, MIB - 900001, 2, 900001),
           "so is one that lies on no border");
    run(check.clones ? 3 : 0, check.clones ? L"--reflink=always --offset=1 a b"
                                           : L"--reflink=never --length=0 a b");
    run(1, L"--offset=1M --length=1 a b");
    expect(files_size(L"b") == MIB, "what was refused has changed nothing");
}

static void job_move(void)
{
    expect(files_make(L"a", MIB, 1) && files_make(L"b", MIB, 2),
           "files can be made");
    run(0, L"a a 0 128K -");
    expect(files_size(L"a") == MIB + 128 * KIB &&
               files_hold(L"a", 128 * KIB, MIB, 1, 0),
           "it has moved up, and the file has grown");
    run(0, L"b b 128K 0 512K");
    expect(files_hold(L"b", 0, 512 * KIB, 2, 128 * KIB) &&
               files_hold(L"b", 512 * KIB, 512 * KIB, 2, 512 * KIB),
           "it has moved down");
}

/* Sets the last-write time to the first second of 2001, and attributes. */
static bool dress(const wchar_t *name)
{
    SYSTEMTIME then = {.wYear = 2001, .wMonth = 1, .wDay = 1};
    FILETIME time;
    HANDLE file = CreateFileW(name, FILE_WRITE_ATTRIBUTES, 0, NULL,
                              OPEN_EXISTING, 0, NULL);
    bool set = file != INVALID_HANDLE_VALUE &&
               SystemTimeToFileTime(&then, &time) &&
               SetFileTime(file, NULL, NULL, &time);
    CloseHandle(file);
    return set && SetFileAttributesW(name, FILE_ATTRIBUTE_HIDDEN |
                                               FILE_ATTRIBUTE_READONLY);
}

static void job_kept(void)
{
    WIN32_FILE_ATTRIBUTE_DATA a;
    WIN32_FILE_ATTRIBUTE_DATA b;
    expect(files_make(L"a", 300 * KIB, 1) && dress(L"a"), "a file can be made");
    run_clone(L"a b");
    expect(GetFileAttributesExW(L"a", GetFileExInfoStandard, &a) &&
               GetFileAttributesExW(L"b", GetFileExInfoStandard, &b),
           "both are there");
    expect(CompareFileTime(&a.ftLastWriteTime, &b.ftLastWriteTime) == 0,
           "the last-write time is the same");
    expect(a.dwFileAttributes == b.dwFileAttributes,
           "the attributes are the same");
}

static bool has_streams(void)
{
    DWORD flags = 0;
    wchar_t root[PATH];
    return GetVolumePathNameW(L".", root, PATH) &&
           GetVolumeInformationW(root, NULL, 0, NULL, NULL, &flags, NULL, 0) &&
           (flags & FILE_NAMED_STREAMS) != 0;
}

static void job_streams(void)
{
    if (!has_streams()) {
        skip("the volume has no named streams");
        return;
    }
    expect(files_make(L"a", 300 * KIB, 1) &&
               files_make(L"a:Zone.Identifier", 64, 2) &&
               files_make(L"a:large", 100 * KIB, 3),
           "streams can be made");
    run_clone(L"a b");
    expect(files_hold(L"b:Zone.Identifier", 0, 64, 2, 0) &&
               files_hold(L"b:large", 0, 100 * KIB, 3, 0),
           "named streams come along");
    run(1, L"a:large c");
    run(1, L"a c:large");
    expect(files_size(L"c") == FILES_NONE, "a stream is no DEST");
}

static void job_tree(void)
{
    wchar_t name[WORDS];
    CreateDirectoryW(L"tree", NULL);
    for (unsigned i = 0; i < 40; i++) {
        swprintf(name, WORDS, L"tree\\%u", i / 10);
        CreateDirectoryW(name, NULL);
        swprintf(name, WORDS, L"tree\\%u\\%u", i / 10, i);
        expect(files_make(name, i * 8 * KIB, i), "a tree can be made");
    }
    run(0, L"-r tree copy");
    for (unsigned i = 0; i < 40; i++) {
        swprintf(name, WORDS, L"copy\\%u\\%u", i / 10, i);
        expect(files_are(name, i * 8 * KIB, i), "each file has its bytes");
    }
    run(0, L"-r -n tree\\ copy");
    run(1, L"-r tree tree\\below");
}

static bool is_link(const wchar_t *name)
{
    DWORD attributes = GetFileAttributesW(name);
    return attributes != INVALID_FILE_ATTRIBUTES &&
           (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
}

/* A junction of a tree leads to where it led, or into the copy. */
static void job_junctions(void)
{
    CreateDirectoryW(L"base", NULL);
    CreateDirectoryW(L"base\\sub", NULL);
    _wsystem(L"mklink /J base\\link base\\sub > nul 2>&1");
    if (!is_link(L"base\\link")) {
        skip("no junction can be made here");
        return;
    }
    run(0, L"-r -T base copy");
    expect(run_said("1 link points back into SOURCE"), "it is counted");
    expect(is_link(L"copy\\link"), "it is a link in the copy");
    files_make(L"copy\\link\\one", KIB, 1);
    expect(files_are(L"base\\sub\\one", KIB, 1), "it leads to where it led");
    run(0, L"-r -T -f --retarget-links base copy");
    expect(is_link(L"copy\\link"), "it is a link still");
    files_make(L"copy\\link\\two", KIB, 2);
    expect(files_are(L"copy\\sub\\two", KIB, 2), "it leads into the copy");
    expect(files_size(L"base\\sub\\two") == FILES_NONE,
           "what is written to the copy is not written to SOURCE");
    RemoveDirectoryW(L"copy\\link");
    CreateDirectoryW(L"copy\\link", NULL);
    run(1, L"-r -T -f base copy");
    expect(!is_link(L"copy\\link"), "a directory does not become a link");
}

/* Below 260 characters nobody has to think of the length of a path. */
static void job_long_path(void)
{
    wchar_t part[201] = L"";
    wchar_t line[2 * PATH];
    wmemset(part, L'd', 200);
    expect(files_make(L"a", 100 * KIB, 1) && CreateDirectoryW(part, NULL),
           "a directory with a long name can be made");
    swprintf(line, 2 * PATH, L"a %ls\\%ls.x", part, part);
    run_clone(line);
    swprintf(line, 2 * PATH, L"%ls\\%ls.x b", part, part);
    run_clone(line);
    expect(files_are(L"b", 100 * KIB, 1), "it came back as it went");
    swprintf(line, 2 * PATH, L"%ls\\*", part);
    expect(files_any(line), "it is there");
}

/* There a program that is ended while it starts may hang; the end-to-end tests
   kill it two hundred times by other means. */
static bool is_wine(void)
{
    return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") !=
           NULL;
}

/* However far it got: DEST is whole or not there, and nothing else is. */
static void job_killed(void)
{
    if (is_wine()) {
        skip("Wine may hang");
        return;
    }
    expect(files_make(L"a", 128 * MIB, 1), "a file can be made");
    for (unsigned i = 0; i < 20; i++) {
        run_and_kill(i % 2 == 0 ? L"-q --reflink=never a b" : L"-q a b", 9 * i);
        for (int wait = 0; wait < 200 && files_any(L"~reflink-*"); wait++)
            Sleep(10);
        expect(!files_any(L"~reflink-*"), "no temporary is left");
        expect(files_size(L"b") == FILES_NONE || files_are(L"b", 128 * MIB, 1),
               "DEST is whole or not there");
        DeleteFileW(L"b");
    }
}

static const struct {
    const char *name;
    void (*job)(void);
} jobs[] = {
    {"what the volume can do", job_volume},
    {"a file is cloned", job_clone},
    {"files written a moment ago", job_fresh},
    {"SOURCE and clone go their own ways", job_apart},
    {"DEST exists", job_existing},
    {"DEST is open elsewhere", job_held},
    {"more than one request", job_large},
    {"ranges", job_range},
    {"data moves within a file", job_move},
    {"times and attributes", job_kept},
    {"named streams", job_streams},
    {"a tree", job_tree},
    {"junctions", job_junctions},
    {"long paths", job_long_path},
    {"killed at twenty moments", job_killed},
};

/* ---- one after the other ------------------------------------------------- */

static void tell(const char *name)
{
    if (check.failed)
        check.failed_count++;
    else if (check.skip != NULL)
        check.skipped_count++;
    else
        check.passed_count++;
    if (check.failed)
        printf("FAILED  %s\n", name);
    else if (check.skip != NULL)
        printf("skipped %s: %s\n", name, check.skip);
    else
        printf("ok      %s\n", name);
    fflush(stdout);
}

/* Each in a directory of its own, which goes with all that is in it. */
static bool do_job(const wchar_t *folder, size_t number)
{
    wchar_t own[PATH];
    swprintf(own, PATH, L"%ls\\%u", folder, (unsigned)number);
    if (!CreateDirectoryW(own, NULL) || !SetCurrentDirectoryW(own))
        return false;
    check.failed = false;
    check.skip = NULL;
    jobs[number].job();
    tell(jobs[number].name);
    SetCurrentDirectoryW(folder);
    files_remove_tree(own);
    return true;
}

static int do_all(const wchar_t *folder)
{
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        if (!do_job(folder, i)) {
            printf("%ls: no directory can be made\n", folder);
            return 2;
        }
    }
    printf("%u passed, %u failed, %u skipped\n", check.passed_count,
           check.failed_count, check.skipped_count);
    return check.failed_count != 0;
}

int wmain(int argc, wchar_t **argv)
{
    static wchar_t program[PATH];
    static wchar_t folder[PATH];
    static wchar_t output[PATH];
    wchar_t parent[PATH];
    if (argc != 3) {
        printf("usage: reflink-check REFLINK.EXE DIRECTORY\n");
        return 2;
    }
    if (!GetFullPathNameW(argv[1], PATH, program, NULL) ||
        !GetFullPathNameW(argv[2], PATH / 2, parent, NULL)) {
        printf("%ls, %ls: such paths are too long\n", argv[1], argv[2]);
        return 2;
    }
    swprintf(folder, PATH, L"%ls\\reflink-check.%lu", parent,
             GetCurrentProcessId());
    swprintf(output, PATH, L"%ls\\output", folder);
    if (!CreateDirectoryW(folder, NULL)) {
        printf("%ls: the directory cannot be made (%lu)\n", folder,
               GetLastError());
        return 2;
    }
    run_with(program, output);
    int code = do_all(folder);
    SetCurrentDirectoryW(parent);
    files_remove_tree(folder);
    return code;
}
