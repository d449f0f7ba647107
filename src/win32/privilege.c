/*
 * Enables privileges that administrators have, but that are disabled by
 * default.
 */
#include "win32.h"

/*
 * Enables the privilege in a copy of the token, which this thread then uses. In
 * the token itself, it would be enabled for all threads that use it.
 */
static bool use_copy(HANDLE token, const wchar_t *name)
{
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
    HANDLE copy = NULL;
    if (!DuplicateTokenEx(
            token, TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY | TOKEN_IMPERSONATE,
            NULL, SecurityImpersonation, TokenImpersonation, &copy))
        return false;
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    /* AdjustTokenPrivileges also succeeds without enabling the privilege; the
       error is then ERROR_NOT_ALL_ASSIGNED */
    bool used = LookupPrivilegeValueW(NULL, name, &wanted.Privileges[0].Luid) &&
                AdjustTokenPrivileges(copy, FALSE, &wanted, 0, NULL, NULL) &&
                GetLastError() == ERROR_SUCCESS && SetThreadToken(NULL, copy);
    CloseHandle(copy);
    return used;
}

bool win32_enable_privilege(const wchar_t *name, HANDLE *saved)
{
    HANDLE token = NULL;
    *saved = NULL;
    if (OpenThreadToken(GetCurrentThread(), TOKEN_IMPERSONATE | TOKEN_DUPLICATE,
                        TRUE, saved)) {
        token = *saved;
    } else {
        *saved = NULL;
        if (GetLastError() != ERROR_NO_TOKEN ||
            !OpenProcessToken(GetCurrentProcess(), TOKEN_DUPLICATE, &token))
            return false;
    }
    bool enabled = use_copy(token, name);
    if (token != *saved)
        CloseHandle(token);
    if (!enabled && *saved != NULL)
        CloseHandle(*saved);
    return enabled;
}

void win32_restore_token(HANDLE saved)
{
    if (!SetThreadToken(NULL, saved))
        RevertToSelf();
    if (saved != NULL)
        CloseHandle(saved);
}
