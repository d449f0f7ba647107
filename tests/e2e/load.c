/*
 * load NAME...: loads these DLLs as a program does that takes no care, and ends
 * with the number of those that it got.
 */
#include <windows.h>

int wmain(int argc, wchar_t **argv)
{
    int loaded = 0;
    for (int i = 1; i < argc; i++)
        loaded += LoadLibraryW(argv[i]) != NULL;
    return loaded;
}
