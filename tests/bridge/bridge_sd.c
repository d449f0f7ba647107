/* Security descriptors as bytes; bridge_sd.h has the contracts. */
#include "bridge_sd.h"

#include <string.h>

enum { HEADER = 20, OFFSETS = 4, ACL_HEADER = 8, ACE_HEADER = 4, ACE_SID = 8 };

/* ACE_HEADER's flags */
enum {
    OBJECT_INHERIT = 0x01,
    CONTAINER_INHERIT = 0x02,
    NO_PROPAGATE = 0x04,
    INHERIT_ONLY = 0x08,
    INHERITED = 0x10
};

static uint16_t get16(const uint8_t *at)
{
    uint16_t value;

    memcpy(&value, at, sizeof value);
    return value;
}

static uint32_t get32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof value);
    return value;
}

static void put16(uint8_t *at, size_t value)
{
    uint16_t narrow = (uint16_t)value;

    memcpy(at, &narrow, sizeof narrow);
}

static void put32(uint8_t *at, size_t value)
{
    uint32_t narrow = (uint32_t)value;

    memcpy(at, &narrow, sizeof narrow);
}

size_t sid_size(const uint8_t *sid)
{
    return 8 + 4 * (size_t)sid[1];
}

bool sid_equal(const uint8_t *a, const uint8_t *b)
{
    return a && b && a[1] == b[1] && memcmp(a, b, sid_size(a)) == 0;
}

static bool is_acl(enum sd_part part)
{
    return part == SD_SACL || part == SD_DACL;
}

static size_t part_size(enum sd_part part, const uint8_t *bytes)
{
    if (!bytes)
        return 0;
    return is_acl(part) ? get16(bytes + 2) : sid_size(bytes);
}

/* Whether each entry lies within the list. */
static bool is_valid_acl(const uint8_t *acl)
{
    size_t size = get16(acl + 2), at = ACL_HEADER;

    for (unsigned i = 0; i < get16(acl + 4); i++) {
        size_t length = at + ACE_HEADER <= size ? get16(acl + at + 2) : 0;

        if (length < ACE_HEADER || length > size - at)
            return false;
        at += length;
    }
    return size >= ACL_HEADER;
}

/* Whether such a part begins with `bytes`, of which there are `room`. */
static bool is_part(enum sd_part part, const uint8_t *bytes, size_t room)
{
    const size_t head = 8; /* of a SID and of an ACL */

    if (room < head || part_size(part, bytes) > room)
        return false;
    return is_acl(part) ? is_valid_acl(bytes)
                        : bytes[0] == 1 && sid_size(bytes) <= SID_ROOM;
}

bool sd_parse(const uint8_t *bytes, size_t size, struct sd *sd)
{
    memset(sd, 0, sizeof *sd);
    if (size < HEADER || bytes[0] != 1)
        return false;
    sd->control = get16(bytes + 2);
    if (!(sd->control & SD_SELF_RELATIVE))
        return false;
    sd->control &= (uint16_t)~SD_SELF_RELATIVE;
    for (enum sd_part i = SD_OWNER; i < SD_PARTS; i++) {
        uint32_t offset = get32(bytes + OFFSETS + 4 * i);

        if (offset == 0)
            continue;
        if (offset > size || !is_part(i, bytes + offset, size - offset))
            return false;
        sd->part[i] = bytes + offset;
    }
    return true;
}

bool sd_of_program(const void *descriptor, struct sd *sd)
{
    const size_t boundless = 1 << 24;
    const struct {
        uint8_t revision;
        uint8_t reserved;
        uint16_t control;
        const uint8_t *part[SD_PARTS];
    } *absolute = descriptor;

    if (absolute->control & SD_SELF_RELATIVE)
        return sd_parse(descriptor, boundless, sd);
    sd->control = absolute->control;
    for (enum sd_part i = SD_OWNER; i < SD_PARTS; i++) {
        sd->part[i] = absolute->part[i];
        if (sd->part[i] && !is_part(i, sd->part[i], boundless))
            return false;
    }
    return absolute->revision == 1;
}

size_t sd_size(const struct sd *sd)
{
    size_t size = HEADER;

    for (enum sd_part i = SD_OWNER; i < SD_PARTS; i++)
        size += part_size(i, sd->part[i]);
    return size;
}

void sd_write(const struct sd *sd, uint8_t *out)
{
    size_t at = HEADER;

    memset(out, 0, HEADER);
    out[0] = 1;
    put16(out + 2, sd->control | SD_SELF_RELATIVE);
    for (enum sd_part i = SD_OWNER; i < SD_PARTS; i++) {
        size_t size = part_size(i, sd->part[i]);

        if (size == 0)
            continue;
        put32(out + OFFSETS + 4 * i, at);
        memcpy(out + at, sd->part[i], size);
        at += size;
    }
}

