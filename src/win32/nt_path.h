/* Paths as the kernel has them. */
#ifndef REFLINK_WIN32_NT_PATH_H
#define REFLINK_WIN32_NT_PATH_H

#include <stddef.h>
#include <wchar.h>

/*
 * How many characters of an NT path name the device: of
 * `\Device\HarddiskVolume3\x` the first two parts. For a file on a server,
 * `\Device\Mup\server\share\x`, the server belongs to it, also if a mapped
 * drive stands before it, `\Device\Mup\;LanmanRedirector\;Z:0\server\share`.
 * 0 for any other path.
 */
size_t nt_path_device_length(const wchar_t *path);

#endif
