/* What the log has to say about the machine: system, drivers, volume. */
#ifndef CHECK_SYSTEM_H
#define CHECK_SYSTEM_H

#include <wchar.h>

/* Prints and logs the system's version, and logs those of its drivers. */
void system_report(void);

/* Logs the volume of a directory; `role` says what it is used for. */
void system_report_volume(const wchar_t *directory, const char *role);

#endif