/* What belongs to a part: its bit in SECURITY_INFORMATION, and its own bits in
 * the control word. */
static const struct {
    uint32_t bit;
    uint16_t control;
} belongings[SD_PARTS] = {
    [SD_OWNER] = {SD_OWNER_BIT, SD_OWNER_DEFAULTED},
    [SD_GROUP] = {SD_GROUP_BIT, SD_GROUP_DEFAULTED},
    [SD_SACL] = {SD_SACL_BIT, SD_SACL_PRESENT | SD_SACL_DEFAULTED |
                                  SD_SACL_AUTO_INHERITED | SD_SACL_PROTECTED},
    [SD_DACL] = {SD_DACL_BIT, SD_DACL_PRESENT | SD_DACL_DEFAULTED |
                                  SD_DACL_AUTO_INHERITED | SD_DACL_PROTECTED},
};

struct sd sd_select(const struct sd *sd, uint32_t information)
{
    struct sd chosen = {0};

    for (enum sd_part i = SD_OWNER; i < SD_PARTS; i++) {
        if (!(information & belongings[i].bit))
            continue;
        chosen.part[i] = sd->part[i];
        chosen.control |= sd->control & belongings[i].control;
    }
    return chosen;
}

/* The control word of a descriptor that is set, without the requests in it. */
static uint16_t settle(uint16_t control)
{
    if (!(control & SD_DACL_AUTO_INHERIT_REQ))
        control &= (uint16_t)~SD_DACL_AUTO_INHERITED;
    if (!(control & SD_SACL_AUTO_INHERIT_REQ))
        control &= (uint16_t)~SD_SACL_AUTO_INHERITED;
    return control;
}

struct sd sd_change(const struct sd *sd, const struct sd *change,
                    uint32_t information)
{
    const uint32_t all =
        SD_OWNER_BIT | SD_GROUP_BIT | SD_SACL_BIT | SD_DACL_BIT;
    struct sd settled = *change;
    struct sd result = sd_select(sd, all & ~information);
    struct sd set;

    settled.control = settle(settled.control);
    set = sd_select(&settled, information);
    for (enum sd_part i = SD_OWNER; i < SD_PARTS; i++) {
        if (information & belongings[i].bit)
            result.part[i] = set.part[i];
    }
    result.control |= set.control;
    if (information & SD_PROTECTED_DACL_BIT)
        result.control |= SD_DACL_PROTECTED;
    else if (information & SD_UNPROTECTED_DACL_BIT)
        result.control &= (uint16_t)~SD_DACL_PROTECTED;
    return result;
}

/* ---------------------------------------------------------- inheritance */

/* An ACL of ACL_ROOM bytes that grows; -1 entries: it would not fit. */
struct writer {
    uint8_t *acl;
    size_t size;
    int count;
};

static void begin(struct writer *w, uint8_t *out)
{
    memset(out, 0, ACL_HEADER);
    out[0] = 2; /* ACL_REVISION */
    *w = (struct writer){out, ACL_HEADER, 0};
}

/* Room for one more entry; NULL if there is none. */
static uint8_t *next(struct writer *w, size_t size)
{
    uint8_t *ace = w->acl + w->size;

    if (w->count < 0 || size > ACL_ROOM - w->size) {
        w->count = -1;
        return NULL;
    }
    w->size += size;
    w->count++;
    return ace;
}

static void end(struct writer *w)
{
    put16(w->acl + 2, w->size);
    put16(w->acl + 4, (size_t)w->count);
}

/* ACCESS_ALLOWED, ACCESS_DENIED and their callback forms. Others have more
 * than a mask before their SID, and are inherited as they are. */
static bool is_plain(const uint8_t *ace)
{
    return (ace[0] <= 1 || ace[0] == 9 || ace[0] == 10) &&
           get16(ace + 2) >= ACE_SID + 8 &&
           get16(ace + 2) >= ACE_SID + sid_size(ace + ACE_SID);
}

/* Generic rights as rights to files: FILE_GENERIC_READ and so on. */
static uint32_t mapped(uint32_t mask)
{
    static const uint32_t generic[][2] = {{0x80000000, 0x00120089},
                                          {0x40000000, 0x00120116},
                                          {0x20000000, 0x001200A0},
                                          {0x10000000, 0x001F01FF}};

    for (int i = 0; i < 4; i++) {
        if (mask & generic[i][0])
            mask = (mask & ~generic[i][0]) | generic[i][1];
    }
    return mask;
}

