/*
 * The test bridge: a DLL that, loaded into a Windows program under Wine, lets
 * files on XFS and Btrfs answer the way ReFS answers, and clones for real
 * with FICLONERANGE. Files below a server's name are that server's: see
 * bridge_smb.h. Files anywhere else, and requests of any other kind, reach
 * Wine unaltered.
 *
 * This file has the functions that stand in for ntdll's; bridge_config.h
 * tells which environment variables are heeded.
 */
#include "bridge_config.h"
#include "bridge_file.h"
#include "bridge_fsctl.h"
#include "bridge_garble.h"
#include "bridge_hook.h"
#include "bridge_log.h"
#include "bridge_nt.h"
#include "bridge_path.h"
#include "bridge_rename.h"
#include "bridge_security.h"
#include "bridge_smb.h"
#include "bridge_status.h"
#include "bridge_volume.h"

#include <wchar.h>

typedef nt_status(WINAPI *fs_control_function)(
    HANDLE handle, HANDLE event, nt_apc_routine apc, void *apc_context,
    struct io_status_block *io, ULONG code, void *input, ULONG input_size,
    void *output, ULONG output_size);
typedef nt_status(WINAPI *create_function)(
    HANDLE *handle, ACCESS_MASK access, const struct object_attributes *path,
    struct io_status_block *io, int64_t *allocation_size, ULONG attributes,
    ULONG sharing, ULONG disposition, ULONG options, void *ea, ULONG ea_size);
typedef nt_status(WINAPI *open_function)(HANDLE *handle, ACCESS_MASK access,
                                         const struct object_attributes *path,
                                         struct io_status_block *io,
                                         ULONG sharing, ULONG options);
typedef nt_status(WINAPI *close_function)(HANDLE handle);
typedef nt_status(WINAPI *transfer_function)(HANDLE handle, HANDLE event,
                                             nt_apc_routine apc,
                                             void *apc_context,
                                             struct io_status_block *io,
                                             void *buffer, ULONG size,
                                             int64_t *offset, ULONG *key);
typedef nt_status(WINAPI *query_function)(HANDLE handle,
                                          struct io_status_block *io,
                                          void *buffer, ULONG size,
                                          ULONG class);
typedef nt_status(WINAPI *query_path_function)(
    const struct object_attributes *path, void *buffer);
typedef nt_status(WINAPI *flush_function)(HANDLE handle,
                                          struct io_status_block *io);

static hook_function original_fs_control;
static hook_function original_create;
static hook_function original_open;
static hook_function original_close;
static hook_function original_read;
static hook_function original_write;
static hook_function original_device_control;
static hook_function original_query_volume;
static hook_function original_query_file;
static hook_function original_query_basic_by_path;
static hook_function original_query_full_by_path;
static hook_function original_set_file;
static hook_function original_flush;
static hook_function original_query_security;
static hook_function original_set_security;

/* Every request is complete on return, so the event is set at once. APCs and
 * completion ports are not served: DeviceIoControl uses neither by itself. */
static nt_status WINAPI fs_control(HANDLE handle, HANDLE event,
                                   nt_apc_routine apc, void *apc_context,
                                   struct io_status_block *io, ULONG code,
                                   void *input, ULONG input_size, void *output,
                                   ULONG output_size)
{
    struct fsctl_request request = {.handle = handle,
                                    .input = input,
                                    .input_size = input ? input_size : 0,
                                    .output = output,
                                    .output_size = output ? output_size : 0};
    struct smb_control control = {code, input, request.input_size, output,
                                  request.output_size};
    smb_handle remote = smb_find(handle);
    nt_status status;

    if (remote) {
        status = smb_control(remote, io, &control);
        status = garble(fsctl_name(code), status, control.output,
                        control.output_size, &io->information);
        if (event)
            SetEvent(event);
        return status;
    }
    if (!fsctl_answer(code, &request, &status)) {
        status = ((fs_control_function)original_fs_control)(
            handle, event, apc, apc_context, io, code, input, input_size,
            output, output_size);
        if (fsctl_name(code))
            log_line("%s passed status=%08X", fsctl_name(code),
                     (unsigned)status);
        return status;
    }
    io->information = request.returned;
    status = garble(fsctl_name(code), status, request.output,
                    request.output_size, &io->information);
    io->result.status = status;
    if (event)
        SetEvent(event);
    return status;
}

