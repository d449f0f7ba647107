/* Security descriptors, as a program sees them; part of selftest.exe. */
#include "selftest.h"

#include <stdio.h>
#include <string.h>

/* Of ntdll; by hand, since what MinGW-w64 declares differs by version. */
nt_status NTAPI NtQuerySecurityObject(HANDLE handle, ULONG information,
                                      void *out, ULONG size, ULONG *needed);
nt_status NTAPI NtSetSecurityObject(HANDLE handle, ULONG information,
                                    const void *descriptor);

#define OWNER OWNER_SECURITY_INFORMATION
#define GROUP GROUP_SECURITY_INFORMATION
#define DACL DACL_SECURITY_INFORMATION
#define PROTECTED PROTECTED_DACL_SECURITY_INFORMATION
#define UNPROTECTED UNPROTECTED_DACL_SECURITY_INFORMATION
#define ALL_RIGHTS (READ_CONTROL | WRITE_DAC | WRITE_OWNER)

enum { ALLOWED = 0, DENIED = 1, OBJECT_ALLOWED = 5 };

/* S-1-1-0, S-1-3-0, S-1-5-21-1-2-3-1001 */
static const uint8_t everyone[] = {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0};
static const uint8_t creator_owner[] = {1, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0};
static const uint8_t somebody[] = {1, 5, 0, 0, 0,    0, 0, 5, 21, 0,
                                   0, 0, 1, 0, 0,    0, 2, 0, 0,  0,
                                   3, 0, 0, 0, 0xE9, 3, 0, 0};

static size_t size_of_sid(const uint8_t *sid)
{
    return 8 + 4 * (size_t)sid[1];
}

/* ---------------------------------------------------------- descriptors */

struct acl {
    uint8_t bytes[1024];
    size_t size;
};

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static struct acl no_entries(void)
{
    struct acl acl = {.size = 8};

    acl.bytes[0] = ACL_REVISION;
    put16(acl.bytes + 2, acl.size);
    return acl;
}

static void add(struct acl *acl, unsigned type, unsigned flags, uint32_t mask,
                const uint8_t *sid)
{
    uint8_t *ace = acl->bytes + acl->size;
    size_t size = 8 + size_of_sid(sid);

    ace[0] = (uint8_t)type;
    ace[1] = (uint8_t)flags;
    put16(ace + 2, size);
    memcpy(ace + 4, &mask, 4);
    memcpy(ace + 8, sid, size - 8);
    acl->size += size;
    put16(acl->bytes + 2, acl->size);
    acl->bytes[4]++;
}

static struct acl one_entry(unsigned flags, uint32_t mask, const uint8_t *sid)
{
    struct acl acl = no_entries();

    add(&acl, ALLOWED, flags, mask, sid);
    return acl;
}

/* All that a list can have: kinds that Wine does not know, and room behind the
 * last entry. */
static struct acl odd_acl(void)
{
    struct acl acl = no_entries();

    add(&acl, DENIED, 0, FILE_WRITE_EA, everyone);
    add(&acl, ALLOWED, INHERITED_ACE, 0x001200A9, somebody);
    add(&acl, OBJECT_ALLOWED, 0, 0x12345678, somebody);
    acl.bytes[0] = ACL_REVISION_DS;
    acl.size += 12;
    put16(acl.bytes + 2, acl.size);
    return acl;
}

static void put_part(uint8_t *sd, size_t *end, unsigned number,
                     const uint8_t *bytes, size_t size)
{
    if (!bytes)
        return;
    put16(sd + 4 + 4 * number, *end);
    memcpy(sd + *end, bytes, size);
    *end += size;
}

static nt_status set(HANDLE file, ULONG information, unsigned control,
                     const uint8_t *owner, const uint8_t *group,
                     const struct acl *dacl)
{
    uint8_t sd[2048] = {1};
    size_t end = 20;

    put16(sd + 2, control | SE_SELF_RELATIVE);
    put_part(sd, &end, 0, owner, owner ? size_of_sid(owner) : 0);
    put_part(sd, &end, 1, group, group ? size_of_sid(group) : 0);
    put_part(sd, &end, 3, dacl ? dacl->bytes : NULL, dacl ? dacl->size : 0);
    return NtSetSecurityObject(file, information, sd);
}