/* Whose SID stands in a new entry for that of an inherited one. */
static const uint8_t *creator(const struct acl_family *family,
                              const uint8_t *sid)
{
    static const uint8_t owner[12] = {1, 1, 0, 0, 0, 0, 0, 3, 0};
    static const uint8_t group[12] = {1, 1, 0, 0, 0, 0, 0, 3, 1};

    if (sid_equal(sid, owner))
        return family->owner;
    return sid_equal(sid, group) ? family->group : sid;
}

/* Whether the entry, once it takes effect, is another one. */
static bool changes(const struct acl_family *family, const uint8_t *ace)
{
    return is_plain(ace) &&
           (mapped(get32(ace + ACE_HEADER)) != get32(ace + ACE_HEADER) ||
            creator(family, ace + ACE_SID) != ace + ACE_SID);
}

static void add_copy(struct writer *w, const uint8_t *ace, unsigned flags)
{
    uint8_t *out = next(w, get16(ace + 2));

    if (!out)
        return;
    memcpy(out, ace, get16(ace + 2));
    out[1] = (uint8_t)flags;
}

static void add_effective(struct writer *w, const struct acl_family *family,
                          const uint8_t *ace, unsigned flags)
{
    const uint8_t *sid;
    size_t rest, size;
    uint8_t *out;

    if (!changes(family, ace)) {
        add_copy(w, ace, flags);
        return;
    }
    sid = creator(family, ace + ACE_SID);
    rest = get16(ace + 2) - ACE_SID - sid_size(ace + ACE_SID);
    size = ACE_SID + sid_size(sid) + rest;
    out = next(w, size);
    if (!out)
        return;
    out[0] = ace[0];
    out[1] = (uint8_t)flags;
    put16(out + 2, size);
    put32(out + ACE_HEADER, mapped(get32(ace + ACE_HEADER)));
    memcpy(out + ACE_SID, sid, sid_size(sid));
    memcpy(out + size - rest, ace + get16(ace + 2) - rest, rest);
}

/* An entry that would be another one once it took effect is inherited twice:
 * as that one, and as it is, for what is created below. */
static void inherit(struct writer *w, const struct acl_family *family,
                    const uint8_t *ace)
{
    unsigned flags = ace[1];
    unsigned on =
        flags & NO_PROPAGATE ? 0 : flags & (OBJECT_INHERIT | CONTAINER_INHERIT);

    if (!family->directory) {
        if (flags & OBJECT_INHERIT)
            add_effective(w, family, ace, INHERITED);
    } else if (flags & CONTAINER_INHERIT) {
        bool twice = on && changes(family, ace);

        add_effective(w, family, ace, INHERITED | (twice ? 0 : on));
        if (twice)
            add_copy(w, ace, INHERITED | INHERIT_ONLY | on);
    } else if (on) {
        add_copy(w, ace, INHERITED | INHERIT_ONLY | on);
    }
}

int acl_inherit(const struct acl_family *family, uint8_t *out)
{
    const uint8_t *lists[2] = {family->own, family->parent};
    struct writer w;
    int own = 0;

    begin(&w, out);
    for (int i = 0; i < 2; i++) {
        const uint8_t *ace = lists[i] ? lists[i] + ACL_HEADER : NULL;

        own = w.count;
        if (ace && lists[i][0] > out[0])
            out[0] = lists[i][0]; /* the revision that its entries need */
        for (unsigned n = ace ? get16(lists[i] + 4) : 0; n > 0; n--) {
            if (i == 1)
                inherit(&w, family, ace);
            else if (!(ace[1] & INHERITED))
                add_copy(&w, ace, ace[1]);
            ace += get16(ace + 2);
        }
    }
    if (w.count < 0)
        return -1;
    end(&w);
    return w.count - own;
}

size_t acl_allow_all(const uint8_t *sid, uint8_t *out)
{
    const uint32_t everything = 0x001F01FF; /* FILE_ALL_ACCESS */
    size_t size = ACE_SID + sid_size(sid);
    struct writer w;
    uint8_t *ace;

    begin(&w, out);
    ace = next(&w, size);
    memset(ace, 0, ACE_HEADER); /* ACCESS_ALLOWED_ACE, no flags */
    put16(ace + 2, size);
    put32(ace + ACE_HEADER, everything);
    memcpy(ace + ACE_SID, sid, sid_size(sid));
    end(&w);
    return w.size;
}