/* What Wine's DeviceIoControl calls for codes of devices, such as those with
   which a server is asked to copy. */
static nt_status WINAPI device_control(HANDLE handle, HANDLE event,
                                       nt_apc_routine apc, void *apc_context,
                                       struct io_status_block *io, ULONG code,
                                       void *input, ULONG input_size,
                                       void *output, ULONG output_size)
{
    if (smb_find(handle))
        return fs_control(handle, event, apc, apc_context, io, code, input,
                          input_size, output, output_size);
    return ((fs_control_function)original_device_control)(
        handle, event, apc, apc_context, io, code, input, input_size, output,
        output_size);
}

/* Why Wine cannot open what the server has just opened: a connection that broke
 * meanwhile took along what was to be deleted. */
static nt_status why_not_followed(smb_handle remote, nt_status status)
{
    struct file_basic basic;
    struct io_status_block io;
    nt_status answer =
        smb_query_file(remote, &io, &basic, sizeof basic, CLASS_FILE_BASIC);

    log_line("SMB open: Wine cannot follow, status=%08X", (unsigned)status);
    return answer != ST_SUCCESS ? answer : status;
}

/*
 * Opens or creates a file on the server, and then, for a handle, what is there
 * by now in the share's folder. Deleting it is the server's task.
 */
static nt_status create_remote(HANDLE *handle, struct smb_opening how,
                               const struct object_attributes *path,
                               struct io_status_block *io)
{
    smb_handle remote;
    ULONG action;
    nt_status status = smb_open(path, &how, &remote, &action);

    if (status != ST_SUCCESS) {
        io->result.status = status;
        return status;
    }
    status = ((open_function)original_open)(
        handle, how.access, path, io, how.sharing,
        how.options & ~(ULONG)OPTION_DELETE_ON_CLOSE);
    if (status != ST_SUCCESS) {
        status = why_not_followed(remote, status);
        smb_close(remote);
        return status;
    }
    io->information = action;
    smb_adopt(*handle, remote, path);
    return ST_SUCCESS;
}

/* \??\X: */
static bool is_drive(const struct object_attributes *path)
{
    const WCHAR *name = path->name ? path->name->buffer : NULL;

    return name && path->name->length == 6 * sizeof(WCHAR) &&
           wcsncmp(name, L"\\??\\", 4) == 0 && name[5] == L':';
}

/*
 * In Wine 10, GetVolumeInformationW opens the drive as a device behind which
 * there is no file of Linux' (in Wine 8, its block device). For a volume that
 * the bridge knows, the root directory takes the device's place.
 */
static void open_root(HANDLE *handle, ACCESS_MASK access,
                      const struct object_attributes *path,
                      struct io_status_block *io, ULONG sharing)
{
    const ULONG synchronous = 0x20;
    WCHAR name[] = L"\\??\\X:\\";
    struct unicode_string root_name = {7 * sizeof(WCHAR), sizeof name, name};
    struct object_attributes root = *path;
    struct bridge_file file;
    HANDLE opened;

    if (file_allows(*handle, 0) == ST_SUCCESS)
        return;
    name[4] = path->name->buffer[4];
    root.name = &root_name;
    if (((open_function)original_open)(&opened, access, &root, io, sharing,
                                       synchronous) != ST_SUCCESS)
        return;
    if (file_open(opened, 0, &file) != ST_SUCCESS || !file.can_clone) {
        ((close_function)original_close)(opened);
        return;
    }
    file_close(&file);
    ((close_function)original_close)(*handle);
    *handle = opened;
}

/*
 * On NTFS, what is marked for deletion cannot be opened, whoever marked it and
 * whatever is asked for; Wine opens it. Passes on how Wine opened a file, and
 * takes back a handle to a marked one.
 */
static nt_status refuse_marked(HANDLE *handle, struct io_status_block *io,
                               nt_status status)
{
    if (status != ST_SUCCESS || !bridge_config.ntfs_rules ||
        io->information == CREATE_CREATED || !file_is_marked_deleted(*handle))
        return status;
    ((close_function)original_close)(*handle);
    *handle = NULL;
    io->result.status = ST_DELETE_PENDING;
    io->information = 0;
    log_line("OPEN status=%08X", ST_DELETE_PENDING);
    return ST_DELETE_PENDING;
}

