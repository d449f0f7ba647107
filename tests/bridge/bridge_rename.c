/* Renaming and linking by NTFS' rules; bridge_rename.h has them. */
#include "bridge_rename.h"

#include "bridge_config.h"
#include "bridge_file.h"
#include "bridge_linux.h"
#include "bridge_path.h"
#include "bridge_status.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE_INSENSITIVE 0x40u /* OBJECT_ATTRIBUTES */

typedef nt_status(WINAPI *open_file_function)(
    HANDLE *handle, ACCESS_MASK access, const struct object_attributes *path,
    struct io_status_block *io, ULONG sharing, ULONG options);
static open_file_function open_file;

struct name_request {
    set_file_function set_file;
    HANDLE handle;
    struct io_status_block *io;
    const struct file_name_information *info;
    ULONG size; /* of `info` */
    bool links; /* else it renames */
    bool is_ex;
    bool replaces;
    bool posix;
    bool ignores_readonly;
};

/* What bears the name that is asked for. */
struct target {
    struct unicode_string name;
    struct object_attributes path;
    struct linux_path unix_path;
    bool replaceable; /* a file that is there, and is another one */
    struct linux_stat st;
};

bool rename_startup(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC found_open = GetProcAddress(ntdll, "NtOpenFile");

    memcpy(&open_file, &found_open, sizeof open_file);
    return open_file != NULL;
}

/* A symbolic link is replaced without a look at what it leads to: Wine, which
 * opens that, would judge the wrong file. */
static void find_target(const struct name_request *request,
                        const struct bridge_file *file, struct target *target)
{
    const struct file_name_information *info = request->info;

    target->name = (struct unicode_string){(USHORT)info->name_length,
                                           (USHORT)info->name_length,
                                           (WCHAR *)(uintptr_t)info->name};
    target->path = (struct object_attributes){
        .size = sizeof target->path,
        .root = info->root,
        .name = &target->name,
        .attributes = CASE_INSENSITIVE,
    };
    target->replaceable =
        path_find(&target->path, &target->unix_path) &&
        linux_lstat(target->unix_path.text, &target->st) == 0 &&
        (target->st.mode & LINUX_S_IFMT) == LINUX_S_IFREG &&
        (target->st.device != file->st.device ||
         target->st.inode != file->st.inode);
}

static bool is_readonly(const struct target *target)
{
    return (target->st.mode & 0222) == 0;
}

/* Whether somebody has it open, to read, write or delete it, and does not share
 * DELETE. Wine's server knows. */
static bool is_unshared(const struct target *target)
{
    const ULONG share_all =
        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    struct io_status_block io;
    HANDLE handle;
    nt_status status =
        open_file(&handle, DELETE, &target->path, &io, share_all, 0);

    if (status == ST_SUCCESS)
        CloseHandle(handle);
    return status == ST_SHARING_VIOLATION;
}

/* Without POSIX semantics, what is open is not replaced: that is Wine's rule,
 * too. */
static nt_status judge_target(const struct name_request *request,
                              const struct target *target)
{
    if (!target->replaceable)
        return ST_SUCCESS;
    if (is_readonly(target) && !request->ignores_readonly)
        return ST_ACCESS_DENIED;
    if (file_is_marked_deleted_at(target->unix_path.text))
        return ST_DELETE_PENDING;
    if (request->posix && is_unshared(target))
        return ST_SHARING_VIOLATION;
    return ST_SUCCESS;
}

static nt_status judge(const struct name_request *request,
                       const struct bridge_file *file, struct target *target)
{
    if (request->is_ex && bridge_config.profile->name_ex_status != ST_SUCCESS)
        return bridge_config.profile->name_ex_status;
    if (!request->links && !(file_rights(request->handle) & DELETE))
        return ST_ACCESS_DENIED;
    if (file_is_marked_deleted(request->handle))
        return ST_ACCESS_DENIED;
    /* what does not replace is spared the search: Wine reads all of a folder
       to find out that a name is free */
    if (!request->replaces)
        return ST_SUCCESS;
    find_target(request, file, target);
    return judge_target(request, target);
}

