/*
 * Security descriptors as bytes, with the layouts of MS-DTYP 2.4. Plain C, no
 * Windows header.
 */
#ifndef BRIDGE_SD_H
#define BRIDGE_SD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order in which a self-relative descriptor has their offsets. */
enum sd_part { SD_OWNER, SD_GROUP, SD_SACL, SD_DACL, SD_PARTS };

/* SECURITY_INFORMATION */
#define SD_OWNER_BIT UINT32_C(0x00000001)
#define SD_GROUP_BIT UINT32_C(0x00000002)
#define SD_DACL_BIT UINT32_C(0x00000004)
#define SD_SACL_BIT UINT32_C(0x00000008)
#define SD_LABEL_BIT UINT32_C(0x00000010)
#define SD_UNPROTECTED_DACL_BIT UINT32_C(0x20000000)
#define SD_PROTECTED_DACL_BIT UINT32_C(0x80000000)

/* SECURITY_DESCRIPTOR_CONTROL */
#define SD_OWNER_DEFAULTED 0x0001u
#define SD_GROUP_DEFAULTED 0x0002u
#define SD_DACL_PRESENT 0x0004u
#define SD_DACL_DEFAULTED 0x0008u
#define SD_SACL_PRESENT 0x0010u
#define SD_SACL_DEFAULTED 0x0020u
#define SD_DACL_AUTO_INHERIT_REQ 0x0100u
#define SD_SACL_AUTO_INHERIT_REQ 0x0200u
#define SD_DACL_AUTO_INHERITED 0x0400u
#define SD_SACL_AUTO_INHERITED 0x0800u
#define SD_DACL_PROTECTED 0x1000u
#define SD_SACL_PROTECTED 0x2000u
#define SD_SELF_RELATIVE 0x8000u

/* Longer than any SID, and the longest ACL. */
enum { SID_ROOM = 68, ACL_ROOM = 65535 };

/* A descriptor that lies anywhere. A DACL that is there according to `control`
 * but is NULL allows everything to everyone. */
struct sd {
    uint16_t control; /* without SD_SELF_RELATIVE */
    const uint8_t *part[SD_PARTS];
};

size_t sid_size(const uint8_t *sid);
bool sid_equal(const uint8_t *a, const uint8_t *b);

/* Reads a self-relative descriptor of at most `size` bytes; false if it is
 * none. `sd` points into it. */
bool sd_parse(const uint8_t *bytes, size_t size, struct sd *sd);

/* The same for what a program passed, in either form. */
bool sd_of_program(const void *descriptor, struct sd *sd);

/* The self-relative form: its size, and its bytes. */
size_t sd_size(const struct sd *sd);
void sd_write(const struct sd *sd, uint8_t *out);

/* Only the parts that `information` names, as in a query. */
struct sd sd_select(const struct sd *sd, uint32_t information);

/*
 * `sd` after these parts of `change` have been set. As Windows does it, the
 * DACL counts as inherited only if SD_DACL_AUTO_INHERIT_REQ is there, too.
 */
struct sd sd_change(const struct sd *sd, const struct sd *change,
                    uint32_t information);

/* A DACL with one entry that allows everything: its size. */
size_t acl_allow_all(const uint8_t *sid, uint8_t *out);

/*
 * The DACL of a new file or directory: the entries that it inherits from the
 * parent's DACL (MS-DTYP 2.5.3.4.2), behind those of `own`, which may be NULL.
 * `owner` and `group` take the places of CREATOR OWNER and CREATOR GROUP.
 * `out` has ACL_ROOM bytes. Answers how many entries were inherited, or -1 if
 * there is no room.
 */
struct acl_family {
    const uint8_t *parent;
    const uint8_t *own;
    const uint8_t *owner;
    const uint8_t *group;
    bool directory;
};
int acl_inherit(const struct acl_family *family, uint8_t *out);

#endif
