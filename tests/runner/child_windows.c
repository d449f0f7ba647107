/* Children on Windows. */
#include "child.h"

#include <stdio.h>
#include <windows.h>

/* MinGW-w64's C runtime would expand a pattern with a * to names of files;
   MSVC's does not. */
int _dowildcard = 0;

enum { PATH = 32768, NAME = 256 };

static LONG WINAPI on_crash(EXCEPTION_POINTERS *what)
{
    (void)what;
    return EXCEPTION_EXECUTE_HANDLER;
}

/* What crashes ends with the exception's code: no dialog, and no debugger. */
void child_prepare(const char *program)
{
    (void)program;
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(on_crash);
}

bool child_start(struct child *child, const char *test)
{
    static wchar_t self[PATH];
    wchar_t line[NAME];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION started;
    if (GetModuleFileNameW(NULL, self, PATH) == 0 ||
        swprintf(line, NAME, L"unit --one %hs", test) < 0 ||
        !CreateProcessW(self, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup,
                        &started))
        return false;
    CloseHandle(started.hThread);
    child->process = (intptr_t)started.hProcess;
    return true;
}

bool child_wait(struct child *child, int *code)
{
    HANDLE process = (HANDLE)child->process;
    DWORD result = 0;
    if (WaitForSingleObject(process, 1) != WAIT_OBJECT_0)
        return false;
    GetExitCodeProcess(process, &result);
    CloseHandle(process);
    *code = (int)result;
    return true;
}

void child_kill(struct child *child)
{
    HANDLE process = (HANDLE)child->process;
    TerminateProcess(process, 1);
    WaitForSingleObject(process, INFINITE);
    CloseHandle(process);
}

double child_clock(void)
{
    return (double)GetTickCount64() / 1000;
}
