/* Trees, links, and names that are long or odd. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "files.h"
#include "job.h"
#include "meta.h"
#include "run.h"

static void job_tree(void)
{
    wchar_t name[JOB_WORDS];
    files_make_directory(L"tree");
    for (unsigned i = 0; i < 40; i++) {
        swprintf(name, JOB_WORDS, L"tree\\%u", i / 10);
        files_make_directory(name);
        swprintf(name, JOB_WORDS, L"tree\\%u\\%u", i / 10, i);
        expect(files_make(name, i * 8 * KIB, i), "a tree can be made");
    }
    run(0, L"-r tree copy");
    for (unsigned i = 0; i < 40; i++) {
        swprintf(name, JOB_WORDS, L"copy\\%u\\%u", i / 10, i);
        expect(files_are(name, i * 8 * KIB, i), "each file has its bytes");
    }
    run(0, L"-r -n tree\\ copy");
    run(1, L"-r tree tree\\below");
}

static void make_base(void)
{
    expect(files_make_directory(L"base") &&
               files_make_directory(L"base\\sub") &&
               files_make(L"base\\x", 64 * KIB, 1) &&
               files_make(L"base\\sub\\y", 64 * KIB, 2),
           "a tree can be made");
}

static void expect_merged(const wchar_t *into)
{
    wchar_t name[JOB_WORDS];
    swprintf(name, JOB_WORDS, L"%ls\\x", into);
    expect(files_are(name, 64 * KIB, 1), "what is in base is in DEST");
    swprintf(name, JOB_WORDS, L"%ls\\sub\\y", into);
    expect(files_are(name, 64 * KIB, 2), "what is below it is, too");
    swprintf(name, JOB_WORDS, L"%ls\\base", into);
    expect(meta_attributes(name) == INVALID_FILE_ATTRIBUTES,
           "base itself is not in DEST");
}

/* The same command does the same the second time. */
static void job_merge(void)
{
    make_base();
    run(0, L"-r -f -T base out");
    expect_merged(L"out");
    expect(files_make(L"out\\own", 8, 3), "DEST can have more");
    SetFileAttributesW(L"out", FILE_ATTRIBUTE_HIDDEN);
    run(0, L"-r -f -T base out");
    expect_merged(L"out");
    expect(files_are(L"out\\own", 8, 3), "what else is in DEST stays");
    expect(meta_attributes(L"out") & FILE_ATTRIBUTE_HIDDEN,
           "a directory that was there keeps its attributes");
    expect(files_make_directory(L"more"), "a directory can be made");
    run(0, L"-r base\\. more");
    expect_merged(L"more");
}

/* ---- links --------------------------------------------------------------- */

/* A junction `name` to the directory `target` beside it. */
static bool make_junction(const wchar_t *name, const wchar_t *target)
{
    wchar_t path[FILES_PATH];
    if (!(job_volume_flags() & FILE_SUPPORTS_REPARSE_POINTS)) {
        skip("the volume has no links");
        return false;
    }
    const wchar_t *whole = files_path(target, path) + wcslen(L"\\\\?\\");
    if (wcsncmp(whole, L"UNC\\", 4) == 0) {
        skip("a junction leads to no share");
        return false;
    }
    return need(meta_make_junction(name, whole), "a junction can be made");
}

/* Nothing is written through a link below DEST. */
static void job_link_in_way(void)
{
    make_base();
    expect(files_make_directory(L"out") && files_make_directory(L"elsewhere"),
           "directories can be made");
    if (!make_junction(L"out\\sub", L"elsewhere"))
        return;
    run(1, L"-r -f -T base out");
    expect(run_said("a link is in the way"), "it says what is in the way");
    expect(files_are(L"out\\x", 64 * KIB, 1), "the rest is copied");
    expect(!files_any(L"elsewhere\\y"), "nothing is behind the link");
    run(0, L"-r -f -T --keep-directory-symlink base out");
    expect(files_are(L"elsewhere\\y", 64 * KIB, 2),
           "with --keep-directory-symlink it is followed");
}

static void job_junction(void)
{
    make_base();
    expect(files_make_directory(L"elsewhere") &&
               files_make(L"elsewhere\\z", 8, 3),
           "directories can be made");
    if (!make_junction(L"base\\link", L"elsewhere"))
        return;
    run(0, L"-r base out");
    expect(meta_same_link(L"base\\link", L"out\\link"),
           "a junction is recreated with its target");
    run(0, L"-r base\\link\\ followed");
    expect(files_are(L"followed\\z", 8, 3),
           "one that ends with a separator is followed");
    expect(!(meta_attributes(L"followed") & FILE_ATTRIBUTE_REPARSE_POINT),
           "and becomes a directory");
}

/* A junction into the tree points to where it did, or into the copy. */
static void job_retarget(void)
{
    make_base();
    if (!make_junction(L"base\\link", L"base\\sub"))
        return;
    run(0, L"-r -T base copy");
    expect(run_said("1 link points back into SOURCE"), "it is counted");
    expect(meta_same_link(L"base\\link", L"copy\\link"),
           "a junction is recreated with its target");
    run(0, L"-r -T -f --retarget-links base copy");
    expect(!meta_same_link(L"base\\link", L"copy\\link"),
           "with --retarget-links it has another one");
    expect(files_make(L"copy\\link\\new", 8, 3) && files_any(L"copy\\sub\\new"),
           "that is in the copy");
    expect(!files_any(L"base\\sub\\new"),
           "what is written to the copy is not written to SOURCE");
}

