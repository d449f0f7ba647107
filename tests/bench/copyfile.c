/*
 * copyfile [-f] SOURCE DEST
 *
 * The system's own copy of one file, CopyFileExW, to measure reflink against.
 * -f flushes DEST afterwards: reflink does that with every DEST before it
 * takes its name, for a power cut to leave the old file or the whole new one,
 * so only this is like for like. Prints the microseconds that it took.
 */
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

static long long now_us(void)
{
    LARGE_INTEGER count;
    LARGE_INTEGER per_second;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&per_second);
    return (long long)((double)count.QuadPart * 1e6 /
                       (double)per_second.QuadPart);
}

static BOOL flush(const wchar_t *path)
{
    HANDLE file = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return FALSE;
    BOOL flushed = FlushFileBuffers(file);
    CloseHandle(file);
    return flushed;
}

int wmain(int argc, wchar_t **argv)
{
    BOOL flushes = argc == 4 && wcscmp(argv[1], L"-f") == 0;
    if (argc != 3 && !flushes)
        return 2;
    const wchar_t *dest = argv[argc - 1];
    long long start = now_us();
    if (!CopyFileExW(argv[argc - 2], dest, NULL, NULL, NULL, 0) ||
        (flushes && !flush(dest))) {
        fprintf(stderr, "copyfile: error %lu\n", GetLastError());
        return 1;
    }
    printf("%lld\n", now_us() - start);
    return 0;
}
