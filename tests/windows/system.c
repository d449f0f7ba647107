#include "system.h"

#include <stdio.h>
#include <windows.h>
#include <winioctl.h>

#include "files.h"
#include "job.h"
#include "log.h"

enum { TEXT = 256, VERSION_BYTES = 16384 };

/* RTL_OSVERSIONINFOW. GetVersionEx tells a program without a manifest that it
   runs on Windows 8; this one does not [RtlGetVersion]. */
typedef LONG(NTAPI *version_function)(OSVERSIONINFOW *);
typedef void (*any_function)(void);

static OSVERSIONINFOW version(void)
{
    OSVERSIONINFOW info = {.dwOSVersionInfoSize = sizeof info};
    version_function get = (version_function)(any_function)GetProcAddress(
        GetModuleHandleW(L"ntdll.dll"), "RtlGetVersion");
    if (get != NULL)
        get(&info);
    return info;
}

static const wchar_t current_version[] =
    L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";

/* The number behind the build, which each update raises. */
static DWORD update_number(void)
{
    DWORD value = 0;
    DWORD size = sizeof value;
    RegGetValueW(HKEY_LOCAL_MACHINE, current_version, L"UBR", RRF_RT_REG_DWORD,
                 NULL, &value, &size);
    return value;
}

static void log_product(void)
{
    wchar_t text[TEXT] = L"";
    DWORD size = sizeof text;
    RegGetValueW(HKEY_LOCAL_MACHINE, current_version, L"ProductName",
                 RRF_RT_REG_SZ, NULL, text, &size);
    log_wide("product", text);
    size = sizeof text;
    text[0] = L'\0';
    RegGetValueW(HKEY_LOCAL_MACHINE, current_version, L"DisplayVersion",
                 RRF_RT_REG_SZ, NULL, text, &size);
    log_wide("release", text);
}

static const char *elevation(void)
{
    TOKEN_ELEVATION elevated = {0};
    DWORD size = 0;
    HANDLE token = NULL;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return "unknown";
    GetTokenInformation(token, TokenElevation, &elevated, sizeof elevated,
                        &size);
    CloseHandle(token);
    return elevated.TokenIsElevated ? "yes" : "no";
}

/* The driver of a file system, or of the network's. */
static void log_driver(const wchar_t *name)
{
    static BYTE data[VERSION_BYTES];
    wchar_t folder[TEXT] = L"";
    wchar_t path[2 * TEXT];
    char text[TEXT];
    VS_FIXEDFILEINFO *info = NULL;
    UINT size = 0;
    GetSystemDirectoryW(folder, TEXT);
    swprintf(path, 2 * TEXT, L"%ls\\drivers\\%ls", folder, name);
    if (!GetFileVersionInfoW(path, 0, sizeof data, data) ||
        !VerQueryValueW(data, L"\\", (void **)&info, &size))
        return;
    snprintf(text, sizeof text, "%u.%u.%u.%u", HIWORD(info->dwFileVersionMS),
             LOWORD(info->dwFileVersionMS), HIWORD(info->dwFileVersionLS),
             LOWORD(info->dwFileVersionLS));
    log_begin("driver");
    log_wide("name", name);
    log_text("version", text);
    log_end();
}

void system_report(void)
{
    static const wchar_t *const drivers[] = {
        L"refs.sys",    L"refsv1.sys", L"ntfs.sys", L"exfat.sys",
        L"fastfat.sys", L"mrxsmb.sys", L"srv2.sys", L"fltmgr.sys"};
    char text[TEXT];
    OSVERSIONINFOW info = version();
    SYSTEM_INFO machine;
    GetNativeSystemInfo(&machine);
    snprintf(text, sizeof text, "%lu.%lu.%lu.%lu", info.dwMajorVersion,
             info.dwMinorVersion, info.dwBuildNumber, update_number());
    printf("Windows %s%s\n", text, is_wine() ? ", which is Wine" : "");
    log_begin("system");
    log_text("version", text);
    log_number("build", info.dwBuildNumber);
    log_product();
    log_number("processor_architecture", machine.wProcessorArchitecture);
    log_number("processors", machine.dwNumberOfProcessors);
    log_text("elevated", elevation());
    log_text("wine", is_wine() ? "yes" : "no");
    log_end();
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
        log_driver(drivers[i]);
}

/* FSCTL_GET_REFS_VOLUME_DATA; the answer begins with its size and the version
   [REFS_VOLUME_DATA_BUFFER]. */
static void log_refs_version(const wchar_t *directory)
{
    enum { GET_REFS_VOLUME_DATA = 0x902D8 };
    DWORD answer[256] = {0};
    DWORD size = 0;
    char text[TEXT];
    wchar_t path[FILES_PATH];
    HANDLE file = CreateFileW(files_path(directory, path), FILE_READ_ATTRIBUTES,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return;
    BOOL told = DeviceIoControl(file, GET_REFS_VOLUME_DATA, NULL, 0, answer,
                                sizeof answer, &size, NULL);
    CloseHandle(file);
    if (!told || size < 3 * sizeof answer[0])
        return;
    snprintf(text, sizeof text, "%lu.%lu", answer[1], answer[2]);
    log_text("refs_version", text);
}

void system_report_volume(const wchar_t *directory, const char *role)
{
    wchar_t root[JOB_PATH] = L"";
    wchar_t system[TEXT] = L"";
    char text[TEXT];
    DWORD serial = 0;
    DWORD flags = 0;
    DWORD sectors = 0;
    DWORD bytes = 0;
    DWORD ignored = 0;
    ULARGE_INTEGER free_bytes = {.QuadPart = 0};
    GetVolumePathNameW(directory, root, JOB_PATH);
    GetVolumeInformationW(root, NULL, 0, &serial, NULL, &flags, system, TEXT);
    GetDiskFreeSpaceW(root, &sectors, &bytes, &ignored, &ignored);
    GetDiskFreeSpaceExW(directory, &free_bytes, NULL, NULL);
    log_begin("volume");
    log_text("role", role);
    log_wide("root", root);
    log_wide("file_system", system);
    snprintf(text, sizeof text, "0x%08lx", flags);
    log_text("flags", text);
    snprintf(text, sizeof text, "%08lx", serial);
    log_text("serial", text);
    log_number("cluster_size", (uint64_t)sectors * bytes);
    log_number("free_bytes", free_bytes.QuadPart);
    log_text("remote", GetDriveTypeW(root) == DRIVE_REMOTE ? "yes" : "no");
    log_refs_version(directory);
    log_end();
}
