/*
 * What ends a run: Ctrl-C in the program, and the events that one thread sets
 * for others. A program that embeds reflink has no console handler of it.
 */
#include "win32.h"

#include <stdlib.h>

static HANDLE ctrl_c;
static volatile LONG times_pressed;

struct os_event {
    HANDLE handle;
    volatile LONG is_set; /* the same, without a call to the system */
};

bool win32_watch_ctrl_c(void)
{
    ctrl_c = CreateEventW(NULL, TRUE, FALSE, NULL);
    return ctrl_c != NULL;
}

LONG win32_ctrl_c_pressed(void)
{
    LONG times = InterlockedIncrement(&times_pressed);
    SetEvent(ctrl_c);
    return times;
}

bool os_cancelled(void)
{
    return times_pressed != 0;
}

struct os_event *os_event_make(void)
{
    struct os_event *event = calloc(1, sizeof *event);
    if (event == NULL)
        return NULL;
    event->handle = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (event->handle == NULL) {
        free(event);
        return NULL;
    }
    return event;
}

void os_event_free(struct os_event *event)
{
    if (event == NULL)
        return;
    CloseHandle(event->handle);
    free(event);
}

void os_event_set(struct os_event *event)
{
    InterlockedExchange(&event->is_set, 1);
    SetEvent(event->handle);
}

bool os_event_is_set(const struct os_event *event)
{
    return event->is_set != 0;
}

void os_sleep_ms(uint32_t milliseconds, const struct os_event *event)
{
    HANDLE handles[2];
    DWORD count = 0;
    if (ctrl_c != NULL)
        handles[count++] = ctrl_c;
    if (event != NULL)
        handles[count++] = event->handle;
    if (count != 0)
        WaitForMultipleObjects(count, handles, FALSE, milliseconds);
    else
        Sleep(milliseconds);
}

void os_sleep_through_ms(uint32_t milliseconds)
{
    Sleep(milliseconds);
}
