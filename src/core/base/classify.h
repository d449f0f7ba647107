/*
 * What a Win32 error code means for what to do next: the one table.
 */
#ifndef REFLINK_CORE_CLASSIFY_H
#define REFLINK_CORE_CLASSIFY_H

#include <reflink/reflink.h>

#include "core/os.h"

enum fate {
    FATE_CANNOT,       /* not here: another way may do */
    FATE_SATURATED,    /* these clusters are referenced too often */
    FATE_NO_RESOURCES, /* the volume lacks the resources: a smaller request may
                       do */
    FATE_TRANSIENT,    /* the server or volume may be back in a moment */
    FATE_FAILED        /* a real failure, to be reported as itself */
};

/* The fate of a clone request that was answered with `code` (not 0). */
enum fate classify_clone(os_error code);

/* The fate of any other operation on an open file. */
enum fate classify_io(os_error code);

/* Whether an optional request, a flush among them, failed because it is not
   offered there. What a clone request is refused with may mean something else:
   a handle that a server has lost is answered with 6, too. */
bool classify_unsupported(os_error code);

/*
 * What helps a user beside the system's message, where the code alone tells it,
 * whatever was being done; else REFLINK_HINT_NONE.
 */
enum reflink_hint classify_hint(os_error code);

#endif