static nt_status set_dacl(HANDLE file, ULONG flags, unsigned control,
                          const struct acl *dacl)
{
    return set(file, DACL | flags, SE_DACL_PRESENT | control, NULL, NULL, dacl);
}

struct answer {
    nt_status status;
    unsigned control; /* without SE_SELF_RELATIVE */
    const uint8_t *owner, *group, *dacl;
    ULONG size;
    union {
        uint8_t bytes[2048];
        uint32_t words[5];
    } sd;
};

static const uint8_t *part_of(const struct answer *answer, unsigned number)
{
    uint32_t offset = answer->sd.words[1 + number];

    return offset ? answer->sd.bytes + offset : NULL;
}

static void get(HANDLE file, ULONG information, struct answer *answer)
{
    memset(answer, 0, sizeof *answer);
    answer->status = NtQuerySecurityObject(file, information, &answer->sd,
                                           sizeof answer->sd, &answer->size);
    if (answer->status != ST_SUCCESS)
        return;
    answer->control = (answer->sd.bytes[2] | answer->sd.bytes[3] << 8u) &
                      ~(unsigned)SE_SELF_RELATIVE;
    answer->owner = part_of(answer, 0);
    answer->group = part_of(answer, 1);
    answer->dacl = part_of(answer, 3);
}

static bool has_sid(const uint8_t *sid, const void *expected)
{
    return sid && memcmp(sid, expected, size_of_sid(expected)) == 0;
}

/* Checks control word and list; NULL: none. */
static void check_dacl(HANDLE file, unsigned control, const struct acl *dacl,
                       const char *what)
{
    struct answer answer;
    bool good;

    get(file, DACL, &answer);
    good =
        answer.status == ST_SUCCESS &&
        answer.control == (SE_DACL_PRESENT | control) &&
        (dacl ? answer.dacl && memcmp(answer.dacl, dacl->bytes, dacl->size) == 0
              : !answer.dacl);
    check(good, what);
    if (good)
        return;
    printf("# status %08X, control %04X, list:", answer.status, answer.control);
    for (unsigned i = 0; answer.dacl && i < answer.dacl[2]; i++)
        printf(" %02X", answer.dacl[i]);
    printf("\n");
}

/* The user and his group, by his token. */
static union {
    TOKEN_USER information;
    uint8_t room[256];
} user;
static union {
    TOKEN_PRIMARY_GROUP information;
    uint8_t room[256];
} group;

static void find_user(void)
{
    HANDLE token;
    DWORD size;

    OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token);
    GetTokenInformation(token, TokenUser, &user, sizeof user, &size);
    GetTokenInformation(token, TokenPrimaryGroup, &group, sizeof group, &size);
    CloseHandle(token);
}

static const uint8_t *user_sid(void)
{
    return user.information.User.Sid;
}

static struct acl users_own(unsigned flags)
{
    return one_entry(flags, FILE_ALL_ACCESS, user_sid());
}

/* ---------------------------------------------------------------- files */

static HANDLE create_file(const wchar_t *name)
{
    return open_at(dir, name,
                   GENERIC_READ | GENERIC_WRITE | DELETE | ALL_RIGHTS,
                   CREATE_NEW, 0);
}

static HANDLE open_for(const wchar_t *name, DWORD access)
{
    return open_at(dir, name, access, OPEN_EXISTING,
                   FILE_FLAG_BACKUP_SEMANTICS);
}

static HANDLE create_folder(const wchar_t *name)
{
    wchar_t path[1024];

    swprintf(path, 1024, L"%ls\\%ls", dir, name);
    CreateDirectoryW(path, NULL);
    return open_for(name, GENERIC_READ | ALL_RIGHTS);
}

/* ------------------------------------------------------------ they are kept */

