#include "reparse.h"

#include <stdlib.h>
#include <string.h>

/*
 * Offsets in a REPARSE_DATA_BUFFER with a SymbolicLinkReparseBuffer [MS-FSCC
 * 2.1.2.4], in bytes. The length of the data counts from AT_DATA, the offset of
 * a name from AT_NAMES.
 */
enum {
    AT_TAG = 0,
    AT_DATA_LENGTH = 4,
    AT_DATA = 8,
    AT_SUBSTITUTE_OFFSET = 8,
    AT_SUBSTITUTE_LENGTH = 10,
    AT_FLAGS = 16,
    AT_NAMES = 20
};

#define FLAG_RELATIVE UINT32_C(0x1)

/*
 * The substitute name, which the system follows; the print name is for display.
 */
struct target {
    const uint8_t *bytes;
    size_t units;
    bool relative;
};

static uint16_t number16(const uint8_t *bytes, size_t at)
{
    return (uint16_t)(bytes[at] | bytes[at + 1] << 8);
}

static uint32_t number32(const uint8_t *bytes, size_t at)
{
    return number16(bytes, at) | (uint32_t)number16(bytes, at + 2) << 16;
}

uint32_t reparse_tag(const void *answer, size_t size)
{
    return size >= AT_DATA ? number32(answer, AT_TAG) : 0;
}

static bool find_target(const void *answer, size_t size, struct target *target)
{
    const uint8_t *bytes = answer;
    if (size < AT_NAMES || reparse_tag(answer, size) != REPARSE_TAG_SYMLINK)
        return false;
    size_t end = (size_t)AT_DATA + number16(bytes, AT_DATA_LENGTH);
    size_t at = (size_t)AT_NAMES + number16(bytes, AT_SUBSTITUTE_OFFSET);
    size_t length = number16(bytes, AT_SUBSTITUTE_LENGTH);
    if (end > size || at > end || length > end - at || length % 2 != 0)
        return false;
    target->bytes = bytes + at;
    target->units = length / 2;
    target->relative = (number32(bytes, AT_FLAGS) & FLAG_RELATIVE) != 0;
    return target->units != 0;
}

static uint16_t unit(const struct target *target, size_t index)
{
    return number16(target->bytes, index * 2);
}

/* Whether the name has `text` (ASCII) at `index`, in upper or lower case. */
static bool has_text_at(const struct target *target, size_t index,
                        const char *text)
{
    for (; *text != '\0'; text++, index++) {
        if (index >= target->units)
            return false;
        uint16_t c = unit(target, index);
        if (c >= 'a' && c <= 'z')
            c = (uint16_t)(c - 'a' + 'A');
        if (c != (unsigned char)*text)
            return false;
    }
    return true;
}

/*
 * Returns the Win32 prefix that replaces the first `*skip` units of the target,
 * which begins with `\??\` unless it is relative. NULL: Win32 has no such path.
 */
static const char *win32_prefix(const struct target *target, size_t *skip)
{
    *skip = 0;
    if (target->relative)
        return "";
    if (!has_text_at(target, 0, "\\??\\"))
        return NULL;
    *skip = 4;
    if (has_text_at(target, 4, "UNC\\")) {
        *skip = 8;
        return "\\\\";
    }
    return target->units > 5 && unit(target, 5) == ':' ? "" : "\\\\?\\";
}

uint16_t *reparse_target(const void *answer, size_t size)
{
    struct target target;
    size_t skip = 0;
    size_t length = 0;
    if (!find_target(answer, size, &target))
        return NULL;
    const char *prefix = win32_prefix(&target, &skip);
    if (prefix == NULL)
        return NULL;
    uint16_t *name = malloc((strlen(prefix) + target.units + 1) * sizeof *name);
    if (name == NULL)
        return NULL;
    for (; *prefix != '\0'; prefix++)
        name[length++] = (unsigned char)*prefix;
    for (size_t i = skip; i < target.units; i++) {
        name[length] = unit(&target, i);
        /* a NUL would end the path too early */
        if (name[length++] == 0) {
            free(name);
            return NULL;
        }
    }
    name[length] = 0;
    return name;
}

bool reparse_same(const void *a, size_t a_size, const void *b, size_t b_size)
{
    struct target first;
    struct target second;
    return find_target(a, a_size, &first) && find_target(b, b_size, &second) &&
           first.relative == second.relative && first.units == second.units &&
           memcmp(first.bytes, second.bytes, first.units * 2) == 0;
}
