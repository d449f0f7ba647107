/*
 * What the files of src/win32 share: the open file, and conversion of the
 * user's paths to full ones.
 */
#ifndef REFLINK_WIN32_WIN32_H
#define REFLINK_WIN32_WIN32_H

#include "core/os.h"
#include "sdk.h"

struct os_file {
    HANDLE handle;
};

/*
 * Returns the code of a Win32 function that has just failed. Some fail with
 * code 0, which callers would take for success; returns ERROR_GEN_FAILURE then.
 */
os_error win32_last_error(void);

/*
 * Returns the full path of `path` in the form without a length limit
 * (`\\?\...`). Paths that have this form, and devices, are unchanged. The
 * caller frees `*full`.
 */
os_error win32_full_path(const wchar_t *path, wchar_t **full);

/* What a file is opened for; as for CreateFileW. */
struct win32_opening {
    DWORD access;
    DWORD share;
    DWORD disposition; /* CREATE_NEW, OPEN_EXISTING or OPEN_ALWAYS */
    DWORD flags;
    bool no_link; /* of OS_NO_LINK; ignored without a directory */
};

/*
 * Opens `path`, or its last part in `directory` if that is not NULL. The caller
 * closes `*handle`. Refuses a device or pipe with ERROR_INVALID_FUNCTION.
 */
os_error win32_open(struct os_file *directory, const wchar_t *path,
                    const struct win32_opening *how, HANDLE *handle);

/* The same for NtCreateFile. */
struct win32_nt_opening {
    DWORD access; /* besides FILE_READ_ATTRIBUTES and SYNCHRONIZE */
    DWORD share;
    ULONG disposition; /* SDK_OPEN, ... */
    ULONG options;     /* SDK_OPTION_* besides SDK_OPTION_SYNCHRONOUS */
    ULONG attributes;
    bool no_link; /* a link is not followed, but an error */
};

/*
 * Opens `full`, a full path, or its last part in `directory`. Errors are those
 * of CreateFileW, except ERROR_ALREADY_EXISTS for a file that must not exist.
 */
os_error win32_nt_open(struct os_file *directory, const wchar_t *full,
                       const struct win32_nt_opening *how, HANDLE *handle);

/*
 * Returns what the functions of NT take for `full`, a full path: its last part
 * if that is to be found in an open directory, else all of it. The caller frees
 * `*name`. ERROR_INVALID_NAME: a device, which is in no directory.
 */
os_error win32_nt_name(const wchar_t *full, bool in_directory, wchar_t **name);

/*
 * Enables a privilege for this thread only, which then uses a copy of its
 * token. Returns false and changes nothing if the user does not have the
 * privilege. Otherwise the caller restores the previous token with
 * win32_restore_token(*saved); `*saved` is NULL if it was that of the process.
 */
bool win32_enable_privilege(const wchar_t *name, HANDLE *saved);

/* Restores the token that win32_enable_privilege saved, and closes `saved`. */
void win32_restore_token(HANDLE saved);

/* Prepares what win32_ctrl_c_pressed sets. Returns false if the system does not
   allow that. */
bool win32_watch_ctrl_c(void);

/* Cancels what the program does; returns how often that was asked for. */
LONG win32_ctrl_c_pressed(void);

/* Calls DeviceIoControl on an open file. `returned` may be NULL. */
os_error win32_control(struct os_file *file, DWORD code, void *in,
                       DWORD in_size, void *out, DWORD out_size,
                       DWORD *returned);

/* Calls GetFinalPathNameByHandleW with `flags`. The caller frees `*full`. */
os_error win32_final_path(HANDLE handle, DWORD flags, wchar_t **full);

#endif
