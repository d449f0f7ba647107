/*
 * What the simulator's files share with one another. Tests use sim.h.
 */
#ifndef REFLINK_TESTS_SIM_INTERNAL_H
#define REFLINK_TESTS_SIM_INTERNAL_H

#include "core/errors.h"
#include "sim.h"
#include "sim_map.h"

enum sim_kind { SIM_FILE, SIM_DIRECTORY, SIM_SYMLINK, SIM_STREAM };

/*
 * A file, whatever its names. It lives while it has a name or is open. Or a
 * named stream, which lives as long as its file, and has only data.
 */
struct sim_node {
    enum sim_kind kind;
    struct sim_volume *volume;
    uint64_t id;
    size_t names;
    size_t opens;
    wchar_t *target;     /* of a link */
    bool to_directory;   /* a link that was made for a directory */
    bool junction;       /* a link that is no symbolic one */
    uint32_t attributes; /* what a program may set */
    bool sparse;
    bool dirty;         /* written since it was last flushed */
    uint16_t algorithm; /* integrity */
    uint32_t integrity_flags;
    int64_t created;
    int64_t written;
    int64_t changed;
    uint64_t number;        /* in the change journal */
    uint64_t size;          /* end of file */
    uint64_t valid;         /* bytes from here on read as zeros */
    struct sim_map extents; /* VCN to LCN */
    struct sim_map locks;   /* ranges that somebody else has locked */
    void *ea;               /* extended attributes, or NULL */
    size_t ea_size;
    unsigned security;        /* the DACL */
    unsigned owner;           /* owner and group */
    unsigned dacl_denied;     /* SIM_READ: reading it, SIM_WRITE: setting it */
    struct sim_node *streams; /* the named streams of a file, as they came */
    wchar_t *listed_stream;   /* a name that is listed before them, or NULL */
    wchar_t *listed_name;     /* the same in a directory */
    uint32_t listed_attributes;
    struct sim_node *file;        /* the file of a stream, */
    wchar_t *stream_name;         /* its name without a colon, */
    struct sim_node *next_stream; /* and the next one */
    struct sim_node *next;
    struct sim_node *previous;
};

/*
 * One name of a file. It lives while it stands or was opened by it. A
 * directory has one, which holds the names in it.
 */
struct sim_name {
    wchar_t *leaf; /* as it was written; of a volume without a parent, its
                      root */
    struct sim_name *parent; /* NULL: a volume that lies in no other */
    struct sim_node *node;
    struct sim_name **children; /* sorted */
    size_t child_count;
    size_t child_room;
    size_t opens;
    bool pending; /* goes when it is closed */
    bool gone;    /* no longer in the namespace, and without a parent */
};

struct os_file {
    struct sim_node *node; /* a stream's own; NULL once it is lost */
    struct sim_name *name;
    unsigned rights; /* SIM_READ, ... */
    unsigned shared;
    bool ea;          /* may read extended attributes */
    bool metadata;    /* may set attributes, the sparse flag */
    bool keeps_times; /* what it does moves none of these */
    int64_t kept_written;
    int64_t kept_changed;
    bool security; /* was opened for it */
    bool sets_dacl;
    bool sets_owner;
    unsigned reasons;          /* kinds of changes made with it, and */
    bool late;                 /* whether the file's times are to move for it */
    os_error dead;             /* what every call is answered with, or 0 */
    wchar_t *path;             /* for the trace, which outlives names */
    struct os_directory *list; /* a directory that is listed; ends with it */
    _Atomic(const void *) user; /* the thread that is inside a call on it */
    struct os_file *next;
};

_Noreturn void sim_die(const char *what, const wchar_t *path);
void *sim_grow(void *array, size_t size);
wchar_t *sim_copy_path(const wchar_t *path, size_t length);

static inline uint64_t sim_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t sim_max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Whether it goes by the rules for directories: no file of its own. */
static inline bool sim_is_folder(const struct sim_node *node)
{
    return node->kind == SIM_DIRECTORY || node->to_directory;
}

/* The file that `node` is, or is a stream of. */
static inline struct sim_node *sim_file_of(struct sim_node *node)
{
    return node->file ? node->file : node;
}

static inline uint64_t sim_clusters(const struct sim_volume *volume,
                                    uint64_t bytes)
{
    return bytes / volume->cluster + (bytes % volume->cluster != 0);
}

/* ---- clusters.c: space, reference counts, contents ------------------- */

struct sim_store *sim_store_new(void);
void sim_store_free(struct sim_store *store);

/*
 * Takes up to `want` clusters in one run, with one reference each and reading
 * as zeros. Returns how many there are from `*lcn` on; 0: the disk is full.
 */
uint64_t sim_take(struct sim_volume *volume, uint64_t want, uint64_t *lcn);

/* Adds a reference to each cluster of a run, or drops one. */
void sim_ref(struct sim_volume *volume, uint64_t lcn, uint64_t count);
void sim_unref(struct sim_volume *volume, uint64_t lcn, uint64_t count);

