/*
 * The simulated operating system: os.h in memory, for tests of the core.
 *
 * A test mounts volumes that impersonate real file systems, fills them with
 * files, lets the core work through os.h, and looks at what became of it.
 * Every rule cites the document or the project that it is from. There is one
 * simulated system in a process; it is not safe for use by several threads.
 *
 * A mistake of the test itself (an unknown profile, a file that is not there)
 * ends the process with a message, unless a contract here says otherwise.
 */
#ifndef REFLINK_TESTS_SIM_H
#define REFLINK_TESTS_SIM_H

#include <stdio.h>

#include "core/os.h"

/* ---- the system as a whole ------------------------------------------- */

/* Forgets everything: volumes, files, faults, counts, time. First call. */
void sim_reset(void);

/* Set when the system would have crashed [maharmstone/btrfs #789]. */
extern bool sim_crashed;

/*
 * Set when a clone request had a named stream as SOURCE or DEST, whatever it
 * was answered with. Some Windows crash on it [microsoft/CopyOnWrite #24].
 */
extern bool sim_cloned_stream;

/*
 * Recounts every reference, those of files pending deletion included, and
 * compares with the counts kept. Says on stderr what is wrong, if any.
 */
bool sim_check(void);

/* How many files, streams and lists are open: 0 at the end of a test that leaks
 * none.
 */
size_t sim_open_handles(void);

/*
 * What the system does when a process is killed: closes all its files, so
 * those marked for deletion go. The core's pointers to them dangle then.
 */
void sim_kill_process(void);

/* From now on a thread runs to its end before its start returns. */
void sim_threads_at_once(void);

/* From now on threads give up the processor at random, around what they do with
   the system and with monitors; 0: no longer. Chances follow from `seed`, but
   what the host's scheduler makes of them does not. */
void sim_yield_at_random(uint64_t seed);

/* Perhaps gives up the processor now. */
void sim_maybe_yield(void);

/* What os_processors returns; 8 after a reset. */
void sim_set_processors(unsigned count);

/* Whether this thread is within an operation, so that what it asks of the host,
   such as memory, is asked by the simulator. */
bool sim_is_inside(void);

/* ---- volumes --------------------------------------------------------- */

#define SIM_OWN UINT32_MAX /* "the volume's own cluster size" */

/* What the volume does with a request that it answers with success. */
enum sim_lie {
    SIM_LIE_NONE,    /* what was asked */
    SIM_LIE_NOTHING, /* nothing */
    SIM_LIE_HALF,    /* the first half, rounded down to clusters */
    SIM_LIE_ZEROS,   /* DEST's range becomes allocated zeros */
    SIM_LIE_COPY     /* the bytes are copied, nothing is shared */
};

/* What becomes of a request that goes past DEST's end. */
enum sim_past_end {
    SIM_PAST_END_REFUSED, /* 50; the end counts rounded up to a cluster */
    SIM_PAST_END_CLIPPED, /* success, clipped to the same [torture/smb2/ioctl.c]
                           */
    SIM_PAST_END_IGNORED, /* success, nothing done; the exact end counts */
    SIM_PAST_END_CLAMPED  /* clipped to the exact end before all checks */
};

/* A connection or a cluster resource that goes away for a moment. */
struct sim_drop {
    uint64_t at;        /* the nth clone request from now fails; 0: none */
    os_error code;      /* with this */
    bool kills_handles; /* and all files open on the volume are lost */
};

/*
 * Answers os_extents and os_extents_counted as it likes: the file `path`, from
 * cluster `vcn` on; `*count` is 0 and `*more` false.
 */
typedef void sim_teller(const wchar_t *path, uint64_t vcn,
                        struct os_extent *extents, size_t capacity,
                        size_t *count, bool *more);

/* Answers a clone request before the volume does; 0: the volume goes on. */
typedef os_error sim_refuser(uint64_t source_offset, uint64_t length);

