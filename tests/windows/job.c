#include "job.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "files.h"
#include "run.h"

struct job_setting job_setting;
struct job_state job_state;

void expect(bool holds, const char *what)
{
    if (holds || job_state.failed)
        return;
    job_state.failed = true;
    note(what);
    printf("FAILED  it does not hold that %s; reflink said:\n%s\n", what,
           run_output());
}

void skip(const char *why)
{
    job_state.skipped = why;
}

bool need(bool holds, const char *what)
{
    if (!holds && is_wine())
        skip("Wine lacks something that it needs");
    else
        expect(holds, what);
    return holds;
}

void note(const char *what)
{
    snprintf(job_state.detail, sizeof job_state.detail, "%s", what);
}

void run(int code, const wchar_t *arguments)
{
    char what[JOB_WORDS];
    char shown[JOB_WORDS / 2] = "";
    int got = run_reflink(arguments);
    if (WideCharToMultiByte(CP_UTF8, 0, arguments, -1, shown, sizeof shown,
                            NULL, NULL) == 0)
        strcpy(shown, "... with long arguments");
    snprintf(what, sizeof what, "the exit code of '%s' is %d (it is %d)", shown,
             code, got);
    expect(got == code, what);
}

void run_clone(const wchar_t *arguments)
{
    wchar_t line[2 * JOB_PATH];
    swprintf(line, 2 * JOB_PATH, L"%ls %ls",
             job_setting.clones ? L"--reflink=always" : L"", arguments);
    run(0, line);
}

void expect_shared(const wchar_t *a, const wchar_t *b)
{
    if (job_setting.clones)
        expect(files_sharing(a, b) != FILES_APART,
               "both files lie in the same clusters");
}

bool is_wine(void)
{
    return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") !=
           NULL;
}

unsigned long job_volume_flags(void)
{
    DWORD flags = 0;
    wchar_t root[JOB_PATH];
    if (!GetVolumePathNameW(L".", root, JOB_PATH) ||
        !GetVolumeInformationW(root, NULL, 0, NULL, NULL, &flags, NULL, 0))
        return 0;
    return flags;
}
