/* Parses NT paths, as the kernel uses them. */
#ifndef REFLINK_WIN32_NT_PATH_H
#define REFLINK_WIN32_NT_PATH_H

#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/*
 * Returns the length in characters of that part of an NT path that names the
 * device: the first two parts of `\Device\HarddiskVolume3\x`. For a file on a
 * server, `\Device\Mup\server\share\x`, it includes the server, also after a
 * mapped drive: `\Device\Mup\;LanmanRedirector\;Z:0\server\share`. Returns 0
 * for any other path.
 */
size_t nt_path_device_length(const wchar_t *path);

/*
 * Returns a number for that part, whatever the case of its letters, or 0 if
 * there is none. Ignores a mapped drive in it: only the server matters.
 */
uint64_t nt_path_device_number(const wchar_t *path);

/* FNV-1a, a hash that needs no table. Hashing begins with this value. */
#define NT_PATH_HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t nt_path_hash(uint64_t start, const void *bytes, size_t length);

#endif
