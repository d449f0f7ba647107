#include "run.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

enum { LINE = 4096, OUTPUT = 1 << 16 };

static const wchar_t *program_path;
static const wchar_t *output_path;
static char output[OUTPUT];

void run_with(const wchar_t *program, const wchar_t *path)
{
    program_path = program;
    output_path = path;
}

static HANDLE open_output(void)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    return CreateFileW(output_path, GENERIC_WRITE,
                       FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited,
                       CREATE_ALWAYS, 0, NULL);
}

/* A program at work; no process: it could not be started. */
struct child {
    HANDLE process;
    HANDLE job; /* it and all that it starts */
};

static struct child start(const wchar_t *arguments)
{
    wchar_t line[LINE];
    PROCESS_INFORMATION made = {0};
    struct child child = {0};
    HANDLE file = open_output();
    STARTUPINFOW startup = {.cb = sizeof startup,
                            .dwFlags = STARTF_USESTDHANDLES,
                            .hStdInput = GetStdHandle(STD_INPUT_HANDLE),
                            .hStdOutput = file,
                            .hStdError = file};
    if (file == INVALID_HANDLE_VALUE)
        return child;
    swprintf(line, LINE, L"\"%ls\" %ls", program_path, arguments);
    if (CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL,
                       NULL, &startup, &made)) {
        child.process = made.hProcess;
        child.job = CreateJobObjectW(NULL, NULL);
        AssignProcessToJobObject(child.job, child.process);
        ResumeThread(made.hThread);
        CloseHandle(made.hThread);
    }
    CloseHandle(file);
    return child;
}

static void close_child(const struct child *child)
{
    CloseHandle(child->job);
    CloseHandle(child->process);
}

static void read_output(void)
{
    DWORD size = 0;
    HANDLE file = CreateFileW(output_path, GENERIC_READ, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file != INVALID_HANDLE_VALUE) {
        if (!ReadFile(file, output, OUTPUT - 1, &size, NULL))
            size = 0;
        CloseHandle(file);
    }
    output[size] = '\0';
}

int run_reflink(const wchar_t *arguments)
{
    DWORD code = 0;
    struct child child = start(arguments);
    if (child.process == NULL)
        return -1;
    WaitForSingleObject(child.process, INFINITE);
    GetExitCodeProcess(child.process, &code);
    close_child(&child);
    read_output();
    return (int)code;
}

void run_and_kill(const wchar_t *arguments, unsigned milliseconds)
{
    struct child child = start(arguments);
    if (child.process == NULL)
        return;
    if (WaitForSingleObject(child.process, milliseconds) == WAIT_TIMEOUT)
        TerminateJobObject(child.job, 1);
    WaitForSingleObject(child.process, INFINITE);
    close_child(&child);
}

const char *run_output(void)
{
    return output;
}

bool run_said(const char *words)
{
    return strstr(output, words) != NULL;
}
