/* Parses NT paths, as the kernel uses them. */
#ifndef REFLINK_WIN32_NT_PATH_H
#define REFLINK_WIN32_NT_PATH_H

#include <stddef.h>
#include <wchar.h>

/*
 * Returns the length in characters of that part of an NT path that names the
 * device: the first two parts of `\Device\HarddiskVolume3\x`. For a file on a
 * server, `\Device\Mup\server\share\x`, it includes the server, also after a
 * mapped drive: `\Device\Mup\;LanmanRedirector\;Z:0\server\share`. Returns 0
 * for any other path.
 */
size_t nt_path_device_length(const wchar_t *path);

#endif
