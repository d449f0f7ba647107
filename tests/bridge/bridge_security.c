/* Security descriptors; bridge_security.h has the rules. */
#include "bridge_security.h"

#include "bridge_config.h"
#include "bridge_log.h"
#include "bridge_sd.h"
#include "bridge_status.h"

#include <stdlib.h>
#include <string.h>

typedef nt_status(WINAPI *open_thread_token_function)(HANDLE thread,
                                                      ACCESS_MASK access,
                                                      BOOLEAN as_self,
                                                      HANDLE *token);
typedef nt_status(WINAPI *open_process_token_function)(HANDLE process,
                                                       ACCESS_MASK access,
                                                       HANDLE *token);
typedef nt_status(WINAPI *query_token_function)(HANDLE token, ULONG class,
                                                void *buffer, ULONG size,
                                                ULONG *returned);
typedef nt_status(WINAPI *unix_name_function)(
    const struct object_attributes *path, char *name, ULONG *size,
    ULONG disposition);

static open_thread_token_function open_thread_token;
static open_process_token_function open_process_token;
static query_token_function query_token;
static unix_name_function unix_name;

bool security_startup(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC found_thread = GetProcAddress(ntdll, "NtOpenThreadToken");
    FARPROC found_process = GetProcAddress(ntdll, "NtOpenProcessToken");
    FARPROC found_query = GetProcAddress(ntdll, "NtQueryInformationToken");
    FARPROC found_name = GetProcAddress(ntdll, "wine_nt_to_unix_file_name");

    memcpy(&open_thread_token, &found_thread, sizeof open_thread_token);
    memcpy(&open_process_token, &found_process, sizeof open_process_token);
    memcpy(&query_token, &found_query, sizeof query_token);
    memcpy(&unix_name, &found_name, sizeof unix_name);
    return open_thread_token && open_process_token && query_token && unix_name;
}

static enum bridge_security rule_for(const struct bridge_file *file)
{
    if (bridge_config.security_on_one &&
        file->st.device != bridge_config.security_device)
        return SECURITY_KEEP;
    return bridge_config.security;
}

void security_correct_flags(const struct bridge_file *file, uint32_t *flags)
{
    if (rule_for(file) == SECURITY_NONE)
        *flags &= ~(uint32_t)FILE_PERSISTENT_ACLS;
    else if (rule_for(file) != SECURITY_OFF)
        *flags |= FILE_PERSISTENT_ACLS;
}

/* ------------------------------------------------------------ the token */

/* What is asked of the caller's token, to be given back with free. */
static void *token_information(TOKEN_INFORMATION_CLASS class)
{
    const ULONG room = 4096;
    HANDLE token;
    ULONG returned;
    void *information;

    if (open_thread_token(GetCurrentThread(), TOKEN_QUERY, TRUE, &token) !=
            ST_SUCCESS &&
        open_process_token(GetCurrentProcess(), TOKEN_QUERY, &token) !=
            ST_SUCCESS)
        return NULL;
    information = malloc(room);
    if (information &&
        query_token(token, class, information, room, &returned) != ST_SUCCESS) {
        free(information);
        information = NULL;
    }
    CloseHandle(token);
    return information;
}

struct user {
    uint8_t owner[SID_ROOM];
    uint8_t group[SID_ROOM];
};

static bool find_user(struct user *user)
{
    TOKEN_USER *owner = token_information(TokenUser);
    TOKEN_PRIMARY_GROUP *group = token_information(TokenPrimaryGroup);

    if (owner && group) {
        memcpy(user->owner, owner->User.Sid, sid_size(owner->User.Sid));
        memcpy(user->group, group->PrimaryGroup, sid_size(group->PrimaryGroup));
    }
    free(group);
    free(owner);
    return owner && group;
}