static void test_default(void)
{
    HANDLE file = create_file(L"default");
    struct acl own = users_own(0);
    struct answer answer;

    check_dacl(file, 0, &own, "a new file is its user's");
    get(file, OWNER | GROUP, &answer);
    check(has_sid(answer.owner, user_sid()), "and belongs to him");
    check(has_sid(answer.group, group.information.PrimaryGroup),
          "and his group");
    check(!answer.dacl && answer.control == 0, "a part that was not asked for");
    check(has_volume_flag(file, FILE_PERSISTENT_ACLS),
          "the volume has permissions");
    CloseHandle(file);
}

static void test_exact(void)
{
    HANDLE file = create_file(L"exact");
    struct acl odd = odd_acl(), empty = no_entries();
    struct acl narrow =
        one_entry(0, FILE_GENERIC_READ | FILE_GENERIC_WRITE, user_sid());

    check_status(set_dacl(file, 0, 0, &odd), ST_SUCCESS, "setting a DACL");
    check_dacl(file, 0, &odd, "it comes back");
    check_status(set_dacl(file, 0, 0, &narrow), ST_SUCCESS, "a narrow one");
    check_dacl(file, 0, &narrow, "comes back");
    check_status(set_dacl(file, 0, 0, &empty), ST_SUCCESS, "an empty one");
    check_dacl(file, 0, &empty, "comes back");
    check_status(set_dacl(file, 0, 0, NULL), ST_SUCCESS, "a NULL DACL");
    check_dacl(file, 0, NULL, "comes back");
    set_dacl(file, 0, 0, &odd);
    CloseHandle(file);
    file = open_for(L"exact", READ_CONTROL);
    check_dacl(file, 0, &odd, "by another handle");
    CloseHandle(file);
}

static void test_control(void)
{
    const unsigned auto_inherited = SE_DACL_AUTO_INHERITED;
    HANDLE file = create_file(L"control");
    struct acl odd = odd_acl();

    set_dacl(file, 0, SE_DACL_PROTECTED, &odd);
    check_dacl(file, SE_DACL_PROTECTED, &odd, "protected by the control word");
    set_dacl(file, UNPROTECTED, SE_DACL_PROTECTED, &odd);
    check_dacl(file, 0, &odd, "unprotected by the request");
    set_dacl(file, PROTECTED, 0, &odd);
    check_dacl(file, SE_DACL_PROTECTED, &odd, "protected by the request");
    set_dacl(file, 0, auto_inherited, &odd);
    check_dacl(file, 0, &odd, "inherited entries, but not asked for");
    set_dacl(file, 0, auto_inherited | SE_DACL_AUTO_INHERIT_REQ, &odd);
    check_dacl(file, auto_inherited, &odd, "inherited entries");
    set_dacl(file, PROTECTED, auto_inherited, &odd);
    check_dacl(file, SE_DACL_PROTECTED, &odd, "Windows 11 was seen to do this");
    CloseHandle(file);
}

static void test_parts(void)
{
    HANDLE file = create_file(L"parts");
    struct acl odd = odd_acl();
    struct answer answer;
    uint8_t small[24];
    ULONG needed = 0;

    set_dacl(file, PROTECTED, 0, &odd);
    check_status(set(file, GROUP, 0, somebody, somebody, NULL), ST_SUCCESS,
                 "another group");
    get(file, OWNER | GROUP | DACL, &answer);
    check(has_sid(answer.group, somebody), "is there");
    check(has_sid(answer.owner, user_sid()), "the owner was not asked for");
    check_dacl(file, SE_DACL_PROTECTED, &odd, "nor the DACL");
    check_status(
        NtQuerySecurityObject(file, GROUP, small, sizeof small, &needed),
        ST_BUFFER_TOO_SMALL, "no room");
    check(needed == 20 + sizeof somebody, "how much is needed");
    check_status(set(file, GROUP, 0, NULL, NULL, NULL),
                 ST_INVALID_PRIMARY_GROUP, "no group");
    check_status(set(file, OWNER, 0, NULL, NULL, NULL), ST_INVALID_OWNER,
                 "no owner");
    CloseHandle(file);
}

