/*
 * The few operations of the operating system that the core needs.
 *
 * The product links src/win32 and the native tests link tests/sim; the linker
 * chooses between them, and nothing else does. Every function that can fail
 * returns a Win32 error code, or 0 for success. When it fails, its output
 * parameters are unset, unless its contract says otherwise. All offsets and
 * lengths are in bytes.
 */
#ifndef REFLINK_CORE_OS_H
#define REFLINK_CORE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

typedef uint32_t os_error;

/* An open file. Whoever opens it owns it and closes it with os_close. */
struct os_file;

/* What a file is opened for. Access rights and sharing follow from it. */
enum os_intent {
    /* Reads attributes and identity only; with OS_WITH_SECURITY also owner,
       group and DACL. Follows links; also opens directories. */
    OS_OPEN_LOOK,
    /* Reads; locks out new writers. */
    OS_OPEN_SOURCE,
    /* Reads a file that another program already writes to. */
    OS_OPEN_SOURCE_SHARED,
    /* Creates a file that must not exist; reads, writes and deletes it. No
       other handle can open it. Never follows a link. */
    OS_CREATE_NEW,
    /* Reads and writes an existing file; others may open it to read. */
    OS_OPEN_IN_PLACE,
    /* Opens a directory to read its streams, attributes and security. */
    OS_OPEN_SOURCE_DIRECTORY,
    /* Opens a directory to set the same. Does not follow a link. */
    OS_OPEN_DIRECTORY,
    /* Opens a stream to write and creates it if it does not exist. It belongs
       to a directory, or to a file that this process has open exclusively. */
    OS_CREATE_STREAM,
    /* Opens a file, or a link and not its target, to rename or delete it;
       shares everything. */
    OS_OPEN_DELETE,
    /* Opens a file, even one that is open exclusively, to set its DACL; with
       OS_WITH_OWNER also its owner and group. Never follows a link. */
    OS_OPEN_SECURITY,
    /* Opens a file to give it another name. Never follows a link. */
    OS_OPEN_TO_LINK,
    OS_INTENT_MASK = 0xff,

    /* Flags, to be combined with one of the above: */
    /* Also reads (SOURCE) or sets (a new file) owner, group and DACL. */
    OS_WITH_SECURITY = 0x100,
    /* Creates the new file encrypted. Where that did not work, os_query's
       attributes show it. */
    OS_ENCRYPTED = 0x200,
    /* Also sets owner and group (OS_OPEN_SECURITY), if the user may. */
    OS_WITH_OWNER = 0x400,
    /* The new file is deleted when it is closed, or its process ends. */
    OS_TEMPORARY = 0x800,
    /* In an open directory: a link that has the name is not followed, but
       CODE_REPARSE_POINT_ENCOUNTERED. For what was listed as no link. */
    OS_NO_LINK = 0x1000
};

/*
 * Opens `path`: a file, or a stream of it if `path` is `file:stream`.
 *
 * `intent` is an enum os_intent, with flags. The caller closes `*file`. Errors:
 * CODE_FILE_NOT_FOUND, CODE_PATH_NOT_FOUND, CODE_ACCESS_DENIED (also for a
 * directory), CODE_SHARING_VIOLATION, CODE_FILE_EXISTS for a file that must not
 * exist, and any other code of the system.
 */
os_error os_open(const wchar_t *path, unsigned intent, struct os_file **file);

/*
 * The same for `path`'s last part in `directory`, which os_open_directory has
 * opened; NULL: for `path`. The rest of `path` is not looked at, so no link in
 * it is followed. Functions below that get a `directory` do the same.
 */
os_error os_open_at(struct os_file *directory, const wchar_t *path,
                    unsigned intent, struct os_file **file);

/*
 * Makes a file of a handle that a caller of the library has open; os_close does
 * not close that. CODE_INVALID_PARAMETER: it is asynchronous or unbuffered.
 * CODE_INVALID_FUNCTION: it is no file on a disk.
 */
os_error os_use_handle(void *handle, struct os_file **file);

enum {                            /* flags of os_open_directory */
       OS_DIRECTORY_CREATE = 0x1, /* creates it if it does not exist */
       OS_DIRECTORY_FOLLOW = 0x2  /* follows a link that is there */
};

/* What os_open_directory found. */
enum os_found {
    OS_FOUND_DIRECTORY,
    OS_FOUND_REPARSE, /* a directory that has a reparse point, but no link */
    OS_FOUND_LINK,    /* and did not follow it */
    OS_FOUND_NOTHING  /* and created it */
};

