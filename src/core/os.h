/*
 * The seam: the few operations of the operating system that the core needs.
 *
 * The product links src/win32, the native tests link tests/sim; the linker
 * chooses, nothing else does. Every function that can fail returns a Win32
 * error code, 0 for success, and then leaves its output parameters unset
 * unless its contract says otherwise. Offsets and lengths are bytes.
 */
#ifndef REFLINK_CORE_OS_H
#define REFLINK_CORE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

typedef uint32_t os_error;

/* An open file. Owned by whoever opened it, ended by os_close. */
struct os_file;

/* What a file is opened for; the rights and the sharing follow from it. */
enum os_intent {
    OS_OPEN_LOOK,             /* its attributes and identity only; links are
                                 followed; directories can be looked at */
    OS_OPEN_SOURCE,           /* read; no new writer gets in */
    OS_OPEN_SOURCE_SHARED,    /* read; where somebody already writes */
    OS_CREATE_NEW,            /* must not exist; read, write, delete; for this
                                 handle alone; never through a link */
    OS_OPEN_IN_PLACE,         /* exists; read and write; readers get in */
    OS_OPEN_SOURCE_DIRECTORY, /* a directory, to read what rides on it */
    OS_OPEN_DIRECTORY,        /* a directory, to set that; a link there is
                                 not followed */
    OS_CREATE_STREAM,         /* a stream, made if it is not there, of a
                                 directory or of a file that this process has
                                 open for itself; write */
    OS_INTENT_MASK = 0xff,

    /* to be added to one of these: */
    OS_WITH_SECURITY = 0x100, /* and to read (a SOURCE) or set (a new file)
                                 owner, group and DACL */
    OS_ENCRYPTED = 0x200      /* a new file is to be encrypted; where it is
                                 not, os_query's attributes tell */
};

/*
 * Opens `path`, a file or, as `file:stream`, a stream of it. Errors:
 * CODE_FILE_NOT_FOUND, CODE_PATH_NOT_FOUND, CODE_ACCESS_DENIED (a directory,
 * too), CODE_SHARING_VIOLATION, CODE_FILE_EXISTS where it must not exist, and
 * what else the system says.
 */
os_error os_open(const wchar_t *path, unsigned intent, struct os_file **file);

/* Closes `file`; a NULL is let pass. A file marked for deletion goes now. */
void os_close(struct os_file *file);

/*
 * Which file it is. Volume and file are equal for all names of one file, and
 * may be equal for others, too: a VHD and its copy that are both attached have
 * one serial number. Files on two devices are two files.
 */
struct os_identity {
    uint64_t volume;
    uint64_t device; /* 0: not known */
    uint8_t file[16];
};

enum { /* of os_info.attributes; the values are the system's [MS-FSCC 2.6] */
       OS_ATTRIBUTE_READONLY = 0x1,
       OS_ATTRIBUTE_HIDDEN = 0x2,
       OS_ATTRIBUTE_SYSTEM = 0x4,
       OS_ATTRIBUTE_DIRECTORY = 0x10,
       OS_ATTRIBUTE_ARCHIVE = 0x20,
       OS_ATTRIBUTE_NORMAL = 0x80,
       OS_ATTRIBUTE_TEMPORARY = 0x100,
       OS_ATTRIBUTE_SPARSE = 0x200,
       OS_ATTRIBUTE_REPARSE = 0x400,
       OS_ATTRIBUTE_OFFLINE = 0x1000,
       OS_ATTRIBUTE_NOT_INDEXED = 0x2000,
       OS_ATTRIBUTE_ENCRYPTED = 0x4000,
       OS_ATTRIBUTE_RECALL_ON_OPEN = 0x40000,
       OS_ATTRIBUTE_RECALL_ON_DATA_ACCESS = 0x400000
};

struct os_info {
    uint64_t size; /* end of file */
    uint32_t attributes;
    int64_t written; /* last write, 100 ns since 1601 */
    int64_t changed; /* last change of data or metadata, likewise */
    struct os_identity identity;
};

/* A reparse point that a filter hides is among the attributes where it matters:
   the data are not in the file's own clusters. */
os_error os_query(struct os_file *file, struct os_info *info);

/* The same without the identity, which is zero. */
os_error os_query_state(struct os_file *file, struct os_info *info);

/*
 * The number of the last record that the volume's change journal has of the
 * file (its USN). CODE_NOT_SUPPORTED or another code that classify_unsupported
 * knows where there is no journal.
 */
os_error os_change_number(struct os_file *file, uint64_t *number);

enum { /* of os_volume.features */
       OS_VOLUME_CLONES = 0x1,
       OS_VOLUME_INTEGRITY = 0x2,
       OS_VOLUME_SPARSE = 0x4,
       OS_VOLUME_READ_ONLY = 0x8
};

struct os_volume {
    bool known;              /* the volume told its features */
    uint32_t features;       /* OS_VOLUME_*, if known */
    wchar_t file_system[32]; /* for people, never for a decision */
};

