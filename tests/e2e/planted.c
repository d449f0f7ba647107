/*
 * planted.dll: what an attacker puts where a program may look for a DLL of the
 * system. It has no function that anybody would call, but leaves a file beside
 * E2E_PLANTED, with its own name in that, as soon as it is loaded.
 */
#include <wchar.h>
#include <windows.h>

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, void *reserved)
{
    WCHAR own[MAX_PATH];
    WCHAR mark[MAX_PATH];
    (void)reserved;
    if (reason != DLL_PROCESS_ATTACH)
        return TRUE;
    DWORD length = GetEnvironmentVariableW(L"E2E_PLANTED", mark, MAX_PATH);
    if (length == 0 || length >= MAX_PATH ||
        GetModuleFileNameW(self, own, MAX_PATH) == 0)
        return TRUE;
    const WCHAR *name = wcsrchr(own, L'\\');
    if (name == NULL || length + wcslen(name) >= MAX_PATH)
        return TRUE;
    wcscat(mark, name + 1);
    CloseHandle(
        CreateFileW(mark, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
    return TRUE;
}
