/*
 * What Windows answers about a file, read from the bytes into os.h's structs.
 *
 * The bytes come from a driver or a server, which may be broken or hostile:
 * nothing outside of `size` is read, whatever they say. src/win32 asks, this
 * reads, so that tests can have it read anything. All is little-endian, and
 * aligned or not.
 */
#ifndef REFLINK_WIN32_ANSWERS_H
#define REFLINK_WIN32_ANSWERS_H

#include "core/os.h"

/*
 * Reads FILE_STREAM_INFORMATION after FILE_STREAM_INFORMATION [MS-FSCC 2.4.49];
 * `size` is that of the answer or, where it is not known, of the buffer, which
 * was zeroed before. Streams as os_list_streams has them. What cannot be read,
 * or is not reached since an entry leads astray, is one stream without a name.
 */
os_error answers_streams(const void *answer, size_t size,
                         struct os_stream_name **streams, size_t *count);

/*
 * Reads FILE_ALLOCATED_RANGE_BUFFER after FILE_ALLOCATED_RANGE_BUFFER [MS-FSCC
 * 2.3.48], cut to [offset, end). Returns how many are left; `*more` is set if
 * `capacity` was too small, and else stays as it is.
 */
size_t answers_ranges(const void *answer, size_t size, uint64_t offset,
                      uint64_t end, struct os_range *ranges, size_t capacity,
                      bool *more);

/*
 * Reads RETRIEVAL_POINTERS_BUFFER or, if `counted`, the one with reference
 * counts [MS-FSCC 2.3.32, 2.3.34]; as above. The extents are as they were told:
 * whether they make sense is the caller's to judge.
 */
size_t answers_extents(const void *answer, size_t size, bool counted,
                       struct os_extent *extents, size_t capacity, bool *more);

#endif
