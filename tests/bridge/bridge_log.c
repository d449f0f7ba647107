/* Appending to the log; bridge_log.h has the contract. */
#include "bridge_log.h"

#include "bridge_config.h"
#include "bridge_linux.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void log_line(const char *format, ...)
{
    char line[256];
    size_t length;
    va_list args;
    int fd;

    if (!bridge_config.log_path[0])
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    length = strlen(line);
    line[length++] = '\n';
    fd = linux_open(bridge_config.log_path,
                    LINUX_O_WRONLY | LINUX_O_CREAT | LINUX_O_APPEND |
                        LINUX_O_CLOEXEC,
                    0644);
    if (fd < 0)
        return;
    linux_write(fd, line, length);
    linux_close(fd);
}