/* The counts of all clusters, by LCN. */
const struct sim_map *sim_ref_map(const struct sim_volume *volume);

uint64_t sim_free_count(const struct sim_volume *volume);

/* Bytes within one cluster. */
void sim_content_read(const struct sim_volume *volume, uint64_t lcn,
                      uint32_t offset, uint8_t *buffer, uint32_t length);
void sim_content_write(struct sim_volume *volume, uint64_t lcn, uint32_t offset,
                       const uint8_t *bytes, uint32_t length);

/* Runs of whole clusters. A pattern begins at file offset `origin`. */
void sim_content_zero(struct sim_volume *volume, uint64_t lcn, uint64_t count);
void sim_content_pattern(struct sim_volume *volume, uint64_t lcn,
                         uint64_t count, uint64_t origin, uint64_t seed);
void sim_content_copy(struct sim_volume *volume, uint64_t from, uint64_t to,
                      uint64_t count);
bool sim_content_is_zero(const struct sim_volume *volume, uint64_t lcn,
                         uint64_t count);
bool sim_content_same(const struct sim_volume *a, uint64_t a_lcn,
                      const struct sim_volume *b, uint64_t b_lcn,
                      uint64_t count);

/* Whether the store agrees with itself and with `counts`, or says why. */
bool sim_store_check(const struct sim_volume *volume,
                     const struct sim_map *counts);

/* ---- data.c: the data of one file ------------------------------------ */

struct sim_node *sim_node_new(struct sim_volume *volume, enum sim_kind kind);
void sim_node_free(struct sim_node *node);

/* Sets both times to now, and a new number in the change journal; a stream has
   those of its file. */
void sim_touch(struct sim_node *node);

/* The same for what `file` was written with, before and after it was. */
struct sim_stamp {
    int64_t written;
    int64_t changed;
    uint64_t number;
};
struct sim_stamp sim_stamp_of(const struct os_file *file);
void sim_stamp_write(struct os_file *file, const struct sim_stamp *before,
                     bool extended);

/* And when `file` is closed. */
void sim_stamp_close(struct os_file *file);

os_error sim_data_resize(struct sim_node *node, uint64_t size);
uint32_t sim_data_read(const struct sim_node *node, uint64_t offset,
                       void *buffer, uint32_t length);
os_error sim_data_write(struct sim_node *node, uint64_t offset,
                        const void *buffer, uint32_t length);

/* Makes bytes of clusters zero; frees no cluster, fills no hole. */
os_error sim_data_wipe(struct sim_node *node, uint64_t from, uint64_t to);

/* Like wiping, but a sparse file gives whole clusters back. */
os_error sim_data_zero(struct sim_node *node, uint64_t from, uint64_t to);

/* Gives holes of [vcn, end) clusters: all of them, or none and 112. */
os_error sim_data_fill(struct sim_node *node, uint64_t vcn, uint64_t end);

/* Frees [vcn, end). */
void sim_data_punch(struct sim_node *node, uint64_t vcn, uint64_t end);

/* Everything below `to` is real afterwards: what was never written, zeros. */
os_error sim_data_validate(struct sim_node *node, uint64_t to);

os_error sim_data_pattern(struct sim_node *node, uint64_t offset,
                          uint64_t length, uint64_t seed);
os_error sim_data_sparse(struct sim_node *node, bool sparse);

/* ---- names.c: paths, names, who has what open ------------------------ */

void sim_names_reset(void);

/* The absolute form with one kind of separator and none at its end. */
wchar_t *sim_normalize(const wchar_t *path);

/* The same, links resolved up to the last part, or that one too. */
os_error sim_resolve(const wchar_t *path, bool follow, wchar_t **resolved);

/* The same for the last part of `path` in an open directory, unless that is
   NULL. What the directory has become meanwhile does not matter. */
os_error sim_resolve_at(const struct os_file *directory, const wchar_t *path,
                        bool follow, wchar_t **resolved);

/* The volume of a path that need not exist, or be absolute; or NULL. */
struct sim_volume *sim_volume_under(const wchar_t *path);

/* Whether two absolute paths, or two names, are the same. */
bool sim_same_path(const wchar_t *a, const wchar_t *b);

/* NULL if there is none. `path` is absolute. */
struct sim_name *sim_name_find(const wchar_t *path);
struct sim_name *sim_name_add(const wchar_t *path, struct sim_node *node);

/* A volume, which is a name in another one where its folder's parent is. */
void sim_name_add_root(const wchar_t *path, struct sim_node *node);
void sim_name_drop(struct sim_name *name);

/* Gives `name` another path, in the same volume and free. */
void sim_name_move(struct sim_name *name, const wchar_t *path);

/* The absolute path; the caller frees. */
wchar_t *sim_name_path(const struct sim_name *name);

