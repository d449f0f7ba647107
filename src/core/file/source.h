/*
 * Opening SOURCE and looking at DEST, with errors that say what is really
 * the matter. Every function here that returns false has recorded why.
 */
#ifndef REFLINK_CORE_SOURCE_H
#define REFLINK_CORE_SOURCE_H

#include "core/os.h"
#include "core/base/outcome.h"

/* A named stream is neither SOURCE nor DEST of a clone [microsoft/CopyOnWrite
 * #24]. */
bool source_check_paths(const wchar_t *source, const wchar_t *dest,
                        struct reflink_outcome *outcome);

struct source {
    struct os_file *file;
    struct os_info info; /* when it was opened */
    uint64_t number;     /* in the change journal, if `numbered` */
    bool shared;         /* another program has it open for writing */
    bool numbered;       /* shared, and its volume has a change journal */
};

/* Keeps writers out where that can be; else the outcome has a warning.
   `source->file` is set, to be closed by the caller, even where the query
   after the opening fails. */
bool source_open(const wchar_t *path, bool with_security, struct source *source,
                 struct reflink_outcome *outcome);

/* What lies under DEST's name. `*exists` is false, and there is no error,
   where it is missing but its directory is there. */
bool dest_look(const wchar_t *dest, bool *exists, struct os_info *info,
               struct reflink_outcome *outcome);

/* What the policy of whole files says to a DEST that is there. */
bool dest_judge_existing(const struct reflink_policy *policy,
                         const struct os_info *there,
                         const struct os_info *source,
                         struct reflink_outcome *outcome);

/*
 * Whether SOURCE's data lie not, or not all, in its own clusters: in a cloud,
 * or in a store that a filter takes them from when they are read (OneDrive,
 * data deduplication; a server or an archive may tell no more than that the
 * file is offline). Links are followed, so a reparse point that is left belongs
 * to such a filter. What is not allocated is then no hole, and sharing the
 * clusters shares no data.
 */
bool source_is_elsewhere(const struct os_info *source);

/* Whether what is not allocated in SOURCE reads as zeros. */
bool source_has_holes(const struct os_info *source);

/* What is to be added to the intent of making DEST: OS_ENCRYPTED, or 0. */
unsigned source_encryption(const struct os_info *source);

/* An encrypted SOURCE is never silently written in the clear. */
bool dest_keeps_encryption(const struct os_info *source,
                           const struct os_info *dest,
                           struct reflink_outcome *outcome);

/*
 * SOURCE is what it was when it was opened. A change time alone counts only
 * where a writer was there from the start: cloning may move it.
 *
 * What such a writer does is not always seen. ReFS sets a file's times when
 * the writer closes it [MS-FSA, product behavior of file systems other than
 * NTFS], and a change journal has one record for each kind of change until
 * then.
 */
bool source_check_unchanged(const struct source *source,
                            struct reflink_outcome *outcome);

#endif
