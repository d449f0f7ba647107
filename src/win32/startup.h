/* Sets up the process before anything else is done. */
#ifndef REFLINK_WIN32_STARTUP_H
#define REFLINK_WIN32_STARTUP_H

/*
 * Loads DLLs only from System32 from now on, ends the process if its heap is
 * corrupted, and handles Ctrl-C so that os_cancelled reports it.
 */
void process_begin(void);

#endif
