/* The bridge's environment variables; bridge_config.h lists them. */
#include "bridge_config.h"

#include "bridge_linux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

struct bridge_config bridge_config;

/* The variable as UTF-8; false when unset, empty or too long. */
static bool variable(const wchar_t *name, char *value, int size)
{
    wchar_t wide[512];
    DWORD n = GetEnvironmentVariableW(name, wide, 512);

    if (n == 0 || n >= 512)
        return false;
    return WideCharToMultiByte(CP_UTF8, 0, wide, -1, value, size, NULL, NULL) >
           0;
}

static bool read_profile(void)
{
    char text[64] = "refs";

    variable(L"REFLINK_BRIDGE_PROFILE", text, sizeof text);
    bridge_config.profile = profile_find(text);
    return bridge_config.profile != NULL;
}

static bool read_lie(void)
{
    static const char *const names[] = {"", "nothing", "half", "zeros",
                                        "prefix"};
    char text[64];

    if (!variable(L"REFLINK_BRIDGE_LIE", text, sizeof text))
        return true;
    for (int lie = LIE_NOTHING; lie <= LIE_PREFIX; lie++) {
        if (strcmp(text, names[lie]) == 0) {
            bridge_config.lie = (enum bridge_lie)lie;
            return true;
        }
    }
    return false;
}

static bool read_garble(void)
{
    static const char *const names[] = {"",     "nothing", "short",  "long",
                                        "ones", "zeros",   "random", "more"};
    char text[64];
    char *name;

    if (!variable(L"REFLINK_BRIDGE_GARBLE", text, sizeof text))
        return true;
    name = strchr(text, '@');
    if (name) {
        *name = '\0';
        strcpy(bridge_config.garbled, name + 1);
    }
    for (int garble = GARBLE_NOTHING; garble <= GARBLE_MORE; garble++) {
        if (strcmp(text, names[garble]) == 0) {
            bridge_config.garble = (enum bridge_garble)garble;
            return true;
        }
    }
    return false;
}

static bool read_fail(void)
{
    char text[64];
    char *end;

    if (!variable(L"REFLINK_BRIDGE_FAIL", text, sizeof text))
        return true;
    bridge_config.fail_status = (uint32_t)strtoul(text, &end, 16);
    bridge_config.fails = end != text;
    if (*end == '@') {
        bridge_config.fail_at = strtol(end + 1, &end, 10);
        if (bridge_config.fail_at < 1)
            return false;
    }
    return bridge_config.fails && *end == '\0';
}

static bool read_saturated(void)
{
    char text[64];
    char *end;

    if (!variable(L"REFLINK_BRIDGE_SATURATED", text, sizeof text))
        return true;
    bridge_config.saturated_offset = strtoll(text, &end, 0);
    if (*end != '+')
        return false;
    bridge_config.saturated_length = strtoll(end + 1, &end, 0);
    return *end == '\0' && bridge_config.saturated_length > 0;
}

static bool read_pointers(void)
{
    char text[64];

    if (!variable(L"REFLINK_BRIDGE_POINTERS", text, sizeof text))
        return true;
    bridge_config.pointers_off = strcmp(text, "off") == 0;
    return bridge_config.pointers_off || strcmp(text, "on") == 0;
}

static bool read_twins(void)
{
    char text[64];

    if (!variable(L"REFLINK_BRIDGE_TWINS", text, sizeof text))
        return true;
    bridge_config.twins = strcmp(text, "on") == 0;
    return bridge_config.twins || strcmp(text, "off") == 0;
}

static bool read_kill(void)
{
    char text[64];

    if (!variable(L"REFLINK_BRIDGE_KILL", text, sizeof text))
        return true;
    bridge_config.killed_at_rename = strcmp(text, "rename") == 0;
    return bridge_config.killed_at_rename;
}

static bool read_ntfs_rules(void)
{
    char text[64] = "on";

    variable(L"REFLINK_BRIDGE_NTFS_RULES", text, sizeof text);
    bridge_config.ntfs_rules = strcmp(text, "on") == 0;
    return bridge_config.ntfs_rules || strcmp(text, "off") == 0;
}

static bool read_security(void)
{
    static const char *const names[] = {"keep", "off", "none", "change"};
    char text[512] = "keep";
    struct linux_stat st;
    char *at;

    variable(L"REFLINK_BRIDGE_SECURITY", text, sizeof text);
    at = strchr(text, '@');
    if (at) {
        *at++ = '\0';
        if (linux_stat(at, &st) < 0)
            return false;
        bridge_config.security_on_one = true;
        bridge_config.security_device = st.device;
    }
    for (int rule = SECURITY_KEEP; rule <= SECURITY_CHANGE; rule++) {
        bridge_config.security = (enum bridge_security)rule;
        if (strcmp(text, names[rule]) == 0)
            return true;
    }
    return false;
}

bool config_read(void)
{
    variable(L"REFLINK_BRIDGE_LOG", bridge_config.log_path,
             sizeof bridge_config.log_path);
    return read_profile() && read_lie() && read_garble() && read_fail() &&
           read_saturated() && read_pointers() && read_twins() && read_kill() &&
           read_ntfs_rules() && read_security();
}
