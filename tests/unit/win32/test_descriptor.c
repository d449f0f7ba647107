/* Security descriptors that a file system or server may answer, byte by byte.
 */
#include <criterion/criterion.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "win32/descriptor.h"

TestSuite(descriptor, .timeout = 120);

enum {
    ALL = DESCRIPTOR_OWNER | DESCRIPTOR_GROUP | DESCRIPTOR_DACL,
    PRESENT = 0x8004, /* self-relative, with a DACL */
    PROTECTED = 0x1000
};

/* Where make() puts things; the last entry has eight bytes. */
enum {
    OWNER = 20,
    GROUP = OWNER + 8 + 2 * 4,
    DACL = GROUP + 8 + 4,
    FIRST_ACE = DACL + 8,
    LAST_ACE = FIRST_ACE + 20,
    END = LAST_ACE + 8,
    UNUSED = END + 12
};

struct descriptor {
    uint8_t bytes[UNUSED];
    size_t size;
};

static void put(uint8_t *at, size_t value, size_t size)
{
    for (size_t i = 0; i < size; i++, value >>= 8)
        at[i] = (uint8_t)value;
}

static struct descriptor make(void)
{
    struct descriptor d = {.bytes = {1}, .size = END};
    put(d.bytes + 2, PRESENT, 2);
    put(d.bytes + 4, OWNER, 4);
    put(d.bytes + 8, GROUP, 4);
    put(d.bytes + 16, DACL, 4);
    for (size_t i = OWNER; i < END; i++)
        d.bytes[i] = (uint8_t)(i + 100);
    d.bytes[OWNER + 1] = 2;
    d.bytes[GROUP + 1] = 1;
    put(d.bytes + DACL + 2, END - DACL, 2);
    put(d.bytes + DACL + 4, 2, 2);
    put(d.bytes + FIRST_ACE + 2, LAST_ACE - FIRST_ACE, 2);
    put(d.bytes + LAST_ACE + 2, END - LAST_ACE, 2);
    return d;
}

/* Each has memory of just its size, and the order makes no difference. */
static unsigned compare(const struct descriptor *a, const struct descriptor *b)
{
    uint8_t *one = malloc(a->size + (a->size == 0));
    uint8_t *other = malloc(b->size + (b->size == 0));
    memcpy(one, a->bytes, a->size);
    memcpy(other, b->bytes, b->size);
    unsigned parts = descriptor_differences(one, a->size, other, b->size);
    cr_expect_eq(parts, descriptor_differences(other, b->size, one, a->size));
    free(one);
    free(other);
    return parts;
}

Test(descriptor, is_the_same_as_itself)
{
    struct descriptor d = make();
    cr_expect_eq(compare(&d, &d), 0);
}

/* Revision, padding, the SACL and the head of the ACL are not compared. */
Test(descriptor, each_byte_belongs_to_a_part)
{
    for (size_t i = 0; i < END; i++) {
        struct descriptor a = make();
        struct descriptor b = make();
        bool ignored = i < 2 || (i >= 12 && i < 16) || i == DACL ||
                       i == DACL + 1 || i == DACL + 6 || i == DACL + 7;
        b.bytes[i] ^= 0xff;
        unsigned parts = compare(&a, &b);
        if (i >= OWNER && i < GROUP)
            cr_expect_eq(parts, DESCRIPTOR_OWNER, "byte %zu", i);
        else if (i >= GROUP && i < DACL)
            cr_expect_eq(parts, DESCRIPTOR_GROUP, "byte %zu", i);
        else if (i >= DACL && !ignored)
            cr_expect_eq(parts, DESCRIPTOR_DACL, "byte %zu", i);
        else if (ignored)
            cr_expect_eq(parts, 0, "byte %zu", i);
    }
}

Test(descriptor, protected_or_not)
{
    struct descriptor a = make();
    struct descriptor b = make();
    put(b.bytes + 2, PRESENT | PROTECTED, 2);
    cr_expect_eq(compare(&a, &b), DESCRIPTOR_DACL);
    cr_expect_eq(compare(&b, &b), 0);
    put(b.bytes + 2, 0xffff ^ PROTECTED, 2); /* such as how it was inherited */
    cr_expect_eq(compare(&a, &b), 0);
}

Test(descriptor, unused_bytes_of_a_dacl)
{
    struct descriptor a = make();
    struct descriptor b = make();
    b.size = UNUSED;
    put(b.bytes + DACL + 2, UNUSED - DACL, 2);
    memset(b.bytes + END, 0x55, UNUSED - END);
    cr_expect_eq(compare(&a, &b), 0);
    put(b.bytes + DACL + 4, 1, 2); /* the last entry is unused, too */
    cr_expect_eq(compare(&a, &b), DESCRIPTOR_DACL);
}

/* Both a missing DACL and a NULL one allow everyone access; an empty one
   nobody. */
