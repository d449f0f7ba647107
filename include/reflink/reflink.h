/*
 * reflink copies files by sharing their clusters where the volume supports that
 * (block cloning), and by copying the bytes where it does not. It reports which
 * of the two it did, and why.
 *
 * This is the interface for programs that embed reflink; README.md beside this
 * file has examples. Paths are wide strings as the system accepts them, of any
 * length. Sizes and offsets are in bytes, unless a name says clusters.
 *
 * Structs that may grow begin with `size`, which the caller sets to sizeof of
 * the struct. reflink reads and writes no more than that, takes members that an
 * older caller does not have as 0, and sets to 0 what it does not know itself.
 * New members are added at the end only. A size that is smaller than the
 * struct of version 0.2 is an error, ERROR_INVALID_PARAMETER (87).
 *
 * Memory: what a caller passes stays the caller's, and only has to be valid
 * during the call; but an outcome refers to the paths that were passed. What
 * reflink allocates it frees itself: a session when it is closed, everything
 * else before the call returns. If memory runs out, the call fails with
 * ERROR_NOT_ENOUGH_MEMORY (8).
 *
 * Threads: a session is for one call at a time; several sessions can be used
 * at the same time, and the other functions from any thread. Callbacks run in
 * the caller's thread. Only reflink_session_cancel may be called for a session
 * that another thread uses.
 *
 * reflink does not change the process: no console handler, no working
 * directory, no error mode, no privilege. A privilege that a call needs is set
 * in a copy of the thread's token, and the thread has its own token again when
 * the call returns.
 */
#ifndef REFLINK_REFLINK_H
#define REFLINK_REFLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* The version of this header; CMakeLists.txt takes the project's from here. */
#define REFLINK_VERSION_MAJOR 0
#define REFLINK_VERSION_MINOR 2
#define REFLINK_VERSION_PATCH 0

