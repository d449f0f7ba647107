/* Hardening, and Ctrl-C, Ctrl-Break, a closed console. */
#include "process.h"

#include "win32.h"

/*
 * MinGW's start-up code replaces `*` and `?` by the names that match, unless
 * this is 0: many of its builds are configured with --enable-wildcard. The
 * program does that itself, and by its own rules. Other C runtimes do not know
 * the name.
 */
int _dowildcard = 0;

/* Set once somebody wants an end. Sleeping waits on it. */
static HANDLE wanted_event;
static volatile LONG times_wanted;

enum { EXIT_INTERRUPTED = 130, LONGEST_UNDO_MS = 5000 };

/*
 * Runs in a thread of its own. The first time only says so: the core stops
 * at its next step and undoes. The second time ends the process at once; what
 * is marked for deletion goes with its handles. ExitProcess may wait for ever
 * for a lock that one of the other threads had [ExitProcess, remarks]. When the
 * console closes, the system ends the process as soon as this returns, or after
 * 5 seconds [HandlerRoutine]: so it does not, until the core had time to undo.
 */
static BOOL WINAPI on_event(DWORD event)
{
    if (InterlockedIncrement(&times_wanted) > 1)
        TerminateProcess(GetCurrentProcess(), EXIT_INTERRUPTED);
    SetEvent(wanted_event);
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        Sleep(LONGEST_UNDO_MS);
    return TRUE;
}

/* Without the last, a drive without a disk in it would ask for one in a window,
   and wait [SetErrorMode, remarks]. */
static void harden(void)
{
    SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
    HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
    SetErrorMode(SEM_FAILCRITICALERRORS);
}

void process_begin(void)
{
    harden();
    wanted_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (wanted_event != NULL)
        SetConsoleCtrlHandler(on_event, TRUE);
}

bool os_cancelled(void)
{
    return times_wanted != 0;
}

void os_sleep_ms(uint32_t milliseconds)
{
    if (wanted_event != NULL)
        WaitForSingleObject(wanted_event, milliseconds);
    else
        Sleep(milliseconds);
}
