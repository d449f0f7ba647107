/*
 * consumer FOLDER SUPPORT
 *
 * A program that embeds reflink and uses all of its interface in FOLDER, on a
 * volume that SUPPORT (as reflink_support_name) says clones or copies. One line
 * for each mistake; the exit code is 1 if there was one.
 */
#include <reflink/reflink.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#ifndef UNICODE
#define UNICODE
#endif
#include <windows.h>

enum { LENGTH = 16 << 20 };

static struct reflink_session *session;
static struct reflink_policy policy = REFLINK_POLICY_INIT;
static struct reflink_outcome outcome = {.size = sizeof outcome};
static bool clones;
static int mistakes;

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    printf("consumer: %s (status %d, code %u)\n", what, outcome.status,
           (unsigned)outcome.error.code);
    mistakes++;
}

static HANDLE open_file(const wchar_t *path, DWORD access, DWORD disposition,
                        DWORD flags)
{
    return CreateFileW(path, access,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                       NULL, disposition, flags, NULL);
}

static void make(const wchar_t *path, DWORD size, char first)
{
    static char bytes[1 << 16];
    HANDLE file = open_file(path, GENERIC_WRITE, CREATE_ALWAYS, 0);
    DWORD done = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(first + i % 251);
    for (DWORD at = 0; at < size; at += (DWORD)sizeof bytes)
        WriteFile(file, bytes, sizeof bytes, &done, NULL);
    expect(CloseHandle(file) && done == sizeof bytes, "the file is not made");
}

static bool same(const wchar_t *a, const wchar_t *b)
{
    static char one[1 << 16];
    static char other[1 << 16];
    HANDLE first = open_file(a, GENERIC_READ, OPEN_EXISTING, 0);
    HANDLE second = open_file(b, GENERIC_READ, OPEN_EXISTING, 0);
    DWORD got = 0;
    DWORD too = 0;
    bool equal = true;
    do {
        equal = ReadFile(first, one, sizeof one, &got, NULL) &&
                ReadFile(second, other, sizeof other, &too, NULL) &&
                got == too && memcmp(one, other, got) == 0;
    } while (equal && got != 0);
    CloseHandle(first);
    CloseHandle(second);
    return equal;
}

