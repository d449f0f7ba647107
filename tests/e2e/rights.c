/*
 * rights
 *
 * Holds what src/win32 does about privileges against rules of Windows that
 * Wine has not: who may make a symbolic link, and when that is looked at. The
 * file is compiled here with these calls answered as NTFS does. Works in the
 * current directory; one line for each mistake, and the exit code.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/reparse.h"
#include "win32/win32.h"

/* --- a system that has links ---------------------------------------------- */

enum user {
    ADMINISTRATOR, /* has the privilege, but not switched on */
    DEVELOPER,     /* may make links by CreateSymbolicLinkW */
    PLAIN,         /* may not */
    UNTRUE,        /* as PLAIN, but CreateSymbolicLinkW says it made one */
    ASTRAY         /* as DEVELOPER, but it leads elsewhere */
};

enum { MOST = 8 };

struct point {
    wchar_t path[400];
    BYTE buffer[1024];
    DWORD size;
};

struct opened {
    HANDLE handle;
    wchar_t path[400];
    bool privileged;
};

static enum user user;
static DWORD refusal;
static DWORD refused_tag; /* of the volume, for everybody */
static bool privilege_on;
static int privileges_asked;
static struct point points[MOST];
static struct opened open_files[MOST];

/* The last part of a path is enough. */
static const wchar_t *leaf(const wchar_t *path)
{
    const wchar_t *last = wcsrchr(path, L'\\');
    return last != NULL ? last + 1 : path;
}

static struct point *point_of(const wchar_t *path)
{
    for (int i = 0; i < MOST; i++) {
        if (points[i].size != 0 && wcscmp(points[i].path, leaf(path)) == 0)
            return &points[i];
    }
    return NULL;
}

static void put_point(const wchar_t *path, const BYTE *buffer, DWORD size)
{
    struct point *point = point_of(path);
    for (int i = 0; point == NULL && i < MOST; i++)
        point = points[i].size == 0 ? &points[i] : NULL;
    wcscpy(point->path, leaf(path));
    memcpy(point->buffer, buffer, size);
    point->size = size;
}

static void put16(BYTE *at, size_t value)
{
    at[0] = (BYTE)value;
    at[1] = (BYTE)(value >> 8);
}

/* The buffer of a symbolic link: the substitute name behind the other one. */
static DWORD make_buffer(BYTE *buffer, const wchar_t *prefix,
                         const wchar_t *target, bool relative)
{
    wchar_t name[200];
    swprintf(name, 200, L"%ls%ls", prefix, target);
    size_t print = wcslen(target) * 2;
    size_t substitute = wcslen(name) * 2;
    memset(buffer, 0, 20);
    put16(buffer, 0x000C);
    put16(buffer + 2, 0xA000);
    put16(buffer + 4, 12 + print + substitute);
    put16(buffer + 8, print);
    put16(buffer + 10, substitute);
    put16(buffer + 14, print);
    buffer[16] = relative;
    memcpy(buffer + 20, target, print);
    memcpy(buffer + 20 + print, name, substitute);
    return (DWORD)(20 + print + substitute);
}

static os_error fake_open(struct os_file *directory, const wchar_t *path,
                          const struct win32_nt_opening *how, HANDLE *handle)
{
    os_error error = win32_nt_open(directory, path, how, handle);
    for (int i = 0; error == 0 && i < MOST; i++) {
        if (open_files[i].handle == NULL) {
            open_files[i].handle = *handle;
            open_files[i].privileged = privilege_on;
            wcscpy(open_files[i].path, leaf(path));
            break;
        }
    }
    return error;
}

static struct opened *opened_as(HANDLE handle)
{
    for (int i = 0; i < MOST; i++) {
        if (open_files[i].handle == handle)
            return &open_files[i];
    }
    abort();
}

static BOOL fake_close(HANDLE handle)
{
    opened_as(handle)->handle = NULL;
    return CloseHandle(handle);
}

static BOOL refuse(DWORD code)
{
    SetLastError(code);
    return FALSE;
}

static BOOL fake_control(HANDLE handle, DWORD code, void *in, DWORD in_size,
                         void *out, DWORD out_size, DWORD *returned,
                         OVERLAPPED *overlapped)
{
    const struct opened *file = opened_as(handle);
    const struct point *point = point_of(file->path);
    (void)out_size;
    (void)overlapped;
    if (code == FSCTL_GET_REPARSE_POINT) {
        if (point == NULL)
            return refuse(4390); /* ERROR_NOT_A_REPARSE_POINT */
        memcpy(out, point->buffer, point->size);
        *returned = point->size;
        return TRUE;
    }
    if (reparse_tag(in, in_size) == refused_tag)
        return refuse(ERROR_INVALID_FUNCTION);
    /* looked at when it was opened [MS-FSA 2.1.5.1] */
    if (reparse_tag(in, in_size) == REPARSE_TAG_SYMLINK && !file->privileged)
        return refuse(refusal);
    put_point(file->path, in, in_size);
    return TRUE;
}

