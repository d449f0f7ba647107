/*
 * reflink: copies a file by sharing its clusters where the volume can, and by
 * moving its bytes where it cannot; tells which of the two it did, and why.
 *
 * This is what another program embeds. Paths are wide strings in the form
 * the system takes them, without any limit on their length; they stay the
 * caller's and must outlive the outcome that names them. Sizes and offsets
 * are bytes unless a name says clusters.
 */
#ifndef REFLINK_REFLINK_H
#define REFLINK_REFLINK_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

/* Whether clusters are to be shared. */
enum reflink_mode {
    REFLINK_AUTO,   /* clone what can be cloned, copy the rest */
    REFLINK_ALWAYS, /* share every whole cluster, or refuse the file */
    REFLINK_NEVER   /* copy, share nothing */
};

/* How a result is proved before it is believed. */
enum reflink_verify {
    REFLINK_VERIFY_SAMPLE, /* equal clusters, and a bounded sample of bytes */
    REFLINK_VERIFY_FULL,   /* every byte, cloned or copied */
    REFLINK_VERIFY_NONE    /* nothing */
};

/* What becomes of a DEST that is there already (whole files only). */
enum reflink_existing {
    REFLINK_EXISTING_FAIL,    /* an error; DEST stays as it is */
    REFLINK_EXISTING_REPLACE, /* replaced as one atomic step */
    REFLINK_EXISTING_KEEP     /* left alone, and no error */
};

/* When a file is flushed to disk. */
enum reflink_flush {
    REFLINK_FLUSH_AUTO,   /* a whole file, before it replaces an existing one */
    REFLINK_FLUSH_ALWAYS, /* every file, before it gets its name; of a range,
                             DEST at the end */
    REFLINK_FLUSH_NEVER   /* none */
};

/* What the caller wants; filled once, read only afterwards. */
struct reflink_policy {
    enum reflink_mode mode;
    enum reflink_verify verify;
    enum reflink_existing existing;
    enum reflink_flush flush;
    bool security;    /* also copy owner, group and DACL */
    unsigned retries; /* new starts after a transient error */
};

/* A part of SOURCE and where it goes in DEST. */
struct reflink_range {
    uint64_t source_offset;
    uint64_t dest_offset;
    uint64_t length; /* unless to_end; 0 means no bytes */
    bool to_end;     /* to SOURCE's end of file */
};

enum reflink_status {
    REFLINK_OK,
    REFLINK_SKIPPED,    /* DEST existed and was to be kept */
    REFLINK_FAILED,     /* error says where and why */
    REFLINK_REFUSED,    /* REFLINK_ALWAYS, and it could not be cloned */
    REFLINK_DIFFERENT,  /* the comparison found a difference */
    REFLINK_INTERRUPTED /* the user wanted an end */
};

enum reflink_method {
    REFLINK_METHOD_NONE,
    REFLINK_METHOD_CLONE,
    REFLINK_METHOD_COPY,
    REFLINK_METHOD_MIXED
};

/* Why a file, or a part of it, was not cloned. Rows are only ever added. */
enum reflink_reason {
    REFLINK_REASON_NONE,
    REFLINK_REASON_NOT_ASKED,       /* REFLINK_NEVER */
    REFLINK_REASON_EMPTY,           /* there is no byte in it */
    REFLINK_REASON_BELOW_CLUSTER,   /* not one whole cluster in it */
    REFLINK_REASON_PARTIAL_CLUSTER, /* the last, partial cluster */
    REFLINK_REASON_NO_CLONING,      /* the volume does not offer it */
    REFLINK_REASON_OTHER_VOLUME,    /* SOURCE and DEST on two volumes */
    REFLINK_REASON_UNALIGNED,       /* the range is not on cluster borders */
    REFLINK_REASON_CLOSE_OVERLAP,   /* moved by too little to be shared */
    REFLINK_REASON_INTEGRITY,       /* integrity settings differ */
    REFLINK_REASON_SPARSE,          /* sparse SOURCE, DEST cannot be */
    REFLINK_REASON_LIMIT,           /* clusters referenced too often */
    REFLINK_REASON_ENCRYPTED,       /* SOURCE is encrypted */
    REFLINK_REASON_ELSEWHERE,       /* SOURCE's clusters hold not its data */
    REFLINK_REASON_REFUSED,         /* the volume refused these requests */
    REFLINK_REASON_UNVERIFIED,      /* success was claimed, not shown */
    REFLINK_REASON_COUNT
};

