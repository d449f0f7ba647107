/* Which processes are checked for leaks, if these programs are built so. */
#include <stdlib.h>

/* Called by LeakSanitizer when a process ends. */
int __lsan_is_turned_off(void);

/* Criterion runs each test in a process with this variable. Its own process is
   not checked: Criterion 2.4.1 sometimes keeps 48 bytes. */
int __lsan_is_turned_off(void)
{
    return getenv("BXFI_MAP") == NULL;
}