/* The older form of the request, which every Wine knows. */
static nt_status set_name(const struct name_request *request)
{
    struct file_name_information *older = malloc(request->size);
    nt_status status;

    if (!older)
        return ST_INSUFFICIENT_RESOURCES;
    memcpy(older, request->info, request->size);
    older->flags = request->replaces;
    status =
        request->set_file(request->handle, request->io, older, request->size,
                          request->links ? CLASS_FILE_LINK : CLASS_FILE_RENAME);
    free(older);
    return status;
}

/* Copies the target's bytes to a new file beside it, `path`. */
static bool copy_target(const struct target *target, const char *path)
{
    int from =
        linux_open(target->unix_path.text, LINUX_O_RDONLY | LINUX_O_CLOEXEC, 0);
    int to = linux_open(
        path, LINUX_O_WRONLY | LINUX_O_CREAT | LINUX_O_EXCL | LINUX_O_CLOEXEC,
        0644);
    bool copied = from >= 0 && to >= 0 &&
                  (target->st.size == 0 ||
                   linux_clone_range(from, 0, target->st.size, to, 0) == 0);

    if (from >= 0)
        linux_close(from);
    if (to >= 0)
        linux_close(to);
    return copied;
}

/*
 * Wine's server never replaces a file that it has open, and Wine 10's no
 * read-only one. So a copy takes the target's place, in one step and without
 * the server's knowledge; the open handles keep the old file, which has no name
 * any more, and whoever opens the name meanwhile finds the same bytes.
 */
static bool detach_target(const struct target *target)
{
    static volatile LONG number;
    char path[PATH_SIZE + 128];
    const char *old = target->unix_path.text;
    size_t folder = (size_t)(strrchr(old, '/') - old);
    bool detached;

    snprintf(path, sizeof path, "%.*s/.bridge-%lu-%lu", (int)folder, old,
             (unsigned long)GetCurrentProcessId(),
             (unsigned long)InterlockedIncrement(&number));
    detached = copy_target(target, path) && linux_rename(path, old) == 0;
    if (!detached)
        linux_unlink(path);
    return detached;
}

static nt_status carry_out(const struct name_request *request,
                           const struct target *target)
{
    nt_status status = set_name(request);

    if (status == ST_ACCESS_DENIED && target->replaceable &&
        (request->posix || is_readonly(target)) && detach_target(target))
        status = set_name(request);
    return status;
}

static nt_status answer(const struct name_request *request,
                        const struct bridge_file *file)
{
    struct target *target = calloc(1, sizeof *target);
    nt_status status = ST_INSUFFICIENT_RESOURCES;

    if (target) {
        status = judge(request, file, target);
        if (status == ST_SUCCESS)
            status = carry_out(request, target);
        path_close(&target->unix_path);
    }
    free(target);
    request->io->result.status = status;
    return status;
}

/* The older form has one byte, and behind it may be anything. */
static void read_flags(struct name_request *request)
{
    ULONG flags = request->info->flags;

    if (!request->is_ex)
        flags = flags & 0xff ? NAME_REPLACE : 0;
    request->replaces = flags & NAME_REPLACE;
    request->posix = flags & NAME_POSIX;
    request->ignores_readonly = flags & NAME_IGNORE_READONLY;
}

nt_status rename_answer(set_file_function set_file, HANDLE handle,
                        struct io_status_block *io, void *buffer, ULONG size,
                        ULONG class)
{
    const ULONG head = offsetof(struct file_name_information, name);
    const struct file_name_information *info = buffer;
    struct name_request request = {
        .set_file = set_file,
        .handle = handle,
        .io = io,
        .info = info,
        .size = size,
        .links = class == CLASS_FILE_LINK || class == CLASS_FILE_LINK_EX,
        .is_ex = class == CLASS_FILE_RENAME_EX || class == CLASS_FILE_LINK_EX,
    };
    struct bridge_file file;
    nt_status status;

    if (size < head || info->name_length > size - head ||
        file_open(handle, 0, &file) != ST_SUCCESS)
        return set_file(handle, io, buffer, size, class);
    read_flags(&request);
    status = file.can_clone ? answer(&request, &file)
                            : set_file(handle, io, buffer, size, class);
    file_close(&file);
    return status;
}