/* Two names of one file in SOURCE are two names of one file in DEST. */
static void job_hard_links(void)
{
    wchar_t path[FILES_PATH];
    wchar_t other[FILES_PATH];
    make_base();
    if (!(job_volume_flags() & FILE_SUPPORTS_HARD_LINKS)) {
        skip("the volume has no hard links");
        return;
    }
    if (!need(CreateHardLinkW(files_path(L"base\\sub\\x", other),
                              files_path(L"base\\x", path), NULL),
              "a hard link can be made"))
        return;
    run(0, L"-r -H base kept");
    expect(files_write(L"kept\\x", 0, 8, 9) &&
               files_hold(L"kept\\sub\\x", 0, 8, 9, 0),
           "with -H what is written to one name is read by the other");
    run(0, L"-r base apart");
    expect(files_write(L"apart\\x", 0, 8, 7) &&
               files_hold(L"apart\\sub\\x", 0, 8, 1, 0),
           "without it the names are two files");
}

/* Elevated, or with Developer Mode switched on. */
static void job_symlinks(void)
{
    enum { DIRECTORY = 1, UNPRIVILEGED = 2 };
    make_base();
    if (!(job_volume_flags() & FILE_SUPPORTS_REPARSE_POINTS)) {
        skip("the volume has no links");
        return;
    }
    if (!CreateSymbolicLinkW(L"base\\file", L"x", UNPRIVILEGED) ||
        !CreateSymbolicLinkW(L"base\\folder", L"sub",
                             DIRECTORY | UNPRIVILEGED)) {
        skip(GetLastError() == ERROR_PRIVILEGE_NOT_HELD
                 ? "no right to make symbolic links"
                 : "symbolic links cannot be made");
        return;
    }
    run(0, L"-r base out");
    expect(meta_same_link(L"base\\file", L"out\\file") &&
               meta_same_link(L"base\\folder", L"out\\folder"),
           "symbolic links are recreated");
}

/* ---- names --------------------------------------------------------------- */

/* Win32 takes longer paths only with \\?\ before them. */
static void job_long_path(void)
{
    wchar_t folder[121] = L"";
    wchar_t file[221] = L"";
    wchar_t line[2 * JOB_PATH];
    wmemset(folder, L'd', 120);
    wmemset(file, L'f', 220);
    expect(files_make(L"a", 100 * KIB, 1) && files_make_directory(folder),
           "a directory with a long name can be made");
    swprintf(line, 2 * JOB_PATH, L"a %ls\\%ls.x", folder, file);
    run_clone(line);
    swprintf(line, 2 * JOB_PATH, L"%ls\\%ls.x b", folder, file);
    run_clone(line);
    expect(files_are(L"b", 100 * KIB, 1), "it came back as it went");
    swprintf(line, 2 * JOB_PATH, L"%ls\\*.x", folder);
    expect(files_any(line), "it is there");
}

/* What Win32 would change, what a shell would, and what is no text. */
static void job_odd_names(void)
{
    static const wchar_t *const names[] = {
        L"dot.",
        L"space ",
        L"con",
        L"nul.txt",
        L"[x]",
        L"%TEMP% ^& !",
        L"\x00e4\x4e2d\x6587",
        L"a\x0308",
        L"\xd83d\xde00",
        L"\xd800 alone",
        L"-f",
        L"~tilde",
    };
    enum { COUNT = sizeof names / sizeof names[0] };
    wchar_t name[JOB_WORDS];
    bool made[COUNT];
    unsigned makable = 0;
    expect(files_make_directory(L"in"), "a directory can be made");
    for (size_t i = 0; i < COUNT; i++) {
        swprintf(name, JOB_WORDS, L"in\\%ls", names[i]);
        made[i] = files_make(name, 16 * KIB, i);
        makable += made[i];
    }
    expect(makable > 6, "files with odd names can be made");
    run(0, L"-r in out");
    for (size_t i = 0; i < COUNT; i++) {
        swprintf(name, JOB_WORDS, L"out\\%ls", names[i]);
        expect(!made[i] || files_are(name, 16 * KIB, i),
               "each odd name is there, with its bytes");
    }
}

const struct job jobs_of_trees[] = {
    {"tree", "a tree", job_tree},
    {"merge", "a tree is merged into another", job_merge},
    {"link_in_way", "a link is in the way", job_link_in_way},
    {"junction", "junctions are recreated", job_junction},
    {"retarget", "junctions into the tree are retargeted", job_retarget},
    {"hard_links", "hard links are kept with -H", job_hard_links},
    {"symlinks", "symbolic links are recreated", job_symlinks},
    {"long_path", "long paths", job_long_path},
    {"odd_names", "odd names", job_odd_names},
    {NULL, NULL, NULL},
};