/*
 * Opens the directory `path`, so that entries can be created, opened and named
 * in it without following its path again. It can be neither deleted nor renamed
 * meanwhile, where the user may read it. A link (see os_entry.is_link) that is
 * not followed is not opened: `*directory` is NULL then. The caller closes
 * `*directory`. Several threads may use it at a time. CODE_ALREADY_EXISTS:
 * something else has the name.
 */
os_error os_open_directory(struct os_file *parent, const wchar_t *path,
                           unsigned flags, struct os_file **directory,
                           enum os_found *found);

/* Closes `file`; ignores NULL. A file marked for deletion is deleted now. */
void os_close(struct os_file *file);

/*
 * Identifies a file. All names of one file have the same volume and file
 * number, but two different files can share them, too: a VHD and its copy that
 * are both attached have the same serial number. Files on two devices are
 * therefore two different files.
 */
struct os_identity {
    uint64_t volume;
    uint64_t device; /* 0: unknown */
    uint8_t file[16];
};

enum { /* os_info.attributes; the system's values [MS-FSCC 2.6] */
       OS_ATTRIBUTE_READONLY = 0x1,
       OS_ATTRIBUTE_HIDDEN = 0x2,
       OS_ATTRIBUTE_SYSTEM = 0x4,
       OS_ATTRIBUTE_DIRECTORY = 0x10,
       OS_ATTRIBUTE_ARCHIVE = 0x20,
       OS_ATTRIBUTE_NORMAL = 0x80,
       OS_ATTRIBUTE_TEMPORARY = 0x100,
       OS_ATTRIBUTE_SPARSE = 0x200,
       OS_ATTRIBUTE_REPARSE = 0x400,
       OS_ATTRIBUTE_COMPRESSED = 0x800,
       OS_ATTRIBUTE_OFFLINE = 0x1000,
       OS_ATTRIBUTE_NOT_INDEXED = 0x2000,
       OS_ATTRIBUTE_ENCRYPTED = 0x4000,
       OS_ATTRIBUTE_INTEGRITY = 0x8000,
       OS_ATTRIBUTE_RECALL_ON_OPEN = 0x40000,
       OS_ATTRIBUTE_RECALL_ON_DATA_ACCESS = 0x400000,

       /* of a directory: its new files get them */
       OS_ATTRIBUTES_INHERITED = OS_ATTRIBUTE_COMPRESSED |
                                 OS_ATTRIBUTE_ENCRYPTED | OS_ATTRIBUTE_INTEGRITY
};

struct os_info {
    uint64_t size;      /* end of file */
    uint64_t allocated; /* bytes of the volume that it takes, as reported */
    uint32_t attributes;
    uint32_t links;   /* names that the file has, hard links; 0: unknown */
    uint32_t ea_size; /* 0: it has no extended attributes */
    int64_t created;  /* creation, in 100 ns since 1601 */
    int64_t written;  /* last write, in 100 ns since 1601 */
    int64_t changed; /* last change of data or metadata, in 100 ns since 1601 */
    struct os_identity identity;
};

/*
 * Reads size, attributes, links, EA size, times and identity of an open file.
 * The attributes show a reparse point that a filter hides if the file's data
 * are not in its own clusters.
 */
os_error os_query(struct os_file *file, struct os_info *info);

/* Reads the same as os_query, except that the identity is zero. */
os_error os_query_state(struct os_file *file, struct os_info *info);

/*
 * Reads the file's USN: the number of its last record in the volume's change
 * journal. Where there is no journal, returns CODE_NOT_SUPPORTED or another
 * code that classify_unsupported recognizes.
 */
os_error os_change_number(struct os_file *file, uint64_t *number);

enum { /* os_volume.features */
       OS_VOLUME_CLONES = 0x1,
       OS_VOLUME_INTEGRITY = 0x2,
       OS_VOLUME_SPARSE = 0x4,
       OS_VOLUME_READ_ONLY = 0x8
};

struct os_volume {
    bool known;              /* the volume reported its features */
    uint32_t features;       /* OS_VOLUME_*, if `known` */
    wchar_t file_system[32]; /* for display only; never decide by it */
};

/*
 * Queries the volume that `file` is on. Never fails: members that the volume
 * does not report stay unset.
 */
void os_query_volume(struct os_file *file, struct os_volume *volume);

