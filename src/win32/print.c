/* Writes to standard output and standard error: a console, a file or a pipe. */
#include "win32.h"

/*
 * Characters passed at once. WriteConsoleW fails with ERROR_NOT_ENOUGH_MEMORY
 * for a text that is larger than the available heap [WriteConsole,
 * nNumberOfCharactersToWrite].
 */
enum { CONSOLE_AT_ONCE = 8192, UTF8_AT_ONCE = 4096 };

static bool print_console(HANDLE handle, const wchar_t *text, size_t length)
{
    while (length != 0) {
        DWORD step = length < CONSOLE_AT_ONCE ? (DWORD)length : CONSOLE_AT_ONCE;
        DWORD done = 0;
        if (!WriteConsoleW(handle, text, step, &done, NULL) || done == 0)
            return false;
        text += done;
        length -= done;
    }
    return true;
}

static bool print_bytes(HANDLE handle, const char *bytes, DWORD length)
{
    while (length != 0) {
        DWORD done = 0;
        if (!WriteFile(handle, bytes, length, &done, NULL) || done == 0)
            return false;
        bytes += done;
        length -= done;
    }
    return true;
}

/*
 * Converts in pieces and needs no memory, because the message may be that there
 * is none. WideCharToMultiByte replaces an unpaired surrogate by U+FFFD.
 */
static bool print_utf8(HANDLE handle, const wchar_t *text, size_t length)
{
    char bytes[UTF8_AT_ONCE * 3];
    while (length != 0) {
        size_t step = length;
        if (length > UTF8_AT_ONCE) {
            /* a surrogate pair must not be split */
            step = UTF8_AT_ONCE;
            if (IS_HIGH_SURROGATE(text[step - 1]))
                step--;
        }
        int size = WideCharToMultiByte(CP_UTF8, 0, text, (int)step, bytes,
                                       sizeof bytes, NULL, NULL);
        if (size <= 0 || !print_bytes(handle, bytes, (DWORD)size))
            return false;
        text += step;
        length -= step;
    }
    return true;
}

bool os_print(enum os_stream stream, const wchar_t *text)
{
    HANDLE handle = GetStdHandle(stream == OS_STDOUT ? STD_OUTPUT_HANDLE
                                                     : STD_ERROR_HANDLE);
    size_t length = wcslen(text);
    DWORD mode = 0;
    if (length == 0)
        return true;
    if (handle == NULL || handle == INVALID_HANDLE_VALUE)
        return false;
    return GetConsoleMode(handle, &mode) ? print_console(handle, text, length)
                                         : print_utf8(handle, text, length);
}

unsigned os_console_width(enum os_stream stream)
{
    HANDLE handle = GetStdHandle(stream == OS_STDOUT ? STD_OUTPUT_HANDLE
                                                     : STD_ERROR_HANDLE);
    CONSOLE_SCREEN_BUFFER_INFO info;
    if (!GetConsoleScreenBufferInfo(handle, &info))
        return 0;
    return (unsigned)(info.srWindow.Right - info.srWindow.Left + 1);
}