/* What of SOURCE DEST's volume could not hold: bits of outcome.lost. */
enum {
    REFLINK_LOST_STREAMS = 0x1,
    REFLINK_LOST_EA = 0x2,
    REFLINK_LOST_SPARSE = 0x4,
    REFLINK_LOST_INTEGRITY = 0x8,
    REFLINK_LOST_SECURITY = 0x10,
    REFLINK_LOST_ATTRIBUTES = 0x20,
    REFLINK_LOST_COUNT = 6
};

/* What else a user has to know of a file that is done: bits of
   outcome.warnings. */
enum {
    REFLINK_WARNING_SOURCE_IN_USE = 0x1, /* another program has SOURCE open for
                                            writing: what it writes meanwhile
                                            may be in DEST in part, and need
                                            not be noticed */
    REFLINK_WARNING_COUNT = 1
};

/* What was being done when an error came. */
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
    REFLINK_STEP_RENAME,
    REFLINK_STEP_MEMORY,
    REFLINK_STEP_EXTENTS,
    REFLINK_STEP_COUNT
};

/* What reflink itself knows about an error beyond the system's message. */
enum reflink_hint {
    REFLINK_HINT_NONE,
    REFLINK_HINT_EXISTS,         /* -f replaces it, -n leaves it alone */
    REFLINK_HINT_SAME_FILE,      /* SOURCE and DEST are one file */
    REFLINK_HINT_STREAM,         /* a named stream is never cloned */
    REFLINK_HINT_DIRECTORY,      /* it is a directory */
    REFLINK_HINT_NOT_DIRECTORY,  /* DEST ends in a separator, and is not one */
    REFLINK_HINT_NO_DIRECTORY,   /* DEST's directory does not exist */
    REFLINK_HINT_NOT_A_FILE,     /* a device, a pipe */
    REFLINK_HINT_SOURCE_CHANGED, /* while it was being cloned */
    REFLINK_HINT_PAST_END,       /* the range ends past SOURCE's end */
    REFLINK_HINT_TOO_FAR,        /* the range ends past 2^63 - 1 */
    REFLINK_HINT_IN_USE,         /* another program has it open */
    REFLINK_HINT_ENCRYPTED,      /* DEST would not be, so nothing is written */
    REFLINK_HINT_INTERRUPTED,    /* the user wanted an end */
    REFLINK_HINT_RECURSIVE,      /* a directory, and -r was not given */
    REFLINK_HINT_INSIDE,         /* DEST lies within SOURCE */
    REFLINK_HINT_COLLISION,      /* another SOURCE goes there, too */
    REFLINK_HINT_LINK_RIGHT,     /* the right to make links is missing */
    REFLINK_HINT_OWNER_RIGHT,    /* the right to give files away is missing */
    REFLINK_HINT_DIFFERENT,      /* DEST does not read back as SOURCE */
    REFLINK_HINT_NOT_REPORTED,   /* the volume tells no extents */
    REFLINK_HINT_NO_NAME,        /* a name that no file can have is listed */
    REFLINK_HINT_CLOUD,          /* a cloud provider manages the folder */
    REFLINK_HINT_VIRUS,          /* the virus scanner does not allow it */
    REFLINK_HINT_FALSE_HOLE,     /* the volume calls data a hole */
    REFLINK_HINT_TOO_LARGE,      /* the volume has room, but not for one file */
    REFLINK_HINT_COUNT
};

/* The first failure of a file; code 0: there was none. */
struct reflink_error {
    uint32_t code; /* Win32 */
    enum reflink_step step;
    enum reflink_hint hint;
    bool in_source; /* SOURCE's path is meant, else DEST's */
};

