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
    if (win32_ctrl_c_pressed() > 1)
        TerminateProcess(GetCurrentProcess(), EXIT_INTERRUPTED);
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
    if (win32_watch_ctrl_c())
        SetConsoleCtrlHandler(on_event, TRUE);
}
