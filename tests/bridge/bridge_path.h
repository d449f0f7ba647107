/*
 * From an NT name to the file of Linux that bears it, and the directories that
 * were opened as the symbolic links they are.
 *
 * Wine follows every symbolic link of Linux, also where a program asks for the
 * link itself (FILE_OPEN_REPARSE_POINT); in a listing it shows a reparse point.
 * So a handle to a directory that was opened that way is remembered, and what
 * it is asked for says that it is a link.
 */
#ifndef BRIDGE_PATH_H
#define BRIDGE_PATH_H

#include "bridge_file.h"
#include "bridge_nt.h"

enum { PATH_SIZE = 4096 };

struct linux_path {
    char text[PATH_SIZE + 64];
    struct bridge_file root; /* the directory that a relative name begins in */
    bool has_root;
};

/* Finds wine_nt_to_unix_file_name; false if this is no Wine. */
bool path_startup(void);

/*
 * The path of a file that exists. It is valid until path_close, which is called
 * in any case. False: there is none.
 */
bool path_find(const struct object_attributes *name, struct linux_path *path);
void path_close(struct linux_path *path);

/* Remembers `handle` if it was opened with these options, and is a link. */
void path_note_link(HANDLE handle, const struct object_attributes *name,
                    ULONG options);

/* Forgets a handle that is about to be closed. */
void path_forget_link(HANDLE handle);

/* Corrects what a remembered handle is asked for. */
void path_correct_link(HANDLE handle, void *buffer, ULONG size, ULONG class);

#endif
