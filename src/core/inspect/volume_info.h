/* Shows what a volume supports, and what reflink would do on it. */
#ifndef REFLINK_CORE_VOLUME_INFO_H
#define REFLINK_CORE_VOLUME_INFO_H

#include <reflink/reflink.h>

#include "core/os.h"

enum info_answer { INFO_NOT_REPORTED, INFO_NO, INFO_YES };

/* What happens to a file that is cloned within the volume. */
enum info_behavior {
    INFO_CLONES,   /* its clusters are shared */
    INFO_TRIES,    /* cloning is tried: the volume reports no features */
    INFO_COPIES,   /* it is copied, unless REFLINK_ALWAYS is set */
    INFO_READ_ONLY /* nothing can be written */
};

enum { INFO_ROOT = 512, INFO_FILE_SYSTEM = 32 };

struct info {
    wchar_t root[INFO_ROOT];               /* empty: unknown */
    wchar_t file_system[INFO_FILE_SYSTEM]; /* empty: unknown */
    enum info_answer block_cloning;        /* whether the volume reports it */
    enum info_answer integrity_streams;
    enum info_answer sparse_files;
    enum info_answer read_only;
    enum info_answer remote;  /* reached over a network */
    uint32_t cluster_size;    /* in bytes; 0: unknown */
    uint64_t largest_request; /* bytes of the largest clone request */
    bool free_known;
    uint64_t free_bytes; /* available to this user, if `free_known` */
    enum info_behavior behavior;
};

/*
 * Queries the volume of `path`: a file, a directory, or the root of a volume or
 * share. Retries after a transient error as often as the policy says. Returns
 * false if the path cannot be opened; the error is in `*error`. It is no error
 * if the volume does not report something.
 */
bool info_read(const wchar_t *path, const struct reflink_policy *policy,
               struct info *info, struct reflink_error *error);

#endif
