/*
 * What the files of src/win32 share: the open file, and the way from a path
 * as the user wrote it to one as the system takes it.
 */
#ifndef REFLINK_WIN32_WIN32_H
#define REFLINK_WIN32_WIN32_H

#include "core/os.h"
#include "sdk.h"

struct os_file {
    HANDLE handle;
};

/*
 * The code of a Win32 function that has just failed. Some fail and leave it 0,
 * which would be success to all who get it: that is ERROR_GEN_FAILURE.
 */
os_error win32_last_error(void);

/*
 * The full path of `path` in the form that has no limit on its length
 * (`\\?\...`); what is in that form already, and devices, stay as they are.
 * The caller frees `*full`.
 */
os_error win32_full_path(const wchar_t *path, wchar_t **full);

/*
 * Switches a privilege on for this thread alone, which then goes on under a
 * copy of its token. False, and nothing is changed, if the user does not have
 * it. Else it is due to be dropped: then the thread has the token again that it
 * had before, which `*saved` is, NULL if it was the process's.
 */
bool win32_take_privilege(const wchar_t *name, HANDLE *saved);
void win32_drop_privilege(HANDLE saved);

/* DeviceIoControl on an open file. `returned` may be NULL. */
os_error win32_control(struct os_file *file, DWORD code, void *in,
                       DWORD in_size, void *out, DWORD out_size,
                       DWORD *returned);

/* GetFinalPathNameByHandleW with these flags; the caller frees `*full`. */
os_error win32_final_path(HANDLE handle, DWORD flags, wchar_t **full);

#endif
