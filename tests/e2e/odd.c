/*
 * odd ARGUMENT...
 *
 * Starts the command line in E2E_THROUGH with the arguments behind it, and
 * passes its exit code on. In an argument ^ and four hexadecimal digits stand
 * for that UTF-16 unit: Linux has no other way to say an unpaired surrogate.
 * Copied to reflink.exe it lets a batch file start reflink through the bridge.
 */
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

enum { MOST = 8192, FAILED = 125 };

static wchar_t line[MOST];

static int hex(const wchar_t *at)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        const wchar_t *digits = L"0123456789ABCDEF";
        const wchar_t *digit = at[i] != L'\0' ? wcschr(digits, at[i]) : NULL;
        if (digit == NULL)
            return -1;
        value = value * 16 + (int)(digit - digits);
    }
    return value;
}

/* What follows the program's name, with the units put in. */
static void add_arguments(const wchar_t *from)
{
    size_t length = wcslen(line);
    int quoted = 0;
    for (; *from != L'\0' && (quoted || *from != L' '); from++)
        quoted ^= *from == L'"';
    for (; *from != L'\0' && length + 1 < MOST; from++) {
        int unit = *from == L'^' ? hex(from + 1) : -1;
        line[length++] = unit < 0 ? *from : (wchar_t)unit;
        from += unit < 0 ? 0 : 4;
    }
    line[length] = L'\0';
}

int wmain(void)
{
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;
    DWORD code = FAILED;
    if (!GetEnvironmentVariableW(L"E2E_THROUGH", line, MOST / 2))
        return FAILED;
    add_arguments(GetCommandLineW());
    GetStartupInfoW(&startup);
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup,
                        &child)) {
        fprintf(stderr, "odd: cannot start it (%lu)\n", GetLastError());
        return FAILED;
    }
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    return (int)code;
}
