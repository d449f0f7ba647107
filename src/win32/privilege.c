/* Rights that administrators have, but not switched on. */
#include "win32.h"

static bool enable(const wchar_t *name)
{
    HANDLE token = NULL;
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    if (!LookupPrivilegeValueW(NULL, name, &wanted.Privileges[0].Luid) ||
        !OpenThreadToken(GetCurrentThread(), TOKEN_ADJUST_PRIVILEGES, TRUE,
                         &token))
        return false;
    bool enabled =
        AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL) &&
        GetLastError() == ERROR_SUCCESS; /* else ERROR_NOT_ALL_ASSIGNED */
    CloseHandle(token);
    return enabled;
}

bool win32_take_privilege(const wchar_t *name)
{
    if (!ImpersonateSelf(SecurityImpersonation))
        return false;
    if (enable(name))
        return true;
    RevertToSelf();
    return false;
}

void win32_drop_privilege(void)
{
    RevertToSelf();
}