/*
 * Finds the root of the volume that `path` is on, for display. `capacity` is in
 * characters; `root` is empty where the system does not report it.
 */
void os_volume_root(const wchar_t *path, wchar_t *root, size_t capacity);

/*
 * Returns the volume's allocation unit in bytes, or 0 if unknown. Some servers
 * report a value that has nothing to do with cloning [Samba,
 * share:fake_fscaps].
 */
uint32_t os_allocation_unit(struct os_file *file);

/*
 * Returns in `*bytes` how many bytes this user may still write to the volume.
 */
os_error os_free_bytes(struct os_file *file, uint64_t *bytes);

/* Returns in `*remote` whether the volume is reached over a network. */
os_error os_is_remote(struct os_file *file, bool *remote);

/* Integrity stream setting and cluster size [MS-FSCC 2.3.20]. */
struct os_integrity {
    uint16_t algorithm; /* 0: no checksums */
    uint32_t flags;
    uint32_t cluster_size; /* as reported; check it before use */
};

/* Reads the file's integrity setting and its volume's cluster size. */
os_error os_get_integrity(struct os_file *file, struct os_integrity *out);

/* Sets algorithm and flags. Works only on a file without clusters. */
os_error os_set_integrity(struct os_file *file,
                          const struct os_integrity *integrity);

/* Sets or clears the sparse flag. Clearing it allocates every hole. */
os_error os_set_sparse(struct os_file *file, bool sparse);

/* The largest offset that a file can have, plus one [MS-FSA 2.1.5.15.5]. */
#define OS_MAX_FILE_SIZE (UINT64_C(1) << 63)

/* Sets the end of file to `size` bytes. */
os_error os_set_size(struct os_file *file, uint64_t size);

/*
 * Reads up to `length` bytes at `offset`. `*done` is less than `length` only at
 * the end of the file.
 */
os_error os_read(struct os_file *file, uint64_t offset, void *buffer,
                 uint32_t length, uint32_t *done);

/* Writes all `length` bytes at `offset`, or fails. */
os_error os_write(struct os_file *file, uint64_t offset, const void *buffer,
                  uint32_t length);

/* Zeros a range, which must not extend past the end of the file. */
os_error os_zero(struct os_file *file, uint64_t offset, uint64_t length);

struct os_range {
    uint64_t offset;
    uint64_t length;
};

/*
 * Lists the allocated ranges that intersect [offset, offset + length), in order
 * and clipped to it. Sets `*more` if `capacity` was too small; the ranges
 * returned are correct.
 *
 * A system may set `*more` and return no range at all, here and in os_extents.
 * That means unknown; it does not mean a hole. The core calls these functions
 * through allocation.h, which returns an error in that case.
 */
os_error os_allocated(struct os_file *file, uint64_t offset, uint64_t length,
                      struct os_range *ranges, size_t capacity, size_t *count,
                      bool *more);

#define OS_HOLE (-1)

/*
 * A run of clusters [vcn, next_vcn) that starts at cluster `lcn` of the volume,
 * or a hole.
 */
struct os_extent {
    uint64_t vcn;
    uint64_t next_vcn;
    int64_t lcn;
    uint32_t references; /* of each cluster in the run; 0: unknown */
};

/*
 * Lists the extents from cluster `vcn` on; the first one may begin before it.
 * `*count` is 0 if nothing is allocated from there on. `*more` is as for
 * os_allocated.
 */
os_error os_extents(struct os_file *file, uint64_t vcn,
                    struct os_extent *extents, size_t capacity, size_t *count,
                    bool *more);

/*
 * Lists the extents with their reference counts. Only ReFS reports these, and
 * sometimes late [microsoft/CopyOnWrite, its tests]. Elsewhere returns an error
 * that classify_unsupported recognizes.
 */
os_error os_extents_counted(struct os_file *file, uint64_t vcn,
                            struct os_extent *extents, size_t capacity,
                            size_t *count, bool *more);

/*
 * Asks the volume to let `length` bytes at `dest_offset` of `dest` share the
 * clusters of `source` at `source_offset`: FSCTL_DUPLICATE_EXTENTS_TO_FILE.
 * Success is only what the volume reports; the caller must verify it.
 */
os_error os_clone(struct os_file *source, uint64_t source_offset,
                  struct os_file *dest, uint64_t dest_offset, uint64_t length);