static BOOLEAN fake_symlink(const wchar_t *path, const wchar_t *target,
                            DWORD flags)
{
    BYTE buffer[1024];
    bool absolute = target[1] == L':' || target[0] == L'\\';
    if (user == UNTRUE)
        return TRUE;
    if ((user != DEVELOPER && user != ASTRAY) || (flags & 2) == 0)
        return (BOOLEAN)refuse(ERROR_PRIVILEGE_NOT_HELD);
    if (flags & 1)
        CreateDirectoryW(path, NULL);
    else
        CloseHandle(
            CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL));
    if (user == ASTRAY)
        target = absolute ? L"C:\\elsewhere" : L"elsewhere";
    put_point(
        path, buffer,
        make_buffer(buffer, absolute ? L"\\??\\" : L"", target, !absolute));
    return TRUE;
}

static void forget(const wchar_t *path)
{
    if (point_of(path) != NULL)
        point_of(path)->size = 0;
}

static BOOL fake_information(HANDLE handle, BY_HANDLE_FILE_INFORMATION *info)
{
    if (!GetFileInformationByHandle(handle, info))
        return FALSE;
    if (point_of(opened_as(handle)->path) != NULL)
        info->dwFileAttributes |= FILE_ATTRIBUTE_REPARSE_POINT;
    return TRUE;
}

static BOOL fake_set(HANDLE handle, FILE_INFO_BY_HANDLE_CLASS class, void *in,
                     DWORD size)
{
    if (class == FileDispositionInfo)
        forget(opened_as(handle)->path);
    return SetFileInformationByHandle(handle, class, in, size);
}

static bool fake_take(const wchar_t *name, HANDLE *saved)
{
    *saved = NULL;
    privileges_asked++;
    privilege_on = user == ADMINISTRATOR &&
                   wcscmp(name, L"SeCreateSymbolicLinkPrivilege") == 0;
    return privilege_on;
}

static void fake_drop(HANDLE saved)
{
    (void)saved;
    privilege_on = false;
}

#define win32_nt_open fake_open
#define CloseHandle fake_close
#define DeviceIoControl fake_control
#define CreateSymbolicLinkW fake_symlink
#define SetFileInformationByHandle fake_set
#define GetFileInformationByHandle fake_information
#define win32_enable_privilege fake_take
#define win32_restore_token fake_drop
#include "win32/link.c"
#undef win32_nt_open
#undef CloseHandle
#undef DeviceIoControl
#undef CreateSymbolicLinkW
#undef SetFileInformationByHandle
#undef GetFileInformationByHandle
#undef win32_enable_privilege
#undef win32_restore_token

/* --- links ---------------------------------------------------------------- */

static int mistakes;

static void expect(bool as_it_should_be, const char *what)
{
    if (as_it_should_be)
        return;
    printf("user %d, code %lu: %s\n", (int)user, refusal, what);
    mistakes++;
}

static void make_source(bool directory)
{
    memset(points, 0, sizeof points);
    if (directory)
        CreateDirectoryW(L"source", NULL);
    else
        CloseHandle(CreateFileW(L"source", GENERIC_WRITE, 0, NULL, CREATE_NEW,
                                0, NULL));
}

static void remove_both(void)
{
    static const wchar_t *const names[] = {L"source", L"dest"};
    for (int i = 0; i < 2; i++) {
        DeleteFileW(names[i]);
        RemoveDirectoryW(names[i]);
    }
}

static bool is_there(void)
{
    return GetFileAttributesW(L"dest") != INVALID_FILE_ATTRIBUTES;
}

static void expect_link(bool directory, bool relative)
{
    BYTE buffer[1024];
    DWORD size = make_buffer(buffer, relative ? L"" : L"\\??\\",
                             relative ? L"..\\to" : L"C:\\to\\there", relative);
    bool may = user == ADMINISTRATOR || user == DEVELOPER;
    make_source(directory);
    put_point(L"source", buffer, size);
    os_error error = os_copy_link(L"source", NULL, NULL, L"dest");
    const struct point *made = point_of(L"dest");
    expect(error == (may ? 0 : refusal), "answered with another code");
    expect(is_there() == may, "DEST is there, or is not");
    expect(!may || (made != NULL &&
                    reparse_same(made->buffer, made->size, buffer, size)),
           "DEST is another link");
    expect(!privilege_on, "the privilege was left on");
    remove_both();
}

