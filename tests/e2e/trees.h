/*
 * A model of what stands in the fresh folder: trees of folders, files and
 * links, held in memory, written to the volume, changed as reflink is to
 * change them, and compared with what is there. One line of text for each
 * entry, with its kind, size, attributes, last-write time and contents, so that
 * a difference reads like one.
 *
 * Names are found without regard to ASCII case, as Wine finds them.
 */
#ifndef TREES_H
#define TREES_H

#include <time.h>

#include "e2e.h"

enum tree_kind {
    TREE_FOLDER,
    TREE_FILE,
    TREE_LINK, /* symbolic; Wine 8 shows it as what it leads to, or not */
};

/* As Wine keeps them: read-only in the mode, the others in an attribute. */
enum { TREE_HIDDEN = 2, TREE_SYSTEM = 4, TREE_READONLY = 1 };

struct tree_entry {
    char *path; /* from the fresh folder */
    enum tree_kind kind;
    uint64_t size;
    uint64_t seed; /* of the contents */
    uint64_t hash; /* of the contents */
    unsigned attributes;
    struct timespec time;
    bool time_known;                /* otherwise what is there is taken */
    char *target;                   /* of a link */
    const struct tree_entry *shown; /* what a link leads to, or NULL */
};

struct tree_world {
    struct tree_entry **entries;
    size_t count;
    size_t capacity;
};

/* What an operation did, by the model. */
struct tree_deed {
    const char *existing; /* "", "-f", "-n" or "-u" */
    unsigned done;
    unsigned skipped;
    unsigned failed;
    struct tree_pair {
        const char *source;
        const char *dest;
    } * pairs; /* the files that were done */
};

/* The entry of that path, or NULL. */
struct tree_entry *tree_find(const struct tree_world *world, const char *path);

/* Whether an entry lies directly in the folder. */
bool tree_is_child(const struct tree_entry *entry, const char *folder);

/* The last part of its path. */
const char *tree_name(const struct tree_entry *entry);

/* A new entry, in the model only. */
struct tree_entry *tree_add(struct tree_world *world, enum tree_kind kind,
                            const char *path);

/* Says what the entry holds: bytes that follow from the seed. */
void tree_fill(struct tree_entry *entry, uint64_t size, uint64_t seed);

/* Writes an entry to the volume: contents, attributes, time if known. */
void tree_put(const struct tree_entry *entry);

/* Removes an entry and all below it, there and in the model. */
void tree_remove(struct tree_world *world, struct tree_entry *entry);

/* Forgets the time of a folder in which something was made. */
void tree_forget_time(struct tree_world *world, const char *path);

/* What a run is to do with SOURCE, which the model has, and DEST's path. */
void tree_apply(struct tree_world *world, struct tree_deed *deed,
                const struct tree_entry *source, const char *dest);

/* Both as text, sorted by path. `tree_told` takes over unknown times. */
const char *tree_told(struct tree_world *world);
const char *tree_found(void);

/* The lines of which only one text has one, each with a sign before it. */
const char *tree_difference(const char *wanted, const char *found);

void tree_free(struct tree_world *world);

/* The same names, bytes and times, by what the system's tools say. */
void tree_expect_equal(struct result *result, const char *a, const char *b);

/* One of some names that a shell, Win32 or a careless program gets wrong, and
   that NTFS can hold. */
const char *tree_odd_name(uint64_t number);

/* Runs a command, and returns its exit code. */
int tree_shell(const char *command);

/* The number behind `"name":` in the summary that --json prints; -1: none. */
long tree_summary(const struct result *result, const char *name);

/* Adds `-j N` if this build has it: how many words were added. */
size_t tree_add_jobs(const char **words, unsigned jobs);

#endif
