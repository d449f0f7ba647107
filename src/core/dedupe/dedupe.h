/*
 * Makes files share the clusters of another file, KEEP, wherever their bytes
 * are equal at equal offsets. A file is never a different one afterwards,
 * whatever the volume does with a request:
 *
 * - Both files are open so that nobody else can write to them, and are flushed
 *   before the first request. A program that has mapped a file earlier, and has
 *   closed it since, can still write.
 * - All bytes are read and compared, and kept in memory until the request for
 *   them has been verified. No request is longer than that memory.
 * - After each request, whatever it was answered, every byte is read again and
 *   compared with those in memory, and the clusters as far as the volume
 * reports them. A range that fails is written back from memory at once, and the
 * volume gets no more requests.
 * - A volume gets no request before trial.h has tried it.
 */
#ifndef REFLINK_CORE_DEDUPE_H
#define REFLINK_CORE_DEDUPE_H

#include <reflink/reflink.h>

#include "core/base/session.h"

/* The longest request, and the memory for its bytes. */
#define DEDUPE_REQUEST ((uint32_t)16 << 20)

/* What became of one file. */
struct dedupe_result {
    /* `source` is KEEP, `dest` the file. bytes_cloned are those that share
       clusters since now; a file that cannot share any has a reason, and is
       REFLINK_SKIPPED or, with REFLINK_ALWAYS, REFLINK_REFUSED. */
    struct reflink_outcome outcome;
    bool in_keep;           /* KEEP is the cause of the reason */
    uint64_t equal;         /* equal bytes that were not shared before */
    uint64_t shared_before; /* bytes that were shared already */
    uint64_t freed;         /* bytes of clusters that were given back */
    bool freed_known;       /* the volume reports the sharing */
    bool failed_range;      /* a range failed verification */
};

/* A run. */
struct dedupe {
    struct reflink_session *session;
    const struct reflink_policy *policy;
    bool dry_run;
    /* Is called after each block; NULL: nobody. `done`: bytes of the file; they
       are `total` once, at its end. */
    void (*watch)(void *context, const wchar_t *path, uint64_t done,
                  uint64_t total);
    void *watch_context;
    uint8_t *bytes;           /* DEDUPE_REQUEST */
    const wchar_t *keep_path; /* NULL: none yet */
    struct os_file *keep;     /* NULL: not open */
    struct os_info keep_info;
};

/* Begins a run with the caller's session. Returns false if out of memory. The
   caller calls dedupe_end in any case. */
bool dedupe_begin(struct dedupe *dedupe, struct reflink_session *session,
                  const struct reflink_policy *policy, bool dry_run);

/* Makes `path` the KEEP of the files that follow. It must stay valid. */
void dedupe_keep(struct dedupe *dedupe, const wchar_t *path);

/*
 * Lets the file `path` share what it can with KEEP. If that has reached the
 * volume's limit of references, `path`, which must stay valid, is KEEP from
 * then on. In a dry run, only finds out what would be shared, without writing.
 * Always fills `*result`.
 */
void dedupe_file(struct dedupe *dedupe, const wchar_t *path,
                 struct dedupe_result *result);

/* Closes KEEP and frees the memory. */
void dedupe_end(struct dedupe *dedupe);

/* Returns the cluster size of the volume that `path` is on, or 0 if unknown: a
   smaller file has nothing to share. */
uint32_t dedupe_cluster_size(const wchar_t *path);

/*
 * Returns why a file with these attributes is left alone, or
 * REFLINK_REASON_NONE: it is read-only, encrypted, compressed, or its data are
 * elsewhere.
 */
enum reflink_reason dedupe_judge(const struct os_info *info);

#endif