/* What lies under the open file. Never fails: what is not told is unset. */
void os_query_volume(struct os_file *file, struct os_volume *volume);

/* Where the volume under `path` is rooted, for people; empty if not_reported.
 */
void os_volume_root(const wchar_t *path, wchar_t *root, size_t capacity);

/*
 * The volume's allocation unit in bytes, or 0 where it is not told. Servers
 * are known to report a value that has no bearing on cloning [Samba,
 * share:fake_fscaps].
 */
uint32_t os_allocation_unit(struct os_file *file);

/* The bytes that this user may still fill on the volume. */
os_error os_free_bytes(struct os_file *file, uint64_t *bytes);

/* Whether the volume is reached over a network. */
os_error os_is_remote(struct os_file *file, bool *remote);

/* Integrity stream setting and cluster size [MS-FSCC 2.3.20]. */
struct os_integrity {
    uint16_t algorithm; /* 0: no checksums */
    uint32_t flags;
    uint32_t cluster_size; /* as told: to be checked before use */
};

os_error os_get_integrity(struct os_file *file, struct os_integrity *out);

/* Sets algorithm and flags. Only on a file that has no clusters yet. */
os_error os_set_integrity(struct os_file *file,
                          const struct os_integrity *integrity);

/* Sets or clears the sparse flag; clearing allocates every hole. */
os_error os_set_sparse(struct os_file *file, bool sparse);

/* The largest offset that a file can have, plus one [MS-FSA 2.1.5.15.5]. */
#define OS_MAX_FILE_SIZE (UINT64_C(1) << 63)

/* Sets the end of file. */
os_error os_set_size(struct os_file *file, uint64_t size);

/*
 * Reads up to `length` bytes at `offset`; `*done` is less only where the
 * file ends.
 */
os_error os_read(struct os_file *file, uint64_t offset, void *buffer,
                 uint32_t length, uint32_t *done);

/* Writes all of `length` bytes at `offset`, or fails. */
os_error os_write(struct os_file *file, uint64_t offset, const void *buffer,
                  uint32_t length);

/* Makes a range, which ends at the end of file at most, read as zeros. */
os_error os_zero(struct os_file *file, uint64_t offset, uint64_t length);

struct os_range {
    uint64_t offset;
    uint64_t length;
};

/*
 * Lists the allocated ranges that meet [offset, offset + length), in order,
 * cut to it. `*more` if `capacity` was too small: what is there is right. A
 * system may say `*more` and give none, here and below: that tells nothing, and
 * no hole. It is an error for who asks by allocation.h, as all of the core
 * does.
 */
os_error os_allocated(struct os_file *file, uint64_t offset, uint64_t length,
                      struct os_range *ranges, size_t capacity, size_t *count,
                      bool *more);

#define OS_HOLE (-1)

/* A run of clusters [vcn, next_vcn) that lies at `lcn`, or a hole. */
struct os_extent {
    uint64_t vcn;
    uint64_t next_vcn;
    int64_t lcn;
    uint32_t references; /* to each of its clusters; 0: not told */
};

/*
 * Lists the extents from cluster `vcn` on; the first may begin before it.
 * `*count` is 0 where nothing is allocated from there on. `*more` as above.
 */
os_error os_extents(struct os_file *file, uint64_t vcn,
                    struct os_extent *extents, size_t capacity, size_t *count,
                    bool *more);

/*
 * The same with the reference counts, which ReFS alone tells, and may tell
 * late [microsoft/CopyOnWrite, its tests]. Elsewhere an error that
 * classify_unsupported knows.
 */
os_error os_extents_counted(struct os_file *file, uint64_t vcn,
                            struct os_extent *extents, size_t capacity,
                            size_t *count, bool *more);

/*
 * Asks the volume that [dest_offset, + length) of `dest` share the clusters
 * of [source_offset, + length) of `source`: FSCTL_DUPLICATE_EXTENTS_TO_FILE.
 * Success is what the volume says, and not yet proof of anything.
 */
os_error os_clone(struct os_file *source, uint64_t source_offset,
                  struct os_file *dest, uint64_t dest_offset, uint64_t length);

/*
 * A stream, by the name that the volume gives: `:name:$DATA`, `::$DATA` for the
 * file's own data. The volume may be a stranger's, so this can be any text, and
 * is to be checked before a path is made of it. It is empty where the volume
 * gives none, one that is too long, or one with a NUL in it.
 */
struct os_stream_name {
    wchar_t name[280];
    uint64_t size;
};

/*
 * Lists the streams of a file or directory. The caller frees `*streams`, NULL
 * where there are none; so it is where the volume has no streams at all.
 */
os_error os_list_streams(struct os_file *file, struct os_stream_name **streams,
                         size_t *count);

/*
 * Reads all extended attributes as one block of the system's own form. The
 * caller frees `*block`, NULL where there are none or can be none.
 */
os_error os_get_ea(struct os_file *file, void **block, size_t *size);