/* Answers os_allocated as it likes, likewise. */
typedef void sim_range_teller(const wchar_t *path, uint64_t offset,
                              uint64_t length, struct os_range *ranges,
                              size_t capacity, size_t *count, bool *more);

/*
 * A mounted volume. A test may change any field but `root`, `last_number` and
 * `inner`, the
 * cluster size only while there is no file. A field that is a code is what
 * the request is answered with, 0 where it is served.
 */
struct sim_volume {
    const wchar_t *root;    /* without a separator at its end */
    const wchar_t *fs_name; /* what it calls itself, not what it is */
    uint64_t serial; /* two volumes may have the same, as a VHD and its copy
                        that are both attached do; their files' numbers are
                        the same then, too */
    uint64_t device; /* 0: not told */
    uint64_t last_number; /* of a file */
    uint32_t cluster;     /* bytes, 512 to 1 MiB, a power of two */
    uint64_t capacity;    /* in clusters; growing and shrinking is fine */
    uint32_t limit;       /* references of a cluster */
    uint32_t features;    /* OS_VOLUME_* as told to os_query_volume */
    bool features_known;  /* or the volume does not tell */
    bool remote;          /* reached over a network */
    bool read_only;       /* everything that writes is refused with 19 */
    uint64_t max_file_size;
    os_error file_too_large; /* what a longer one is answered with */
    bool journal;    /* has a change journal: its number of a file moves at the
                        first change of a kind since a program opened the file for
                        writing, and when that program closes it */
    bool late_times; /* a write moves the file's times only when the file is
                        closed by who wrote [MS-FSA, product behavior] */
    bool times_move; /* also those that the handle has set to stay */
    int64_t time_grain; /* file times are rounded down to it, 100 ns */
    int64_t first_time; /* earlier and later ones cannot be stored; */
    int64_t last_time;  /* 0: no limit */
    os_error no_time;   /* what setting such a one is answered with; 0: it is
                           moved to the nearest */
    bool posix_rename;  /* a rename replaces a file that is open */
    bool rename_over_readonly; /* or is refused with 5 */
    bool hard_links;           /* where not, making one is answered with 1 */
    unsigned link_limit;       /* names of a file; 0: none */
    bool links_allowed; /* the user may make links, or copying one is 1314 */
    os_error copy_link; /* 0: the volume has links */
    bool lazy;          /* no clusters set aside when a file grows */

    bool streams;           /* has named streams; where not, their names are
                               invalid (123) */
    uint64_t stream_limit;  /* bytes of one; 0: none */
    os_error stream_full;   /* what a longer one is answered with */
    bool eas;               /* has extended attributes; where not, setting
                               them is answered with 282 */
    bool security;          /* has owner, group, DACL; where not, copying
                               them from or to here is answered with 50 */
    bool change_only;       /* a share that grants Change: nobody may set
                               security */
    bool encrypts;          /* a new file can be encrypted */
    uint32_t no_attributes; /* OS_ATTRIBUTE_* that set-metadata drops */

    uint32_t allocation_unit;   /* as told; 0: not told; or SIM_OWN */
    uint32_t integrity_cluster; /* as told by get-integrity; or SIM_OWN */
    os_error get_integrity;
    os_error set_integrity;
    bool fake_integrity;    /* set succeeds without effect, get says none */
    bool default_integrity; /* new files have checksums */
    bool hides_integrity;   /* no attribute shows that */
    os_error set_sparse;
    bool fake_sparse; /* set-sparse succeeds without effect */
    os_error zero;
    os_error allocated;
    os_error extents;
    os_error extents_counted;
    sim_teller *teller; /* tells the extents in the volume's place, or NULL */
    sim_range_teller *range_teller; /* tells what is allocated, likewise */
    bool trailing_holes; /* os_extents lists a hole after the last extent */

