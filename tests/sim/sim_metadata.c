/*
 * What a file has beside its bytes: named streams, extended attributes and
 * security.
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

os_error os_list_streams(struct os_file *file, struct os_stream_name **streams,
                         size_t *count)
{
    (void)file;
    *streams = NULL;
    *count = 0;
    return 0;
}

os_error os_get_ea(struct os_file *file, void **block, size_t *size)
{
    (void)file;
    *block = NULL;
    *size = 0;
    return 0;
}

os_error os_set_ea(struct os_file *file, const void *block, size_t size)
{
    (void)file;
    (void)block;
    (void)size;
    return 0;
}

os_error os_copy_security(struct os_file *source, struct os_file *dest)
{
    (void)source;
    (void)dest;
    return 0;
}