static bool may_restore(void)
{
    const DWORD restore = 18; /* SeRestorePrivilege */
    TOKEN_PRIVILEGES *privileges = token_information(TokenPrivileges);
    bool enabled = false;

    for (DWORD i = 0; privileges && i < privileges->PrivilegeCount; i++) {
        const LUID_AND_ATTRIBUTES *one = &privileges->Privileges[i];

        if (one->Luid.LowPart == restore && one->Luid.HighPart == 0)
            enabled = one->Attributes & SE_PRIVILEGE_ENABLED;
    }
    free(privileges);
    return enabled;
}

/* Whether the token has it as a group that may own. */
static bool is_owning_group(const uint8_t *sid)
{
    TOKEN_GROUPS *groups = token_information(TokenGroups);
    bool found = false;

    for (DWORD i = 0; groups && i < groups->GroupCount && !found; i++)
        found = (groups->Groups[i].Attributes & SE_GROUP_OWNER) &&
                sid_equal(sid, groups->Groups[i].Sid);
    free(groups);
    return found;
}

static bool may_own(const uint8_t *sid)
{
    struct user user;

    return (find_user(&user) && sid_equal(sid, user.owner)) ||
           is_owning_group(sid) || may_restore();
}

/* ------------------------------------------------------ the descriptors */

/* What a file has: the attribute, or the fixed descriptor of bridge_security.h,
 * whose parts then lie in `user` and `dacl`. */
struct descriptor {
    struct sd sd;
    uint8_t *stored;
    struct user user;
    uint8_t dacl[SID_ROOM + 16];
};

static bool read_descriptor(const struct bridge_file *file,
                            struct descriptor *descriptor)
{
    struct sd *sd = &descriptor->sd;
    size_t size = 0;

    descriptor->stored = file_security(file, &size);
    if (descriptor->stored)
        return sd_parse(descriptor->stored, size, sd);
    if (!find_user(&descriptor->user))
        return false;
    acl_allow_all(descriptor->user.owner, descriptor->dacl);
    *sd = (struct sd){.control = SD_DACL_PRESENT};
    sd->part[SD_OWNER] = descriptor->user.owner;
    sd->part[SD_GROUP] = descriptor->user.group;
    sd->part[SD_DACL] = descriptor->dacl;
    return true;
}

static nt_status store(const struct bridge_file *file, const struct sd *sd)
{
    size_t size = sd_size(sd);
    uint8_t *bytes = malloc(size);
    nt_status status = ST_INSUFFICIENT_RESOURCES;

    if (bytes) {
        sd_write(sd, bytes);
        status = file_set_security(file, bytes, size);
    }
    free(bytes);
    return status;
}

/* ---------------------------------------------------------- the answers */

static nt_status give(const struct sd *sd, ULONG information, void *out,
                      ULONG size, ULONG *needed)
{
    struct sd chosen = sd_select(sd, information);

    *needed = (ULONG)sd_size(&chosen);
    if (size < *needed)
        return ST_BUFFER_TOO_SMALL;
    sd_write(&chosen, out);
    return ST_SUCCESS;
}

/* The descriptor of a volume without permissions: Everyone's. */
static struct sd world(void)
{
    static const uint8_t everyone[12] = {1, 1, 0, 0, 0, 0, 0, 1};
    struct sd sd = {.control = SD_DACL_PRESENT};

    sd.part[SD_OWNER] = everyone;
    sd.part[SD_GROUP] = everyone;
    return sd;
}

static nt_status answer_query(const struct bridge_file *file, HANDLE handle,
                              ULONG information, void *out, ULONG size,
                              ULONG *needed)
{
    ACCESS_MASK rights = information & SD_SACL_BIT ? ACCESS_SYSTEM_SECURITY : 0;
    struct descriptor descriptor;
    struct sd everyones = world();
    nt_status status = ST_INVALID_SECURITY_DESCR;

    if (information &
        (SD_OWNER_BIT | SD_GROUP_BIT | SD_DACL_BIT | SD_LABEL_BIT))
        rights |= READ_CONTROL;
    if (rights & ~file_rights(handle))
        return ST_ACCESS_DENIED;
    if (rule_for(file) == SECURITY_NONE)
        return give(&everyones, information, out, size, needed);
    if (read_descriptor(file, &descriptor))
        status = give(&descriptor.sd, information, out, size, needed);
    free(descriptor.stored);
    return status;
}

