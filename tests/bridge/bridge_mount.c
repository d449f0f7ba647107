/* Reading /proc/self/mountinfo; bridge_mount.h has the contract. */
#include "bridge_mount.h"

#include "bridge_linux.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PATH_SIZE 512

/* Blanks in a path are written as \040, the backslash itself as \134. */
static void unescape(char *path)
{
    char *to = path;

    for (; *path; to++) {
        unsigned value;

        if (path[0] == '\\' && sscanf(path + 1, "%3o", &value) == 1) {
            *to = (char)value;
            path += 4;
        } else {
            *to = *path++;
        }
    }
    *to = '\0';
}

/*
 * Picks the root folder out of a line if the line is about `device`. Fields
 * as in proc(5): id, parent, major:minor, root, mount point, options, any
 * number of optional fields, "-", type, source, options.
 */
static bool parse(const char *line, uint64_t device, char *folder)
{
    const char *rest = strstr(line, " - ");
    char type[16], source[PATH_SIZE];
    struct linux_stat st;

    if (!rest || sscanf(rest, " - %15s %511s", type, source) != 2)
        return false;
    if (strcmp(type, "xfs") != 0 && strcmp(type, "btrfs") != 0)
        return false;
    unescape(source);
    if (linux_stat(source, &st) < 0 || st.raw_device != device)
        return false;
    if (sscanf(line, "%*s %*s %*s %*s %511s", folder) != 1)
        return false;
    unescape(folder);
    return true;
}

int mount_open_root(uint64_t device)
{
    char text[32768];
    char folder[PATH_SIZE];
    int64_t used = 0, got;
    int fd =
        linux_open("/proc/self/mountinfo", LINUX_O_RDONLY | LINUX_O_CLOEXEC, 0);

    if (fd < 0)
        return fd;
    while ((got = linux_read(fd, text + used, sizeof text - 1 - (size_t)used)) >
           0)
        used += got;
    linux_close(fd);
    text[used] = '\0';
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (parse(line, device, folder))
            return linux_open(folder, LINUX_O_RDONLY | LINUX_O_CLOEXEC, 0);
    }
    return -LINUX_ENXIO;
}
