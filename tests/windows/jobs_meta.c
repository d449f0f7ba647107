/* What DEST has of SOURCE beside its bytes. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "files.h"
#include "job.h"
#include "meta.h"
#include "run.h"

/* FILE_SUPPORTS_EXTENDED_ATTRIBUTES [MS-FSCC 2.5.1]. */
#define EXTENDED_ATTRIBUTES 0x00800000UL

/* A directory's entry is what the file is, as soon as reflink has ended; it is
   not updated with each name of a file. */
static void expect_listed(const wchar_t *name, uint64_t size)
{
    WIN32_FIND_DATAW listed;
    HANDLE list = FindFirstFileW(name, &listed);
    if (list != INVALID_HANDLE_VALUE)
        FindClose(list);
    else
        listed.dwFileAttributes = INVALID_FILE_ATTRIBUTES;
    expect(listed.dwFileAttributes == meta_attributes(name),
           "a listing has DEST, with its attributes");
    expect(((uint64_t)listed.nFileSizeHigh << 32 | listed.nFileSizeLow) == size,
           "a listing has its size");
}

static void job_kept(void)
{
    const DWORD marks = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_READONLY;
    expect(files_make(L"a", 300 * KIB, 1) && meta_set_years(L"a", 0, 2001) &&
               SetFileAttributesW(L"a", marks),
           "a file can be made");
    run_clone(L"a b");
    expect(files_are(L"b", 300 * KIB, 1), "the bytes are the same");
    expect(meta_written_year(L"b") == 2001, "the last-write time is the same");
    expect(meta_attributes(L"a") == meta_attributes(L"b"),
           "the attributes are the same");
    expect_listed(L"b", 300 * KIB);
    run_clone(L"--writable a c");
    expect(meta_attributes(L"c") ==
               (meta_attributes(L"a") & ~(DWORD)FILE_ATTRIBUTE_READONLY),
           "with --writable it is not read-only");
}

static void job_streams(void)
{
    if (!(job_volume_flags() & FILE_NAMED_STREAMS)) {
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

/* ReFS up to 3.4 ends them at 128 KiB. */
static void job_large_stream(void)
{
    if (!(job_volume_flags() & FILE_NAMED_STREAMS)) {
        skip("the volume has no named streams");
        return;
    }
    expect(files_make(L"a", 300 * KIB, 1), "a file can be made");
    if (!files_make(L"a:large", 200 * KIB, 2)) {
        skip("the volume stores no stream of 200 KiB");
        return;
    }
    run_clone(L"a b");
    expect(files_hold(L"b:large", 0, 200 * KIB, 2, 0),
           "a stream of 200 KiB comes along");
}

static void job_eas(void)
{
    expect(files_make(L"a", 300 * KIB, 1), "a file can be made");
    if (!(job_volume_flags() & EXTENDED_ATTRIBUTES)) {
        skip("the volume has no extended attributes");
        return;
    }
    if (!need(meta_set_ea(L"a", "REFLINK.CHECK", "a value") &&
                  meta_has_ea(L"a", "REFLINK.CHECK", "a value"),
              "an extended attribute can be set"))
        return;
    run_clone(L"a b");
    expect(meta_has_ea(L"b", "REFLINK.CHECK", "a value"),
           "extended attributes come along");
}

/* A directory on the second volume that goes again. */
static bool make_other(wchar_t *folder)
{
    if (job_setting.other == NULL) {
        skip("no second volume: add --other DIR");
        return false;
    }
    swprintf(folder, JOB_PATH, L"%ls\\reflink-check.%lu", job_setting.other,
             GetCurrentProcessId());
    expect(files_make_directory(folder),
           "a directory can be made on the other volume");
    return !job_state.failed;
}

static void copy_to_other(const wchar_t *folder)
{
    wchar_t line[2 * JOB_PATH];
    wchar_t dest[JOB_PATH];
    swprintf(dest, JOB_PATH, L"%ls\\b", folder);
    expect(files_make(L"a", MIB + 5, 1), "a file can be made");
    bool stream = (job_volume_flags() & FILE_NAMED_STREAMS) != 0 &&
                  files_make(L"a:large", 200 * KIB, 2);
    swprintf(line, 2 * JOB_PATH, L"--reflink=always a \"%ls\"", dest);
    run(3, line);
    expect(files_size(dest) == FILES_NONE, "no DEST is made if it must clone");
    swprintf(line, 2 * JOB_PATH, L"--json a \"%ls\"", dest);
    run(0, line);
    expect(files_are(dest, MIB + 5, 1), "the bytes are the same");
    bool warned = run_said("named streams");
    wcscat(dest, L":large");
    expect(!stream || warned || files_hold(dest, 0, 200 * KIB, 2, 0),
           "its stream of 200 KiB comes along, or a warning says that it "
           "does not");
}

static void job_other_volume(void)
{
    wchar_t folder[JOB_PATH];
    if (!make_other(folder))
        return;
    copy_to_other(folder);
    expect(files_no_staging_file(folder), "no staging file is left");
    files_remove_tree(folder);
}

const struct job jobs_of_metadata[] = {
    {"kept", "times and attributes", job_kept},
    {"streams", "named streams", job_streams},
    {"large_stream", "a named stream of 200 KiB", job_large_stream},
    {"eas", "extended attributes", job_eas},
    {"other_volume", "a copy to another volume", job_other_volume},
    {NULL, NULL, NULL},
};
