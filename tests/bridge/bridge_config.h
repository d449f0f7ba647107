/*
 * What the environment asks of the bridge, read once when it is loaded.
 *
 * REFLINK_BRIDGE_PROFILE    a name of bridge_profile.c; default refs
 * REFLINK_BRIDGE_LIE        nothing | half | zeros | prefix
 * REFLINK_BRIDGE_FAIL       HEX[@N]: every clone request, or the N-th of the
 *                           process, is answered with this NTSTATUS
 * REFLINK_BRIDGE_GARBLE     nothing | short | long | ones | zeros | random |
 *                           more: what answers about clusters, ranges,
 *                           integrity and volumes are turned into; and with
 *                           @NAME, those to requests that begin so
 * REFLINK_BRIDGE_SATURATED  OFFSET+LENGTH in bytes of the source: requests
 *                           that meet them fail with C000048C
 * REFLINK_BRIDGE_POINTERS   off: no retrieval pointers
 * REFLINK_BRIDGE_TWINS      on: all volumes have one serial number, and all
 *                           files one file ID, as those of a VHD and its copy
 * REFLINK_BRIDGE_KILL       rename: the process ends, with exit code 137, when
 *                           it asks for a file to be renamed, and before it is
 * REFLINK_BRIDGE_NTFS_RULES off: renames and opens are as lenient as Wine;
 *                           default on, see bridge_rename.h
 * REFLINK_BRIDGE_SECURITY   keep | off | none | change, and for one volume only
 *                           with @ and a Linux path on it; see
 *                           bridge_security.h
 * REFLINK_BRIDGE_LOG        absolute Linux path, appended to
 * REFLINK_BRIDGE_SMB        SERVER=SOCKET: files below \\SERVER\ are a real
 *                           server's; bridge_smb.h tells how
 */
#ifndef BRIDGE_CONFIG_H
#define BRIDGE_CONFIG_H

#include "bridge_profile.h"

#include <stdbool.h>
#include <stdint.h>

enum bridge_lie {
    LIE_NONE,
    LIE_NOTHING, /* says success, does nothing */
    LIE_HALF,    /* clones the first half, rounded down to clusters */
    LIE_ZEROS,   /* leaves allocated zeros in the destination */
    LIE_PREFIX   /* clones all but the last cluster */
};

enum bridge_garble {
    GARBLE_NONE,
    GARBLE_NOTHING, /* success, and not one byte */
    GARBLE_SHORT,   /* the first half */
    GARBLE_LONG,    /* says that there are 4 GiB */
    GARBLE_ONES,    /* the whole buffer, all bits set */
    GARBLE_ZEROS,   /* or none */
    GARBLE_RANDOM,  /* or any */
    GARBLE_MORE     /* there is always more to come */
};

enum bridge_security {
    SECURITY_KEEP,
    SECURITY_OFF,   /* Wine's own */
    SECURITY_NONE,  /* as on FAT */
    SECURITY_CHANGE /* kept, on a share that does not let change it */
};

struct bridge_config {
    const struct bridge_profile *profile;
    enum bridge_lie lie;
    enum bridge_garble garble;
    char garbled[64]; /* a request's name, or how it begins */
    bool fails;
    uint32_t fail_status;
    long fail_at; /* 1 is the first request; 0: all of them */
    int64_t saturated_offset;
    int64_t saturated_length; /* 0: none */
    bool pointers_off;
    bool twins;
    bool killed_at_rename;
    bool ntfs_rules;
    enum bridge_security security;
    bool security_on_one; /* on one device only; others keep it */
    uint64_t security_device;
    char log_path[512]; /* empty: no log */
};

extern struct bridge_config bridge_config;

/* Fills bridge_config. False when a variable cannot be understood: a test
 * that asked for something else than it gets would prove nothing. */
bool config_read(void);

#endif