    os_error clone;        /* 0: the volume can clone */
    sim_refuser *refuser;  /* or NULL */
    uint32_t alignment;    /* of clone requests, or SIM_OWN */
    uint64_t max_request;  /* longer ones are answered with 87 */
    bool exact_tail;       /* SOURCE's exact size bounds the request, and
                              that is where an unaligned one may end */
    bool unbounded_source; /* a request past SOURCE's end is clipped */
    enum sim_past_end past_end;
    os_error cross_volume;  /* 0: success and nothing done */
    os_error overlap;       /* 0: not checked */
    bool sparse_rule;       /* sparse SOURCE, dense DEST: 50 */
    bool copies_misaligned; /* success, by bytes [truenas/middleware #16635] */
    bool needs_flush;       /* SOURCE not flushed: zeros [git-lfs #6312] */
    bool honours_locks;     /* byte-range locks: 33 */
    bool crashes_sub_cluster; /* [maharmstone/btrfs #789] */

    unsigned server;   /* of several volumes that are on one; 0: its own */
    os_error copy_key; /* getting a key to copy on the server */
    os_error copy;     /* and a request to copy */
    struct os_copy_answer copy_limits; /* zeros: as Windows has them */
    bool hides_copy_limits;            /* when a request is beyond them */
    bool copies_half;                  /* of each request, and says so */
    enum sim_lie copy_lie;   /* what becomes of a request that succeeds, */
    uint64_t copy_lie_skip;  /* after so many that are served, */
    uint64_t copy_lie_times; /* and so many; 0: for ever */

    enum sim_lie lie;
    uint64_t lie_skip;  /* requests that are served before the lies begin */
    uint64_t lie_times; /* lies that are told then; 0: for ever */
    struct sim_drop drop;
    bool delete_denied;     /* the user may not delete what is there */
    bool hides_sizes;       /* reports a size of 0 for every file */
    bool forgets_deletions; /* what was to go with a lost handle stays */

    struct sim_store *inner; /* the clusters; the simulator's own */
};

/*
 * Mounts an empty volume of 1 TiB at `root`, "R:\" or "\\server\share" or a
 * folder of another volume, with the behaviour of a profile:
 * refs-4k, refs-64k, refs-ws2016, refs-unflushed, dev-drive, csvfs, smb-refs,
 * smb-tfo, smb-sofs, samba, winbtrfs, openzfs, nfs41, truenas, ntfs, exfat,
 * fat32. Relative paths start at the first volume that was mounted.
 */
struct sim_volume *sim_mount(const wchar_t *root, const char *profile);

/* The name of profile `index`, NULL after the last. */
const char *sim_profile(size_t index);

/* The same as setting the field `limit` of the volume of `path`. */
void sim_set_limit(const wchar_t *path, uint32_t limit);

/*
 * A server that forgets all files that are open on the volume: every call with
 * their handles is answered with `code`.
 */
void sim_lose_handles(struct sim_volume *volume, os_error code);

uint64_t sim_free_clusters(const struct sim_volume *volume);
uint64_t sim_used_clusters(const struct sim_volume *volume);

/* ---- files ----------------------------------------------------------- */

/*
 * These are made by "somebody else": they pass no gate, heed no sharing rule
 * and can meet no fault. They answer with what the volume says.
 */
os_error sim_mkdir(const wchar_t *path);
os_error sim_link(const wchar_t *existing, const wchar_t *path);

/*
 * `target` may be missing, and relative to the directory of `path`. The link
 * is one to a directory, for good, if that is what is there now.
 */
os_error sim_symlink(const wchar_t *target, const wchar_t *path);

/* A junction; `target` is absolute, a directory, and may be missing. */
os_error sim_junction(const wchar_t *target, const wchar_t *path);

/* Makes an empty directory a junction, whoever has it open: that takes a right
   which no sharing mode is about [MS-FSA 2.1.5.1.2.2, 2.1.5.10.37]. */
void sim_turn_into_link(const wchar_t *path, const wchar_t *target);

/* Gives a directory another name, with a `~` behind it, and has a junction take
   its place, whoever has it open: on a server, say. */