static bool exists(const wchar_t *path)
{
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

/* ---- files and volumes ----------------------------------------------- */

static void check_volume(const char *support)
{
    struct reflink_volume volume = {.size = sizeof volume};
    struct reflink_error error;
    char name[32];
    expect(reflink_query_volume(session, &policy, L".", &volume, &error) ==
               REFLINK_OK,
           "the volume cannot be queried");
    snprintf(name, sizeof name, "%ls", reflink_support_name(volume.support));
    expect(strcmp(name, support) == 0, name);
    clones = volume.support == REFLINK_SUPPORT_CLONES;
}

static void check_file(void)
{
    expect(reflink_file(session, &policy, L"source", L"dest", &outcome) ==
               REFLINK_OK,
           "the file is not copied");
    expect(outcome.method ==
               (clones ? REFLINK_METHOD_CLONE : REFLINK_METHOD_COPY),
           "it has another method");
    expect(outcome.bytes == LENGTH, "it counts other bytes");
    expect(same(L"source", L"dest"), "DEST is another");
}

static void check_texts(void)
{
    wchar_t text[300];
    expect(reflink_file(session, &policy, L"source", L"dest", &outcome) ==
               REFLINK_FAILED,
           "it replaces a file unasked");
    expect(outcome.error.hint == REFLINK_HINT_EXISTS, "the hint is another");
    expect(reflink_error_text(&outcome.error, text, 300) != 0 &&
               wcsstr(text, L"already exists") != NULL,
           "the sentence is another");
    expect(wcscmp(reflink_status_name(outcome.status), L"failed") == 0,
           "the name is another");
    policy.mode = REFLINK_NEVER;
    reflink_file(session, &policy, L"source", L"never", &outcome);
    policy.mode = REFLINK_AUTO;
    expect(wcscmp(reflink_reason_name(outcome.reason), L"not-asked") == 0,
           "the reason is another");
    expect(reflink_reason_text(&outcome, text, 300) != 0, "it has no words");
}

static void check_dedupe(void)
{
    struct reflink_dedupe_result result = {.size = sizeof result};
    make(L"again", LENGTH, 'a');
    expect(
        reflink_dedupe(session, &policy, L"source", L"again", true, &result,
                       &outcome) == (clones ? REFLINK_OK : REFLINK_SKIPPED) &&
            result.equal == (clones ? LENGTH : 0) && outcome.bytes_cloned == 0,
        "a dry run of dedupe expects something else");
    reflink_dedupe(session, &policy, L"source", L"again", false, &result,
                   &outcome);
    expect(clones ? outcome.bytes_cloned == LENGTH
                  : outcome.reason == REFLINK_REASON_NO_CLONING,
           "equal files are not shared");
    reflink_dedupe(session, &policy, L"source", L"again", false, &result,
                   &outcome);
    expect(result.shared_before == (clones ? LENGTH : 0),
           "they are shared once more");
    expect(same(L"source", L"again"), "a file is another after dedupe");
}

/* ---- handles --------------------------------------------------------- */

static void check_handles(void)
{
    static const struct reflink_range range = {0, 0, 0, true};
    HANDLE source = open_file(L"source", GENERIC_READ, OPEN_EXISTING, 0);
    HANDLE dest =
        open_file(L"by-handle", GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS, 0);
    DWORD flags = 0;
    expect(reflink_range_handles(session, &policy, source, dest, &range,
                                 &outcome) == REFLINK_OK,
           "handles cannot be used");
    expect(outcome.method ==
               (clones ? REFLINK_METHOD_CLONE : REFLINK_METHOD_COPY),
           "handles have another method");
    expect(GetHandleInformation(source, &flags) &&
               GetHandleInformation(dest, &flags),
           "a handle was closed");
    CloseHandle(dest);
    expect(same(L"source", L"by-handle"), "DEST of handles is another");
    dest = open_file(L"by-handle", GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING,
                     FILE_FLAG_OVERLAPPED);
    expect(reflink_range_handles(session, &policy, source, dest, &range,
                                 &outcome) == REFLINK_FAILED &&
               outcome.error.code == ERROR_INVALID_PARAMETER,
           "an asynchronous handle is taken");
    CloseHandle(dest);
    CloseHandle(source);
    HANDLE in = NULL;
    HANDLE out = NULL;
    CreatePipe(&in, &out, NULL, 0);
    expect(reflink_range_handles(session, &policy, in, out, &range, &outcome) ==
                   REFLINK_FAILED &&
               outcome.error.hint == REFLINK_HINT_NOT_A_FILE,
           "a pipe is taken");
    CloseHandle(in);
    CloseHandle(out);
}

/* ---- ends ------------------------------------------------------------ */

static bool stop(void *context, const struct reflink_outcome *so_far,
                 uint64_t total)
{
    (void)context;
    expect(so_far->bytes_copied <= total, "more than there is");
    return false;
}

static void check_watch(void)
{
    reflink_session_watch(session, stop, NULL);
    expect(reflink_file(session, &policy, L"source", L"stopped", &outcome) ==
               REFLINK_INTERRUPTED,
           "the callback does not end it");
    expect(!exists(L"stopped"), "something half-written is left");
    reflink_session_watch(session, NULL, NULL);
}

static HANDLE begun;
static HANDLE cancelled;

static DWORD WINAPI cancel(void *argument)
{
    WaitForSingleObject(begun, 10000);
    reflink_session_cancel(argument);
    SetEvent(cancelled);
    return 0;
}

/* The other thread cancels after the first block. */
static bool wait_once(void *context, const struct reflink_outcome *so_far,
                      uint64_t total)
{
    (void)context;
    (void)total;
    SetEvent(begun);
    WaitForSingleObject(cancelled, 10000);
    expect(so_far->bytes_copied < LENGTH, "it goes on");
    return true;
}

static void check_cancel(void)
{
    struct reflink_session *own = reflink_session_open();
    begun = CreateEventW(NULL, TRUE, FALSE, NULL);
    cancelled = CreateEventW(NULL, TRUE, FALSE, NULL);
    HANDLE thread = CreateThread(NULL, 0, cancel, own, 0, NULL);
    policy.mode = REFLINK_NEVER;
    reflink_session_watch(own, wait_once, NULL);
    expect(reflink_file(own, &policy, L"source", L"cancelled", &outcome) ==
               REFLINK_INTERRUPTED,
           "another thread does not end it");
    expect(!exists(L"cancelled"), "something half-written is left");
    expect(reflink_file(session, &policy, L"source", L"other", &outcome) ==
               REFLINK_OK,
           "another session is ended, too");
    policy.mode = REFLINK_AUTO;
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CloseHandle(begun);
    CloseHandle(cancelled);
    reflink_session_close(own);
}

/* ---- the process and its thread -------------------------------------- */

struct token {
    bool found;
    LUID id;
    SECURITY_IMPERSONATION_LEVEL level;
};

static struct token thread_token(void)
{
    struct token token = {0};
    TOKEN_STATISTICS statistics;
    HANDLE handle = NULL;
    DWORD size = 0;
    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &handle))
        return token;
    token.found = GetTokenInformation(handle, TokenStatistics, &statistics,
                                      sizeof statistics, &size);
    token.id = statistics.TokenId;
    token.level = statistics.ImpersonationLevel;
    CloseHandle(handle);
    return token;
}

