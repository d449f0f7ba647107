/*
 * A real SMB 3.1.1 server for a test: Samba on shares of the Btrfs volume,
 * behind a relay that counts bytes and can cut the wire; ../smb/serve.py says
 * what it can be told to do.
 */
#ifndef E2E_SMB_H
#define E2E_SMB_H

#include "e2e.h"

/*
 * Goes to a fresh folder on the Btrfs volume, starts a server on folders of
 * it, and stays in that of the first share:
 *
 *   one, two   clone, and say that they are one volume
 *   other      clones, and says that it is another volume
 *   plain      on the same volume of the server, but does not clone
 *   far        a folder of the second XFS volume; does not clone
 *   stick      a folder of the exFAT volume; does not clone and has no hard
 *              links. Only with smb_enter_with_stick, which skips the test
 *              where there is no such volume
 *
 * Skips the test, with the reason, where there is no such server.
 */
void smb_enter(void);
void smb_enter_with_stick(void);

/* Ends all that; the fini of every suite that uses it. */
void smb_leave(void);

/* What a program calls a file of a share: \\SERVER\SHARE\NAME. */
const char *smb_path(const char *share, const char *name);

/* Has the server, or what is before it, do something; its answer. */
const char *smb_tell(const char *command);

struct smb_count {
    unsigned long bytes; /* over the wire, both ways, since the start */
    unsigned clones;     /* clone requests that came by */
    unsigned connections;
    unsigned faults; /* met since the last one was asked for */
    unsigned copies; /* requests to copy */
};

struct smb_count smb_count(void);

#endif
