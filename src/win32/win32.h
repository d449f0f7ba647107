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

/*
 * Enables a privilege for this thread only, which then uses a copy of its
 * token. Returns false and changes nothing if the user does not have the
 * privilege. Otherwise the caller restores the previous token with
 * win32_restore_token(*saved); `*saved` is NULL if it was that of the process.
 */
bool win32_enable_privilege(const wchar_t *name, HANDLE *saved);

/* Restores the token that win32_enable_privilege saved, and closes `saved`. */
void win32_restore_token(HANDLE saved);

/* Calls DeviceIoControl on an open file. `returned` may be NULL. */
os_error win32_control(struct os_file *file, DWORD code, void *in,
                       DWORD in_size, void *out, DWORD out_size,
                       DWORD *returned);

/* Calls GetFinalPathNameByHandleW with `flags`. The caller frees `*full`. */
os_error win32_final_path(HANDLE handle, DWORD flags, wchar_t **full);

#endif
