/* Names, and links to directories; bridge_path.h has the rules. */
#include "bridge_path.h"

#include "bridge_linux.h"
#include "bridge_status.h"

#include <stdio.h>
#include <string.h>

#define OPTIONS_OF_A_LINK                                                      \
    0x200001u /* a directory, the reparse point itself                         \
               */
#define TAG_SYMLINK 0xA000000Cu

typedef nt_status(WINAPI *unix_name_function)(
    const struct object_attributes *path, char *name, ULONG *size,
    ULONG disposition);

static unix_name_function unix_name;

static struct {
    SRWLOCK lock;
    HANDLE handles[64]; /* NULL: free */
} links = {.lock = SRWLOCK_INIT};

bool path_startup(void)
{
    FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll.dll"),
                                   "wine_nt_to_unix_file_name");

    memcpy(&unix_name, &found, sizeof unix_name);
    return unix_name != NULL;
}

/* Wine's answer for a name in an open directory begins there, too. */
bool path_find(const struct object_attributes *name, struct linux_path *path)
{
    char text[PATH_SIZE];
    ULONG size = sizeof text;

    memset(path, 0, sizeof *path);
    if (unix_name(name, text, &size, DISPOSITION_OPEN) != ST_SUCCESS)
        return false;
    path->has_root = name->root && text[0] != '/' &&
                     file_open(name->root, 0, &path->root) == ST_SUCCESS;
    if (path->has_root)
        snprintf(path->text, sizeof path->text, "/proc/self/fd/%d/%s",
                 path->root.fd, text);
    else
        snprintf(path->text, sizeof path->text, "%s", text);
    return true;
}

void path_close(struct linux_path *path)
{
    if (path->has_root)
        file_close(&path->root);
    path->has_root = false;
}

static void replace(HANDLE from, HANDLE to)
{
    AcquireSRWLockExclusive(&links.lock);
    for (size_t i = 0; i < sizeof links.handles / sizeof *links.handles; i++) {
        if (links.handles[i] == from) {
            links.handles[i] = to;
            break;
        }
    }
    ReleaseSRWLockExclusive(&links.lock);
}

void path_note_link(HANDLE handle, const struct object_attributes *name,
                    ULONG options)
{
    struct linux_path path;
    struct linux_stat st;

    if ((options & OPTIONS_OF_A_LINK) != OPTIONS_OF_A_LINK)
        return;
    if (path_find(name, &path) && linux_lstat(path.text, &st) == 0 &&
        (st.mode & LINUX_S_IFMT) == LINUX_S_IFLNK)
        replace(NULL, handle);
    path_close(&path);
}

void path_forget_link(HANDLE handle)
{
    if (handle)
        replace(handle, NULL);
}

static bool is_link(HANDLE handle)
{
    bool found = false;

    AcquireSRWLockShared(&links.lock);
    for (size_t i = 0; i < sizeof links.handles / sizeof *links.handles; i++)
        found = found || (handle && links.handles[i] == handle);
    ReleaseSRWLockShared(&links.lock);
    return found;
}

void path_correct_link(HANDLE handle, void *buffer, ULONG size, ULONG class)
{
    struct file_attribute_tag *tag = buffer;

    if (class != CLASS_FILE_ATTRIBUTE_TAG || size < sizeof *tag ||
        !is_link(handle))
        return;
    tag->attributes |= FILE_ATTRIBUTE_REPARSE_POINT;
    tag->reparse_tag = TAG_SYMLINK;
}