/*
 * Names an open SOURCE to the server that it is on; opaque [MS-SMB2 2.2.32.3].
 */
struct os_copy_key {
    uint8_t bytes[24];
};

/*
 * Gets the key that os_server_copy needs. It is valid while `source` is open.
 * Fails for a file that is not on a server, or on one that cannot copy.
 */
os_error os_get_copy_key(struct os_file *source, struct os_copy_key *key);

/* A range to be copied in chunks of `chunk` bytes; the last may be shorter. */
struct os_copy_request {
    struct os_copy_key key; /* of SOURCE */
    uint64_t source_offset;
    uint64_t dest_offset;
    uint32_t length;
    uint32_t chunk;
};

/* Chunks in one request, at most. */
enum { OS_COPY_CHUNKS = 256 };

/* What a server answers [MS-SMB2 2.2.32.1]. */
struct os_copy_answer {
    uint32_t chunks;
    uint32_t chunk_bytes;
    uint32_t bytes;
};

/*
 * Asks the server that both files are on to copy a range from one to the other.
 * After success, `*answer` has what the server reports to have written: chunks,
 * and bytes in all. After CODE_INVALID_PARAMETER it has the most that the
 * server accepts, chunks in a request, bytes in a chunk and bytes in a request,
 * or zeros if that is unknown. Success is only what the server reports.
 */
os_error os_server_copy(struct os_file *dest,
                        const struct os_copy_request *request,
                        struct os_copy_answer *answer);

/*
 * A stream, by the name that the volume reports: `:name:$DATA`, or `::$DATA`
 * for the file's own data. The volume may be untrusted and the name any text,
 * so check it before using it in a path. The name is empty if the volume
 * reports none, one that is too long, or one that contains a NUL.
 */
struct os_stream_name {
    wchar_t name[280];
    uint64_t size;
};

/*
 * Lists the streams of a file or directory. The caller frees `*streams`. It is
 * NULL if there are none, or if the volume does not support streams.
 */
os_error os_list_streams(struct os_file *file, struct os_stream_name **streams,
                         size_t *count);

/*
 * Reads all extended attributes into one block in the system's own format. The
 * caller frees `*block`. It is NULL if the file has none or cannot have any.
 */
os_error os_get_ea(struct os_file *file, void **block, size_t *size);

/* Sets the extended attributes from a block that os_get_ea returned. */
os_error os_set_ea(struct os_file *file, const void *block, size_t size);

/*
 * Copies owner, group and DACL from `source` to `dest`. Both must have been
 * opened with OS_WITH_SECURITY.
 */
os_error os_copy_security(struct os_file *source, struct os_file *dest);

enum {                          /* the parts of a file's security */
       OS_SECURITY_OWNER = 0x1, /* owner and group */
       OS_SECURITY_DACL = 0x2
};

/*
 * Reads owner, group and DACL into one block in the system's own format. The
 * caller frees `*security`. It is NULL if the volume has no permissions.
 */
os_error os_get_security(struct os_file *file, void **security);

/*
 * Returns the parts, OS_SECURITY_*, that two blocks do not have in common.
 * DACLs are equal if they have the same entries in the same order, and if both
 * or neither are protected from inheritance.
 */
unsigned os_compare_security(const void *a, const void *b);

/*
 * Sets these parts of a block that os_get_security returned. Uses no privilege:
 * CODE_INVALID_OWNER if the user may not give a file to this owner.
 */
os_error os_set_security(struct os_file *file, const void *security,
                         unsigned parts);

/*
 * Sets the last-write time and those attributes that a program may set; and the
 * creation time, unless `created` is 0.
 */
os_error os_set_metadata(struct os_file *file, uint32_t attributes,
                         int64_t created, int64_t written);

/*
 * Sets last-write and change time, and those of the attributes that a program
 * may set, to what os_query returned in `info`. What this handle does
 * afterwards does not change the two times, where the volume keeps to
 * [MS-FSA 2.1.5.15.2, Open.UserSetModificationTime and Open.UserSetChangeTime].
 */
os_error os_restore_state(struct os_file *file, const struct os_info *info);

/*
 * Marks the file to be deleted when it is closed, even if the process ends
 * abnormally; or removes the mark.
 */
os_error os_mark_deleted(struct os_file *file, bool deleted);

