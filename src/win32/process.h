/* What the program does about itself before anything else. */
#ifndef REFLINK_WIN32_PROCESS_H
#define REFLINK_WIN32_PROCESS_H

/*
 * DLLs come from System32 only from now on, a damaged heap ends the process,
 * and an interruption is remembered: os_cancelled tells.
 */
void process_begin(void);

#endif
