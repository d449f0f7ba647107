#include "meta.h"

#include <stddef.h>
#include <string.h>
#include <windows.h>
#include <sddl.h>
#include <winioctl.h>

#include "files.h"

enum {
    SDDL = 2048,
    EA_NAME = 64,
    EA_BUFFER = 4096,
    LINK = 16384,
    LINK_HEADER = 8,     /* tag, length and a reserved field */
    JUNCTION_HEADER = 8, /* two offsets and two lengths */
    SYMLINK_FLAGS = 4,
    WITHOUT_EAS = -1
};

static HANDLE open_meta(const wchar_t *name, DWORD access)
{
    wchar_t path[FILES_PATH];
    return CreateFileW(
        files_path(name, path), access,
        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        OPEN_EXISTING,
        FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
}

const wchar_t *meta_user(void)
{
    static wchar_t text[SDDL];
    union {
        TOKEN_USER user;
        BYTE bytes[256];
    } buffer;
    wchar_t *sid = NULL;
    HANDLE token = NULL;
    DWORD size = 0;
    text[0] = L'\0';
    if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        if (GetTokenInformation(token, TokenUser, &buffer, sizeof buffer,
                                &size) &&
            ConvertSidToStringSidW(buffer.user.User.Sid, &sid)) {
            wcsncpy(text, sid, SDDL - 1);
            LocalFree(sid);
        }
        CloseHandle(token);
    }
    return text;
}

const wchar_t *meta_dacl(const wchar_t *name)
{
    static wchar_t texts[2][SDDL];
    static unsigned turn;
    static union {
        SECURITY_DESCRIPTOR descriptor;
        BYTE bytes[8192];
    } buffer;
    wchar_t path[FILES_PATH];
    wchar_t *sddl = NULL;
    DWORD size = 0;
    wchar_t *text = texts[turn++ % 2];
    text[0] = L'\0';
    if (GetFileSecurityW(files_path(name, path), DACL_SECURITY_INFORMATION,
                         &buffer, sizeof buffer, &size) &&
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            &buffer, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &sddl, NULL)) {
        wcsncpy(text, sddl, SDDL - 1);
        LocalFree(sddl);
    }
    return text;
}

/* The entries stand in parentheses; before them there are "D:" and flags, of
   which only P has this letter [Security Descriptor String Format]. */
static const wchar_t *entries(const wchar_t *sddl, bool *is_protected)
{
    const wchar_t *first = sddl + wcscspn(sddl, L"(");
    const wchar_t *flag = wcschr(sddl, L'P');
    *is_protected = flag != NULL && flag < first;
    return first;
}

bool meta_same_dacl(const wchar_t *a, const wchar_t *b)
{
    bool a_protected = false;
    bool b_protected = false;
    bool same = wcscmp(entries(a, &a_protected), entries(b, &b_protected)) == 0;
    return same && a_protected == b_protected;
}

bool meta_set_dacl(const wchar_t *name, const wchar_t *sddl)
{
    wchar_t path[FILES_PATH];
    PSECURITY_DESCRIPTOR descriptor = NULL;
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
            sddl, SDDL_REVISION_1, &descriptor, NULL))
        return false;
    bool set = SetFileSecurityW(files_path(name, path),
                                DACL_SECURITY_INFORMATION |
                                    PROTECTED_DACL_SECURITY_INFORMATION,
                                descriptor);
    LocalFree(descriptor);
    return set;
}

/* ---- extended attributes ------------------------------------------------- */

/* Win32 has no call for them. FILE_FULL_EA_INFORMATION [MS-FSCC 2.4.16]. */
struct ea {
    ULONG next;
    UCHAR flags;
    UCHAR name_length;
    USHORT value_length;
    char text[EA_BUFFER]; /* the name, a NUL, the value */
};

struct io_status {
    void *status;
    ULONG_PTR information;
};

typedef LONG(NTAPI *set_ea_function)(HANDLE, struct io_status *, void *, ULONG);
typedef LONG(NTAPI *query_ea_function)(HANDLE, struct io_status *, void *,
                                       ULONG, BOOLEAN, void *, ULONG, ULONG *,
                                       BOOLEAN);

typedef void (*any_function)(void);

static any_function ntdll_function(const char *name)
{
    return (any_function)GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name);
}