/* As programs make them. */
static void test_absolute(void)
{
    HANDLE file = create_file(L"absolute");
    struct acl odd = odd_acl();
    SECURITY_DESCRIPTOR sd;

    InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION);
    SetSecurityDescriptorDacl(&sd, TRUE, (ACL *)odd.bytes, FALSE);
    SetSecurityDescriptorGroup(&sd, (PSID)somebody, FALSE);
    check(SetKernelObjectSecurity(file, DACL | GROUP, &sd), "absolute form");
    check_dacl(file, 0, &odd, "it comes back");
    CloseHandle(file);
}

static void test_rights(void)
{
    struct acl odd = odd_acl();
    struct answer answer;
    HANDLE file;

    CloseHandle(create_file(L"rights"));
    file = open_for(L"rights", FILE_READ_DATA);
    for (ULONG part = OWNER; part <= DACL; part *= 2) {
        get(file, part, &answer);
        check_status(answer.status, ST_ACCESS_DENIED, "without READ_CONTROL");
    }
    CloseHandle(file);
    file = open_for(L"rights", READ_CONTROL | WRITE_OWNER);
    check_status(set_dacl(file, 0, 0, &odd), ST_ACCESS_DENIED,
                 "a DACL without WRITE_DAC");
    check_status(set(file, GROUP, 0, NULL, somebody, NULL), ST_SUCCESS,
                 "a group with WRITE_OWNER");
    CloseHandle(file);
    file = open_for(L"rights", READ_CONTROL | WRITE_DAC);
    check_status(set(file, OWNER, 0, user_sid(), NULL, NULL), ST_ACCESS_DENIED,
                 "an owner without WRITE_OWNER");
    check_status(set(file, GROUP, 0, NULL, somebody, NULL), ST_ACCESS_DENIED,
                 "a group without WRITE_OWNER");
    check_status(set_dacl(file, 0, 0, &odd), ST_SUCCESS,
                 "a DACL with WRITE_DAC");
    CloseHandle(file);
    file = open_for(L"rights", WRITE_DAC);
    check_status(set_dacl(file, 0, 0, &odd), ST_SUCCESS,
                 "a DACL with WRITE_DAC alone");
    CloseHandle(file);
}

static bool enable(HANDLE token, bool on)
{
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};

    wanted.Privileges[0].Attributes = on ? SE_PRIVILEGE_ENABLED : 0;
    return LookupPrivilegeValueW(NULL, L"SeRestorePrivilege",
                                 &wanted.Privileges[0].Luid) &&
           AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL) &&
           GetLastError() == ERROR_SUCCESS;
}

/* A group that may own, as Administrators: S-1-5-32-544. */
static void test_owning_group(HANDLE file)
{
    static union {
        TOKEN_GROUPS information;
        uint8_t room[4096];
    } groups;
    HANDLE token;
    DWORD size;

    OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token);
    GetTokenInformation(token, TokenGroups, &groups, sizeof groups, &size);
    CloseHandle(token);
    for (DWORD i = 0; i < groups.information.GroupCount; i++) {
        const SID_AND_ATTRIBUTES *one = &groups.information.Groups[i];

        check_status(set(file, OWNER, 0, one->Sid, NULL, NULL),
                     one->Attributes & SE_GROUP_OWNER ? ST_SUCCESS
                                                      : ST_INVALID_OWNER,
                     "one of the user's groups");
    }
}

static void test_owner(void)
{
    HANDLE file = create_file(L"owner");
    HANDLE token, copy;
    struct answer answer;

    check_status(set(file, OWNER, 0, user_sid(), NULL, NULL), ST_SUCCESS,
                 "the user himself");
    check_status(set(file, OWNER, 0, somebody, NULL, NULL), ST_INVALID_OWNER,
                 "somebody else");
    test_owning_group(file);
    OpenProcessToken(GetCurrentProcess(), TOKEN_DUPLICATE, &token);
    DuplicateTokenEx(token,
                     TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY | TOKEN_IMPERSONATE,
                     NULL, SecurityImpersonation, TokenImpersonation, &copy);
    check(enable(copy, true) && SetThreadToken(NULL, copy),
          "a thread takes the privilege");
    check_status(set(file, OWNER, 0, somebody, NULL, NULL), ST_SUCCESS,
                 "somebody else, with the privilege");
    RevertToSelf();
    get(file, OWNER, &answer);
    check(has_sid(answer.owner, somebody), "is there");
    check_status(set(file, OWNER, 0, everyone, NULL, NULL), ST_INVALID_OWNER,
                 "without the privilege again");
    CloseHandle(copy);
    CloseHandle(token);
    CloseHandle(file);
}