nt_status security_query(query_security_function wine, HANDLE handle,
                         ULONG information, void *out, ULONG size,
                         ULONG *needed)
{
    struct bridge_file file;
    nt_status status;

    if (file_open(handle, 0, &file) != ST_SUCCESS)
        return wine(handle, information, out, size, needed);
    if (!file.can_clone || rule_for(&file) == SECURITY_OFF) {
        status = wine(handle, information, out, size, needed);
    } else {
        status =
            needed ? answer_query(&file, handle, information, out, size, needed)
                   : ST_ACCESS_VIOLATION;
        log_line("GET_SECURITY parts=%08X status=%08X", (unsigned)information,
                 (unsigned)status);
    }
    file_close(&file);
    return status;
}

static ACCESS_MASK rights_to_set(ULONG information)
{
    ACCESS_MASK rights = information & SD_SACL_BIT ? ACCESS_SYSTEM_SECURITY : 0;

    if (information & (SD_OWNER_BIT | SD_GROUP_BIT | SD_LABEL_BIT))
        rights |= WRITE_OWNER;
    if (information &
        (SD_DACL_BIT | SD_PROTECTED_DACL_BIT | SD_UNPROTECTED_DACL_BIT))
        rights |= WRITE_DAC;
    return rights;
}

static nt_status judge_change(const struct sd *change, ULONG information)
{
    if (information & SD_OWNER_BIT &&
        (!change->part[SD_OWNER] || !may_own(change->part[SD_OWNER])))
        return ST_INVALID_OWNER;
    if (information & SD_GROUP_BIT && !change->part[SD_GROUP])
        return ST_INVALID_PRIMARY_GROUP;
    return ST_SUCCESS;
}

static nt_status change_descriptor(const struct bridge_file *file,
                                   const struct sd *change, ULONG information)
{
    struct descriptor descriptor;
    nt_status status = ST_INVALID_SECURITY_DESCR;

    if (read_descriptor(file, &descriptor)) {
        struct sd result = sd_change(&descriptor.sd, change, information);

        status = store(file, &result);
    }
    free(descriptor.stored);
    return status;
}

static nt_status answer_set(const struct bridge_file *file, HANDLE handle,
                            ULONG information, const void *descriptor)
{
    const ACCESS_MASK not_granted =
        rule_for(file) == SECURITY_CHANGE ? WRITE_DAC | WRITE_OWNER : 0;
    struct sd change;
    nt_status status;

    if (!descriptor)
        return ST_ACCESS_VIOLATION;
    if (rights_to_set(information) & ~(file_rights(handle) & ~not_granted))
        return ST_ACCESS_DENIED;
    if (!sd_of_program(descriptor, &change))
        return ST_INVALID_SECURITY_DESCR;
    if (rule_for(file) == SECURITY_NONE)
        return ST_SUCCESS;
    status = judge_change(&change, information);
    if (status == ST_SUCCESS)
        status = change_descriptor(file, &change, information);
    return status;
}

nt_status security_set(set_security_function wine, HANDLE handle,
                       ULONG information, const void *descriptor)
{
    struct bridge_file file;
    nt_status status;

    if (file_open(handle, 0, &file) != ST_SUCCESS)
        return wine(handle, information, descriptor);
    if (!file.can_clone || rule_for(&file) == SECURITY_OFF) {
        status = wine(handle, information, descriptor);
    } else {
        status = answer_set(&file, handle, information, descriptor);
        log_line("SET_SECURITY parts=%08X status=%08X", (unsigned)information,
                 (unsigned)status);
    }
    file_close(&file);
    return status;
}

/* ------------------------------------------------------------- creation */