/* Somebody else: S-1-5-21-1-2-3-1001. */
static SID *somebody(void)
{
    static SID_IDENTIFIER_AUTHORITY nt = SECURITY_NT_AUTHORITY;
    static PSID sid;
    if (sid == NULL)
        AllocateAndInitializeSid(&nt, 5, 21, 1, 2, 3, 1001, 0, 0, 0, &sid);
    return sid;
}

static bool enable_restore(HANDLE token)
{
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    return LookupPrivilegeValueW(NULL, L"SeRestorePrivilege",
                                 &wanted.Privileges[0].Luid) &&
           AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL) &&
           GetLastError() == ERROR_SUCCESS;
}

/* Gives SOURCE to somebody else, as only a thread with a privilege may. */
static bool give_source_away(bool privileged)
{
    SECURITY_DESCRIPTOR descriptor;
    HANDLE token = NULL;
    HANDLE file = open_file(L"source", WRITE_OWNER, OPEN_EXISTING, 0);
    ImpersonateSelf(SecurityImpersonation);
    OpenThreadToken(GetCurrentThread(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY,
                    TRUE, &token);
    InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    SetSecurityDescriptorOwner(&descriptor, somebody(), FALSE);
    bool done =
        (!privileged || enable_restore(token)) &&
        SetKernelObjectSecurity(file, OWNER_SECURITY_INFORMATION, &descriptor);
    RevertToSelf();
    CloseHandle(token);
    CloseHandle(file);
    return done;
}

static bool belongs_to_somebody(const wchar_t *path)
{
    static DWORD room[256];
    HANDLE file = open_file(path, READ_CONTROL, OPEN_EXISTING, 0);
    PSID owner = NULL;
    DWORD size = 0;
    BOOL defaulted = FALSE;
    bool known = GetKernelObjectSecurity(file, OWNER_SECURITY_INFORMATION, room,
                                         sizeof room, &size) &&
                 GetSecurityDescriptorOwner(room, &owner, &defaulted);
    CloseHandle(file);
    return known && owner != NULL && EqualSid(owner, somebody());
}

/*
 * A service that acts for a client goes on to do so, also after a call that
 * needed a privilege.
 */
static void check_impersonation(bool impersonates)
{
    bool given = clones && give_source_away(true);
    expect(given || !clones, "SOURCE cannot be given away");
    if (impersonates)
        ImpersonateSelf(SecurityImpersonation);
    struct token before = thread_token();
    policy.security = true;
    policy.existing = REFLINK_EXISTING_REPLACE;
    reflink_file(session, &policy, L"source", L"secured", &outcome);
    expect(outcome.status == REFLINK_OK ||
               outcome.error.step == REFLINK_STEP_SECURITY,
           "security fails elsewhere");
    policy.security = false;
    policy.existing = REFLINK_EXISTING_FAIL;
    struct token after = thread_token();
    expect(!given || belongs_to_somebody(L"secured"),
           "DEST does not have SOURCE's owner");
    expect(before.found == impersonates && after.found == impersonates,
           "the thread has another kind of token");
    expect(before.id.LowPart == after.id.LowPart &&
               before.id.HighPart == after.id.HighPart &&
               before.level == after.level,
           "the thread has another token");
    RevertToSelf();
    expect(!clones || !give_source_away(false), "the privilege is left");
}

int main(int argc, char **argv)
{
    wchar_t before[MAX_PATH];
    wchar_t after[MAX_PATH];
    if (argc != 3 || !SetCurrentDirectoryA(argv[1])) {
        puts("usage: consumer FOLDER SUPPORT");
        return 2;
    }
    UINT mode = GetErrorMode();
    GetCurrentDirectoryW(MAX_PATH, before);
    session = reflink_session_open();
    expect(session != NULL, "no session");
    expect(reflink_version() == REFLINK_VERSION, "another version");
    make(L"source", LENGTH, 'a');
    check_volume(argv[2]);
    check_file();
    check_texts();
    check_dedupe();
    check_handles();
    check_watch();
    check_cancel();
    check_impersonation(false);
    check_impersonation(true);
    reflink_session_close(session);
    GetCurrentDirectoryW(MAX_PATH, after);
    expect(wcscmp(before, after) == 0, "another working directory");
    expect(GetErrorMode() == mode, "another error mode");
    return mistakes != 0;
}