Test(descriptor, no_dacl)
{
    struct descriptor a = make();
    struct descriptor missing = make();
    struct descriptor null = make();
    struct descriptor empty = make();
    put(missing.bytes + 2, 0xeffb, 2);
    put(null.bytes + 16, 0, 4);
    put(empty.bytes + DACL + 4, 0, 2);
    cr_expect_eq(compare(&missing, &null), 0);
    cr_expect_eq(compare(&missing, &missing), 0);
    cr_expect_eq(compare(&a, &missing), DESCRIPTOR_DACL);
    cr_expect_eq(compare(&a, &null), DESCRIPTOR_DACL);
    cr_expect_eq(compare(&empty, &null), DESCRIPTOR_DACL);
    cr_expect_eq(compare(&empty, &empty), 0);
    put(empty.bytes + DACL + 2, 8, 2); /* nothing but its head */
    empty.size = DACL + 8;
    cr_expect_eq(compare(&empty, &empty), 0);
}

Test(descriptor, no_owner_or_group)
{
    struct descriptor a = make();
    put(a.bytes + 4, 0, 4);
    cr_expect_eq(compare(&a, &a), DESCRIPTOR_OWNER);
    put(a.bytes + 8, 0, 4);
    cr_expect_eq(compare(&a, &a), DESCRIPTOR_OWNER | DESCRIPTOR_GROUP);
}

/* An entry may be no more than its head, and a SID, too. */
Test(descriptor, the_smallest_parts)
{
    struct descriptor d = make();
    put(d.bytes + LAST_ACE + 2, 4, 2);
    put(d.bytes + DACL + 2, LAST_ACE + 4 - DACL, 2);
    d.size = LAST_ACE + 4;
    cr_expect_eq(compare(&d, &d), 0);
    d.bytes[GROUP + 1] = 0;
    d.size = GROUP + 8;
    cr_expect_eq(compare(&d, &d), DESCRIPTOR_DACL);
}

/* The same descriptor, with its owner more than 64 KiB after its beginning. */
Test(descriptor, offsets_of_four_bytes)
{
    enum { FAR = 0x10110, SIZE = FAR + 16 };
    struct descriptor d = make();
    uint8_t *one = calloc(1, SIZE);
    uint8_t *other = calloc(1, SIZE);
    put(d.bytes + 4, FAR, 4);
    memcpy(one, d.bytes, END);
    one[FAR + 1] = 2;
    memcpy(other, one, SIZE);
    cr_expect_eq(descriptor_differences(one, SIZE, other, SIZE), 0);
    other[FAR + 15] = 1;
    cr_expect_eq(descriptor_differences(one, SIZE, other, SIZE),
                 DESCRIPTOR_OWNER);
    free(one);
    free(other);
}

/* What is not complete is equal to nothing. */
Test(descriptor, that_is_cut_off)
{
    for (size_t size = 0; size < END; size++) {
        struct descriptor d = make();
        unsigned parts = ALL;
        d.size = size;
        if (size >= GROUP)
            parts &= ~(unsigned)DESCRIPTOR_OWNER;
        if (size >= DACL)
            parts &= ~(unsigned)DESCRIPTOR_GROUP;
        cr_expect_eq(compare(&d, &d), parts, "size %zu", size);
        const struct descriptor whole = make();
        cr_expect_eq(compare(&whole, &d), parts, "size %zu", size);
    }
}

Test(descriptor, offsets_and_sizes_that_are_none)
{
    static const struct {
        size_t at;
        size_t size;
        size_t value;
        unsigned part;
    } rows[] = {
        {4, 4, END - 7, DESCRIPTOR_OWNER},
        {4, 4, END, DESCRIPTOR_OWNER},
        {4, 4, END + 1, DESCRIPTOR_OWNER},
        {4, 4, 0xffffffff, DESCRIPTOR_OWNER},
        {8, 4, 0x80000000, DESCRIPTOR_GROUP},
        {GROUP + 1, 1, 255, DESCRIPTOR_GROUP},
        {16, 4, END - 7, DESCRIPTOR_DACL},
        {16, 4, 0xfffffff8, DESCRIPTOR_DACL},
        {DACL + 2, 2, END - DACL + 1, DESCRIPTOR_DACL},
        {DACL + 2, 2, END - DACL - 1, DESCRIPTOR_DACL},
        {DACL + 2, 2, 7, DESCRIPTOR_DACL},
        {DACL + 2, 2, 0, DESCRIPTOR_DACL},
        {DACL + 4, 2, 3, DESCRIPTOR_DACL},
        {DACL + 4, 2, 0xffff, DESCRIPTOR_DACL},
        {LAST_ACE + 2, 2, 3, DESCRIPTOR_DACL},
        {LAST_ACE + 2, 2, 0, DESCRIPTOR_DACL},
        {LAST_ACE + 2, 2, END - LAST_ACE + 1, DESCRIPTOR_DACL},
        {LAST_ACE + 2, 2, 0xffff, DESCRIPTOR_DACL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct descriptor d = make();
        put(d.bytes + rows[i].at, rows[i].value, rows[i].size);
        cr_expect_eq(compare(&d, &d), rows[i].part, "row %zu", i);
    }
}

Test(descriptor, a_header_alone)
{
    struct descriptor d = {.bytes = {1}, .size = 20};
    cr_expect_eq(compare(&d, &d), DESCRIPTOR_OWNER | DESCRIPTOR_GROUP);
    d.size = 19;
    cr_expect_eq(compare(&d, &d), ALL);
}
