/* Classifies Win32 error codes by what to do next. */
#ifndef REFLINK_CORE_CLASSIFY_H
#define REFLINK_CORE_CLASSIFY_H

#include <reflink/reflink.h>

#include "core/os.h"

enum error_class {
    /* The volume does not support it; another way may work. */
    ERROR_CLASS_CANNOT_CLONE,
    /* These clusters have reached the volume's limit of references. */
    ERROR_CLASS_TOO_MANY_REFERENCES,
    /* The volume lacks resources; a smaller request may work. */
    ERROR_CLASS_NO_RESOURCES,
    /* The server or volume may be reachable again soon. */
    ERROR_CLASS_TRANSIENT,
    /* A real failure, to be reported as it is. */
    ERROR_CLASS_FAILED
};

/* Classifies the error of a clone request; `code` is not 0. */
enum error_class classify_clone(os_error code);

/* Classifies the error of any other operation on an open file. */
enum error_class classify_io(os_error code);

/*
 * Whether an optional request, such as a flush, failed because the volume does
 * not support it. Other codes that refuse a clone request do not count: a
 * server also returns 6 for a handle that it has lost.
 */
bool classify_unsupported(os_error code);

/*
 * The same for a request whose failure costs nothing but a slower way or a
 * warning: a volume that does not know its form may report an invalid
 * parameter. Not for a flush, which would then be believed.
 */
bool classify_unknown_request(os_error code);

/*
 * Returns `error` if it is that memory ran out, else 0: after a query whose
 * other errors are an answer, such as "no directory".
 */
os_error classify_memory(os_error error);

/*
 * Returns the hint to add to the system's message if the code alone implies
 * one, whatever the operation was; else REFLINK_HINT_NONE.
 */
enum reflink_hint classify_hint(os_error code);

#endif
