#include "run.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

enum { LINE = 8192, OUTPUT = 1 << 16 };

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

static struct child start(wchar_t *line, DWORD flags)
{
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
    if (CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED | flags,
                       NULL, NULL, &startup, &made)) {
        child.process = made.hProcess;
        child.job = CreateJobObjectW(NULL, NULL);
        AssignProcessToJobObject(child.job, child.process);
        ResumeThread(made.hThread);
        CloseHandle(made.hThread);
    }
    CloseHandle(file);
    return child;
}

static struct child start_reflink(const wchar_t *arguments, DWORD flags)
{
    wchar_t line[LINE];
    swprintf(line, LINE, L"\"%ls\" %ls", program_path, arguments);
    return start(line, flags);
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

/* Waits for it; its exit code. */
static int end_of(struct child child)
{
    DWORD code = 0;
    if (child.process == NULL)
        return -1;
    WaitForSingleObject(child.process, INFINITE);
    GetExitCodeProcess(child.process, &code);
    close_child(&child);
    read_output();
    return (int)code;
}

int run_reflink(const wchar_t *arguments)
{
    return end_of(start_reflink(arguments, 0));
}

int run_command(const wchar_t *command)
{
    wchar_t line[LINE];
    swprintf(line, LINE, L"%ls", command);
    return end_of(start(line, 0));
}

int run_and_break(const wchar_t *arguments, unsigned milliseconds)
{
    struct child child = start_reflink(arguments, CREATE_NEW_PROCESS_GROUP);
    if (child.process == NULL)
        return -1;
    bool ended =
        WaitForSingleObject(child.process, milliseconds) == WAIT_OBJECT_0;
    bool sent = ended ||
                GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT,
                                         GetProcessId(child.process)) ||
                WaitForSingleObject(child.process, 0) == WAIT_OBJECT_0;
    int code = end_of(child);
    return sent ? code : RUN_NO_CONSOLE;
}

void run_and_kill(const wchar_t *arguments, unsigned milliseconds)
{
    struct child child = start_reflink(arguments, 0);
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
