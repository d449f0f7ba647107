/* Rights that administrators have, but not switched on. */
#include "win32.h"

/* The token that this thread goes by: its own, or its process's; then `*saved`
   is NULL. */
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
    return LookupPrivilegeValueW(NULL, name, &wanted.Privileges[0].Luid) &&
           AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL) &&
           GetLastError() == ERROR_SUCCESS; /* else ERROR_NOT_ALL_ASSIGNED */
}

/* A copy: what is switched on in a token is on for all who have it. */
static bool wear_copy(HANDLE token, const wchar_t *name)
{
    HANDLE copy = NULL;
    if (!DuplicateTokenEx(
            token, TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY | TOKEN_IMPERSONATE,
            NULL, SecurityImpersonation, TokenImpersonation, &copy))
        return false;
    bool worn = enable(copy, name) && SetThreadToken(NULL, copy);
    CloseHandle(copy);
    return worn;
}

bool win32_take_privilege(const wchar_t *name, HANDLE *saved)
{
    HANDLE token = NULL;
    if (!open_token(saved, &token))
        return false;
    bool taken = wear_copy(token, name);
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