/* Sets the extended attributes of such a block. */
os_error os_set_ea(struct os_file *file, const void *block, size_t size);

/* Gives `dest` the owner, group and DACL of `source`; both were opened
   OS_WITH_SECURITY. */
os_error os_copy_security(struct os_file *source, struct os_file *dest);

/* Sets last-write time and the attributes that a program may set. */
os_error os_set_metadata(struct os_file *file, uint32_t attributes,
                         int64_t written);

/* Marks the file to vanish when it is closed, however that comes. */
os_error os_mark_deleted(struct os_file *file, bool deleted);

/*
 * Gives the open file the name `path` in one step, if `replace` over a file
 * there, even a read-only one; a link there is replaced, not its target. Else
 * CODE_ALREADY_EXISTS or CODE_FILE_EXISTS where there is one. The file must
 * not be marked for deletion.
 */
os_error os_rename(struct os_file *file, const wchar_t *path, bool replace);

/* Removes the file `path`, even a read-only one. */
os_error os_remove(const wchar_t *path);

/* Writes what the system holds back of an open file. */
os_error os_flush(struct os_file *file);

/* Writes what the system holds back of `path`, opened only for this. */
os_error os_flush_path(const wchar_t *path);

/* Characters of the longest name in a directory, its end included. */
enum { OS_NAME_ROOM = 264 };

/* What stands in a directory. The volume may be a stranger's: the name can be
   any text, and is to be checked (path_is_name) before a path is made of it. */
struct os_entry {
    wchar_t name[OS_NAME_ROOM];
    uint64_t size; /* end of file, as the directory has it */
    uint32_t attributes;
    bool is_link; /* symbolic link, junction, mount point: a name for another
                     place. Other reparse points are what they seem */
};

struct os_directory;

/*
 * Begins to list what of `directory` matches `pattern` (`*` and `?` by the
 * system's own rules, case and all). CODE_FILE_NOT_FOUND: nothing does.
 */
os_error os_list_open(const wchar_t *directory, const wchar_t *pattern,
                      struct os_directory **list);

/* The next entry but the one `.` and the one `..` that directories have; `*end`
   where there is none. */
os_error os_list_next(struct os_directory *list, struct os_entry *entry,
                      bool *end);

/* A NULL is let pass. */
void os_list_close(struct os_directory *list);

/* Makes a directory; CODE_ALREADY_EXISTS where anything has the name. */
os_error os_make_directory(const wchar_t *path);

/*
 * Makes at `dest`, where nothing may be, the same symbolic link, junction or
 * mount point that `source` is, without looking at what it points to.
 * CODE_PRIVILEGE_NOT_HELD or CODE_ACCESS_DENIED: the user may not make links.
 */
os_error os_copy_link(const wchar_t *source, const wchar_t *dest);

/* The full path, for comparing; the caller frees `*full`. */
os_error os_full_path(const wchar_t *path, wchar_t **full);

/* Where an open file really is, links on the way resolved; likewise. */
os_error os_final_path(struct os_file *file, wchar_t **full);

/* The character that stands for `c` and its other case in the system's rules:
   two names are one where each stands for the same. */
wchar_t os_fold(wchar_t c);

/* Fills `buffer` with bytes that nobody can guess. */
os_error os_random(void *buffer, size_t length);

/* A thread that was started. */
struct os_thread;

/* Has `run` run beside the caller. */
os_error os_thread_start(void (*run)(void *context), void *context,
                         struct os_thread **thread);

/* Waits until it has returned; due for each thread. A NULL is let pass. */
void os_thread_end(struct os_thread *thread);

/* A lock, and what threads that have it can wait for: that another one, which
   then has it, wakes them. */
struct os_monitor;

struct os_monitor *os_monitor_make(void); /* NULL: there is no memory */
void os_monitor_free(struct os_monitor *gate);
void os_monitor_lock(struct os_monitor *gate);
void os_monitor_unlock(struct os_monitor *gate);

/* Gives the lock up until there is a wake, or for no reason, and has it
   again. */
void os_monitor_wait(struct os_monitor *gate);
void os_monitor_wake(struct os_monitor *gate); /* all who wait */

/* Microseconds that pass evenly, from any start. */
uint64_t os_clock_us(void);

/* Sleeps, but no longer than until somebody wants an end. */
void os_sleep_ms(uint32_t milliseconds);

/* Whether the user wants an end: Ctrl-C, Ctrl-Break, a closed console. */
bool os_cancelled(void);

/* The system's words for `code`, without a line end; never empty. */
void os_message(os_error code, wchar_t *buffer, size_t capacity);

enum os_stream { OS_STDOUT, OS_STDERR };

/*
 * Writes text: UTF-16 to a console, UTF-8 to a file or pipe. False if not all
 * of it could be written. Needs no memory.
 */
bool os_print(enum os_stream stream, const wchar_t *text);

/* The columns of the console behind `stream`; 0 if there is none. */
unsigned os_console_width(enum os_stream stream);

#endif