static void expect_junction(void)
{
    BYTE buffer[24] = {0x03, 0, 0, 0xA0, 16};
    make_source(true);
    put_point(L"source", buffer, sizeof buffer);
    privileges_asked = 0;
    expect(os_copy_link(L"source", NULL, NULL, L"dest") == 0, "no junction");
    expect(point_of(L"dest") != NULL, "no junction is there");
    expect(privileges_asked == 0, "a privilege for a junction");
    remove_both();
}

/* What the volume says of links at all is passed on as it is. */
static void expect_no_links(void)
{
    BYTE buffer[1024];
    make_source(false);
    put_point(L"source", buffer, make_buffer(buffer, L"", L"to", true));
    refused_tag = REPARSE_TAG_SYMLINK;
    expect(os_copy_link(L"source", NULL, NULL, L"dest") ==
               ERROR_INVALID_FUNCTION,
           "another code than the volume's");
    expect(!is_there(), "DEST is there");
    refused_tag = 0;
    remove_both();
}

/* The data of an absolute link to `target`, or of a junction. */
static DWORD make_absolute(BYTE *buffer, uint32_t tag, const wchar_t *target)
{
    return (DWORD)reparse_make(tag, (const uint16_t *)target, buffer, 1024);
}

static void expect_point(const BYTE *buffer, DWORD size, const char *what)
{
    const struct point *made = point_of(L"dest");
    expect(made != NULL && made->size == size &&
               memcmp(made->buffer, buffer, size) == 0,
           what);
}

/* A link to a directory at `dest`, of this tag; 0: just a directory. */
static void make_dest(uint32_t tag)
{
    BYTE buffer[1024];
    CreateDirectoryW(L"dest", NULL);
    if (tag != 0)
        put_point(L"dest", buffer, make_absolute(buffer, tag, L"D:\\old"));
}

/* A directory's link is changed where it is, if its tag is the same. */
static void expect_set(uint32_t tag, uint32_t there)
{
    BYTE old[1024];
    BYTE buffer[1024];
    bool may = tag == REPARSE_TAG_JUNCTION || user == ADMINISTRATOR;
    os_error wanted = tag != there ? ERROR_REPARSE_TAG_MISMATCH : refusal;
    DWORD old_size = make_absolute(old, there, L"D:\\old");
    DWORD size = make_absolute(buffer, tag, L"C:\\there");
    make_source(true);
    put_point(L"source", buffer, size);
    make_dest(there);
    if (tag == there && may)
        wanted = 0;
    expect(os_set_link(L"source", NULL, NULL, L"dest") == wanted,
           "another code for a link that is there");
    expect(is_there(), "DEST is gone");
    if (there == 0)
        expect(point_of(L"dest") == NULL, "a directory became a link");
    else
        expect_point(wanted == 0 ? buffer : old, wanted == 0 ? size : old_size,
                     "not the link that it should be");
    expect(!privilege_on, "the privilege was left on");
    remove_both();
}

/* Where a link leads, and the same link to another place. */
static void expect_retargeted(uint32_t tag, const wchar_t *full,
                              const wchar_t *shown)
{
    BYTE buffer[1024];
    wchar_t *target = NULL;
    struct os_named named = {0};
    make_source(true);
    put_point(L"source", buffer, make_absolute(buffer, tag, L"C:\\there"));
    expect(os_link_target(L"source", &target) == 0 && target != NULL &&
               wcscmp(target, L"C:\\there") == 0,
           "another target");
    free(target);
    expect(os_query_name(NULL, L"source", &named) == 0 && named.link == tag &&
               named.directory && !named.is_volume && named.written != 0,
           "not known as what it is");
    expect(os_copy_link(L"source", full, NULL, L"dest") == 0, "not retargeted");
    expect_point(buffer, make_absolute(buffer, tag, shown), "led elsewhere");
    expect(os_set_link(L"source", NULL, NULL, L"dest") == 0, "not set");
    expect(os_set_link(L"source", full, NULL, L"dest") == 0, "not set");
    expect_point(buffer, make_absolute(buffer, tag, shown), "set elsewhere");
    remove_both();
}