/* The same for what Wine does not open, or would overwrite. */
static nt_status look_for_mark(const struct object_attributes *path,
                               struct io_status_block *io, nt_status status)
{
    const ULONG share_all =
        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    struct io_status_block found;
    HANDLE handle;

    if (!bridge_config.ntfs_rules ||
        ((open_function)original_open)(&handle, FILE_READ_ATTRIBUTES, path,
                                       &found, share_all, 0) != ST_SUCCESS)
        return status;
    if (refuse_marked(&handle, &found, ST_SUCCESS) == ST_SUCCESS) {
        ((close_function)original_close)(handle);
        return status;
    }
    *io = found;
    return ST_DELETE_PENDING;
}

/* The mark is met before what others share, and before the name is taken. */
static bool may_hide_mark(nt_status status)
{
    return status == ST_SHARING_VIOLATION || status == ST_OBJECT_NAME_COLLISION;
}

static nt_status refuse(struct io_status_block *io)
{
    io->result.status = ST_ACCESS_DENIED;
    io->information = 0;
    return ST_ACCESS_DENIED;
}

static bool overwrites(ULONG disposition)
{
    return disposition == DISPOSITION_SUPERSEDE ||
           disposition == DISPOSITION_OVERWRITE ||
           disposition == DISPOSITION_OVERWRITE_IF;
}

static nt_status WINAPI open(HANDLE *handle, ACCESS_MASK access,
                             const struct object_attributes *path,
                             struct io_status_block *io, ULONG sharing,
                             ULONG options)
{
    struct smb_opening how = {access, sharing, DISPOSITION_OPEN, options};
    struct smb_path absolute;
    nt_status status;

    path = smb_absolute(path, &absolute);
    if (smb_has_path(path))
        return create_remote(handle, how, path, io);
    if (security_refuses(access, path))
        return refuse(io);
    status = ((open_function)original_open)(handle, access, path, io, sharing,
                                            options);
    if (status == ST_SUCCESS && is_drive(path))
        open_root(handle, access, path, io, sharing);
    if (may_hide_mark(status))
        return look_for_mark(path, io, status);
    return refuse_marked(handle, io, status);
}

static nt_status WINAPI close(HANDLE handle)
{
    smb_handle remote = smb_find(handle);

    path_forget_link(handle);
    if (remote) {
        smb_release(handle);
        smb_close(remote);
    }
    return ((close_function)original_close)(handle);
}

/* Without an offset it is for Wine, which keeps the file's position. */
static nt_status WINAPI read(HANDLE handle, HANDLE event, nt_apc_routine apc,
                             void *apc_context, struct io_status_block *io,
                             void *buffer, ULONG size, int64_t *offset,
                             ULONG *key)
{
    smb_handle remote = offset ? smb_find(handle) : 0;

    if (!remote)
        return ((transfer_function)original_read)(
            handle, event, apc, apc_context, io, buffer, size, offset, key);
    smb_read(remote, io, buffer, size, *offset);
    if (event)
        SetEvent(event);
    return io->result.status;
}

static nt_status WINAPI write(HANDLE handle, HANDLE event, nt_apc_routine apc,
                              void *apc_context, struct io_status_block *io,
                              void *buffer, ULONG size, int64_t *offset,
                              ULONG *key)
{
    smb_handle remote = offset ? smb_find(handle) : 0;

    if (!remote)
        return ((transfer_function)original_write)(
            handle, event, apc, apc_context, io, buffer, size, offset, key);
    smb_write(remote, io, buffer, size, *offset);
    if (event)
        SetEvent(event);
    return io->result.status;
}

/*
 * On NTFS, a read-only file can be opened to change its attributes [MS-FSA
 * 2.1.5.1.2.1]. Wine 8 refuses that, but needs no right to change them.
 */
static bool changes_attributes_only(ACCESS_MASK access)
{
    return (access & FILE_WRITE_ATTRIBUTES) &&
           !(access & (FILE_WRITE_DATA | FILE_APPEND_DATA | GENERIC_WRITE |
                       GENERIC_ALL));
}

