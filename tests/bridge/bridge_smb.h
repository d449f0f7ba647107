/*
 * Files of a real SMB server.
 *
 * With REFLINK_BRIDGE_SMB=SERVER=SOCKET every file whose name begins with
 * \\SERVER\ is opened, read, written, asked, changed, flushed, renamed, linked,
 * deleted and closed on a server, and the server's status comes back
 * unaltered; so is every file-system control request. Wine has the same file
 * open, for whatever else it does with a handle, and lists folders: on the
 * folder of Linux behind the share, to which dosdevices/unc/SERVER/SHARE in
 * the prefix is a symbolic link.
 *
 * SOCKET is the absolute Linux path of the Unix socket on which the redirector
 * (tests/smb/redirector.py) listens. A message to it is
 *
 *   uint32 size of all of it, operation, handle, four numbers; then bytes
 *
 * and each is answered by
 *
 *   uint32 size of all of it, status, two numbers; then bytes
 *
 * A handle there is an open file on the server. It lives from the creation of
 * one here to its close, as with Windows' own redirector; that is why it is not
 * opened anew for each request: a server that restarts takes the handles along.
 */
#ifndef BRIDGE_SMB_H
#define BRIDGE_SMB_H

#include "bridge_nt.h"

#include <stdbool.h>
#include <stdint.h>

/* A handle of the redirector; never 0. */
typedef uint32_t smb_handle;

/* Reads the variable and connects to the socket. False if it is set and that
 * does not work. */
bool smb_startup(void);

/*
 * A name in a directory that is open on the server becomes one from the share's
 * root on, as a client of Windows sends it; any other stays what it is. The
 * answer is valid as long as `absolute` and `path`.
 */
struct smb_path {
    struct object_attributes attributes;
    struct unicode_string name;
    wchar_t text[2048];
};
const struct object_attributes *smb_absolute(
    const struct object_attributes *path, struct smb_path *absolute);

/* Whether the name lies on the server. */
bool smb_has_path(const struct object_attributes *path);

/* How a file is to be opened, as NtCreateFile has it. */
struct smb_opening {
    ACCESS_MASK access;
    ULONG sharing;
    ULONG disposition;
    ULONG options;
};

/* Opens or creates a file on the server; `*action` tells what was done. */
nt_status smb_open(const struct object_attributes *path,
                   const struct smb_opening *how, smb_handle *file,
                   ULONG *action);

/* Has `handle` stand for the open file from now on. */
void smb_adopt(HANDLE handle, smb_handle file,
               const struct object_attributes *path);

/* The open file behind `handle`, or 0. */
smb_handle smb_find(HANDLE handle);

/* `handle` stands for it no more. */
void smb_release(HANDLE handle);

void smb_close(smb_handle file);

/*
 * The requests; each answers with the server's status and fills `io`. The
 * classes that are no business of the server's, Wine must answer.
 */
bool smb_queries_file(ULONG class);
bool smb_sets_file(ULONG class);
nt_status smb_query_file(smb_handle file, struct io_status_block *io,
                         void *buffer, ULONG size, ULONG class);

nt_status smb_query_volume(smb_handle file, struct io_status_block *io,
                           void *buffer, ULONG size, ULONG class);
nt_status smb_set_file(smb_handle file, struct io_status_block *io,
                       const void *buffer, ULONG size, ULONG class);
nt_status smb_flush(smb_handle file, struct io_status_block *io);

struct smb_control {
    ULONG code;
    const void *input;
    ULONG input_size;
    void *output;
    ULONG output_size;
};

nt_status smb_control(smb_handle file, struct io_status_block *io,
                      const struct smb_control *control);

/* NtQueryAttributesFile and its like: by name. */
nt_status smb_query_by_path(const struct object_attributes *path, void *buffer,
                            ULONG size, ULONG class);

nt_status smb_read(smb_handle file, struct io_status_block *io, void *buffer,
                   ULONG size, int64_t offset);
nt_status smb_write(smb_handle file, struct io_status_block *io,
                    const void *buffer, ULONG size, int64_t offset);

#endif
