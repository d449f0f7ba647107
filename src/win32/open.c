/*
 * Opens files and directories: by path, or by name in an open directory.
 *
 * A name in an open directory is found from there on; NT follows no path to the
 * directory again. The client of a server, however, sends the full path from
 * the share's root [MS-SMB2 2.2.13], which the server follows.
 */
#include "answers.h"
#include "win32.h"

#include <stdlib.h>
#include <string.h>

/*
 * The access rights are those that a clone request and SET_INTEGRITY require
 * [MS-FSA 2.1.5.10.4, 2.1.5.10.33]. A link in place of a new DEST is never
 * followed. Files that are read or written from start to end are opened for
 * sequential access, so that the system reads ahead and need not keep all of
 * them in its cache [CreateFileW, caching behavior].
 */
static const struct win32_opening openings[] = {
    [OS_OPEN_LOOK] = {FILE_READ_ATTRIBUTES,
                      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                      OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, false},
    [OS_OPEN_SOURCE] = {FILE_READ_DATA | FILE_READ_ATTRIBUTES | FILE_READ_EA,
                        FILE_SHARE_READ | FILE_SHARE_DELETE, OPEN_EXISTING,
                        FILE_FLAG_SEQUENTIAL_SCAN, false},
    [OS_OPEN_SOURCE_SHARED] = {FILE_READ_DATA | FILE_READ_ATTRIBUTES |
                                   FILE_READ_EA,
                               FILE_SHARE_READ | FILE_SHARE_WRITE |
                                   FILE_SHARE_DELETE,
                               OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, false},
    [OS_CREATE_NEW] = {GENERIC_READ | GENERIC_WRITE | DELETE, 0, CREATE_NEW,
                       FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_SEQUENTIAL_SCAN,
                       false},
    [OS_OPEN_SOURCE_DIRECTORY] = {FILE_READ_ATTRIBUTES | FILE_READ_EA,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE |
                                      FILE_SHARE_DELETE,
                                  OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS,
                                  false},
    [OS_OPEN_DIRECTORY] =
        {FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | FILE_WRITE_EA,
         FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, OPEN_EXISTING,
         FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, false},
    /* shares everything: the file's own handle may delete it; a directory in a
       link's place may have become one */
    [OS_CREATE_STREAM] = {GENERIC_WRITE,
                          FILE_SHARE_READ | FILE_SHARE_WRITE |
                              FILE_SHARE_DELETE,
                          OPEN_ALWAYS, FILE_FLAG_OPEN_REPARSE_POINT, false},
    /* rights that no sharing mode is about, so an exclusively opened file can
       be opened, too [MS-FSA 2.1.5.1.2.2] */
    [OS_OPEN_SECURITY] = {READ_CONTROL | WRITE_DAC,
                          FILE_SHARE_READ | FILE_SHARE_WRITE |
                              FILE_SHARE_DELETE,
                          OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, false},
    [OS_OPEN_DELETE] = {FILE_READ_ATTRIBUTES | DELETE,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                        OPEN_EXISTING,
                        FILE_FLAG_OPEN_REPARSE_POINT |
                            FILE_FLAG_BACKUP_SEMANTICS,
                        false},
    /* the right that CreateHardLinkW asks for [Project Zero, "Between a Rock
       and a Hard Link"]; no sharing mode is about it */
    [OS_OPEN_TO_LINK] = {FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES,
                         FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                         OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, false},
    [OS_OPEN_IN_PLACE] = {GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ,
                          OPEN_EXISTING, 0, false},
};

/* --- by the names of NT --------------------------------------------------- */

