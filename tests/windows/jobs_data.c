/* What happens to the bytes of a file, and what --info reports. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "files.h"
#include "job.h"
#include "meta.h"
#include "run.h"

/* FILE_SUPPORTS_BLOCK_REFCOUNTING [MS-FSCC 2.5.1]. */
#define BLOCK_REFCOUNTING 0x08000000UL

static void job_volume(void)
{
    wchar_t root[JOB_PATH];
    wchar_t system[64] = L"";
    char named[80] = "";
    run(0, L"--info .");
    printf("%s", run_output());
    GetVolumePathNameW(L".", root, JOB_PATH);
    GetVolumeInformationW(root, NULL, 0, NULL, NULL, NULL, system, 64);
    WideCharToMultiByte(CP_UTF8, 0, system, -1, named, sizeof named, NULL,
                        NULL);
    run(0, L"--info --json .");
    expect(named[0] != '\0' && run_said(named), "the file system is told");
    job_setting.clones = run_said("\"reflink\":\"clones\"");
    expect(job_setting.clones || !(job_volume_flags() & BLOCK_REFCOUNTING),
           "a volume that advertises cloning is told to clone");
    expect(run_said("\"cluster_size\":"), "the cluster size is told");
}

static void job_clone(void)
{
    uint64_t size = 8 * MIB + 1234;
    expect(files_make(L"a", size, 1), "a file can be made");
    run_clone(L"--json a b");
    expect(!job_setting.clones || run_said("\"method\":\"clone\"") ||
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
    wchar_t name[JOB_WORDS];
    files_make_directory(L"in");
    files_make_directory(L"out");
    for (unsigned i = 0; i < 200; i++) {
        swprintf(name, JOB_WORDS, L"in\\%u", i);
        expect(files_make(name, 256 * KIB + i, i), "a file can be made");
    }
    run_clone(L"in\\* out");
    for (unsigned i = 0; i < 200; i++) {
        swprintf(name, JOB_WORDS, L"out\\%u", i);
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

static void job_large(void)
{
    const uint64_t offsets[] = {0, 4 * GIB - 64 * KIB, 4 * GIB,
                                5 * GIB - 64 * KIB};
    if (!files_make_sparse(L"a", 5 * GIB, offsets, 4, 1)) {
        skip("the volume has no sparse files");
        return;
    }
    run_clone(L"--json a b");
    expect(!job_setting.clones || run_said("\"requests\":2,"),
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
    run(job_setting.clones ? 3 : 0, job_setting.clones
                                        ? L"--reflink=always --offset=1 a b"
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

/* Holes stay holes, in a clone and in a copy. */
static void job_sparse(void)
{
    const uint64_t offsets[] = {MIB, 40 * MIB};
    if (!files_make_sparse(L"a", 64 * MIB, offsets, 2, 1)) {
        skip("the volume has no sparse files");
        return;
    }
    run_clone(L"a b");
    run(0, L"--reflink=never a c");
    for (size_t i = 0; i < 2; i++) {
        const wchar_t *dest = i == 0 ? L"b" : L"c";
        expect(files_size(dest) == 64 * MIB &&
                   files_hold(dest, MIB, 64 * KIB, 1, MIB) &&
                   files_hold(dest, 40 * MIB, 64 * KIB, 1, 40 * MIB),
               "the data and the size are the same");
        expect(meta_attributes(dest) & FILE_ATTRIBUTE_SPARSE_FILE,
               "DEST is marked sparse");
        expect(meta_allocated(dest) < 32 * MIB, "holes take no room");
    }
}

/* Runs reflink, which has to succeed; the milliseconds that it took. */
static unsigned long timed_run(const wchar_t *arguments)
{
    DWORD start = GetTickCount();
    run(0, arguments);
    return GetTickCount() - start;
}

/* On a share whose volume does not clone, the bytes stay on the server. */
static void job_server_copy(void)
{
    const uint64_t offsets[] = {MIB, 40 * MIB};
    char seen[JOB_WORDS];
    run(0, L"--info .");
    if (job_setting.clones || !run_said("location:          remote")) {
        skip("it is for shares whose volume does not clone");
        return;
    }
    expect(files_make(L"a", 100 * MIB, 1), "a file can be made");
    unsigned long time = timed_run(L"-v a b");
    bool by_server = run_said(", copied by the server");
    expect(files_are(L"b", 100 * MIB, 1), "the bytes are the same");
    unsigned long never_time = timed_run(L"-v --reflink=never a c");
    expect(files_are(L"c", 100 * MIB, 1), "the copy's bytes are the same");
    expect(!run_said("by the server"), "never asks for no such copy");
    if (files_make_sparse(L"d", 64 * MIB, offsets, 2, 1)) {
        run(0, L"d e");
        expect(files_size(L"e") == 64 * MIB &&
                   files_hold(L"e", MIB, 64 * KIB, 1, MIB) &&
                   files_hold(L"e", 40 * MIB, 64 * KIB, 1, 40 * MIB),
               "the data and the size are the same");
    }
    snprintf(seen, sizeof seen, "100 MiB %s: %lu ms; with never: %lu ms",
             by_server ? "copied by the server" : "NOT copied by the server",
             time, never_time);
    note(seen);
}

/* FILE_ATTRIBUTE_INTEGRITY_STREAM, which not all headers have. */
#define INTEGRITY_ATTRIBUTE 0x8000u

static void clone_with_integrity(bool on, const wchar_t *a, const wchar_t *b)
{
    wchar_t line[JOB_WORDS];
    expect(files_make(a, 0, 1) && meta_set_integrity(a, on) &&
               files_write(a, 0, MIB, 1),
           "a file with this setting can be made");
    swprintf(line, JOB_WORDS, L"%ls %ls", a, b);
    run_clone(line);
    expect(files_are(b, MIB, 1), "the bytes are the same");
    expect(meta_integrity(b) == (on ? META_INTEGRITY_ON : META_INTEGRITY_OFF),
           "DEST has SOURCE's integrity setting");
    expect(((meta_attributes(a) & INTEGRITY_ATTRIBUTE) != 0) == on,
           "SOURCE's attributes show its integrity setting");
    expect_shared(a, b);
}

/* After the first files of a run, their attributes decide. */
static void clone_different_settings(void)
{
    enum { FILES = 6 };
    expect(files_make_directory(L"many"), "a directory can be made");
    for (int i = 0; i < FILES; i++) {
        wchar_t name[16];
        swprintf(name, 16, L"many\\%d", i);
        expect(files_make(name, 0, 1) && meta_set_integrity(name, i % 2 != 0) &&
                   files_write(name, 0, 64 * KIB, 1),
               "a file with this setting can be made");
    }
    run(0, L"-r many copies");
    for (int i = 0; i < FILES; i++) {
        wchar_t name[16];
        swprintf(name, 16, L"copies\\%d", i);
        expect(files_are(name, 64 * KIB, 1), "the bytes are the same");
        expect(meta_integrity(name) ==
                   (i % 2 != 0 ? META_INTEGRITY_ON : META_INTEGRITY_OFF),
               "each file of a tree has its integrity setting");
    }
}

/* Only files with equal settings share clusters. */
static void job_integrity(void)
{
    expect(files_make(L"probe", 0, 1), "a file can be made");
    if (meta_integrity(L"probe") == META_NO_INTEGRITY) {
        skip("the volume has no integrity streams, or does not tell them");
        return;
    }
    clone_with_integrity(false, L"a", L"b");
    clone_with_integrity(true, L"c", L"d");
    run(0, L"--offset=0 --length=512K c b");
    expect(files_hold(L"b", 0, 512 * KIB, 1, 0),
           "a range between different settings is copied at least");
    clone_different_settings();
}

/* ReFS refuses more than 8,175 references to one cluster [SDK Block Cloning];
   each run here doubles them. What it refuses is copied. */
static void job_limit(void)
{
    const uint64_t piece = 64 * KIB;
    uint64_t size = piece;
    wchar_t line[JOB_WORDS];
    if (!job_setting.takes_long || !job_setting.clones) {
        skip(job_setting.clones ? "it takes long: add --long"
                                : "the volume does not clone");
        return;
    }
    expect(files_make(L"a", piece, 1), "a file can be made");
    for (; size < GIB && !job_state.failed; size *= 2) {
        swprintf(line, JOB_WORDS, L"-v a a 0 %lu -", (unsigned long)size);
        run(0, line);
    }
    for (uint64_t at = 0; at < size && !job_state.failed; at += piece)
        expect(files_hold(L"a", at, piece, 1, 0), "each piece has its bytes");
    expect(files_size(L"a") == size, "the file has doubled each time");
    note(strstr(run_output(), "mixed") != NULL ||
                 strstr(run_output(), "copied") != NULL
             ? "the last doubling was copied in part: there is a limit"
             : "16,384 references to a cluster: no limit met");
}

/* A writable view of the file, whose handle is closed: no sharing mode shows
   it. NULL: it cannot be mapped. */
static void *map_file(const wchar_t *name)
{
    wchar_t path[FILES_PATH];
    HANDLE file =
        CreateFileW(files_path(name, path), GENERIC_READ | GENERIC_WRITE, 0,
                    NULL, OPEN_EXISTING, 0, NULL);
    HANDLE mapping = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    void *view = mapping != NULL
                     ? MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, 0)
                     : NULL;
    CloseHandle(mapping);
    CloseHandle(file);
    return view;
}

static void job_dedupe(void)
{
    uint64_t size = 20 * MIB + 1234;
    files_make_directory(L"t");
    expect(files_make(L"t\\a", size, 1) && files_make(L"t\\b", size, 1) &&
               files_make(L"t\\c", size, 2) &&
               meta_set_years(L"t\\b", 2001, 2002),
           "files can be made");
    run(0, L"--dedupe -r --json t");
    expect(run_said("\"groups\":1,"), "the equal files are found");
    expect(files_are(L"t\\a", size, 1) && files_are(L"t\\b", size, 1) &&
               files_are(L"t\\c", size, 2),
           "all bytes are the same");
    expect((is_wine() || meta_created_year(L"t\\b") == 2001) &&
               meta_written_year(L"t\\b") == 2002,
           "the times are the same");
    expect_shared(L"t\\a", L"t\\b");
    expect(files_write(L"t\\b", MIB, 64 * KIB, 3) &&
               files_are(L"t\\a", size, 1),
           "what is written to one is not in the other");
}

/* What a view shows, and what is written through it. */
static void job_mapped(void)
{
    uint64_t size = 4 * MIB;
    expect(files_make(L"a", size, 1) && files_make(L"b", size, 1),
           "files can be made");
    char *view = map_file(L"b");
    if (view == NULL) {
        skip("the volume maps no files");
        return;
    }
    run(0, L"--dedupe --json a b");
    expect(run_said("\"type\":\"dedupe\""), "reflink says what it did");
    note(run_said("\"bytes_shared\":4194304") ? "a mapped file was shared"
                                              : "a mapped file was left alone");
    expect(files_are(L"b", size, 1), "the bytes are the same");
    view[MIB] = (char)~view[MIB];
    expect(FlushViewOfFile(view, 0) != 0, "the view can be written");
    UnmapViewOfFile(view);
    expect(files_are(L"a", size, 1),
           "what is written there is not in the other");
    expect(files_hold(L"b", 0, MIB, 1, 0) && !files_hold(L"b", MIB, 8, 1, MIB),
           "it is in the file itself");
}

const struct job jobs_of_data[] = {
    {"volume", "what the volume can do", job_volume},
    {"clone", "a file is cloned", job_clone},
    {"fresh", "files written a moment ago", job_fresh},
    {"apart", "SOURCE and clone go their own ways", job_apart},
    {"large", "more than one request", job_large},
    {"range", "ranges", job_range},
    {"move", "data moves within a file", job_move},
    {"sparse", "holes stay holes", job_sparse},
    {"server_copy", "a server copies by itself", job_server_copy},
    {"integrity", "integrity streams on and off", job_integrity},
    {"dedupe", "equal files share their clusters", job_dedupe},
    {"mapped", "a mapped file is deduplicated", job_mapped},
    {"limit", "more references than a cluster may have", job_limit},
    {NULL, NULL, NULL},
};
