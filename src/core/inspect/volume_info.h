/*
 * What the volume under a path can do, and what reflink would do there.
 */
#ifndef REFLINK_CORE_VOLUME_INFO_H
#define REFLINK_CORE_VOLUME_INFO_H

#include <reflink/reflink.h>

#include "core/os.h"

enum info_answer { INFO_UNTOLD, INFO_NO, INFO_YES };

/* What becomes of a file that is cloned within the volume. */
enum info_way {
    INFO_CLONES,   /* its clusters are shared */
    INFO_TRIES,    /* that is tried: the volume tells nothing */
    INFO_COPIES,   /* it is copied, unless REFLINK_ALWAYS insists */
    INFO_READ_ONLY /* nothing can be written there */
};

enum { INFO_ROOT = 512, INFO_FILE_SYSTEM = 32 };

struct info {
    wchar_t root[INFO_ROOT];               /* empty: not told */
    wchar_t file_system[INFO_FILE_SYSTEM]; /* likewise */
    enum info_answer block_cloning;        /* whether it advertises it */
    enum info_answer integrity_streams;
    enum info_answer sparse_files;
    enum info_answer read_only;
    enum info_answer remote;  /* reached over a network */
    uint32_t cluster_size;    /* bytes; 0: not told */
    uint64_t largest_request; /* bytes asked for at once, at most */
    bool free_known;
    uint64_t free_bytes; /* that this user may fill, if known */
    enum info_way way;
};

/*
 * Asks about the volume of `path`: a file, a directory, the root of a volume
 * or of a share; again after a transient error, as often as the policy says.
 * False: it cannot be opened; `*error` says why. What the volume does not
 * report is no error.
 */
bool info_read(const wchar_t *path, const struct reflink_policy *policy,
               struct info *info, struct reflink_error *error);

#endif