bool meta_set_ea(const wchar_t *name, const char *ea, const char *value)
{
    struct ea full = {0};
    struct io_status status = {0};
    set_ea_function set = (set_ea_function)ntdll_function("NtSetEaFile");
    HANDLE file = open_meta(name, FILE_WRITE_EA | SYNCHRONIZE);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    full.name_length = (UCHAR)strlen(ea);
    full.value_length = (USHORT)strlen(value);
    strcpy(full.text, ea);
    strcpy(full.text + full.name_length + 1, value);
    ULONG size = (ULONG)offsetof(struct ea, text) + full.name_length + 1 +
                 full.value_length;
    LONG code = set != NULL ? set(file, &status, &full, size) : WITHOUT_EAS;
    CloseHandle(file);
    return code == 0;
}

/* Names come back in upper case. */
bool meta_has_ea(const wchar_t *name, const char *ea, const char *value)
{
    struct ea full = {0};
    struct io_status status = {0};
    query_ea_function query =
        (query_ea_function)ntdll_function("NtQueryEaFile");
    HANDLE file = open_meta(name, FILE_READ_EA | SYNCHRONIZE);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    LONG code = query != NULL ? query(file, &status, &full, sizeof full, FALSE,
                                      NULL, 0, NULL, TRUE)
                              : WITHOUT_EAS;
    CloseHandle(file);
    return code == 0 && full.value_length == strlen(value) &&
           strcmp(full.text, ea) == 0 &&
           memcmp(full.text + full.name_length + 1, value, full.value_length) ==
               0;
}

/* ---- integrity streams --------------------------------------------------- */

/* FSCTL_GET_ and FSCTL_SET_INTEGRITY_INFORMATION [MS-FSCC 2.3.17, 2.3.73];
   not every SDK has the structures. */
enum { GET_INTEGRITY = 0x9027C, SET_INTEGRITY = 0x9C280, CRC64 = 2 };

struct get_integrity {
    USHORT algorithm;
    USHORT reserved;
    ULONG flags;
    ULONG chunk_size;
    ULONG cluster_size;
};

struct set_integrity {
    USHORT algorithm;
    USHORT reserved;
    ULONG flags;
};

enum meta_integrity meta_integrity(const wchar_t *name)
{
    struct get_integrity answer = {0};
    DWORD size = 0;
    HANDLE file = open_meta(name, FILE_READ_DATA | FILE_READ_ATTRIBUTES);
    if (file == INVALID_HANDLE_VALUE)
        return META_NO_INTEGRITY;
    BOOL told = DeviceIoControl(file, GET_INTEGRITY, NULL, 0, &answer,
                                sizeof answer, &size, NULL);
    CloseHandle(file);
    if (!told)
        return META_NO_INTEGRITY;
    return answer.algorithm != 0 ? META_INTEGRITY_ON : META_INTEGRITY_OFF;
}

bool meta_set_integrity(const wchar_t *name, bool on)
{
    struct set_integrity request = {.algorithm = on ? CRC64 : 0};
    DWORD size = 0;
    HANDLE file = open_meta(name, GENERIC_READ | GENERIC_WRITE);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    BOOL set = DeviceIoControl(file, SET_INTEGRITY, &request, sizeof request,
                               NULL, 0, &size, NULL);
    CloseHandle(file);
    return set;
}

/* ---- times, attributes, sizes -------------------------------------------- */

static FILETIME new_year(int year)
{
    SYSTEMTIME then = {.wYear = (WORD)year, .wMonth = 1, .wDay = 1};
    FILETIME time = {0};
    SystemTimeToFileTime(&then, &time);
    return time;
}

bool meta_set_years(const wchar_t *name, int created, int written)
{
    FILETIME creation = new_year(created);
    FILETIME write = new_year(written);
    HANDLE file = open_meta(name, FILE_WRITE_ATTRIBUTES);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    BOOL set = SetFileTime(file, created != 0 ? &creation : NULL, NULL,
                           written != 0 ? &write : NULL);
    CloseHandle(file);
    return set;
}

/* The year in which a time on the second of January lies is the same in all
   time zones; FAT stores local time. */
static int year_of(const FILETIME *time)
{
    SYSTEMTIME system = {0};
    ULARGE_INTEGER ticks = {.LowPart = time->dwLowDateTime,
                            .HighPart = time->dwHighDateTime};
    ticks.QuadPart += UINT64_C(864000000000);
    FILETIME later = {.dwLowDateTime = ticks.LowPart,
                      .dwHighDateTime = ticks.HighPart};
    return FileTimeToSystemTime(&later, &system) ? system.wYear : 0;
}

static bool read_data(const wchar_t *name, WIN32_FILE_ATTRIBUTE_DATA *data)
{
    wchar_t path[FILES_PATH];
    return GetFileAttributesExW(files_path(name, path), GetFileExInfoStandard,
                                data);
}

int meta_created_year(const wchar_t *name)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    return read_data(name, &data) ? year_of(&data.ftCreationTime) : 0;
}