void sim_put_link(const wchar_t *path, const wchar_t *target);

/* Makes `path` hold just these bytes. What it is (sparse, ...) stays. */
os_error sim_write_file(const wchar_t *path, const void *data, size_t length);

/* Writes a range of a file that may be missing. */
os_error sim_write_at(const wchar_t *path, uint64_t offset, const void *data,
                      size_t length);

/* Sets the end of a file that may be missing. */
os_error sim_set_size(const wchar_t *path, uint64_t size);

/*
 * Fills a range of a file that may be missing, and extends it to there, with
 * bytes sim_pattern_byte(seed, file offset). Whole clusters take no memory.
 */
os_error sim_fill_pattern(const wchar_t *path, uint64_t offset, uint64_t length,
                          uint64_t seed);
uint8_t sim_pattern_byte(uint64_t seed, uint64_t offset);

os_error sim_set_sparse(const wchar_t *path, bool sparse);

/* Clears the flag and leaves the holes, as a server has them. */
void sim_forget_sparse(const wchar_t *path);
void sim_set_integrity(const wchar_t *path, uint16_t algorithm, uint32_t flags);
void sim_set_attributes(const wchar_t *path, uint32_t attributes);
void sim_set_written(const wchar_t *path, int64_t written);
void sim_set_created(const wchar_t *path, int64_t created);

/*
 * A named stream, its name without a colon, and what it holds: as set here,
 * or by os_write to `path:stream`. What is missing holds nothing, not even no
 * bytes. 123 where there can be none, `stream_full` for one that is too long.
 */
os_error sim_set_stream(const wchar_t *path, const wchar_t *stream,
                        const void *data, size_t length);
bool sim_stream_holds(const wchar_t *path, const wchar_t *stream,
                      const void *data, size_t length);
size_t sim_stream_count(const wchar_t *path);

/* Has the volume list a stream of `path` by this very name, in front of those
   that there are; one is enough, so another name takes its place. */
void sim_list_stream(const wchar_t *path, const wchar_t *name);

/*
 * The extended attributes are one block of any bytes; with size 0, none. 282
 * where there can be none.
 */
os_error sim_set_ea(const wchar_t *path, const void *data, size_t size);
bool sim_ea_holds(const wchar_t *path, const void *data, size_t size);

/*
 * A number stands for the DACL. It is 0 but where it was set; a new file has
 * that of its directory. Any volume keeps what is set here.
 */
void sim_set_security(const wchar_t *path, unsigned security);
unsigned sim_security(const wchar_t *path);

/*
 * Another number stands for owner and group. A new file has that of the user,
 * which is 0; the user may give a file to no one else.
 */
void sim_set_owner(const wchar_t *path, unsigned owner);
unsigned sim_owner(const wchar_t *path);

/* The user may not read a file's security (SIM_READ), or set it (SIM_WRITE),
   or either: opening it for that is denied. */
void sim_deny_security(const wchar_t *path, unsigned denied);

/* Has the volume list an entry of `directory` by this very name, in front of
   those that there are; one is enough, so another name takes its place. */
void sim_list_name(const wchar_t *directory, const wchar_t *name,
                   uint32_t attributes);

/* A range that somebody else has locked for himself: 33 to all others. */
void sim_lock(const wchar_t *path, uint64_t offset, uint64_t length);
void sim_unlock_all(const wchar_t *path);

/* As if all that was written to the file had reached the disk long ago. */
void sim_settle(const wchar_t *path);

enum { SIM_READ = 1, SIM_WRITE = 2, SIM_DELETE = 4 };

/*
 * Opens a file or stream as another process would, with these rights and
 * sharing these; NULL if the sharing rules are against it. Ended by os_close.
 */
struct os_file *sim_open_as(const wchar_t *path, unsigned rights,
                            unsigned shared);

/* ---- looking at files ------------------------------------------------ */