/* The same as one number, such as 203 for 0.2.3, to compare with. */
#define REFLINK_VERSION                                                        \
    (REFLINK_VERSION_MAJOR * 10000 + REFLINK_VERSION_MINOR * 100 +             \
     REFLINK_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif

/* Returns REFLINK_VERSION of the library that the program runs with. */
uint32_t reflink_version(void);

/* Whether to share clusters. */
enum reflink_mode {
    REFLINK_AUTO,   /* clone what can be cloned, copy the rest */
    REFLINK_ALWAYS, /* share every whole cluster, or refuse the file */
    REFLINK_NEVER   /* copy, share nothing */
};

/* How a result is verified before it is trusted. */
enum reflink_verify {
    REFLINK_VERIFY_SAMPLE, /* equal clusters, and a limited sample of bytes */
    REFLINK_VERIFY_FULL,   /* every byte, cloned or copied */
    REFLINK_VERIFY_NONE    /* no verification */
};

/* What to do if DEST already exists (whole files only). */
enum reflink_existing {
    REFLINK_EXISTING_FAIL,    /* an error; DEST is unchanged */
    REFLINK_EXISTING_REPLACE, /* replace DEST in one atomic step */
    REFLINK_EXISTING_KEEP,    /* keep DEST; this is no error */
    REFLINK_EXISTING_UPDATE   /* replace it if SOURCE was written later, after
                                 rounding to what DEST's file system can store;
                                 else keep it */
};

/* When to flush a file to the disk. */
enum reflink_flush {
    /* a whole file, before it replaces an existing one */
    REFLINK_FLUSH_AUTO,
    /* every file before it gets its name, and DEST of a range at the end */
    REFLINK_FLUSH_ALWAYS,
    /* never */
    REFLINK_FLUSH_NEVER
};

/* What the caller wants. reflink only reads it. */
struct reflink_policy {
    uint32_t size; /* sizeof(struct reflink_policy) */
    enum reflink_mode mode;
    enum reflink_verify verify;
    enum reflink_existing existing;
    enum reflink_flush flush;
    bool security;    /* also copy owner, group and DACL */
    bool writable;    /* DEST is not read-only even if SOURCE is */
    uint32_t retries; /* how often to retry after a transient error */
};

/* The policy of the command line without options. */
#define REFLINK_POLICY_INIT                                                    \
    {                                                                          \
        sizeof(struct reflink_policy), REFLINK_AUTO, REFLINK_VERIFY_SAMPLE,    \
            REFLINK_EXISTING_FAIL, REFLINK_FLUSH_AUTO, false, false, 5         \
    }

/* A part of SOURCE, and its place in DEST. */
struct reflink_range {
    uint64_t source_offset;
    uint64_t dest_offset;
    uint64_t length; /* in bytes, may be 0; ignored with `to_end` */
    bool to_end;     /* the range ends at SOURCE's end of file */
};

enum reflink_status {
    REFLINK_OK,
    REFLINK_SKIPPED,    /* DEST existed and was kept */
    REFLINK_FAILED,     /* `error` says where and why */
    REFLINK_REFUSED,    /* REFLINK_ALWAYS, and it cannot be cloned */
    REFLINK_DIFFERENT,  /* verification found a difference */
    REFLINK_INTERRUPTED /* cancelled; in the program, by Ctrl-C */
};

enum reflink_method {
    REFLINK_METHOD_NONE,
    REFLINK_METHOD_CLONE,
    REFLINK_METHOD_COPY,
    REFLINK_METHOD_MIXED
};

/*
 * Why a file, or a part of it, was not cloned. Values are added, but never
 * removed.
 */
enum reflink_reason {
    REFLINK_REASON_NONE,
    REFLINK_REASON_NOT_ASKED,       /* REFLINK_NEVER */
    REFLINK_REASON_EMPTY,           /* the file or range is empty */
    REFLINK_REASON_BELOW_CLUSTER,   /* it has no whole cluster */
    REFLINK_REASON_PARTIAL_CLUSTER, /* the last, partial cluster was copied */
    REFLINK_REASON_NO_CLONING,      /* the volume does not support it */
    REFLINK_REASON_OTHER_VOLUME,  /* SOURCE and DEST are on different volumes */
    REFLINK_REASON_UNALIGNED,     /* the range is not on cluster boundaries */
    REFLINK_REASON_CLOSE_OVERLAP, /* the ranges are too close to each other */
    REFLINK_REASON_INTEGRITY,     /* integrity settings differ */
    REFLINK_REASON_SPARSE,        /* SOURCE is sparse and DEST cannot be */
    REFLINK_REASON_LIMIT,         /* clusters reached the limit of references */
    REFLINK_REASON_ENCRYPTED,     /* SOURCE or DEST is encrypted */
    REFLINK_REASON_ELSEWHERE,     /* data are not in SOURCE's own clusters */
    REFLINK_REASON_REFUSED,       /* the volume refused the requests */
    REFLINK_REASON_UNVERIFIED,    /* reported success, but was not cloned */
    REFLINK_REASON_COMPRESSED,    /* one of the files is compressed */
    REFLINK_REASON_READ_ONLY,     /* it has the read-only attribute */
    REFLINK_REASON_IN_USE,        /* another program has it open to write */
    REFLINK_REASON_SAME_FILE,     /* both are one file */
    REFLINK_REASON_DIFFERENT_DATA, /* they have no equal cluster */
    REFLINK_REASON_COUNT
};

/* What DEST's volume cannot store: bits of outcome.lost. */
enum {
    REFLINK_LOST_STREAMS = 0x1,
    REFLINK_LOST_EA = 0x2,
    REFLINK_LOST_SPARSE = 0x4,
    REFLINK_LOST_INTEGRITY = 0x8,
    REFLINK_LOST_SECURITY = 0x10,
    REFLINK_LOST_ATTRIBUTES = 0x20,
    REFLINK_LOST_TIME = 0x40, /* the last-write time */
    REFLINK_LOST_COUNT = 7
};

/*
 * What the user should know about a file that succeeded: bits of
 * outcome.warnings.
 */
enum {
    /* Another program has SOURCE open for writing. DEST may have a part of what
       it writes during the run, and this need not be detected. */
    REFLINK_WARNING_SOURCE_IN_USE = 0x1,
    /* The file belongs to the user, and not to the owner and group of the DEST
       that it replaced: setting those needs a privilege. */
    REFLINK_WARNING_OWNER_NOT_KEPT = 0x2,
    REFLINK_WARNING_COUNT = 2
};

/* The operation that failed. */
enum reflink_step {
    REFLINK_STEP_NONE,
    REFLINK_STEP_PATH,
    REFLINK_STEP_RANGE,
    REFLINK_STEP_LIST,
    REFLINK_STEP_LINK,
    REFLINK_STEP_OPEN_SOURCE,
    REFLINK_STEP_OPEN_DEST,
    REFLINK_STEP_QUERY,
    REFLINK_STEP_QUERY_VOLUME,
    REFLINK_STEP_CREATE,
    REFLINK_STEP_MARK_DELETED,
    REFLINK_STEP_SPARSE,
    REFLINK_STEP_INTEGRITY,
    REFLINK_STEP_SET_SIZE,
    REFLINK_STEP_CLONE,
    REFLINK_STEP_READ,
    REFLINK_STEP_WRITE,
    REFLINK_STEP_ZERO,
    REFLINK_STEP_COMPARE,
    REFLINK_STEP_FLUSH,
    REFLINK_STEP_ATTRIBUTES,
    REFLINK_STEP_STREAMS,
    REFLINK_STEP_EA,
    REFLINK_STEP_SECURITY,
    REFLINK_STEP_KEEP_SECURITY, /* of the DEST that is replaced */
    REFLINK_STEP_RENAME,
    REFLINK_STEP_MEMORY,
    REFLINK_STEP_EXTENTS,
    REFLINK_STEP_COUNT
};

/* What reflink knows about an error beyond the system's message. */
enum reflink_hint {
    REFLINK_HINT_NONE,
    REFLINK_HINT_EXISTS,            /* -f replaces it, -n keeps it */
    REFLINK_HINT_SAME_FILE,         /* SOURCE and DEST are the same file */
    REFLINK_HINT_STREAM,            /* a named stream cannot be cloned */
    REFLINK_HINT_DIRECTORY,         /* the path is a directory */
    REFLINK_HINT_NOT_DIRECTORY,     /* DEST is not a directory, but must be */
    REFLINK_HINT_NO_DIRECTORY,      /* DEST's directory does not exist */
    REFLINK_HINT_NOT_A_FILE,        /* a device or a pipe */
    REFLINK_HINT_SOURCE_CHANGED,    /* SOURCE changed while it was cloned */
    REFLINK_HINT_PAST_END,          /* the range ends past SOURCE's end */
    REFLINK_HINT_TOO_FAR,           /* the range ends past 2^63 - 1 */
    REFLINK_HINT_IN_USE,            /* another program has the file open */
    REFLINK_HINT_ENCRYPTED,         /* DEST would be unencrypted: not written */
    REFLINK_HINT_INTERRUPTED,       /* it was cancelled */
    REFLINK_HINT_RECURSIVE,         /* a directory, but -r was not given */
    REFLINK_HINT_INSIDE,            /* DEST is inside SOURCE */
    REFLINK_HINT_COLLISION,         /* two SOURCEs would have this name */
    REFLINK_HINT_LINK_RIGHT,        /* the user may not create links */
    REFLINK_HINT_OWNER_RIGHT,       /* the user may not set the owner */
    REFLINK_HINT_DIFFERENT,         /* DEST reads back different data */
    REFLINK_HINT_NOT_REPORTED,      /* the volume does not report extents */
    REFLINK_HINT_NO_NAME,           /* the listed name is not a valid one */
    REFLINK_HINT_CLOUD,             /* a cloud provider manages the folder */
    REFLINK_HINT_VIRUS,             /* the virus scanner blocks it */
    REFLINK_HINT_FALSE_HOLE,        /* the volume reports data as a hole */
    REFLINK_HINT_TOO_LARGE,         /* file too large, though space is free */
    REFLINK_HINT_READ_ONLY,         /* the file is read-only */
    REFLINK_HINT_PERMISSIONS,       /* DEST would get other permissions */
    REFLINK_HINT_MISSING_DIRECTORY, /* DEST must be a directory; create it */
    REFLINK_HINT_MISSING_TREE,      /* the same with -r, which can create it */
    REFLINK_HINT_PARENT_IS_FILE, /* a file is where DEST's directory must be */
    REFLINK_HINT_LINK_IN_WAY,    /* a link has the directory's name */
    REFLINK_HINT_OTHER_KIND,     /* no link of this kind has the link's name */
    REFLINK_HINT_NOT_RESTORED,   /* a part of the file may be wrong */
    REFLINK_HINT_COUNT
};

/* The first failure of a file; the code is 0 if there was none. */
struct reflink_error {
    uint32_t code; /* Win32 error code */
    enum reflink_step step;
    enum reflink_hint hint;
    bool in_source; /* the error concerns SOURCE, not DEST */
};

/* What became, in a tree, of a file that is a hard link to one copied before.
 */
enum reflink_hard_link {
    REFLINK_HARD_LINK_NONE, /* it is none */
    REFLINK_HARD_LINK_KEPT, /* DEST is a hard link, too */
    REFLINK_HARD_LINK_SPLIT /* DEST is a file of its own */
};

/* What happened to one file. The caller only sets `size`. */
struct reflink_outcome {
    uint32_t size;         /* sizeof(struct reflink_outcome) */
    const wchar_t *source; /* as passed; NULL for handles */
    const wchar_t *dest;
    enum reflink_status status;
    enum reflink_method method;
    enum reflink_reason reason;
    uint64_t bytes; /* cloned and copied, holes included */
    uint64_t bytes_cloned;
    uint64_t bytes_copied;
    uint64_t bytes_copied_by_server; /* of `bytes_copied`: the server copied
                                        them, none crossed the network */
    uint64_t requests;       /* clone requests made, with refused ones */
    uint32_t cluster_size;   /* 0: unknown */
    uint32_t refusal;        /* code of the last refused request, or 0 */
    uint32_t server_refusal; /* why a server did not copy, or 0 */
    bool no_resources;       /* it said that the volume lacks resources */
    bool replaced_file;      /* a link is in place of a file */
    bool kept_sparse;    /* DEST stays sparse, because SOURCE has holes without
                            the sparse flag */
    uint32_t retries;    /* retries after transient errors */
    uint32_t retry_code; /* code of the last transient error, or 0 */
    uint32_t unverified; /* clones that failed verification */
    uint64_t elapsed_us;
    struct reflink_error error;
    uint32_t lost;           /* REFLINK_LOST_*, to warn the user about */
    uint32_t warnings;       /* REFLINK_WARNING_* */
    wchar_t volume_root[64]; /* DEST's, if the reason concerns the volume */
    wchar_t file_system[32]; /* DEST's; may be empty */
    enum reflink_hard_link hard_link; /* KEPT: the method is NONE */
};

/*
 * Values of all enums take 4 bytes in the library; a compiler that makes them
 * smaller (-fshort-enums) would lay out the structs in another way.
 */
typedef char
    reflink_enums_have_4_bytes[sizeof(enum reflink_mode) == 4 ? 1 : -1];

/* What one run knows about the volumes it used. */
struct reflink_session;

/* Opens a session; the caller closes it. Returns NULL if out of memory. */
struct reflink_session *reflink_session_open(void);
/* Closes and frees a session; ignores NULL. */
void reflink_session_close(struct reflink_session *session);

/*
 * Calls `watch` after each request and each block, with the progress of the
 * current file and its total bytes, in the thread that called reflink. If it
 * returns false, this file ends with REFLINK_INTERRUPTED; the session can be
 * used for others. It must not use the session. NULL: no more calls.
 */
void reflink_session_watch(struct reflink_session *session,
                           bool (*watch)(void *context,
                                         const struct reflink_outcome *so_far,
                                         uint64_t total),
                           void *context);

/*
 * Ends the call that uses the session, and all later ones, with
 * REFLINK_INTERRUPTED; nothing half-written is left, except in a range in
 * place. May be called from any thread, until the session is closed. The call
 * ends at its next request (at most 4 GiB) or block (1 MiB), or at once if it
 * waits before a retry. What the system is doing at that time is not broken
 * off.
 */
void reflink_session_cancel(struct reflink_session *session);

/*
 * Clones or copies the whole of `source` to `dest`, which names a file, not the
 * directory to put it in. DEST is created completely or not at all. A DEST that
 * replaces another keeps its DACL (unless the policy asks for SOURCE's
 * security), its creation time, and its owner and group where that needs no
 * privilege. Fills `*outcome`, and returns its status.
 */
enum reflink_status reflink_file(struct reflink_session *session,
                                 const struct reflink_policy *policy,
                                 const wchar_t *source, const wchar_t *dest,
                                 struct reflink_outcome *outcome);

/*
 * Clones or copies a range of `source` into `dest`, in place. Creates DEST if
 * it does not exist (as a staging file, so that it appears complete or not at
 * all), and extends it if the range ends past its end; a gap reads
 * as zeros. Never truncates it, and changes no byte outside the range. Both may
 * be the same file and the ranges may overlap: the result is that of memmove. A
 * range that ends past SOURCE's end is an error before anything changes. After
 * another failure, the bytes inside the range may be old or new, block by
 * block. `policy->existing` matters only if it is REFLINK_EXISTING_KEEP. Fills
 * `*outcome`, and returns its status.
 */
enum reflink_status reflink_range(struct reflink_session *session,
                                  const struct reflink_policy *policy,
                                  const wchar_t *source, const wchar_t *dest,
                                  const struct reflink_range *range,
                                  struct reflink_outcome *outcome);

/*
 * The same for two files that the caller has open: HANDLEs, which may be the
 * same one. `source` must be open to read, `dest` to read and write, neither of
 * them with FILE_FLAG_OVERLAPPED or FILE_FLAG_NO_BUFFERING, and DEST not to
 * append only. They stay the caller's; their file positions are not defined
 * afterwards. No name is looked up, and nothing is created, renamed, locked or
 * retried after a transient error. That no other program writes meanwhile is up
 * to the caller's share modes. `existing`, `security` and `writable` are
 * ignored.
 */
enum reflink_status reflink_range_handles(struct reflink_session *session,
                                          const struct reflink_policy *policy,
                                          void *source, void *dest,
                                          const struct reflink_range *range,
                                          struct reflink_outcome *outcome);

/* A step that a run would take, in this order. */
enum reflink_dry_kind {
    REFLINK_DRY_CREATE,     /* create a staging file, or DEST in place */
    REFLINK_DRY_SPARSE,     /* set DEST's sparse flag, for cloning or holes */
    REFLINK_DRY_INTEGRITY,  /* give DEST SOURCE's integrity setting */
    REFLINK_DRY_SET_SIZE,   /* set the end of file to `length` */
    REFLINK_DRY_CLONE,      /* make a clone request */
    REFLINK_DRY_COPY,       /* copy bytes */
    REFLINK_DRY_DENSE,      /* clear the sparse flag again */
    REFLINK_DRY_STREAMS,    /* copy `length` named streams */
    REFLINK_DRY_ATTRIBUTES, /* set attributes and times */
    REFLINK_DRY_RENAME,     /* rename the staging file to DEST */
    REFLINK_DRY_REPLACE,    /* rename it and replace DEST */
    REFLINK_DRY_DIRECTORY,  /* create a directory */
    REFLINK_DRY_LINK,       /* recreate a link */
    REFLINK_DRY_RELINK,     /* recreate a link and replace the one there */
    REFLINK_DRY_COUNT
};

struct reflink_dry_step {
    enum reflink_dry_kind kind;
    uint64_t source_offset;
    uint64_t dest_offset;
    uint64_t length;  /* bytes of the files */
    uint64_t request; /* bytes of the request, if it is a clone */
};

/*
 * Finds out what reflink_file, or reflink_range if `range` is not NULL, would
 * do, without changing anything. Calls `tell` for each step, and fills
 * `*outcome` with the expected result, which may be a refusal or an error.
 * Returns its status. Cannot foresee what only a request shows: that it is
 * refused, or that the clone fails verification.
 */
enum reflink_status reflink_dry_run(
    struct reflink_session *session, const struct reflink_policy *policy,
    const wchar_t *source, const wchar_t *dest,
    const struct reflink_range *range,
    void (*tell)(void *context, const struct reflink_dry_step *step),
    void *context, struct reflink_outcome *outcome);

/* What reflink_dedupe found. The caller only sets `size`. */
struct reflink_dedupe_result {
    uint32_t size;          /* sizeof(struct reflink_dedupe_result) */
    uint64_t equal;         /* equal bytes that were not shared before; in a dry
                               run, those that would be shared now */
    uint64_t shared_before; /* bytes that were shared already */
    uint64_t freed;         /* bytes of clusters that were given back, or would
                               be; less than that without `freed_known` */
    bool freed_known;       /* the volume reports which clusters are shared */
    bool in_keep;           /* KEEP, not FILE, is the cause of the reason */
    bool failed_range;      /* a range failed verification; its bytes were
                               written back */
};

/*
 * Lets `file` share the clusters of `keep` wherever their bytes are equal at
 * equal offsets, and changes nothing else about either. Both are open meanwhile
 * so that no other program can write to them; a program that mapped one earlier
 * still can. All bytes are compared, and each range is read again after its
 * request; one that a volume changed is written back. With `dry_run`, only
 * finds out what would be shared. Of the policy, `mode` and `retries` count.
 *
 * Fills `*result` and `*outcome`, and returns its status: REFLINK_OK; or
 * REFLINK_SKIPPED if they share nothing, with the reason; or REFLINK_FAILED,
 * for example if one of them cannot be opened, or with
 * REFLINK_HINT_NOT_RESTORED if a range could not be written back. With
 * REFLINK_ALWAYS, any reason is REFLINK_REFUSED, except that FILE is KEEP or
 * has no whole cluster. In the outcome, `source` is `keep` and `dest` is
 * `file`, and `bytes_cloned` counts what is shared since this call; that stays
 * after a failure, too. The reason REFLINK_REASON_LIMIT says that KEEP's
 * clusters have reached the limit of references: FILE can be the KEEP of the
 * files after it.
 *
 * The callback of reflink_session_watch is called after each 1 MiB that was
 * compared, with `bytes` as the offset that is reached. What a range needs
 * after its request is done even if the call is cancelled. Needs 16 MiB of
 * memory.
 */
enum reflink_status reflink_dedupe(struct reflink_session *session,
                                   const struct reflink_policy *policy,
                                   const wchar_t *keep, const wchar_t *file,
                                   bool dry_run,
                                   struct reflink_dedupe_result *result,
                                   struct reflink_outcome *outcome);

enum reflink_answer {
    REFLINK_NOT_REPORTED, /* the volume does not report it */
    REFLINK_NO,
    REFLINK_YES
};

/* What happens to a file that is cloned within the volume. */
enum reflink_support {
    REFLINK_SUPPORT_CLONES,    /* its clusters are shared */
    REFLINK_SUPPORT_TRIES,     /* cloning is tried: the volume does not report
                                  whether it supports that */
    REFLINK_SUPPORT_COPIES,    /* it is copied, unless REFLINK_ALWAYS is set */
    REFLINK_SUPPORT_READ_ONLY, /* nothing can be written */
    REFLINK_SUPPORT_COUNT
};

/* What a volume supports. The caller only sets `size`. */
struct reflink_volume {
    uint32_t size; /* sizeof(struct reflink_volume) */
    enum reflink_support support;
    enum reflink_answer block_cloning; /* whether it reports that */
    enum reflink_answer integrity_streams;
    enum reflink_answer sparse_files;
    enum reflink_answer read_only;
    enum reflink_answer remote; /* reached over a network */
    uint32_t cluster_size;      /* in bytes; 0: unknown */
    uint64_t largest_request;   /* bytes of the largest clone request */
    uint64_t free_bytes;        /* available to this user, if `free_known` */
    bool free_known;
    wchar_t root[512];       /* empty: unknown */
    wchar_t file_system[32]; /* for display; empty: unknown */
};

/*
 * Finds out what the volume of `path` supports: a file, a directory, or the
 * root of a volume or share. Retries as the policy says. Returns REFLINK_OK,
 * REFLINK_INTERRUPTED, or REFLINK_FAILED with the reason in `*error`: `path`
 * cannot be opened. It is no error if the volume does not report something.
 */
enum reflink_status reflink_query_volume(struct reflink_session *session,
                                         const struct reflink_policy *policy,
                                         const wchar_t *path,
                                         struct reflink_volume *volume,
                                         struct reflink_error *error);

/*
 * The stable words that --json prints, such as `no-block-cloning`, `failed`,
 * `clone`, `source-in-use` and `clones`. They are constants. NULL for
 * REFLINK_REASON_NONE and for a value that this version does not know.
 * `warning` is one bit of outcome.warnings.
 */
const wchar_t *reflink_reason_name(enum reflink_reason reason);
const wchar_t *reflink_status_name(enum reflink_status status);
const wchar_t *reflink_method_name(enum reflink_method method);
const wchar_t *reflink_warning_name(uint32_t warning);
const wchar_t *reflink_support_name(enum reflink_support support);

/*
 * Writes the command line's sentence: what failed, the system's message and
 * code, and a hint; or why bytes were copied. Writes at most `capacity`
 * characters, with the terminating null. Returns the length of the whole
 * sentence without that, which may be more; 0 if there is no error or reason,
 * or if memory runs out. Paths are not in it, and options are called by their
 * names on the command line.
 */
size_t reflink_error_text(const struct reflink_error *error, wchar_t *buffer,
                          size_t capacity);
size_t reflink_reason_text(const struct reflink_outcome *outcome,
                           wchar_t *buffer, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