int meta_written_year(const wchar_t *name)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    return read_data(name, &data) ? year_of(&data.ftLastWriteTime) : 0;
}

uint32_t meta_attributes(const wchar_t *name)
{
    WIN32_FILE_ATTRIBUTE_DATA data;
    return read_data(name, &data) ? data.dwFileAttributes
                                  : INVALID_FILE_ATTRIBUTES;
}

uint64_t meta_allocated(const wchar_t *name)
{
    FILE_STANDARD_INFO info = {0};
    HANDLE file = open_meta(name, FILE_READ_ATTRIBUTES);
    if (file == INVALID_HANDLE_VALUE)
        return FILES_NONE;
    BOOL told = GetFileInformationByHandleEx(file, FileStandardInfo, &info,
                                             sizeof info);
    CloseHandle(file);
    return told ? (uint64_t)info.AllocationSize.QuadPart : FILES_NONE;
}

/* ---- links --------------------------------------------------------------- */

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

/* REPARSE_DATA_BUFFER of a mount point [MS-FSCC 2.1.2.5]: the target as the
   system takes it, and as people read it. */
static size_t junction_data(const wchar_t *target, uint8_t *data)
{
    wchar_t native[FILES_PATH];
    swprintf(native, FILES_PATH, L"\\??\\%ls", target);
    size_t native_size = wcslen(native) * sizeof(wchar_t);
    size_t shown_size = wcslen(target) * sizeof(wchar_t);
    uint8_t *names = data + LINK_HEADER + JUNCTION_HEADER;
    size_t size =
        JUNCTION_HEADER + native_size + shown_size + 2 * sizeof(wchar_t);
    memset(data, 0, LINK_HEADER + size);
    put16(data, IO_REPARSE_TAG_MOUNT_POINT & 0xFFFF);
    put16(data + 2, IO_REPARSE_TAG_MOUNT_POINT >> 16);
    put16(data + 4, size);
    put16(data + 10, native_size);
    put16(data + 12, native_size + sizeof(wchar_t));
    put16(data + 14, shown_size);
    memcpy(names, native, native_size);
    memcpy(names + native_size + sizeof(wchar_t), target, shown_size);
    return LINK_HEADER + size;
}

bool meta_make_junction(const wchar_t *name, const wchar_t *target)
{
    static uint8_t data[LINK];
    DWORD size = 0;
    if (!files_make_directory(name))
        return false;
    HANDLE file = open_meta(name, GENERIC_WRITE);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    BOOL made = DeviceIoControl(file, FSCTL_SET_REPARSE_POINT, data,
                                (DWORD)junction_data(target, data), NULL, 0,
                                &size, NULL);
    CloseHandle(file);
    return made && (meta_attributes(name) & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
}

static DWORD read_link(const wchar_t *name, uint8_t *data)
{
    DWORD size = 0;
    HANDLE file = open_meta(name, FILE_READ_ATTRIBUTES);
    if (file == INVALID_HANDLE_VALUE)
        return 0;
    if (!DeviceIoControl(file, FSCTL_GET_REPARSE_POINT, NULL, 0, data, LINK,
                         &size, NULL))
        size = 0;
    CloseHandle(file);
    return size;
}

static size_t get16(const uint8_t *at)
{
    return at[0] | (size_t)at[1] << 8;
}

/* The substitute name, which is the target as the system takes it, and its
   length in bytes; 0: it is no link [MS-FSCC 2.1.2.4, 2.1.2.5]. */
static size_t target_of(const uint8_t *data, size_t size, const uint8_t **name)
{
    if (size < LINK_HEADER + JUNCTION_HEADER)
        return 0;
    bool symbolic = get16(data) == (IO_REPARSE_TAG_SYMLINK & 0xFFFF);
    size_t at = LINK_HEADER + JUNCTION_HEADER +
                (symbolic ? (size_t)SYMLINK_FLAGS : 0) +
                get16(data + LINK_HEADER);
    size_t length = get16(data + LINK_HEADER + 2);
    *name = data + at;
    return at + length <= size ? length : 0;
}

bool meta_same_link(const wchar_t *a, const wchar_t *b)
{
    static uint8_t of_a[LINK];
    static uint8_t of_b[LINK];
    const uint8_t *name_a = NULL;
    const uint8_t *name_b = NULL;
    size_t length = target_of(of_a, read_link(a, of_a), &name_a);
    return length != 0 &&
           length == target_of(of_b, read_link(b, of_b), &name_b) &&
           memcmp(of_a, of_b, sizeof(ULONG)) == 0 &&
           memcmp(name_a, name_b, length) == 0;
}
