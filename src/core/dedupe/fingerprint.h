/*
 * What distinguishes a file from others of its size: where its clusters are,
 * its first and last bytes, its content.
 */
#ifndef REFLINK_CORE_FINGERPRINT_H
#define REFLINK_CORE_FINGERPRINT_H

#include "core/os.h"

/* Bytes at each end of a file that are read first. */
enum { FINGERPRINT_END = 64 * 1024 };

/* A digest of the extents of a file. */
struct fingerprint_layout {
    uint8_t digest[OS_DIGEST_SIZE];
    bool known;      /* the volume reports all of the file's clusters */
    bool counted;    /* and how often they are referenced */
    uint64_t shared; /* bytes in clusters that are referenced more than once */
};

/*
 * Reads the extents of a file of `size` bytes, which may be open only to look
 * at it. Two files with the same digest on one volume are in the same clusters.
 * A file without clusters has none, and neither has one with a hole that is not
 * sparse: its data may not have got their clusters yet. An error is that of the
 * system's SHA-256.
 */
os_error fingerprint_layout(struct os_file *file, const struct os_info *info,
                            struct fingerprint_layout *layout);

/*
 * Computes the SHA-256 of the first and last FINGERPRINT_END bytes, or of all
 * bytes if there are not more. `buffer` has `room` bytes.
 */
os_error fingerprint_ends(struct os_file *file, uint64_t size, uint8_t *buffer,
                          uint32_t room, uint8_t digest[OS_DIGEST_SIZE]);

/*
 * Computes the SHA-256 of all bytes. Calls `read` after each block. Errors, as
 * above, are those of os_read and os_hash_*, CODE_CANCELLED, and
 * CODE_FILE_INVALID if the file has become shorter.
 */
os_error fingerprint_content(struct os_file *file, uint64_t size,
                             uint8_t *buffer, uint32_t room,
                             void (*read)(void *context, uint64_t bytes),
                             void *context, uint8_t digest[OS_DIGEST_SIZE]);

#endif
