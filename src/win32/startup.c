/*
 * Hardens the process and handles Ctrl-C, Ctrl-Break and the closing of the
 * console.
 */
#include "startup.h"

#include "win32.h"

/*
 * MinGW's startup code expands `*` and `?` unless this is 0, because many of
 * its builds are configured with --enable-wildcard. The program does that
 * itself, by its own rules. Other C runtimes ignore the name.
 */
int _dowildcard = 0;

/* Set when the user presses Ctrl-C. os_sleep_ms waits for it. */
static HANDLE cancel_event;
static volatile LONG times_cancelled;

enum { EXIT_INTERRUPTED = 130, LONGEST_UNDO_MS = 5000 };

/*
 * Runs in its own thread. The first Ctrl-C only sets the event: the core stops
 * at its next step and undoes what is incomplete. The second ends the process
 * at once; files marked for deletion are deleted with their handles. It does
 * not call ExitProcess, which may wait forever for a lock that another thread
 * holds [ExitProcess, remarks]. When the console is closed, the system ends the
 * process as soon as this function returns, or after 5 seconds
 * [HandlerRoutine]; so it waits, to give the core time to undo.
 */
static BOOL WINAPI on_event(DWORD event)
{
    if (InterlockedIncrement(&times_cancelled) > 1)
        TerminateProcess(GetCurrentProcess(), EXIT_INTERRUPTED);
    SetEvent(cancel_event);
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        Sleep(LONGEST_UNDO_MS);
    return TRUE;
}

void process_begin(void)
{
    SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
    HeapSetInformation(NULL, HeapEnableTerminationOnCorruption, NULL, 0);
    /* otherwise, a drive without a disk would open a window that asks for one,
       and wait [SetErrorMode, remarks] */
    SetErrorMode(SEM_FAILCRITICALERRORS);
    cancel_event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (cancel_event != NULL)
        SetConsoleCtrlHandler(on_event, TRUE);
}

bool os_cancelled(void)
{
    return times_cancelled != 0;
}

void os_sleep_ms(uint32_t milliseconds)
{
    if (cancel_event != NULL)
        WaitForSingleObject(cancel_event, milliseconds);
    else
        Sleep(milliseconds);
}
