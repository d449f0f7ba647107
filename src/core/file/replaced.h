/*
 * What a new file keeps of the DEST that it replaces: the DACL, the creation
 * time and, where that needs no privilege, owner and group. Without this, a
 * file that was restricted would silently get the permissions that its
 * directory gives to new files.
 */
#ifndef REFLINK_CORE_REPLACED_H
#define REFLINK_CORE_REPLACED_H

#include "core/os.h"
#include "core/base/outcome.h"

/* Initialize it with zeros. */
struct replaced {
    struct os_file *file; /* the DEST that is to be replaced; NULL: none */
    struct os_info info;
    /* The security that the staging file has, or would have if its owner could
       be set; NULL: not read, or its volume has no permissions. */
    void *given;
    /* A second handle of the staging file, which may set its security; NULL:
       not needed, or only the owner is different and cannot be set. */
    struct os_file *setter;
};

/*
 * Compares DEST's security with what the staging file inherited, and opens
 * `setter` if they differ. Call it before the staging file is marked for
 * deletion, because nothing can be opened under its name after that;
 * `directory` is the one that it is in, or NULL (os_open_at). A share may grant
 * no right to set a DACL; so no handle asks for that right unless it is needed.
 * Returns false if it failed; the outcome has the error.
 */
bool replaced_prepare(struct replaced *replaced, struct os_file *staging,
                      struct os_file *directory, const wchar_t *staging_path,
                      struct reflink_outcome *outcome);

/*
 * Gives the staging file DEST's security as it is now, if that is different.
 * Call it before the file gets any data, which are then protected from the
 * start; and again just before it is renamed, because DEST's may have changed.
 * An owner that cannot be set is a warning; a DACL that cannot be read or set
 * is an error. Returns false if it failed; the outcome has the error.
 */
bool replaced_update(struct replaced *replaced, struct os_file *staging,
                     struct reflink_outcome *outcome);

/* Closes both handles. Renaming over an open file can fail. */
void replaced_close(struct replaced *replaced);

#endif
