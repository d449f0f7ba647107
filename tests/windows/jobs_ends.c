/* What is left of a run that does not come to its end. */
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "files.h"
#include "job.h"
#include "run.h"

enum { SIZE_MIB = 128, STATUS_CTRL_EXIT = (int)0xC000013A };

static const wchar_t staging_pattern[] = L"~reflink-*";

/* A process that was ended is gone before its files are closed. */
static void wait_for_the_end(void)
{
    for (int wait = 0; wait < 200 && files_any(staging_pattern); wait++)
        Sleep(10);
}

/* In the instant between its last two steps a kill may leave the finished file
   under the staging file's name: that one is whole, and is removed here. */
static void expect_nothing_unfinished(void)
{
    WIN32_FIND_DATAW data;
    HANDLE list = FindFirstFileW(staging_pattern, &data);
    if (list == INVALID_HANDLE_VALUE)
        return;
    FindClose(list);
    expect(files_are(data.cFileName, SIZE_MIB * MIB, 1),
           "no unfinished staging file is left");
    note("a finished file was left under its staging name");
    DeleteFileW(data.cFileName);
}

/* However far it got: a new DEST is whole or not there, a replaced one is the
   new or the old one. */
static void job_killed(void)
{
    if (is_wine()) {
        skip("Wine may hang");
        return;
    }
    expect(files_make(L"a", SIZE_MIB * MIB, 1) && files_make(L"c", MIB, 2),
           "files can be made");
    for (unsigned i = 0; i < 20 && !job_state.failed; i++) {
        run_and_kill(i % 2 == 0 ? L"-q --reflink=never a b" : L"-q a b", 9 * i);
        wait_for_the_end();
        expect_nothing_unfinished();
        expect(files_size(L"b") == FILES_NONE ||
                   files_are(L"b", SIZE_MIB * MIB, 1),
               "DEST is whole or not there");
        DeleteFileW(L"b");
    }
    for (unsigned i = 0; i < 20 && !job_state.failed; i++) {
        run_and_kill(i % 2 == 0 ? L"-qf --reflink=never a c" : L"-qf a c",
                     9 * i);
        wait_for_the_end();
        expect_nothing_unfinished();
        expect(files_are(L"c", MIB, 2) || files_are(L"c", SIZE_MIB * MIB, 1),
               "DEST is the new file or the old one");
    }
    run(0, L"-f a c");
    expect(files_are(L"c", SIZE_MIB * MIB, 1), "a run that is left alone ends");
}

static void interrupt_at_ten_moments(void)
{
    unsigned interrupted = 0;
    for (unsigned i = 0; i < 10 && !job_state.failed; i++) {
        int code = run_and_break(L"-q --reflink=never a b", 15 * i);
        if (code == RUN_NO_CONSOLE) {
            skip("there is no console");
            return;
        }
        interrupted += code == 130;
        expect(code == 0 || code == 130 || code == STATUS_CTRL_EXIT,
               "the exit code is 130, or 0 if it had ended before");
        wait_for_the_end();
        expect(!files_any(staging_pattern), "no staging file is left");
        expect(files_size(L"b") == FILES_NONE
                   ? code != 0
                   : code != 130 && files_are(L"b", SIZE_MIB * MIB, 1),
               "DEST is not there, or whole");
        DeleteFileW(L"b");
    }
    if (interrupted == 0)
        skip("it had always ended before");
}

/* Ctrl-Break, which reflink takes as it takes Ctrl-C: no program can send that
   to one process alone [GenerateConsoleCtrlEvent]. A service has no console. */
static void job_ctrl_c(void)
{
    if (is_wine()) {
        skip("Wine may hang");
        return;
    }
    expect(files_make(L"a", SIZE_MIB * MIB, 1), "a file can be made");
    BOOL made = AllocConsole();
    interrupt_at_ten_moments();
    if (made)
        FreeConsole();
}

const struct job jobs_of_endings[] = {
    {"killed", "killed at forty moments", job_killed},
    {"ctrl_c", "interrupted at ten moments", job_ctrl_c},
    {NULL, NULL, NULL},
};