static nt_status WINAPI create(HANDLE *handle, ACCESS_MASK access,
                               const struct object_attributes *path,
                               struct io_status_block *io,
                               int64_t *allocation_size, ULONG attributes,
                               ULONG sharing, ULONG disposition, ULONG options,
                               void *ea, ULONG ea_size)
{
    struct smb_opening how = {access, sharing, disposition, options};
    struct smb_path absolute;
    nt_status status;

    path = smb_absolute(path, &absolute);
    if (smb_has_path(path))
        return create_remote(handle, how, path, io);
    if (security_refuses(access, path))
        return refuse(io);
    if (overwrites(disposition) &&
        look_for_mark(path, io, ST_SUCCESS) != ST_SUCCESS)
        return ST_DELETE_PENDING;
    status = ((create_function)original_create)(
        handle, access, path, io, allocation_size, attributes, sharing,
        disposition, options, ea, ea_size);
    if (status == ST_ACCESS_DENIED && bridge_config.ntfs_rules &&
        changes_attributes_only(access))
        status = ((create_function)original_create)(
            handle, access & ~(ACCESS_MASK)FILE_WRITE_ATTRIBUTES, path, io,
            allocation_size, attributes, sharing, disposition, options, ea,
            ea_size);
    if (may_hide_mark(status))
        return look_for_mark(path, io, status);
    status = refuse_marked(handle, io, status);
    if (status == ST_SUCCESS)
        path_note_link(*handle, path, options);
    if (status == ST_SUCCESS && (io->information == CREATE_OVERWRITTEN ||
                                 io->information == CREATE_SUPERSEDED))
        file_overwritten(*handle);
    if (status == ST_SUCCESS && io->information == CREATE_CREATED)
        security_created(*handle, path->security);
    return status;
}

static nt_status WINAPI query_volume(HANDLE handle, struct io_status_block *io,
                                     void *buffer, ULONG size, ULONG class)
{
    smb_handle remote = smb_find(handle);
    nt_status status;

    if (remote) {
        status = smb_query_volume(remote, io, buffer, size, class);
    } else {
        status = ((query_function)original_query_volume)(handle, io, buffer,
                                                         size, class);
        status = volume_correct(handle, io, buffer, size, class, status);
    }
    /* what else Wine asks, it takes for true */
    if (class == CLASS_FS_SIZE || class == CLASS_FS_FULL_SIZE)
        status = garble("VOLUME", status, buffer, size, &io->information);
    return status;
}

static nt_status WINAPI query_file(HANDLE handle, struct io_status_block *io,
                                   void *buffer, ULONG size, ULONG class)
{
    smb_handle remote = smb_find(handle);
    nt_status status;

    if (remote && smb_queries_file(class))
        return smb_query_file(remote, io, buffer, size, class);
    status =
        ((query_function)original_query_file)(handle, io, buffer, size, class);
    if (status == ST_SUCCESS || status == ST_BUFFER_OVERFLOW)
        file_information_correct(handle, buffer, size, class);
    if (status == ST_SUCCESS)
        path_correct_link(handle, buffer, size, class);
    return status;
}

/* GetFileAttributesW and GetFileAttributesExW ask by path. */
static nt_status WINAPI
query_basic_by_path(const struct object_attributes *path, void *buffer)
{
    nt_status status;

    if (smb_has_path(path))
        return smb_query_by_path(path, buffer, sizeof(struct file_basic),
                                 CLASS_FILE_BASIC);
    status = ((query_path_function)original_query_basic_by_path)(path, buffer);
    if (status == ST_SUCCESS)
        status = attributes_correct_by_path(path, buffer, CLASS_FILE_BASIC);
    return status;
}

static nt_status WINAPI query_full_by_path(const struct object_attributes *path,
                                           void *buffer)
{
    nt_status status;

    if (smb_has_path(path))
        return smb_query_by_path(path, buffer, sizeof(struct file_network_open),
                                 CLASS_FILE_NETWORK_OPEN);
    status = ((query_path_function)original_query_full_by_path)(path, buffer);
    if (status == ST_SUCCESS)
        status =
            attributes_correct_by_path(path, buffer, CLASS_FILE_NETWORK_OPEN);
    return status;
}

/* Wine's answer, or NTFS', to a request that sets a name. */
static nt_status set_name(HANDLE handle, struct io_status_block *io,
                          void *buffer, ULONG size, ULONG class)
{
    set_file_function wine = (set_file_function)original_set_file;
    nt_status status =
        bridge_config.ntfs_rules
            ? rename_answer(wine, handle, io, buffer, size, class)
            : wine(handle, io, buffer, size, class);

    log_line("NAME class=%u status=%08X", (unsigned)class, (unsigned)status);
    return status;
}