/*
 * Renames the open file to `path` in one step. With `replace`, an existing file
 * is replaced, even a read-only one; if it is a link, the link is replaced and
 * not its target. Without `replace`, an existing file yields
 * CODE_ALREADY_EXISTS or CODE_FILE_EXISTS. The file must not be marked for
 * deletion.
 */
os_error os_rename(struct os_file *file, struct os_file *directory,
                   const wchar_t *path, bool replace);

/*
 * Gives the open file another name, the last part of `path` in `directory`: a
 * hard link. Never replaces: CODE_ALREADY_EXISTS or CODE_FILE_EXISTS if the
 * name is taken. CODE_NOT_SAME_DEVICE: `directory` is on another volume.
 * CODE_TOO_MANY_LINKS: the file can have no more names. A volume without hard
 * links returns a code that classify_unknown_request recognizes, and Samba on a
 * disk without them CODE_ACCESS_DENIED.
 */
os_error os_hard_link(struct os_file *file, struct os_file *directory,
                      const wchar_t *path);

/* Deletes the file `path`, even a read-only one; a link, but not its target. */
os_error os_remove(struct os_file *directory, const wchar_t *path);

/* Flushes the system's cache of an open file to the disk. */
os_error os_flush(struct os_file *file);

/* Opens `path` only to flush it, and closes it again. */
os_error os_flush_path(const wchar_t *path);

/* Characters in the longest name of a directory entry, with its NUL. */
enum { OS_NAME_ROOM = 264 };

/*
 * An entry of a directory. The volume may be untrusted and the name any text,
 * so check it with path_is_name before using it in a path.
 */
struct os_entry {
    wchar_t name[OS_NAME_ROOM];
    uint64_t size; /* end of file, as the directory stores it */
    uint32_t attributes;
    /* A symbolic link, junction or mount point, which leads to another place.
       All other reparse points count as the files or directories they appear to
       be. */
    bool is_link;
};

struct os_directory;

/*
 * Begins to list the entries of `directory` that match `pattern`. `*` and `?`
 * follow the system's own rules, also for upper and lower case. The caller
 * closes `*list`. CODE_FILE_NOT_FOUND: no entry matches.
 */
os_error os_list_open(const wchar_t *directory, const wchar_t *pattern,
                      struct os_directory **list);

/*
 * Reads the next entry; skips the first `.` and the first `..`. Sets `*end` if
 * there are no more entries.
 */
os_error os_list_next(struct os_directory *list, struct os_entry *entry,
                      bool *end);

/* Closes `list`; ignores NULL. */
void os_list_close(struct os_directory *list);

/* IO_REPARSE_TAG_MOUNT_POINT, of junctions and mounted volumes. */
#define OS_LINK_JUNCTION UINT32_C(0xA0000003)

/* What has a name. */
struct os_named {
    uint32_t link;   /* a link's tag [MS-FSCC 2.1.2.1]; 0: it is no link */
    bool directory;  /* a directory, or a link to one */
    bool is_volume;  /* a link, to the root of the volume that is mounted */
    int64_t written; /* last write, in 100 ns since 1601 */
};

/*
 * Finds out what has the name `path` in `directory`; follows no link that has
 * it. CODE_FILE_NOT_FOUND: nothing.
 */
os_error os_query_name(struct os_file *directory, const wchar_t *path,
                       struct os_named *named);

/*
 * Returns the absolute path that the link `path` contains. The caller frees
 * `*target`. It is NULL for a link with a relative path, for the root of a
 * mounted volume, and for a link that contains no path.
 */
os_error os_link_target(const wchar_t *path, wchar_t **target);

/*
 * Creates at `dest`, which must not exist, the same symbolic link, junction or
 * mount point as `source`, without looking at its target. Unless `target` is
 * NULL, the new link leads to that full path instead; os_link_target must have
 * returned a path for `source` then. CODE_PRIVILEGE_NOT_HELD or
 * CODE_ACCESS_DENIED: the user may not create links.
 */
os_error os_copy_link(const wchar_t *source, const wchar_t *target,
                      struct os_file *directory, const wchar_t *dest);

/*
 * Makes `dest`, a link to a directory with the same tag as `source`, lead to
 * where os_copy_link would let a new one lead, in one step. Its attributes and
 * permissions stay. CODE_REPARSE_TAG_MISMATCH: something else is there.
 */
os_error os_set_link(const wchar_t *source, const wchar_t *target,
                     struct os_file *directory, const wchar_t *dest);

/* Returns the full path, for comparisons. The caller frees `*full`. */
os_error os_full_path(const wchar_t *path, wchar_t **full);