/* What has no target that could lie within SOURCE. */
static void expect_no_target(void)
{
    BYTE buffer[1024];
    wchar_t *target = NULL;
    struct os_named named = {0};
    make_source(true);
    put_point(L"source", buffer, make_buffer(buffer, L"", L"..\\to", true));
    expect(os_link_target(L"source", &target) == 0 && target == NULL,
           "a relative link has a target");
    put_point(
        L"source", buffer,
        make_absolute(buffer, REPARSE_TAG_JUNCTION, L"\\\\?\\Volume{12-34}\\"));
    expect(os_link_target(L"source", &target) == 0 && target == NULL,
           "a mounted volume has a target");
    expect(os_query_name(NULL, L"source", &named) == 0 && named.is_volume,
           "a mounted volume is none");
    put_point(L"source", buffer,
              make_absolute(buffer, REPARSE_TAG_JUNCTION,
                            L"\\\\?\\Volume{12-34}\\to"));
    expect(os_link_target(L"source", &target) == 0 && target != NULL,
           "a junction by a volume's name has no target");
    free(target);
    forget(L"source");
    expect(os_query_name(NULL, L"source", &named) == 0 && named.link == 0 &&
               named.directory,
           "a directory is none");
    expect(os_query_name(NULL, L"dest", &named) == ERROR_FILE_NOT_FOUND,
           "what is not there is something");
    remove_both();
}

static void check_retargeting(void)
{
    static const uint32_t tags[] = {REPARSE_TAG_SYMLINK, REPARSE_TAG_JUNCTION,
                                    0};
    for (user = ADMINISTRATOR; user <= ASTRAY; user++) {
        for (int i = 0; i < 6; i++)
            expect_set(tags[i % 2], tags[i / 2]);
    }
    user = ADMINISTRATOR;
    for (int i = 0; i < 2; i++) {
        expect_retargeted(tags[i], L"\\\\?\\E:\\new", L"E:\\new");
        expect_retargeted(tags[i], L"\\\\?\\UNC\\server\\share\\new",
                          L"\\\\server\\share\\new");
        expect_retargeted(tags[i], L"\\\\?\\Volume{1-2}\\new",
                          L"\\\\?\\Volume{1-2}\\new");
    }
    expect_no_target();
}

static void check_links(void)
{
    static const DWORD codes[] = {ERROR_ACCESS_DENIED,
                                  ERROR_PRIVILEGE_NOT_HELD};
    for (int i = 0; i < 2; i++) {
        refusal = codes[i];
        for (user = ADMINISTRATOR; user <= ASTRAY; user++) {
            for (int kind = 0; kind < 4; kind++)
                expect_link((kind & 1) != 0, (kind & 2) != 0);
            expect_junction();
            expect_no_links();
        }
    }
}

/* --- tokens --------------------------------------------------------------- */

/* Which token this thread goes by; false: the process's. */
static bool thread_token(LUID *id)
{
    TOKEN_STATISTICS statistics;
    DWORD size = 0;
    HANDLE token = NULL;
    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token))
        return false;
    GetTokenInformation(token, TokenStatistics, &statistics, sizeof statistics,
                        &size);
    CloseHandle(token);
    *id = statistics.TokenId;
    return true;
}

static bool same_id(const LUID *a, const LUID *b)
{
    return a->LowPart == b->LowPart && a->HighPart == b->HighPart;
}

/* A thread that acts for somebody goes on to do so. */
static void check_token(bool impersonates)
{
    static const wchar_t any[] = L"SeChangeNotifyPrivilege";
    LUID before = {0, 0};
    LUID during = {0, 0};
    LUID after = {0, 0};
    HANDLE saved = NULL;
    if (impersonates)
        ImpersonateSelf(SecurityImpersonation);
    expect(thread_token(&before) == impersonates, "no token to begin with");
    expect(win32_enable_privilege(any, &saved), "a privilege cannot be taken");
    expect(thread_token(&during), "no token with the privilege");
    expect(!same_id(&before, &during), "the caller's own token was changed");
    win32_restore_token(saved);
    expect(thread_token(&after) == impersonates, "another kind of token");
    expect(same_id(&before, &after), "another token than before");
    expect(!win32_enable_privilege(L"SeNoSuchPrivilege", &saved),
           "a privilege that there is not");
    expect(thread_token(&after) == impersonates, "changed by a failure");
    expect(same_id(&before, &after), "another token after a failure");
    RevertToSelf();
}

int main(void)
{
    check_links();
    check_retargeting();
    check_token(false);
    check_token(true);
    return mistakes != 0;
}