/* Links are followed, but for these four. */
bool sim_exists(const wchar_t *path);

/* A directory itself; no link to one. */
bool sim_is_directory(const wchar_t *path);

/* A symbolic link, a junction, a folder where a volume is mounted. */
bool sim_is_link(const wchar_t *path);

/* The target as the link was made; NULL if `path` is no link. */
const wchar_t *sim_link_target(const wchar_t *path);

/* A junction, or a folder where a volume is mounted. */
bool sim_is_junction(const wchar_t *path);

/* Of directories as well; `attributes` without OS_ATTRIBUTE_DIRECTORY. */
uint64_t sim_size(const wchar_t *path);
uint32_t sim_attributes(const wchar_t *path);
int64_t sim_written(const wchar_t *path);
int64_t sim_created(const wchar_t *path);
bool sim_is_sparse(const wchar_t *path);
uint16_t sim_integrity(const wchar_t *path);
uint64_t sim_allocated(const wchar_t *path); /* bytes in clusters */
bool sim_is_hole(const wchar_t *path, uint64_t offset);

/* The reference count of the cluster at `offset`; 0 for a hole. */
uint32_t sim_refs(const wchar_t *path, uint64_t offset);

/* Reads up to `length` bytes; returns how many there were. */
size_t sim_read_file(const wchar_t *path, void *buffer, size_t length);
size_t sim_read_at(const wchar_t *path, uint64_t offset, void *buffer,
                   size_t length);

/* Whether the file holds just these bytes; a missing one does not. */
bool sim_holds(const wchar_t *path, const void *data, size_t length);

/* Whether two files read the same; quick where clusters are shared. */
bool sim_same_bytes(const wchar_t *a, const wchar_t *b);

/* Bytes of `a` and `b` at equal offsets in equal clusters. */
uint64_t sim_shared_bytes(const wchar_t *a, const wchar_t *b);

/* How many names a file has; 0: there is none. */
size_t sim_links(const wchar_t *path);

/* Whether both are names of one file. */
bool sim_is_same_file(const wchar_t *a, const wchar_t *b);

/* How many names there are in a directory, pending deletions included. */
size_t sim_file_count(const wchar_t *directory);

/* The last part of name `index`, in order; NULL after the last. */
const wchar_t *sim_file_name(const wchar_t *directory, size_t index);

/* The same for all below a directory; what links lead to is not below it. */
size_t sim_count_below(const wchar_t *directory);

struct sim_clone_request {
    const wchar_t *source;
    const wchar_t *dest;
    uint64_t source_offset;
    uint64_t dest_offset;
    uint64_t length;
    os_error code; /* what it was answered with, by a fault too */
};

/* Every clone request since sim_reset; valid until the next one. */
void sim_clone_requests(const struct sim_clone_request **requests,
                        size_t *count);

/* ---- operations: faults, hooks, counts, trace ------------------------ */

/*
 * One for each function of os.h but os_cancelled, os_list_close, os_fold, and
 * those of a thread, gate or event that is there already, which pass no gate.
 * SIM_OP_ANY stands for all that can fail.
 */