/*
 * Returns the path that an open file really has, with all links resolved. The
 * caller frees `*full`.
 */
os_error os_final_path(struct os_file *file, wchar_t **full);

/*
 * Maps `c` to its upper case by the system's rules. Two names are equal if all
 * their characters map to the same ones.
 */
wchar_t os_fold(wchar_t c);

/* Fills `length` bytes of `buffer` with unpredictable random bytes. */
os_error os_random(void *buffer, size_t length);

/* The number of processors, at least 1. */
unsigned os_processors(void);

enum { OS_DIGEST_SIZE = 32 };

/* A SHA-256 that is being computed. */
struct os_hash;

/* Begins one; the caller frees `*hash` with os_hash_free. */
os_error os_hash_begin(struct os_hash **hash);

/* Adds `length` bytes. */
os_error os_hash_add(struct os_hash *hash, const void *bytes, uint32_t length);

/* Returns the digest of all bytes added; nothing can be added afterwards. */
os_error os_hash_end(struct os_hash *hash, uint8_t digest[OS_DIGEST_SIZE]);

/* Frees `hash`; ignores NULL. */
void os_hash_free(struct os_hash *hash);

/* A running thread. */
struct os_thread;

/*
 * Starts a thread that calls `run` with `context`. The caller ends `*thread`
 * with os_thread_end.
 */
os_error os_thread_start(void (*run)(void *context), void *context,
                         struct os_thread **thread);

/*
 * Waits until the thread has returned, and frees it. Required for each thread;
 * ignores NULL.
 */
void os_thread_end(struct os_thread *thread);

/*
 * A lock with a condition variable: a thread that holds the lock can wait until
 * another thread, while holding it, wakes all that wait.
 */
struct os_monitor;

/* Creates a monitor; the caller frees it. NULL: out of memory. */
struct os_monitor *os_monitor_make(void);

/* Frees a monitor that no thread uses; ignores NULL. */
void os_monitor_free(struct os_monitor *monitor);

/* Takes the lock; waits while another thread holds it. */
void os_monitor_lock(struct os_monitor *monitor);

/* Releases the lock. */
void os_monitor_unlock(struct os_monitor *monitor);

/*
 * Releases the lock, waits for a wake, and takes the lock again. May also
 * return without a wake.
 */
void os_monitor_wait(struct os_monitor *monitor);

/* Wakes all threads that wait. */
void os_monitor_wake(struct os_monitor *monitor);

/*
 * A clock in microseconds; its start is arbitrary. It does not depend on the
 * time of day, but on defective hardware it was seen to go back [Microsoft KB
 * 895980].
 */
uint64_t os_clock_us(void);

/* The time from `start` to `now`; 0 if the clock went back. */
static inline uint64_t os_elapsed_us(uint64_t start, uint64_t now)
{
    return now > start ? now - start : 0;
}

/* What one thread sets and others see or wait for; never cleared. */
struct os_event;

/* Creates an event; the caller frees it. NULL: out of memory. */
struct os_event *os_event_make(void);

/* Frees an event that no thread uses; ignores NULL. */
void os_event_free(struct os_event *event);

/* Sets the event. */
void os_event_set(struct os_event *event);

/* Whether the event is set. */
bool os_event_is_set(const struct os_event *event);

/*
 * Sleeps that long, or until the user presses Ctrl-C or `event` is set; that
 * may be NULL.
 */
void os_sleep_ms(uint32_t milliseconds, const struct os_event *event);

/* Sleeps that long, Ctrl-C or not: for what has to be put right before the
   program may end. */
void os_sleep_through_ms(uint32_t milliseconds);

/* Whether the user pressed Ctrl-C or Ctrl-Break, or closed the console. */
bool os_cancelled(void);

/*
 * Returns the system's message for `code`, without a line end; never empty.
 * `capacity` is in characters.
 */
void os_message(os_error code, wchar_t *buffer, size_t capacity);

enum os_stream { OS_STDOUT, OS_STDERR };

/*
 * Writes text: UTF-16 to a console, UTF-8 to a file or pipe. Returns false if
 * not all of it could be written. Allocates no memory.
 */
bool os_print(enum os_stream stream, const wchar_t *text);

/*
 * Returns the width in columns of the console that `stream` writes to; 0 if it
 * is not a console.
 */
unsigned os_console_width(enum os_stream stream);

#endif