static void test_readonly(void)
{
    HANDLE file = create_file(L"readonly");
    FILE_BASIC_INFO basic = {.FileAttributes = FILE_ATTRIBUTE_READONLY};
    struct acl odd = odd_acl();

    SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic);
    check_status(set_dacl(file, 0, 0, &odd), ST_SUCCESS, "of a read-only file");
    check_dacl(file, 0, &odd, "it comes back");
    GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic);
    check(basic.FileAttributes & FILE_ATTRIBUTE_READONLY, "still read-only");
    basic.FileAttributes = FILE_ATTRIBUTE_NORMAL;
    SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic);
    CloseHandle(file);
}

/* ----------------------------------------------------------- inheritance */

enum {
    OI = OBJECT_INHERIT_ACE,
    CI = CONTAINER_INHERIT_ACE,
    NP = NO_PROPAGATE_INHERIT_ACE,
    IO = INHERIT_ONLY_ACE,
    ID = INHERITED_ACE
};

/* What a file and a folder inherit from one entry; a flag in an outer table is
 * that of the folder above. */
static const struct {
    unsigned flags;
    int file;   /* flags there; -1: not inherited */
    int folder; /* the same */
    const char *what;
} heritage[] = {
    {0, -1, -1, "not inherited"},
    {OI | CI, ID, OI | CI | ID, "by both"},
    {OI | CI | IO, ID, OI | CI | ID, "by both only"},
    {OI, ID, OI | IO | ID, "by files"},
    {OI | IO, ID, OI | IO | ID, "by files only"},
    {CI, -1, CI | ID, "by folders"},
    {CI | IO, -1, CI | ID, "by folders only"},
    {OI | CI | NP, ID, ID, "once, by both"},
    {OI | NP, ID, -1, "once, by files"},
    {CI | NP | IO, -1, ID, "once, by folders only"},
};

static void check_heir(HANDLE heir, int flags, const char *what)
{
    const unsigned auto_inherited = SE_DACL_AUTO_INHERITED;
    struct acl own = users_own(0);
    struct acl expected = one_entry((unsigned)flags, 0x00120089, everyone);

    if (flags < 0)
        check_dacl(heir, 0, &own, what);
    else
        check_dacl(heir, auto_inherited, &expected, what);
    CloseHandle(heir);
}

static void test_flags(void)
{
    for (unsigned i = 0; i < sizeof heritage / sizeof heritage[0]; i++) {
        wchar_t name[64];
        struct acl acl = one_entry(heritage[i].flags, 0x00120089, everyone);
        HANDLE folder;

        swprintf(name, 64, L"parent-%u", i);
        folder = create_folder(name);
        set_dacl(folder, PROTECTED, 0, &acl);
        CloseHandle(folder);
        swprintf(name, 64, L"parent-%u\\file", i);
        check_heir(create_file(name), heritage[i].file, heritage[i].what);
        swprintf(name, 64, L"parent-%u\\folder", i);
        check_heir(create_folder(name), heritage[i].folder, heritage[i].what);
    }
}

/* An entry for who creates, with generic rights. */
static void test_creator(void)
{
    const unsigned auto_inherited = SE_DACL_AUTO_INHERITED;
    HANDLE folder = create_folder(L"creator"), heir;
    struct acl acl = one_entry(OI | CI | IO, GENERIC_ALL, creator_owner);
    struct acl expected = users_own(ID);

    set_dacl(folder, PROTECTED, 0, &acl);
    heir = create_file(L"creator\\file");
    check_dacl(heir, auto_inherited, &expected, "a file's creator");
    CloseHandle(heir);
    heir = create_folder(L"creator\\folder");
    add(&expected, ALLOWED, OI | CI | IO | ID, GENERIC_ALL, creator_owner);
    check_dacl(heir, auto_inherited, &expected, "a folder's, and once more");
    CloseHandle(heir);
    heir = create_file(L"creator\\folder\\file");
    expected = users_own(ID);
    check_dacl(heir, auto_inherited, &expected, "a level below");
    CloseHandle(heir);
    CloseHandle(folder);
}