/* What happened to one file. */
struct reflink_outcome {
    const wchar_t *source;
    const wchar_t *dest;
    enum reflink_status status;
    enum reflink_method method;
    enum reflink_reason reason;
    uint64_t bytes; /* cloned and copied; holes count where they lie */
    uint64_t bytes_cloned;
    uint64_t bytes_copied;
    uint64_t requests;     /* clone requests issued, refused ones too */
    uint32_t cluster_size; /* 0: not learned */
    uint32_t refusal;      /* code of the last refused request, or 0 */
    bool no_resources;     /* by it the volume said that it lacks resources */
    unsigned retries;      /* after transient errors */
    uint32_t retry_code;   /* the last of these errors, or 0 */
    unsigned unverified;   /* clones that failed their proof and were undone */
    uint64_t elapsed_us;
    struct reflink_error error;
    unsigned lost;           /* REFLINK_LOST_*: to be warned of */
    unsigned warnings;       /* REFLINK_WARNING_* */
    wchar_t volume_root[64]; /* DEST's, where the reason names it */
    wchar_t file_system[32]; /* DEST's; may be empty */
};

/* What one run has learned about the volumes it met. */
struct reflink_session;

/* Returns NULL when there is no memory for it. */
struct reflink_session *reflink_session_open(void);
void reflink_session_close(struct reflink_session *session);

/*
 * Has `watch` called with what was done so far of the file at hand, and how
 * many bytes it is to be: after each request and each block. NULL: no more.
 */
void reflink_session_watch(struct reflink_session *session,
                           void (*watch)(void *context,
                                         const struct reflink_outcome *so_far,
                                         uint64_t total),
                           void *context);

/*
 * Clones or copies the whole of `source` to `dest`, which names a file, not
 * the directory it goes into. DEST appears complete or not at all. Fills
 * `*outcome`, whatever happens.
 */
void reflink_file(struct reflink_session *session,
                  const struct reflink_policy *policy, const wchar_t *source,
                  const wchar_t *dest, struct reflink_outcome *outcome);

/*
 * Clones or copies a range of `source` into `dest`, in place: DEST is created
 * when missing, extended when the range ends past its end (a gap reads as
 * zeros), never truncated, and keeps all bytes outside the range. Both may be
 * one file and the ranges overlap: the result is memmove's. A range that ends
 * past SOURCE's end is an error before anything changes; after another
 * failure the bytes inside the range may be old or new, block by block.
 * `policy->existing` matters only as REFLINK_EXISTING_KEEP.
 */
void reflink_range(struct reflink_session *session,
                   const struct reflink_policy *policy, const wchar_t *source,
                   const wchar_t *dest, const struct reflink_range *range,
                   struct reflink_outcome *outcome);

/* A step that a run would take, in order. */
enum reflink_dry_kind {
    REFLINK_DRY_CREATE,     /* a temporary beside DEST, or DEST in place */
    REFLINK_DRY_SPARSE,     /* DEST is marked sparse, for cloning or holes */
    REFLINK_DRY_INTEGRITY,  /* DEST gets SOURCE's integrity setting */
    REFLINK_DRY_SET_SIZE,   /* `length` is the new end of file */
    REFLINK_DRY_CLONE,      /* a request */
    REFLINK_DRY_COPY,       /* by bytes */
    REFLINK_DRY_DENSE,      /* the sparse flag is given back */
    REFLINK_DRY_STREAMS,    /* `length` named streams are copied */
    REFLINK_DRY_ATTRIBUTES, /* attributes and times are set */
    REFLINK_DRY_RENAME,     /* the temporary takes DEST's name */
    REFLINK_DRY_REPLACE,    /* and an old DEST's place */
    REFLINK_DRY_DIRECTORY,  /* a directory is made */
    REFLINK_DRY_LINK,       /* a link is made anew */
    REFLINK_DRY_COUNT
};

struct reflink_dry_step {
    enum reflink_dry_kind kind;
    uint64_t source_offset;
    uint64_t dest_offset;
    uint64_t length;  /* bytes of the files */
    uint64_t request; /* bytes that a request asks for */
};

/*
 * Finds out what reflink_file, or reflink_range if `range` is not NULL, would
 * do, and changes nothing. Calls `tell` for each step; fills `*outcome` with
 * what is to be expected, a refusal or an error too. What only a request can
 * show (its refusal, a failed proof) is not foreseen.
 */
void reflink_dry_run(struct reflink_session *session,
                     const struct reflink_policy *policy, const wchar_t *source,
                     const wchar_t *dest, const struct reflink_range *range,
                     void (*tell)(void *context,
                                  const struct reflink_dry_step *step),
                     void *context, struct reflink_outcome *outcome);

#endif