os_error win32_nt_name(const wchar_t *full, bool in_directory, wchar_t **name)
{
    bool is_device = wcsncmp(full, L"\\\\.\\", 4) == 0;
    const wchar_t *last = wcsrchr(full, L'\\');
    const wchar_t *from = in_directory && last != NULL ? last + 1 : full;
    size_t length = wcslen(from);
    if (in_directory && (is_device || length == 0))
        return ERROR_INVALID_NAME;
    *name = malloc((length + 1) * sizeof **name);
    if (*name == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    wmemcpy(*name, from, length + 1);
    /* `\\?\` or `\\.\`, with which full paths begin, is `\??\` here */
    if (!in_directory && length > 2)
        (*name)[1] = (*name)[2] = L'?';
    return 0;
}

static LONG create_file(struct sdk_object_attributes *attributes,
                        const struct win32_nt_opening *how, HANDLE *handle)
{
    struct sdk_io_status status;
    memset(&status, 0, sizeof status);
    return NtCreateFile(
        handle, how->access | FILE_READ_ATTRIBUTES | SYNCHRONIZE, attributes,
        &status, NULL, how->attributes, how->share, how->disposition,
        how->options | SDK_OPTION_SYNCHRONOUS, NULL, 0);
}

/*
 * Uses NtCreateFile, because no function of Win32 opens a name in an open
 * directory, or creates a directory and opens it in one step. With `no_link`,
 * no reparse point is followed [OBJECT_ATTRIBUTES, OBJ_DONT_REPARSE; Go's
 * os.Root, golang/go #73080]. That is about what the object manager would
 * parse again; the reparse points of clouds and the like never get so far,
 * since a filter of the file system handles them.
 */
os_error win32_nt_open(struct os_file *directory, const wchar_t *full,
                       const struct win32_nt_opening *how, HANDLE *handle)
{
    enum { LONGEST = 32766 }; /* bytes of a UNICODE_STRING, in characters */
    wchar_t *text = NULL;
    os_error error = win32_nt_name(full, directory != NULL, &text);
    if (error != 0)
        return error;
    size_t length = wcslen(text);
    if (length > LONGEST) {
        free(text);
        return ERROR_FILENAME_EXCED_RANGE;
    }
    USHORT bytes = (USHORT)(length * sizeof *text);
    struct sdk_unicode_string name = {bytes, bytes, text};
    struct sdk_object_attributes attributes = {
        sizeof attributes,
        directory != NULL ? directory->handle : NULL,
        &name,
        SDK_CASE_INSENSITIVE | (how->no_link ? SDK_DONT_REPARSE : 0),
        NULL,
        NULL};
    LONG result = create_file(&attributes, how, handle);
    /* a Windows that does not know the flag */
    if (result == SDK_STATUS_INVALID_PARAMETER && how->no_link) {
        attributes.attributes = SDK_CASE_INSENSITIVE;
        result = create_file(&attributes, how, handle);
    }
    free(text);
    if (result == SDK_STATUS_REPARSE_POINT_ENCOUNTERED)
        return ERROR_REPARSE_POINT_ENCOUNTERED;
    return result >= 0 ? 0 : RtlNtStatusToDosError(result);
}

/* Does what CreateFileW does with such flags. */
static os_error open_in(struct os_file *directory, const wchar_t *full,
                        const struct win32_opening *how, HANDLE *handle)
{
    struct win32_nt_opening nt = {
        how->access,           how->share,  SDK_OPEN, 0,
        FILE_ATTRIBUTE_NORMAL, how->no_link};
    if (how->disposition == CREATE_NEW)
        nt.disposition = SDK_CREATE;
    else if (how->disposition == OPEN_ALWAYS)
        nt.disposition = SDK_OPEN_IF;
    nt.options = how->flags & FILE_FLAG_BACKUP_SEMANTICS
                     ? SDK_OPTION_FOR_BACKUP
                     : SDK_OPTION_NON_DIRECTORY;
    if (how->flags & FILE_FLAG_OPEN_REPARSE_POINT)
        nt.options |= SDK_OPTION_REPARSE_POINT;
    if (how->flags & FILE_FLAG_SEQUENTIAL_SCAN)
        nt.options |= SDK_OPTION_SEQUENTIAL;
    if (how->flags & FILE_FLAG_DELETE_ON_CLOSE)
        nt.options |= SDK_OPTION_DELETE_ON_CLOSE;
    if (how->flags & FILE_ATTRIBUTE_ENCRYPTED)
        nt.attributes = FILE_ATTRIBUTE_ENCRYPTED;
    os_error error = win32_nt_open(directory, full, &nt, handle);
    return error == ERROR_ALREADY_EXISTS && how->disposition == CREATE_NEW
               ? ERROR_FILE_EXISTS
               : error;
}

/* --- files ---------------------------------------------------------------- */

/*
 * GetFileType queries the volume and can fail. It then returns
 * FILE_TYPE_UNKNOWN and sets an error [GetFileType], for example when the
 * connection has just been lost.
 */
os_error win32_open(struct os_file *directory, const wchar_t *path,
                    const struct win32_opening *how, HANDLE *handle)
{
    wchar_t *full = NULL;
    os_error error = win32_full_path(path, &full);
    if (error != 0)
        return error;
    if (directory != NULL) {
        error = open_in(directory, full, how, handle);
    } else {
        *handle = CreateFileW(full, how->access, how->share, NULL,
                              how->disposition, how->flags, NULL);
        error = *handle == INVALID_HANDLE_VALUE ? win32_last_error() : 0;
    }
    free(full);
    /* CREATE_NEW always creates a file, never a device or pipe */
    if (error != 0 || how->disposition == CREATE_NEW)
        return error;
    SetLastError(NO_ERROR);
    DWORD type = GetFileType(*handle);
    if (type == FILE_TYPE_DISK)
        return 0;
    error = type == FILE_TYPE_UNKNOWN ? GetLastError() : 0;
    CloseHandle(*handle);
    return error != 0 ? error : ERROR_INVALID_FUNCTION;
}

os_error os_open_at(struct os_file *directory, const wchar_t *path,
                    unsigned intent, struct os_file **file)
{
    unsigned base = intent & OS_INTENT_MASK;
    struct win32_opening how = openings[base];
    struct os_file *opened = malloc(sizeof *opened);
    if (opened == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (intent & OS_WITH_SECURITY) {
        how.access |= READ_CONTROL;
        if (base == OS_CREATE_NEW || base == OS_OPEN_DIRECTORY)
            how.access |= WRITE_DAC | WRITE_OWNER;
    }
    if (intent & OS_WITH_OWNER)
        how.access |= WRITE_OWNER;
    if (intent & OS_ENCRYPTED)
        how.flags |= FILE_ATTRIBUTE_ENCRYPTED;
    if (intent & OS_TEMPORARY)
        how.flags |= FILE_FLAG_DELETE_ON_CLOSE;
    how.no_link = (intent & OS_NO_LINK) != 0;
    os_error error = win32_open(directory, path, &how, &opened->handle);
    if (error == ERROR_ACCESS_DENIED && (how.access & WRITE_OWNER)) {
        /* The owner of a directory may set its permissions but not always its
           owner, and the owner may already be correct. */
        how.access &= ~(DWORD)WRITE_OWNER;
        error = win32_open(directory, path, &how, &opened->handle);
    }
    if (error != 0) {
        free(opened);
        return error;
    }
    *file = opened;
    return 0;
}

os_error os_open(const wchar_t *path, unsigned intent, struct os_file **file)
{
    return os_open_at(NULL, path, intent, file);
}

/*
 * Whether reads and writes are complete when they return, and may begin and end
 * anywhere. No function of Win32 tells how a handle was opened.
 */
static bool is_plain(HANDLE handle)
{
    struct sdk_io_status status;
    ULONG mode = 0;
    return NtQueryInformationFile(handle, &status, &mode, sizeof mode,
                                  SDK_FILE_MODE) >= 0 &&
           (mode & (SDK_OPTION_SYNCHRONOUS | SDK_OPTION_SYNCHRONOUS_ALERT)) !=
               0 &&
           (mode & SDK_OPTION_UNBUFFERED) == 0;
}

os_error os_use_handle(void *handle, struct os_file **file)
{
    HANDLE process = GetCurrentProcess();
    if (GetFileType(handle) != FILE_TYPE_DISK)
        return ERROR_INVALID_FUNCTION;
    if (!is_plain(handle))
        return ERROR_INVALID_PARAMETER;
    struct os_file *used = malloc(sizeof *used);
    if (used == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!DuplicateHandle(process, handle, process, &used->handle, 0, FALSE,
                         DUPLICATE_SAME_ACCESS)) {
        os_error error = win32_last_error();
        free(used);
        return error;
    }
    *file = used;
    return 0;
}

void os_close(struct os_file *file)
{
    if (file == NULL)
        return;
    CloseHandle(file->handle);
    free(file);
}

/* --- directories ---------------------------------------------------------- */

/*
 * Whether the directory has a reparse point, and leads to another place by it
 * (os_entry.is_link). The tag is 0 where it is unknown.
 */
static os_error query_reparse(HANDLE handle, enum os_found *found)
{
    FILE_ATTRIBUTE_TAG_INFO info = {0};
    FILE_BASIC_INFO basic;
    if (!GetFileInformationByHandleEx(handle, FileAttributeTagInfo, &info,
                                      sizeof info)) {
        if (!GetFileInformationByHandleEx(handle, FileBasicInfo, &basic,
                                          sizeof basic))
            return win32_last_error();
        info.FileAttributes = basic.FileAttributes;
        info.ReparseTag = 0;
    }
    if ((info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0)
        *found = OS_FOUND_DIRECTORY;
    else if (info.ReparseTag == 0 || answers_is_name_surrogate(info.ReparseTag))
        *found = OS_FOUND_LINK;
    else
        *found = OS_FOUND_REPARSE;
    return 0;
}

static const struct win32_nt_opening holding = {
    FILE_LIST_DIRECTORY | FILE_TRAVERSE,
    FILE_SHARE_READ | FILE_SHARE_WRITE,
    SDK_CREATE,
    SDK_OPTION_DIRECTORY | SDK_OPTION_FOR_BACKUP | SDK_OPTION_REPARSE_POINT,
    FILE_ATTRIBUTE_NORMAL,
    false};

/*
 * A directory that the user may not list, or that another program has open for
 * deletion, is opened for its attributes only. Then no sharing mode holds it
 * [MS-FSA 2.1.5.1.2.2], but entries are found in it all the same.
 */
static os_error open_existing(struct os_file *parent, const wchar_t *full,
                              bool follow, HANDLE *handle, enum os_found *found)
{
    struct win32_nt_opening how = holding;
    how.disposition = SDK_OPEN;
    if (follow)
        how.options &= ~(ULONG)SDK_OPTION_REPARSE_POINT;
    os_error error = win32_nt_open(parent, full, &how, handle);
    if (error == ERROR_ACCESS_DENIED || error == ERROR_SHARING_VIOLATION) {
        how.access = FILE_READ_ATTRIBUTES;
        how.share |= FILE_SHARE_DELETE;
        error = win32_nt_open(parent, full, &how, handle);
    }
    if (error != 0)
        return error == ERROR_DIRECTORY ? ERROR_ALREADY_EXISTS : error;
    *found = OS_FOUND_DIRECTORY;
    if (!follow)
        error = query_reparse(*handle, found);
    if (error != 0 || *found == OS_FOUND_LINK) {
        CloseHandle(*handle);
        *handle = NULL;
    }
    return error;
}

/*
 * Without OS_DIRECTORY_FOLLOW, FILE_OPEN_IF would do in one request; but with
 * it, FILE_OPEN_IF would create the target of a link that has none.
 */
static os_error open_full(struct os_file *parent, const wchar_t *full,
                          unsigned flags, HANDLE *handle, enum os_found *found)
{
    os_error refused = ERROR_ALREADY_EXISTS;
    if (flags & OS_DIRECTORY_CREATE) {
        refused = win32_nt_open(parent, full, &holding, handle);
        *found = OS_FOUND_NOTHING;
        /* a root, which always exists, is refused with the latter */
        if (refused != ERROR_ALREADY_EXISTS && refused != ERROR_ACCESS_DENIED)
            return refused;
    }
    os_error error = open_existing(
        parent, full, (flags & OS_DIRECTORY_FOLLOW) != 0, handle, found);
    bool missing =
        error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND;
    return missing && (flags & OS_DIRECTORY_CREATE) ? refused : error;
}

os_error os_open_directory(struct os_file *parent, const wchar_t *path,
                           unsigned flags, struct os_file **directory,
                           enum os_found *found)
{
    HANDLE handle = NULL;
    wchar_t *full = NULL;
    *directory = NULL;
    os_error error = win32_full_path(path, &full);
    struct os_file *opened = error == 0 ? malloc(sizeof *opened) : NULL;
    if (error == 0 && opened == NULL)
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (error == 0)
        error = open_full(parent, full, flags, &handle, found);
    free(full);
    if (error != 0 || *found == OS_FOUND_LINK) {
        free(opened);
        return error;
    }
    opened->handle = handle;
    *directory = opened;
    return 0;
}