enum sim_op {
    SIM_OP_ANY,
    SIM_OP_OPEN,
    SIM_OP_CLOSE,
    SIM_OP_USE_HANDLE,
    SIM_OP_QUERY, /* os_query_state, too */
    SIM_OP_CHANGE_NUMBER,
    SIM_OP_QUERY_VOLUME,
    SIM_OP_VOLUME_ROOT,
    SIM_OP_ALLOCATION_UNIT,
    SIM_OP_GET_INTEGRITY,
    SIM_OP_SET_INTEGRITY,
    SIM_OP_SET_SPARSE,
    SIM_OP_SET_SIZE,
    SIM_OP_READ,
    SIM_OP_WRITE,
    SIM_OP_ZERO,
    SIM_OP_ALLOCATED,
    SIM_OP_EXTENTS,
    SIM_OP_EXTENTS_COUNTED,
    SIM_OP_FREE_BYTES,
    SIM_OP_IS_REMOTE,
    SIM_OP_CLONE,
    SIM_OP_GET_COPY_KEY,
    SIM_OP_SERVER_COPY,
    SIM_OP_LIST_STREAMS,
    SIM_OP_GET_EA,
    SIM_OP_SET_EA,
    SIM_OP_COPY_SECURITY,
    SIM_OP_GET_SECURITY,
    SIM_OP_SET_SECURITY,
    SIM_OP_SET_METADATA,
    SIM_OP_RESTORE_STATE,
    SIM_OP_MARK_DELETED,
    SIM_OP_RENAME,
    SIM_OP_HARD_LINK,
    SIM_OP_REMOVE,
    SIM_OP_FLUSH,
    SIM_OP_FLUSH_PATH,
    SIM_OP_LIST_OPEN,
    SIM_OP_LIST_NEXT,
    SIM_OP_OPEN_DIRECTORY,
    SIM_OP_COPY_LINK,
    SIM_OP_QUERY_NAME,
    SIM_OP_LINK_TARGET,
    SIM_OP_SET_LINK,
    SIM_OP_FULL_PATH,
    SIM_OP_THREAD,  /* starting one */
    SIM_OP_MONITOR, /* making one */
    SIM_OP_HASH,    /* all calls of one */
    SIM_OP_EVENT,   /* making one */
    SIM_OP_RANDOM,
    SIM_OP_CLOCK_US,
    SIM_OP_SLEEP_MS,
    SIM_OP_MESSAGE,
    SIM_OP_PRINT,
    SIM_OP_COUNT
};

const char *sim_op_name(enum sim_op op);

/*
 * The nth call of `op` from now (1: the next) fails once, before it does
 * anything. A query of the volume that "fails" tells nothing, and os_print
 * gives false. Close, clock, sleep and os_message cannot fail: faults on them
 * are without effect, and ANY leaves them out.
 */
void sim_fault(enum sim_op op, uint64_t nth, os_error code);
void sim_fault_always(enum sim_op op, os_error code);

/* The nth os_write from now writes its first half, then fails. */
void sim_fault_partial(uint64_t nth, os_error code);

void sim_clear_faults(void);

/*
 * Has `refuses` decide whether there is memory for each call that needs some on
 * Windows, where src/win32 allocates; a call without it fails with 8. NULL:
 * there always is.
 */
void sim_memory(bool (*refuses)(void));

/* How many calls failed by one of these: 0 means it was not reached. */
uint64_t sim_faults_met(void);

/*
 * Runs `fn` right before the nth call of `op` from now does its work, faults
 * included. It may use sim_* and os_* functions.
 */
void sim_at_call(enum sim_op op, uint64_t nth, void (*fn)(void *arg),
                 void *arg);

/* Calls since sim_reset. */
uint64_t sim_calls(enum sim_op op);

struct sim_trace_entry {
    enum sim_op op;
    os_error code;
    const wchar_t *path; /* "" where the operation has none */
};

/* Starts or ends the log of operations; they are in order of their ends. */
void sim_trace(bool on);
void sim_trace_entries(const struct sim_trace_entry **entries, size_t *count);
void sim_trace_print(FILE *stream);

/* All that os_print was given for a stream since sim_reset. */
const wchar_t *sim_printed(enum os_stream stream);

/* ---- time, chance, the user ------------------------------------------ */

/*
 * The user wants an end: os_cancelled says so from now on, until sim_reset,
 * and sleeps are counted but take no time.
 */
void sim_cancel(void);

uint64_t sim_slept_ms(void);
uint64_t sim_sleeps(void);
void sim_advance_us(uint64_t microseconds);

/* The time that files get now, 100 ns since 1601. */
int64_t sim_file_time(void);

/* What os_random gives follows from the seed; sim_reset sets one. */
void sim_seed(uint64_t seed);

#endif