/* What is inherited, is inherited once. */
static void test_moments(void)
{
    HANDLE folder = create_folder(L"moments"), file;
    struct acl first = one_entry(OI, 1, everyone);
    struct acl second = one_entry(OI, 2, everyone);
    struct acl inherited = one_entry(ID, 1, everyone), later;
    wchar_t from[1024], to[1024];

    set_dacl(folder, 0, 0, &first);
    CloseHandle(create_file(L"moments\\file"));
    set_dacl(folder, 0, 0, &second);
    file = open_at(dir, L"moments\\file", GENERIC_WRITE, CREATE_ALWAYS, 0);
    CloseHandle(file);
    file = open_at(dir, L"moments\\other", READ_CONTROL, OPEN_ALWAYS, 0);
    later = one_entry(ID, 2, everyone);
    check_dacl(file, SE_DACL_AUTO_INHERITED, &later, "a later file has it");
    CloseHandle(file);
    file = open_at(dir, L"moments\\file", READ_CONTROL, OPEN_ALWAYS, 0);
    check_dacl(file, SE_DACL_AUTO_INHERITED, &inherited,
               "the folder's later DACL is not inherited");
    CloseHandle(file);
    swprintf(from, 1024, L"%ls\\moments\\file", dir);
    swprintf(to, 1024, L"%ls\\moved", dir);
    check(MoveFileW(from, to), "moving it");
    file = open_for(L"moved", READ_CONTROL);
    check_dacl(file, SE_DACL_AUTO_INHERITED, &inherited, "it keeps its own");
    CloseHandle(file);
    CloseHandle(create_file(L"plain"));
    swprintf(from, 1024, L"%ls\\plain", dir);
    swprintf(to, 1024, L"%ls\\moments\\plain", dir);
    check(MoveFileW(from, to), "moving another there");
    file = open_for(L"moments\\plain", READ_CONTROL);
    first = users_own(0);
    check_dacl(file, 0, &first, "it inherits nothing");
    CloseHandle(file);
    CloseHandle(folder);
}

/* What the program gives a new file. */
static void test_given(void)
{
    HANDLE folder = create_folder(L"given"), file;
    struct acl acl = one_entry(OI, 1, everyone);
    struct acl own = users_own(0);
    struct acl both = own;
    SECURITY_DESCRIPTOR sd;
    SECURITY_ATTRIBUTES given = {sizeof given, &sd, FALSE};
    wchar_t path[1024];

    set_dacl(folder, 0, 0, &acl);
    InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION);
    SetSecurityDescriptorDacl(&sd, TRUE, (ACL *)own.bytes, FALSE);
    swprintf(path, 1024, L"%ls\\given\\both", dir);
    file = CreateFileW(path, READ_CONTROL, 0, &given, CREATE_NEW, 0, NULL);
    add(&both, ALLOWED, ID, 1, everyone);
    check_dacl(file, SE_DACL_AUTO_INHERITED, &both, "own entries come first");
    CloseHandle(file);
    SetSecurityDescriptorControl(&sd, SE_DACL_PROTECTED, SE_DACL_PROTECTED);
    swprintf(path, 1024, L"%ls\\given\\protected", dir);
    file = CreateFileW(path, READ_CONTROL, 0, &given, CREATE_NEW, 0, NULL);
    check_dacl(file, SE_DACL_PROTECTED, &own, "nothing if protected");
    CloseHandle(file);
    CloseHandle(folder);
}

void case_security(void)
{
    find_user();
    test_default();
    test_exact();
    test_control();
    test_parts();
    test_absolute();
    test_rights();
    test_owner();
    test_readonly();
    test_flags();
    test_creator();
    test_moments();
    test_given();
}

