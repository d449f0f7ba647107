/*
 * What is printed is kept for the test to read.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

enum { STREAMS = 2 };

static wchar_t *printed[STREAMS];

void sim_console_reset(void)
{
    for (int i = 0; i < STREAMS; i++) {
        free(printed[i]);
        printed[i] = NULL;
    }
}

const wchar_t *sim_printed(enum os_stream stream)
{
    return printed[stream] ? printed[stream] : L"";
}

bool os_print(enum os_stream stream, const wchar_t *text)
{
    os_error error = sim_enter(SIM_OP_PRINT, NULL);
    if (!error) {
        size_t old = wcslen(sim_printed(stream));
        size_t room = old + wcslen(text) + 1;
        printed[stream] =
            sim_grow(printed[stream], room * sizeof *printed[stream]);
        wcscpy(printed[stream] + old, text);
    }
    return sim_leave(SIM_OP_PRINT, L"", error) == 0;
}

void os_message(os_error code, wchar_t *buffer, size_t capacity)
{
    (void)sim_enter(SIM_OP_MESSAGE, NULL);
    if (swprintf(buffer, capacity, L"message of code %u", (unsigned)code) < 0)
        wcsncpy(buffer, L"?", capacity);
    (void)sim_leave(SIM_OP_MESSAGE, L"", 0);
}

unsigned os_console_width(enum os_stream stream)
{
    (void)stream;
    return 0; /* what it prints goes into memory */
}
