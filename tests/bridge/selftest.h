/* What the files of selftest.exe share; selftest.c says what it is. */
#ifndef SELFTEST_H
#define SELFTEST_H

#include "bridge_nt.h"
#include "bridge_status.h"

#include <stdbool.h>
#include <wchar.h>

/* The case's folder, and one on another volume. */
extern const wchar_t *dir, *other_dir;

/* Each is one line of the output, and counts. */
void check(bool good, const char *what);
void check_error(DWORD error, DWORD expected, const char *what);
void check_status(nt_status status, nt_status expected, const char *what);

/* CreateFileW, sharing everything. */
HANDLE open_at(const wchar_t *folder, const wchar_t *name, DWORD access,
               DWORD creation, DWORD flags);

/* Whether the volume of `file` says so. */
bool has_volume_flag(HANDLE file, DWORD flag);

/* selftest_security.c */
void case_security(void);
void case_security_off(void);
void case_security_none(void);
void case_security_none_here(void);
void case_security_change(void);

#endif