/* The DACL of a new file, in `room`. False if it would be the fixed one. */
static bool compute_dacl(struct sd *sd, const struct sd *folder,
                         const struct sd *own, bool directory, uint8_t *room)
{
    bool given = own->control & SD_DACL_PRESENT;
    bool inherits =
        folder->part[SD_DACL] &&
        !(given && (own->control & SD_DACL_PROTECTED || !own->part[SD_DACL]));
    struct acl_family family = {
        .parent = folder->part[SD_DACL],
        .own = given ? own->part[SD_DACL] : NULL,
        .owner = sd->part[SD_OWNER],
        .group = sd->part[SD_GROUP],
        .directory = directory,
    };

    if (inherits && acl_inherit(&family, room) > 0) {
        sd->control |= SD_DACL_PRESENT | SD_DACL_AUTO_INHERITED;
        sd->part[SD_DACL] = room;
    } else if (given) {
        sd->control |= own->control & (SD_DACL_PRESENT | SD_DACL_PROTECTED);
        sd->part[SD_DACL] = own->part[SD_DACL];
    } else {
        acl_allow_all(sd->part[SD_OWNER], room);
        sd->control |= SD_DACL_PRESENT;
        sd->part[SD_DACL] = room;
        return false;
    }
    return true;
}

/* `folder` and `own` are empty where there is nothing to heed. */
static void create_descriptor(const struct bridge_file *file,
                              const struct sd *folder, const struct sd *own)
{
    struct sd sd = {0};
    struct user user;
    uint8_t *room = malloc(ACL_ROOM);

    if (room && find_user(&user)) {
        const uint8_t *owner = own->part[SD_OWNER];
        const uint8_t *group = own->part[SD_GROUP];

        sd.part[SD_OWNER] = owner && may_own(owner) ? owner : user.owner;
        sd.part[SD_GROUP] = group ? group : user.group;
        if (compute_dacl(&sd, folder, own, file_is_directory(file), room) ||
            owner || group)
            store(file, &sd);
    }
    free(room);
}

void security_created(HANDLE handle, const void *descriptor)
{
    struct sd folder = {0}, own = {0};
    struct bridge_file file;
    uint8_t *stored = NULL;
    size_t size;

    if (file_open(handle, 0, &file) != ST_SUCCESS)
        return;
    if (file.can_clone && rule_for(&file) != SECURITY_OFF &&
        rule_for(&file) != SECURITY_NONE) {
        stored = file_security_of_folder(&file, &size);
        if (stored && !sd_parse(stored, size, &folder))
            folder = (struct sd){0};
        if (descriptor && !sd_of_program(descriptor, &own))
            own = (struct sd){0};
        if (stored || descriptor)
            create_descriptor(&file, &folder, &own);
    }
    free(stored);
    file_close(&file);
}

/* ------------------------------------------------------------ the share */

/* What `path` names, or the folder in which it would be. */
static bool open_nearest(const struct object_attributes *path,
                         struct bridge_file *file)
{
    char name[4096];
    ULONG size = sizeof name;
    nt_status status = unix_name(path, name, &size, DISPOSITION_OPEN_IF);
    char *slash;

    if (status != ST_SUCCESS && status != ST_NO_SUCH_FILE)
        return false;
    if (file_open_path(name, file))
        return true;
    slash = strrchr(name, '/');
    if (!slash || slash == name)
        return false;
    *slash = '\0';
    return file_open_path(name, file);
}

bool security_refuses(ACCESS_MASK access, const struct object_attributes *path)
{
    struct bridge_file file;
    bool refuses;

    if (bridge_config.security != SECURITY_CHANGE ||
        !(access & (WRITE_DAC | WRITE_OWNER | GENERIC_ALL)) ||
        !open_nearest(path, &file))
        return false;
    refuses = file.can_clone && rule_for(&file) == SECURITY_CHANGE;
    file_close(&file);
    if (refuses)
        log_line("OPEN status=%08X", ST_ACCESS_DENIED);
    return refuses;
}
