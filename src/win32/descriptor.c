#include "descriptor.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * Offsets [MS-DTYP 2.4.6]. Those of the parts are relative to the descriptor; 0
 * is a missing part.
 */
enum { AT_CONTROL = 2, AT_OWNER = 4, AT_GROUP = 8, AT_DACL = 16, HEADER = 20 };
enum { DACL_PRESENT = 0x4, DACL_PROTECTED = 0x1000 };

/* A SID [MS-DTYP 2.4.2.2]: authorities of four bytes follow its header. */
enum { SID_AT_COUNT = 1, SID_HEADER = 8, SID_AUTHORITY = 4 };

/* An ACL and its entries [MS-DTYP 2.4.5, 2.4.4.1]. */
enum { ACL_AT_SIZE = 2, ACL_AT_COUNT = 4, ACL_HEADER = 8 };
enum { ACE_AT_SIZE = 2, ACE_HEADER = 4 };

struct bytes {
    const uint8_t *at;
    size_t size;
};

static size_t read_16(const uint8_t *at)
{
    return (size_t)(at[0] | at[1] << 8);
}

static size_t read_32(const uint8_t *at)
{
    return read_16(at) | read_16(at + 2) << 16;
}

/*
 * Finds the bytes from a part's beginning to the end of the descriptor. Returns
 * false if it is missing, or has not `header` bytes.
 */
static bool find_part(struct bytes descriptor, size_t at, size_t header,
                      struct bytes *part)
{
    size_t offset = read_32(descriptor.at + at);
    if (offset == 0 || offset > descriptor.size ||
        descriptor.size - offset < header)
        return false;
    part->at = descriptor.at + offset;
    part->size = descriptor.size - offset;
    return true;
}

static bool find_sid(struct bytes descriptor, size_t at, struct bytes *sid)
{
    if (!find_part(descriptor, at, SID_HEADER, sid))
        return false;
    size_t size = SID_HEADER + (size_t)sid->at[SID_AT_COUNT] * SID_AUTHORITY;
    if (size > sid->size)
        return false;
    sid->size = size;
    return true;
}

/*
 * Finds the entries of the DACL, without unused bytes at its end. They are NULL
 * if everyone has access. Returns false if the DACL is invalid.
 */
static bool find_entries(struct bytes descriptor, struct bytes *entries)
{
    struct bytes acl;
    *entries = (struct bytes){NULL, 0};
    if ((read_16(descriptor.at + AT_CONTROL) & DACL_PRESENT) == 0 ||
        read_32(descriptor.at + AT_DACL) == 0)
        return true;
    if (!find_part(descriptor, AT_DACL, ACL_HEADER, &acl))
        return false;
    size_t end = read_16(acl.at + ACL_AT_SIZE);
    if (end < ACL_HEADER || end > acl.size)
        return false;
    size_t at = ACL_HEADER;
    for (size_t left = read_16(acl.at + ACL_AT_COUNT); left != 0; left--) {
        if (end - at < ACE_HEADER)
            return false;
        size_t size = read_16(acl.at + at + ACE_AT_SIZE);
        if (size < ACE_HEADER || size > end - at)
            return false;
        at += size;
    }
    *entries = (struct bytes){acl.at + ACL_HEADER, at - ACL_HEADER};
    return true;
}

static bool same_bytes(struct bytes a, struct bytes b)
{
    return a.size == b.size && memcmp(a.at, b.at, a.size) == 0;
}

static bool same_sid(struct bytes a, struct bytes b, size_t at)
{
    struct bytes one;
    struct bytes other;
    return find_sid(a, at, &one) && find_sid(b, at, &other) &&
           same_bytes(one, other);
}

static bool same_dacl(struct bytes a, struct bytes b)
{
    struct bytes one;
    struct bytes other;
    size_t control = read_16(a.at + AT_CONTROL) ^ read_16(b.at + AT_CONTROL);
    if ((control & DACL_PROTECTED) != 0 || !find_entries(a, &one) ||
        !find_entries(b, &other))
        return false;
    if (one.at == NULL || other.at == NULL)
        return one.at == other.at;
    return same_bytes(one, other);
}

unsigned descriptor_differences(const void *a, size_t a_size, const void *b,
                                size_t b_size)
{
    const struct bytes one = {a, a_size};
    const struct bytes other = {b, b_size};
    unsigned parts = 0;
    if (a_size < HEADER || b_size < HEADER)
        return DESCRIPTOR_OWNER | DESCRIPTOR_GROUP | DESCRIPTOR_DACL;
    if (!same_sid(one, other, AT_OWNER))
        parts |= DESCRIPTOR_OWNER;
    if (!same_sid(one, other, AT_GROUP))
        parts |= DESCRIPTOR_GROUP;
    if (!same_dacl(one, other))
        parts |= DESCRIPTOR_DACL;
    return parts;
}