/* The first name in `directory` that comes after `leaf`; NULL: none. */
struct sim_name *sim_name_after(const struct sim_name *directory,
                                const wchar_t *leaf);

/* The name after `name` in the tree below `top`, links not entered. */
const struct sim_name *sim_name_next(const struct sim_name *top,
                                     const struct sim_name *name);

/* Whether it is a name for another place: a link, a mounted volume. */
bool sim_name_is_link(const struct sim_name *name);

/* The node that `path` leads to, links followed; NULL if none. */
struct sim_node *sim_node_find(const wchar_t *path);

/* The same; that there is none is a mistake of the test. */
struct sim_node *sim_node_must_find(const wchar_t *path);

/* The same; a missing one is made. Sets `*error` where that fails. */
struct sim_node *sim_node_make(const wchar_t *path, os_error *error);

struct sim_node *sim_nodes(void); /* the first of all */
struct os_file *sim_handles(void);

bool sim_sharing_allows(const struct sim_node *node, unsigned rights,
                        unsigned shared);
struct os_file *sim_handle_new(struct sim_name *name, unsigned rights,
                               unsigned shared);

/* The same for `stream` of the file called `name`. */
struct os_file *sim_handle_new_stream(struct sim_name *name,
                                      struct sim_node *stream, unsigned rights,
                                      unsigned shared);
void sim_handle_free(struct os_file *file);

/* The server forgets all files that are open on the volume. */
void sim_handles_lost(struct sim_volume *volume, os_error code);

/* ---- streams.c ------------------------------------------------------- */

/* Where `:stream` begins in a path of any form; its end if there is none. */
size_t sim_stream_colon(const wchar_t *path);

/* The name of the stream that is meant there, without a type; NULL if none is.
   Win32 takes dots and spaces from a path's end. The caller frees. */
wchar_t *sim_stream_of(const wchar_t *path);

/* 123 for a name that no stream can have, on this volume or any. */
os_error sim_stream_allowed(const struct sim_volume *volume,
                            const wchar_t *stream);

struct sim_node *sim_stream_find(const struct sim_node *file,
                                 const wchar_t *stream);
struct sim_node *sim_stream_add(struct sim_node *file, const wchar_t *stream);
void sim_streams_free(struct sim_node *file);

/* ---- os.c ------------------------------------------------------------ */

/* As told. All is the file's, but whether a stream is sparse. */
uint32_t sim_attributes_of(struct sim_node *node);

/* ---- tree.c ---------------------------------------------------------- */

struct sim_node *sim_link_new(struct sim_volume *volume, const wchar_t *target,
                              bool to_directory);

/* Whether it is a junction, or a folder where a volume is mounted. */
bool sim_name_is_junction(const struct sim_name *name);

void sim_list_free(struct os_directory *list);

/* ---- volumes.c ------------------------------------------------------- */

void sim_volumes_reset(void);
struct sim_volume *sim_volume_of(const wchar_t *path);
struct sim_volume *sim_volume_at(size_t index); /* NULL after the last */

/* ---- clone.c --------------------------------------------------------- */

void sim_clones_reset(void);
os_error sim_clone(struct os_file *source, uint64_t source_offset,
                   struct os_file *dest, uint64_t dest_offset, uint64_t length);
void sim_clone_record(const struct os_file *source, uint64_t source_offset,
                      const struct os_file *dest, uint64_t dest_offset,
                      uint64_t length, os_error code);

/* ---- console.c ------------------------------------------------------- */

void sim_console_reset(void);

/* ---- threads.c ------------------------------------------------------- */

/*
 * A handle that was opened without FILE_FLAG_OVERLAPPED is a lock: whoever
 * calls while another thread is inside a call on it waits, and so two threads
 * gain nothing by one handle [CreateFileW, synchronous and asynchronous I/O].
 * The test in which that happens ends here. A NULL is let pass, and so is a
 * call from within one.
 */
void sim_use(struct os_file *file);

/* Gives up what sim_use took, once the thread's outermost call has ended. */
void sim_unuse(void);

/* The same for a handle that is about to be freed. */
void sim_closed(const struct os_file *file);

/* One thread at a time, which may come in again from within. */
void sim_hold(void);
void sim_release(void);

/* Gives up what a test that jumped out of an operation still has. */
void sim_threads_reset(void);

/* ---- faults.c: the gate ---------------------------------------------- */

void sim_faults_reset(void);

/*
 * Every operation enters here: it is counted, hooks run, and the code of a
 * fault, or of a handle that is lost, is returned; 0: go on. Until it leaves
 * no other thread gets in.
 */
os_error sim_enter(enum sim_op op, struct os_file *file);

/* And leaves here, with its code, which is returned. */
os_error sim_leave(enum sim_op op, const wchar_t *path, os_error code);

/* Whether the fault that sim_enter just returned was a partial one. */
bool sim_fault_was_partial(void);

#endif