static void note_mark(HANDLE handle, const void *buffer)
{
    if (bridge_config.ntfs_rules)
        file_mark_deleted(handle, *(const BYTE *)buffer & 1);
}

static nt_status WINAPI set_file(HANDLE handle, struct io_status_block *io,
                                 void *buffer, ULONG size, ULONG class)
{
    const UINT exit_code_killed = 137;
    smb_handle remote = smb_find(handle);
    nt_status status;

    if (sets_name(class) && bridge_config.killed_at_rename)
        TerminateProcess(GetCurrentProcess(), exit_code_killed);
    if (remote && smb_sets_file(class))
        return smb_set_file(remote, io, buffer, size, class);
    if (class == CLASS_FILE_END_OF_FILE && size >= sizeof(int64_t) &&
        file_grow(handle, *(const int64_t *)buffer, &status)) {
        io->result.status = status;
        io->information = 0;
        return status;
    }
    if (sets_name(class))
        return set_name(handle, io, buffer, size, class);
    status =
        ((query_function)original_set_file)(handle, io, buffer, size, class);
    if (status == ST_SUCCESS && marks_for_deletion(class))
        note_mark(handle, buffer);
    return status;
}

static nt_status WINAPI flush(HANDLE handle, struct io_status_block *io)
{
    smb_handle remote = smb_find(handle);
    struct bridge_file file;
    nt_status status;

    if (remote)
        return smb_flush(remote, io);
    status = ((flush_function)original_flush)(handle, io);
    if (file_open(handle, 0, &file) != ST_SUCCESS)
        return status;
    if (file_is_data(&file))
        log_line("FLUSH status=%08X", (unsigned)status);
    if (bridge_config.profile->zeros_unless_flushed && file.can_clone &&
        file_is_data(&file) && status == ST_SUCCESS)
        file_mark_flushed(&file);
    file_close(&file);
    return status;
}

static nt_status WINAPI query_security(HANDLE handle, ULONG information,
                                       void *descriptor, ULONG size,
                                       ULONG *needed)
{
    query_security_function wine =
        (query_security_function)original_query_security;

    if (smb_find(handle))
        return wine(handle, information, descriptor, size, needed);
    return security_query(wine, handle, information, descriptor, size, needed);
}

static nt_status WINAPI set_security(HANDLE handle, ULONG information,
                                     const void *descriptor)
{
    set_security_function wine = (set_security_function)original_set_security;

    if (smb_find(handle))
        return wine(handle, information, descriptor);
    return security_set(wine, handle, information, descriptor);
}

static const struct hook hooks[] = {
    {"NtFsControlFile", (hook_function)fs_control, &original_fs_control},
    {"NtDeviceIoControlFile", (hook_function)device_control,
     &original_device_control},
    {"NtCreateFile", (hook_function)create, &original_create},
    {"NtOpenFile", (hook_function)open, &original_open},
    {"NtClose", (hook_function)close, &original_close},
    {"NtReadFile", (hook_function)read, &original_read},
    {"NtWriteFile", (hook_function)write, &original_write},
    {"NtQueryVolumeInformationFile", (hook_function)query_volume,
     &original_query_volume},
    {"NtQueryInformationFile", (hook_function)query_file, &original_query_file},
    {"NtQueryAttributesFile", (hook_function)query_basic_by_path,
     &original_query_basic_by_path},
    {"NtQueryFullAttributesFile", (hook_function)query_full_by_path,
     &original_query_full_by_path},
    {"NtSetInformationFile", (hook_function)set_file, &original_set_file},
    {"NtFlushBuffersFile", (hook_function)flush, &original_flush},
    {"NtQuerySecurityObject", (hook_function)query_security,
     &original_query_security},
    {"NtSetSecurityObject", (hook_function)set_security,
     &original_set_security},
};

/* Refusing to load is how the launcher learns that something is amiss. */
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)reserved;
    if (reason != DLL_PROCESS_ATTACH)
        return TRUE;
    DisableThreadLibraryCalls(instance);
    return config_read() && file_startup() && path_startup() &&
           volume_startup() && rename_startup() && security_startup() &&
           smb_startup() && hook_install(hooks, sizeof hooks / sizeof hooks[0]);
}
