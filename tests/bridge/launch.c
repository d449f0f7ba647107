/*
 * launch.exe PROGRAM ARGS...
 *
 * Starts PROGRAM with bridge.dll, which lies beside launch.exe, already
 * loaded, waits for it and passes its exit code on. PROGRAM gets the rest of
 * this command line as it stands, character by character, so that a test may
 * quote as oddly as it likes. Exit code 125: PROGRAM could not be started, or
 * the bridge refused to be loaded (a REFLINK_BRIDGE_ variable it does not
 * understand, or another Wine than the one it knows).
 */
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

#define EXIT_NOT_LAUNCHED 125

static int fail(const char *what)
{
    fprintf(stderr, "launch: %s (error %lu)\n", what, GetLastError());
    return EXIT_NOT_LAUNCHED;
}

/* What follows the program's name on a command line: the name ends at the
 * first blank outside quotes, and a backslash means nothing there. */
static wchar_t *after_program_name(wchar_t *line)
{
    int quoted = 0;

    while (*line && (quoted || (*line != L' ' && *line != L'\t'))) {
        if (*line == L'"')
            quoted = !quoted;
        line++;
    }
    while (*line == L' ' || *line == L'\t')
        line++;
    return line;
}

/* The path of bridge.dll; false if it is too long. */
static int bridge_path(wchar_t *path, DWORD size)
{
    DWORD length = GetModuleFileNameW(NULL, path, size);
    wchar_t *slash = length ? wcsrchr(path, L'\\') : NULL;

    if (!slash || length >= size || (size_t)(slash + 1 - path) + 11 > size)
        return 0;
    wcscpy(slash + 1, L"bridge.dll");
    return 1;
}

/* Runs LoadLibraryW(path) in the process; kernel32.dll lies at one address
 * in all of them. The thread's exit code is the low half of the module's
 * address, hence 0 when the DLL refused. */
static int load_into(HANDLE process, const wchar_t *path)
{
    SIZE_T size = (wcslen(path) + 1) * sizeof *path;
    void *copy =
        VirtualAllocEx(process, NULL, size, MEM_COMMIT, PAGE_READWRITE);
    FARPROC found =
        GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "LoadLibraryW");
    LPTHREAD_START_ROUTINE load;
    DWORD module = 0;
    HANDLE thread;

    memcpy(&load, &found, sizeof load);
    if (!copy || !load || !WriteProcessMemory(process, copy, path, size, NULL))
        return 0;
    thread = CreateRemoteThread(process, NULL, 0, load, copy, 0, NULL);
    if (!thread)
        return 0;
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &module);
    CloseHandle(thread);
    VirtualFreeEx(process, copy, 0, MEM_RELEASE);
    return module != 0;
}

/* Has the process end when this one does, even by being killed. It joins the
 * job when it has a thread that runs: Wine's server is not up to ending a job
 * with a process that has none yet, and takes all other processes along. What
 * a kill before that moment leaves, suspended, the tests end by its ID. */
static void tie(HANDLE process)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    HANDLE job = CreateJobObjectW(NULL, NULL);

    limits.BasicLimitInformation.LimitFlags =
        JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
                            sizeof limits);
    AssignProcessToJobObject(job, process); /* the job stays open */
}

int wmain(void)
{
    wchar_t path[4096];
    wchar_t *line = after_program_name(GetCommandLineW());
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;
    DWORD code = EXIT_NOT_LAUNCHED;

    if (!*line) {
        fprintf(stderr, "usage: launch PROGRAM ARGS...\n");
        return EXIT_NOT_LAUNCHED;
    }
    if (!bridge_path(path, sizeof path / sizeof *path))
        return fail("cannot tell where bridge.dll is");
    GetStartupInfoW(&startup);
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL,
                        NULL, &startup, &child))
        return fail("cannot start the program");
    if (!load_into(child.hProcess, path)) {
        TerminateProcess(child.hProcess, EXIT_NOT_LAUNCHED);
        return fail("bridge.dll does not load; check REFLINK_BRIDGE_...");
    }
    tie(child.hProcess);
    ResumeThread(child.hThread);
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    return (int)code;
}
