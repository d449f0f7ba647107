/* Classifies Win32 error codes by what to do next. */
#ifndef REFLINK_CORE_CLASSIFY_H
#define REFLINK_CORE_CLASSIFY_H

#include <reflink/reflink.h>

#include "core/os.h"

enum fate {
    /* The volume does not support it; another way may work. */
    FATE_CANNOT,
    /* These clusters have reached the volume's limit of references. */
    FATE_SATURATED,
    /* The volume lacks resources; a smaller request may work. */
    FATE_NO_RESOURCES,
    /* The server or volume may be reachable again soon. */
    FATE_TRANSIENT,
    /* A real failure, to be reported as it is. */
    FATE_FAILED
};

/* Classifies the error of a clone request; `code` is not 0. */
enum fate classify_clone(os_error code);

/* Classifies the error of any other operation on an open file. */
enum fate classify_io(os_error code);

/*
 * Whether an optional request, such as a flush, failed because the volume does
 * not support it. Other codes that refuse a clone request do not count: a
 * server also returns 6 for a handle that it has lost.
 */
bool classify_unsupported(os_error code);

/*
 * Returns the hint to add to the system's message if the code alone implies
 * one, whatever the operation was; else REFLINK_HINT_NONE.
 */
enum reflink_hint classify_hint(os_error code);

#endif
