/*
 * Enables privileges that administrators have, but that are disabled by
 * default.
 */
#include "win32.h"

/*
 * Opens the token that this thread uses: its own, which is then also `*saved`,
 * or that of the process; then `*saved` is NULL.
 */
static bool open_token(HANDLE *saved, HANDLE *token)
{
    *saved = NULL;
    if (OpenThreadToken(GetCurrentThread(), TOKEN_IMPERSONATE | TOKEN_DUPLICATE,
                        TRUE, saved)) {
        *token = *saved;
        return true;
    }
    *saved = NULL;
    return GetLastError() == ERROR_NO_TOKEN &&
           OpenProcessToken(GetCurrentProcess(), TOKEN_DUPLICATE, token);
}

static bool enable(HANDLE token, const wchar_t *name)
{
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    /* AdjustTokenPrivileges also succeeds without enabling the privilege; the
       error is then ERROR_NOT_ALL_ASSIGNED */
    return LookupPrivilegeValueW(NULL, name, &wanted.Privileges[0].Luid) &&
           AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL) &&
           GetLastError() == ERROR_SUCCESS;
}

/*
 * Uses a copy of the token, because a privilege enabled in a token is enabled
 * for all that use it.
 */
static bool use_copy(HANDLE token, const wchar_t *name)
{
    HANDLE copy = NULL;
    if (!DuplicateTokenEx(
            token, TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY | TOKEN_IMPERSONATE,
            NULL, SecurityImpersonation, TokenImpersonation, &copy))
        return false;
    bool used = enable(copy, name) && SetThreadToken(NULL, copy);
    CloseHandle(copy);
    return used;
}

bool win32_take_privilege(const wchar_t *name, HANDLE *saved)
{
    HANDLE token = NULL;
    if (!open_token(saved, &token))
        return false;
    bool taken = use_copy(token, name);
    if (token != *saved)
        CloseHandle(token);
    if (!taken && *saved != NULL)
        CloseHandle(*saved);
    return taken;
}

void win32_drop_privilege(HANDLE saved)
{
    if (!SetThreadToken(NULL, saved))
        RevertToSelf();
    if (saved != NULL)
        CloseHandle(saved);
}
