/*
 * Files that are hard links to each other in SOURCE: a table of those that a
 * run has copied, which all its threads share, and what becomes of the next
 * one. It is given a hard link to the DEST of the first, if the run keeps hard
 * links and DEST's volume can; otherwise it becomes a file of its own.
 *
 * The table has only files with more than one name. A DEST is found again by
 * its path, and used only if it is still the file that the run completed. So no
 * link that is followed on the way can lead to another file.
 */
#ifndef REFLINK_CORE_HARD_LINKS_H
#define REFLINK_CORE_HARD_LINKS_H

#include "core/os.h"
#include "core/base/outcome.h"

/* The table of one run. */
struct hard_links;

/*
 * Creates an empty table. `keep`: SOURCE's hard links become hard links in
 * DEST. The caller closes it. NULL: out of memory.
 */
struct hard_links *hard_links_open(bool keep);

/* Lets several threads use the table. Returns false if out of memory. */
bool hard_links_share(struct hard_links *links);

/* Frees the table; ignores NULL. */
void hard_links_close(struct hard_links *links);

/* One SOURCE, for as long as its thread has locked it (source_lock.h).
   Initialize it with zeros. */
struct hard_link {
    struct hard_links *links;
    struct hard_link_entry *entry; /* NULL: SOURCE has only one name */
    struct os_info source;
    wchar_t *path; /* of DEST, to be recorded; NULL: hard links are not kept */
    bool repeated; /* this run has copied SOURCE before, by another name */
    /* The DEST that it was copied to; NULL: SOURCE is to be copied. */
    struct os_file *earlier;
    struct os_identity identity; /* of `earlier` */
};

/*
 * Looks SOURCE up in `links`, which may be NULL, and opens the DEST that it was
 * copied to before. `dest` is the path that it gets now. Returns false if it
 * failed; the outcome has the error. The caller calls hard_link_end in any
 * case.
 */
bool hard_link_begin(struct hard_link *link, struct hard_links *links,
                     const struct os_info *source, const wchar_t *dest,
                     struct reflink_outcome *outcome);

/* Whether the run may need a hard link to the DEST that SOURCE gets. */
bool hard_link_is_kept(const struct hard_link *link);

/*
 * Sets `*exists`: whether `path` in `directory` is already a name of
 * `link->earlier`. A link that leads to it is not. Returns an error only if
 * memory ran out.
 */
os_error hard_link_query(const struct hard_link *link,
                         struct os_file *directory, const wchar_t *path,
                         bool *exists);

/*
 * Whether this error of creating or renaming a hard link is a reason to copy
 * SOURCE: DEST's volume does not support it, or not for these two names.
 */
bool hard_link_cannot(os_error error);

/* SOURCE is to be copied after all: closes `earlier`. */
void hard_link_give_up(struct hard_link *link);

/*
 * Records that SOURCE is completely copied to `dest`, as given to
 * hard_link_begin; `identity` is that of the new file.
 */
void hard_link_record(struct hard_link *link,
                      const struct os_identity *identity);

/* Closes what is open. */
void hard_link_end(struct hard_link *link);

#endif
