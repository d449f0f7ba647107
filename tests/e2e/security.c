/* Security descriptors as Linux finds them; security.h has the text's form. */
#include <sys/xattr.h>

#include "e2e_internal.h"
#include "security.h"

#define ATTRIBUTE "user.reflink.security"

enum {
    HEADER = 20,
    OWNER_AT = 4, /* where the header has the offsets of the parts */
    GROUP_AT = 8,
    DACL_AT = 16,
    DACL_PRESENT = 0x0004,
    DACL_AUTO_INHERITED = 0x0400,
    DACL_PROTECTED = 0x1000,
    SELF_RELATIVE = 0x8000,
    MOST_BYTES = 65536
};

static const struct {
    const char *name;
    unsigned bit;
} ace_flags[] = {{"OI", 1}, {"CI", 2}, {"NP", 4}, {"IO", 8}, {"ID", 16}},
  control_flags[] = {{"P", DACL_PROTECTED}, {"AI", DACL_AUTO_INHERITED}};

static unsigned get16(const uint8_t *at)
{
    return at[0] | (unsigned)at[1] << 8;
}

static uint32_t get32(const uint8_t *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, size_t value)
{
    put16(at, value);
    put16(at + 2, value >> 16);
}

/* --- from text ------------------------------------------------------------ */

struct writer {
    uint8_t *bytes;
    size_t size;
    const char *text; /* what is left of it */
};

static bool skip(struct writer *w, const char *word)
{
    if (strncmp(w->text, word, strlen(word)) != 0)
        return false;
    w->text += strlen(word);
    return true;
}

static void expect(struct writer *w, const char *word)
{
    cr_assert(skip(w, word), "the test itself is broken: no '%s' at '%s'", word,
              w->text);
}

static uint64_t number(struct writer *w)
{
    char *end;
    uint64_t value = strtoull(w->text, &end, 0);
    cr_assert(end != w->text, "the test itself is broken: no number at '%s'",
              w->text);
    w->text = end;
    return value;
}

static void add_sid(struct writer *w)
{
    uint8_t *sid = w->bytes + w->size;
    expect(w, "S-1-");
    memset(sid, 0, 8);
    sid[0] = 1;
    sid[7] = (uint8_t)number(w);
    while (skip(w, "-"))
        put32(sid + 8 + 4 * sid[1]++, number(w));
    w->size += 8 + 4 * (size_t)sid[1];
}

static void add_ace(struct writer *w)
{
    size_t at = w->size;
    bool denies = skip(w, "D;");
    if (!denies)
        expect(w, "A;");
    w->bytes[at] = denies;
    w->bytes[at + 1] = 0;
    for (size_t i = 0; i < ROWS(ace_flags); i++) {
        if (skip(w, ace_flags[i].name))
            w->bytes[at + 1] |= (uint8_t)ace_flags[i].bit;
    }
    expect(w, ";");
    put32(w->bytes + at + 4, number(w));
    expect(w, ";;;");
    w->size += 8;
    add_sid(w);
    put16(w->bytes + at + 2, w->size - at);
    expect(w, ")");
}

static void add_dacl(struct writer *w)
{
    unsigned control = DACL_PRESENT;
    for (size_t i = 0; i < ROWS(control_flags); i++)
        control |= skip(w, control_flags[i].name) ? control_flags[i].bit : 0;
    put16(w->bytes + 2, get16(w->bytes + 2) | control);
    if (skip(w, "NO_ACCESS_CONTROL"))
        return;
    size_t at = w->size;
    put32(w->bytes + DACL_AT, at);
    memset(w->bytes + at, 0, 8);
    w->bytes[at] = 2;
    w->size += 8;
    unsigned count = 0;
    for (; skip(w, "("); count++)
        add_ace(w);
    put16(w->bytes + at + 2, w->size - at);
    put16(w->bytes + at + 4, count);
}

void e2e_set_security(const char *name, const char *sddl)
{
    uint8_t bytes[4096] = {1};
    struct writer w = {bytes, HEADER, sddl};
    put16(bytes + 2, SELF_RELATIVE);
    expect(&w, "O:");
    put32(bytes + OWNER_AT, w.size);
    add_sid(&w);
    expect(&w, "G:");
    put32(bytes + GROUP_AT, w.size);
    add_sid(&w);
    if (skip(&w, "D:"))
        add_dacl(&w);
    cr_assert(*w.text == '\0', "the test itself is broken: '%s'", w.text);
    if (setxattr(name, ATTRIBUTE, bytes, w.size, 0) != 0)
        e2e_broken(name);
}

/* --- to text -------------------------------------------------------------- */

static const char *sid_text(const uint8_t *sid)
{
    const char *text = e2e_text("S-1-%u", (unsigned)sid[7]);
    for (unsigned i = 0; i < sid[1]; i++)
        text = e2e_text("%s-%u", text, (unsigned)get32(sid + 8 + 4 * i));
    return text;
}

static const char *ace_text(const uint8_t *ace)
{
    const char *flags = "";
    for (size_t i = 0; i < ROWS(ace_flags); i++) {
        if (ace[1] & ace_flags[i].bit)
            flags = e2e_text("%s%s", flags, ace_flags[i].name);
    }
    return e2e_text("(%s;%s;0x%x;;;%s)", ace[0] == 0 ? "A" : "D", flags,
                    (unsigned)get32(ace + 4), sid_text(ace + 8));
}

static const char *dacl_text(const uint8_t *bytes)
{
    const char *text = "D:";
    if (!(get16(bytes + 2) & DACL_PRESENT))
        return "";
    for (size_t i = 0; i < ROWS(control_flags); i++) {
        if (get16(bytes + 2) & control_flags[i].bit)
            text = e2e_text("%s%s", text, control_flags[i].name);
    }
    const uint8_t *dacl = bytes + get32(bytes + DACL_AT);
    if (dacl == bytes)
        return e2e_text("%sNO_ACCESS_CONTROL", text);
    const uint8_t *ace = dacl + 8;
    for (unsigned i = 0; i < get16(dacl + 4); i++) {
        text = e2e_text("%s%s", text, ace_text(ace));
        ace += get16(ace + 2);
    }
    return text;
}

static const uint8_t *read_security(const char *name)
{
    uint8_t *bytes = calloc(1, MOST_BYTES);
    if (bytes == NULL)
        e2e_broken("calloc");
    return getxattr(name, ATTRIBUTE, bytes, MOST_BYTES) >= HEADER ? bytes
                                                                  : NULL;
}

const char *e2e_security(const char *name)
{
    const uint8_t *bytes = read_security(name);
    if (bytes == NULL)
        return "";
    return e2e_text("O:%sG:%s%s", sid_text(bytes + get32(bytes + OWNER_AT)),
                    sid_text(bytes + get32(bytes + GROUP_AT)),
                    dacl_text(bytes));
}

bool e2e_same_dacl(const char *a, const char *b)
{
    const unsigned about = DACL_PRESENT | DACL_PROTECTED | DACL_AUTO_INHERITED;
    const uint8_t *one = read_security(a);
    const uint8_t *two = read_security(b);
    if (one == NULL || two == NULL ||
        (get16(one + 2) & about) != (get16(two + 2) & about))
        return false;
    uint32_t at = get32(one + DACL_AT);
    uint32_t there = get32(two + DACL_AT);
    if (at == 0 || there == 0)
        return at == there;
    return get16(one + at + 2) == get16(two + there + 2) &&
           memcmp(one + at, two + there, get16(one + at + 2)) == 0;
}