/* --------------------------------------------------------- the other rules */

void case_security_off(void)
{
    HANDLE file;
    struct acl narrow;
    struct answer answer;

    find_user();
    file = create_file(L"off");
    narrow = one_entry(0, FILE_GENERIC_READ | FILE_GENERIC_WRITE, user_sid());
    check_status(set_dacl(file, 0, 0, &narrow), ST_SUCCESS, "setting a DACL");
    get(file, DACL, &answer);
    check_status(answer.status, ST_SUCCESS, "Wine knows one");
    check(!answer.dacl || memcmp(answer.dacl, narrow.bytes, narrow.size) != 0,
          "but another one");
    CloseHandle(file);
}

void case_security_none(void)
{
    HANDLE file = create_file(L"none");
    struct acl odd = odd_acl();
    struct answer answer;

    check_dacl(file, 0, NULL, "a NULL DACL");
    get(file, OWNER | GROUP, &answer);
    check(has_sid(answer.owner, everyone) && has_sid(answer.group, everyone),
          "it is everyone's");
    check_status(set_dacl(file, PROTECTED, 0, &odd), ST_SUCCESS,
                 "setting another");
    check_status(set(file, OWNER, 0, somebody, NULL, NULL), ST_SUCCESS,
                 "and an owner");
    check_dacl(file, 0, NULL, "changes nothing");
    check(!has_volume_flag(file, FILE_PERSISTENT_ACLS), "the volume says so");
    CloseHandle(file);
    file = open_for(L"none", FILE_READ_DATA);
    get(file, DACL, &answer);
    check_status(answer.status, ST_ACCESS_DENIED, "without READ_CONTROL");
    CloseHandle(file);
}

void case_security_none_here(void)
{
    struct acl odd = odd_acl();
    HANDLE file;

    case_security_none();
    file = open_at(other_dir, L"kept", READ_CONTROL | WRITE_DAC, CREATE_NEW, 0);
    set_dacl(file, 0, 0, &odd);
    check_dacl(file, 0, &odd, "the other volume keeps it");
    check(has_volume_flag(file, FILE_PERSISTENT_ACLS), "and says so");
    CloseHandle(file);
}

static void check_refused(DWORD access, const char *what)
{
    HANDLE file = open_at(dir, L"change", access, OPEN_EXISTING, 0);

    check_error(file == INVALID_HANDLE_VALUE ? GetLastError() : 0,
                ERROR_ACCESS_DENIED, what);
    CloseHandle(file);
}

void case_security_change(void)
{
    HANDLE file;
    struct acl own, odd = odd_acl();

    find_user();
    own = users_own(0);
    check(create_file(L"refused") == INVALID_HANDLE_VALUE &&
              GetLastError() == ERROR_ACCESS_DENIED,
          "creating with all rights");
    file = open_at(dir, L"refused", GENERIC_READ, OPEN_EXISTING, 0);
    check(file == INVALID_HANDLE_VALUE &&
              GetLastError() == ERROR_FILE_NOT_FOUND,
          "creates nothing");
    file = open_at(dir, L"change", GENERIC_READ | GENERIC_WRITE | DELETE,
                   CREATE_NEW, 0);
    check(file != INVALID_HANDLE_VALUE, "creating to write");
    check_dacl(file, 0, &own, "descriptors can be read");
    CloseHandle(file);
    check_refused(GENERIC_READ | WRITE_DAC, "opening for WRITE_DAC");
    check_refused(GENERIC_READ | WRITE_OWNER, "opening for WRITE_OWNER");
    check_refused(GENERIC_ALL, "opening for all");
    file = open_at(dir, L"change", MAXIMUM_ALLOWED, OPEN_EXISTING, 0);
    check(file != INVALID_HANDLE_VALUE, "opening for what is allowed");
    check_status(set_dacl(file, 0, 0, &odd), ST_ACCESS_DENIED,
                 "setting a DACL is not");
    check_dacl(file, 0, &own, "nothing was set");
    CloseHandle(file);
}
