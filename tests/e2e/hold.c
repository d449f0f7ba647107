/*
 * hold FILE ACCESS SHARE SIGN
 *
 * Opens FILE as another program would have it open, says "held", and lets go
 * when the file SIGN appears. ACCESS and SHARE are of the letters r, w, d.
 */
#include <stdio.h>
#include <windows.h>

static DWORD bits(const wchar_t *letters, DWORD r, DWORD w, DWORD d)
{
    DWORD mask = 0;
    for (; *letters != L'\0'; letters++)
        mask |= *letters == L'r' ? r : *letters == L'w' ? w : d;
    return mask;
}

int wmain(int argc, wchar_t **argv)
{
    if (argc != 5)
        return 2;
    HANDLE file = CreateFileW(
        argv[1], bits(argv[2], GENERIC_READ, GENERIC_WRITE, DELETE),
        bits(argv[3], FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_SHARE_DELETE),
        NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return 1;
    puts("held");
    fflush(stdout);
    for (int waited = 0; waited < 60000; waited += 10) {
        if (GetFileAttributesW(argv[4]) != INVALID_FILE_ATTRIBUTES)
            break;
        Sleep(10);
    }
    CloseHandle(file);
    return 0;
}
