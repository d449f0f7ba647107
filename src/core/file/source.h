/*
 * Opens SOURCE and examines DEST, with errors that name the real cause. Every
 * function here that returns false has recorded an error or a status in the
 * outcome.
 */
#ifndef REFLINK_CORE_SOURCE_H
#define REFLINK_CORE_SOURCE_H

#include "core/os.h"
#include "core/base/outcome.h"
#include "held_directory.h"

/* Rejects a named stream as SOURCE or DEST [microsoft/CopyOnWrite #24]. */
bool source_check_paths(const wchar_t *source, const wchar_t *dest,
                        struct reflink_outcome *outcome);

struct source {
    struct os_file *file;
    struct held_directory *directory; /* that it is in; NULL: opened by path */
    struct os_info info;              /* when it was opened */
    uint64_t number; /* its USN in the change journal, if `numbered` */
    bool shared;     /* another program has it open for writing */
    bool numbered;   /* `shared`, and the volume has a change journal */
};

/*
 * Opens SOURCE, in `source->directory` if that is not NULL, and locks out new
 * writers if possible; if not, adds a warning to the outcome. The caller closes
 * `source->file`, also if the query after opening it fails. `with_security`
 * opens it to read its security, too.
 */
bool source_open(const wchar_t *path, bool with_security, struct source *source,
                 struct reflink_outcome *outcome);

/*
 * Opens SOURCE or a stream of it, by its path or in its directory. There, a
 * link that has the name now is CODE_REPARSE_POINT_ENCOUNTERED.
 */
os_error source_open_name(const struct source *source, const wchar_t *path,
                          unsigned intent, struct os_file **file);

/*
 * Whether `path` is still a name of the open file. What was opened by that name
 * after the file, as its streams are, belongs to it then.
 */
bool source_has_name(const struct source *source, const wchar_t *path,
                     struct reflink_outcome *outcome);

/*
 * Reads DEST's attributes and identity. `*exists` is false, without an error,
 * if DEST does not exist but its directory does.
 */
bool dest_look(const wchar_t *dest, bool *exists, struct os_info *info,
               struct reflink_outcome *outcome);

/*
 * Like dest_look, and keeps an existing DEST open in `*file`. `directory` is
 * the one that DEST is in, or NULL (os_open_at); with
 * OS_WITH_SECURITY as `extra`, to read its security if the user may. The caller
 * closes it. NULL: it does not exist.
 */
bool dest_open(struct os_file *directory, const wchar_t *dest, unsigned extra,
               struct os_file **file, struct os_info *info,
               struct reflink_outcome *outcome);

/*
 * Whether SOURCE was written later than DEST; both in 100 ns since 1601. DEST's
 * time may have been rounded down to what its file system can store: if it is a
 * whole multiple of 2 s (FAT), 1 s or 10 ms (exFAT), SOURCE's is rounded down
 * to the same.
 */
bool source_is_newer(int64_t source, int64_t dest);

/*
 * Applies the policy for an existing DEST of a whole file. Returns true if it
 * may be replaced.
 */
bool dest_judge_existing(const struct reflink_policy *policy,
                         const struct os_info *there,
                         const struct os_info *source,
                         struct reflink_outcome *outcome);

/*
 * Whether SOURCE's data are not (or not all) in its own clusters, but in a
 * cloud or in a store that a filter reads them from: OneDrive, data
 * deduplication. Servers and archives may report only that the file is offline.
 * Links are followed, so any reparse point left belongs to such a filter. Then
 * unallocated ranges are no holes, and sharing the clusters shares no data.
 */
bool source_is_elsewhere(const struct os_info *source);

/* Whether unallocated ranges of SOURCE read as zeros. */
bool source_has_holes(const struct os_info *source);

/* Returns the flag to create DEST with: OS_ENCRYPTED, or 0. */
unsigned dest_encryption(uint32_t wanted);

/*
 * Checks that the new DEST is encrypted if SOURCE or the DEST that it replaces
 * is: `wanted` are the attributes of both. Nothing that is encrypted is ever
 * silently written unencrypted.
 */
bool dest_keeps_encryption(uint32_t wanted, const struct os_info *dest,
                           struct reflink_outcome *outcome);

/*
 * Checks that SOURCE is the same as when it was opened. A different change time
 * counts only if there was another writer from the start, because cloning may
 * set it.
 *
 * Not everything that a writer does can be seen. ReFS sets a file's times when
 * the writer closes it [MS-FSA, product behavior of file systems other than
 * NTFS], and until then a change journal has only one record for each kind of
 * change.
 */
bool source_check_unchanged(const struct source *source,
                            struct reflink_outcome *outcome);

#endif
