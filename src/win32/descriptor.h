/*
 * Compares security descriptors, as a file system or server returns them. Their
 * bytes may be anything: nothing outside of their sizes is read.
 */
#ifndef REFLINK_WIN32_DESCRIPTOR_H
#define REFLINK_WIN32_DESCRIPTOR_H

#include <stddef.h>

enum { /* the values of SECURITY_INFORMATION [MS-DTYP 2.4.7] */
       DESCRIPTOR_OWNER = 0x1,
       DESCRIPTOR_GROUP = 0x2,
       DESCRIPTOR_DACL = 0x4
};

/*
 * Returns the parts that two self-relative descriptors [MS-DTYP 2.4.6] do not
 * have in common. DACLs are equal if they have the same entries in the same
 * order, and if both or neither are protected from inheritance; no DACL and a
 * NULL DACL both allow everyone access. A part that cannot be read is equal to
 * none, and so is a missing owner or group.
 */
unsigned descriptor_differences(const void *a, size_t a_size, const void *b,
                                size_t b_size);

#endif
