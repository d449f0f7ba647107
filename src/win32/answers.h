/*
 * Converts Windows' answers about a file into the structs of os.h.
 *
 * The bytes come from a driver or a server, which may be faulty or malicious:
 * nothing outside of `size` bytes is read, whatever they contain. The queries
 * are in other files, so that tests can pass any bytes to these functions. All
 * numbers are little-endian and need not be aligned.
 */
#ifndef REFLINK_WIN32_ANSWERS_H
#define REFLINK_WIN32_ANSWERS_H

#include "core/os.h"

/*
 * Reads a chain of FILE_STREAM_INFORMATION [MS-FSCC 2.4.49]. `size` is that of
 * the answer or, if unknown, of the buffer, which must have been zeroed before
 * the query. `*streams` and `*count` are as for os_list_streams. If an
 * entry cannot be read, it and all that would follow count as one stream
 * without a name.
 */
os_error answers_streams(const void *answer, size_t size,
                         struct os_stream_name **streams, size_t *count);

/*
 * Reads an array of FILE_ALLOCATED_RANGE_BUFFER [MS-FSCC 2.3.48], clipped to
 * [offset, end). Returns the number of ranges. Sets `*more` if `capacity` was
 * too small; otherwise leaves it unchanged.
 */
size_t answers_ranges(const void *answer, size_t size, uint64_t offset,
                      uint64_t end, struct os_range *ranges, size_t capacity,
                      bool *more);

/*
 * Reads a RETRIEVAL_POINTERS_BUFFER or, if `counted`, the one with reference
 * counts [MS-FSCC 2.3.32, 2.3.34]. Returns the number of extents; `*more` is as
 * for answers_ranges. Does not check the extents; the caller must.
 */
size_t answers_extents(const void *answer, size_t size, bool counted,
                       struct os_extent *extents, size_t capacity, bool *more);

enum { ANSWERS_ALL = 100 }; /* bytes of FILE_ALL_INFORMATION before the name */

/* Reads all but the identity from FILE_ALL_INFORMATION [MS-FSCC 2.4.2]. */
void answers_info(const void *answer, struct os_info *info);

enum { ANSWERS_ENTRY = 592 }; /* bytes of WIN32_FIND_DATAW */

/*
 * Reads a WIN32_FIND_DATAW [Win32]. A name without an end is cut, and a
 * directory with an unknown tag counts as a link, which is not to be walked.
 */
void answers_entry(const void *answer, struct os_entry *entry);

/* Whether a reparse point with this tag leads to another place [MS-FSCC
   2.1.2.1, the N bit]. */
bool answers_is_name_surrogate(uint32_t tag);

enum { ANSWERS_SIZE = 24, ANSWERS_FULL_SIZE = 32 }; /* bytes of the two below */

/* Reads the cluster size from FileFsSizeInformation [MS-FSCC 2.5.8]; 0 if it is
   impossible. */
uint32_t answers_unit(const void *answer);

/* Reads the bytes that are free for the caller from FileFsFullSizeInformation
   [MS-FSCC 2.5.4]. Returns false if they are more than 64 bits can count. */
bool answers_free(const void *answer, uint64_t *bytes);

enum { ANSWERS_COPY = 12 }; /* bytes of a SRV_COPYCHUNK_RESPONSE */

/* Reads a SRV_COPYCHUNK_RESPONSE [MS-SMB2 2.2.32.1]. */
void answers_copy(const void *response, struct os_copy_answer *answer);

#endif
