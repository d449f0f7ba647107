#include "reparse.h"

#include "core/errors.h"

#include <stdlib.h>
#include <string.h>

/*
 * Offsets in a REPARSE_DATA_BUFFER with a SymbolicLinkReparseBuffer or a
 * MountPointReparseBuffer [MS-FSCC 2.1.2.4, 2.1.2.5], in bytes. The length of
 * the data counts from AT_DATA, the offset of a name from where the names
 * begin. Only symbolic links have flags.
 */
enum {
    AT_TAG = 0,
    AT_DATA_LENGTH = 4,
    AT_DATA = 8,
    AT_SUBSTITUTE_OFFSET = 8,
    AT_SUBSTITUTE_LENGTH = 10,
    AT_PRINT_OFFSET = 12,
    AT_PRINT_LENGTH = 14,
    AT_FLAGS = 16,
    AT_JUNCTION_NAMES = 16,
    AT_SYMLINK_NAMES = 20
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
    bool symlink = reparse_tag(answer, size) == REPARSE_TAG_SYMLINK;
    size_t names = symlink ? AT_SYMLINK_NAMES : AT_JUNCTION_NAMES;
    if (size < names ||
        (!symlink && reparse_tag(answer, size) != REPARSE_TAG_JUNCTION))
        return false;
    size_t end = (size_t)AT_DATA + number16(bytes, AT_DATA_LENGTH);
    size_t at = names + number16(bytes, AT_SUBSTITUTE_OFFSET);
    size_t length = number16(bytes, AT_SUBSTITUTE_LENGTH);
    if (end > size || at > end || length > end - at || length % 2 != 0)
        return false;
    target->bytes = bytes + at;
    target->units = length / 2;
    target->relative =
        symlink && (number32(bytes, AT_FLAGS) & FLAG_RELATIVE) != 0;
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

os_error reparse_target(const void *answer, size_t size, uint16_t **found,
                        bool *relative)
{
    struct target target;
    size_t skip = 0;
    size_t length = 0;
    *found = NULL;
    if (!find_target(answer, size, &target))
        return 0;
    const char *prefix = win32_prefix(&target, &skip);
    if (prefix == NULL)
        return 0;
    *relative = target.relative;
    uint16_t *name = malloc((strlen(prefix) + target.units + 1) * sizeof *name);
    if (name == NULL)
        return CODE_NOT_ENOUGH_MEMORY;
    for (; *prefix != '\0'; prefix++)
        name[length++] = (unsigned char)*prefix;
    for (size_t i = skip; i < target.units; i++) {
        name[length] = unit(&target, i);
        /* a NUL would end the path too early */
        if (name[length++] == 0) {
            free(name);
            return 0;
        }
    }
    name[length] = 0;
    *found = name;
    return 0;
}

bool reparse_is_volume(const void *answer, size_t size)
{
    static const char start[] = "\\??\\VOLUME{";
    struct target target;
    size_t i = sizeof start - 1;
    if (!find_target(answer, size, &target) || target.relative ||
        !has_text_at(&target, 0, start))
        return false;
    while (i < target.units && unit(&target, i) != '}')
        i++;
    return i + 1 == target.units ||
           (i + 2 == target.units && unit(&target, i + 1) == '\\');
}

bool reparse_same(const void *a, size_t a_size, const void *b, size_t b_size)
{
    struct target first;
    struct target second;
    return reparse_tag(a, a_size) == REPARSE_TAG_SYMLINK &&
           reparse_tag(b, b_size) == REPARSE_TAG_SYMLINK &&
           find_target(a, a_size, &first) && find_target(b, b_size, &second) &&
           first.relative == second.relative && first.units == second.units &&
           memcmp(first.bytes, second.bytes, first.units * 2) == 0;
}

static void put16(uint8_t *bytes, size_t at, size_t value)
{
    bytes[at] = (uint8_t)value;
    bytes[at + 1] = (uint8_t)(value >> 8);
}

/* Appends `units` units at `*at`, which moves to their end. */
static void put_units(uint8_t *bytes, size_t *at, const uint16_t *text,
                      size_t units)
{
    for (size_t i = 0; i < units; i++, *at += 2)
        put16(bytes, *at, text[i]);
}

/*
 * The substitute name is the target below `\??\`, with `UNC\` in place of the
 * first two separators of a share. Junctions have a NUL after each name.
 */
size_t reparse_make(uint32_t tag, const uint16_t *target, void *input,
                    size_t capacity)
{
    static const uint16_t nt[] = {'\\', '?', '?', '\\'};
    static const uint16_t unc[] = {'U', 'N', 'C', '\\'};
    static const uint16_t nul[] = {0};
    uint8_t *bytes = input;
    bool symlink = tag == REPARSE_TAG_SYMLINK;
    size_t names = symlink ? AT_SYMLINK_NAMES : AT_JUNCTION_NAMES;
    size_t nul_units = symlink ? 0 : 1;
    size_t length = 0;
    while (target[length] != 0)
        length++;
    bool verbatim = length > 4 && target[0] == '\\' && target[1] == '\\' &&
                    target[2] == '?' && target[3] == '\\';
    bool share =
        !verbatim && length > 2 && target[0] == '\\' && target[1] == '\\';
    size_t skip = verbatim ? 4 : share ? 2 : 0;
    size_t substitute = (share ? 8u : 4u) + length - skip;
    size_t size = names + (substitute + length + 2 * nul_units) * 2;
    if (size > capacity || size - AT_DATA > UINT16_MAX)
        return 0;
    memset(bytes, 0, names);
    put16(bytes, AT_TAG, tag & 0xffff);
    put16(bytes, AT_TAG + 2, tag >> 16);
    put16(bytes, AT_DATA_LENGTH, size - AT_DATA);
    put16(bytes, AT_SUBSTITUTE_LENGTH, substitute * 2);
    put16(bytes, AT_PRINT_OFFSET, (substitute + nul_units) * 2);
    put16(bytes, AT_PRINT_LENGTH, length * 2);
    size_t at = names;
    put_units(bytes, &at, nt, 4);
    put_units(bytes, &at, unc, share ? 4 : 0);
    put_units(bytes, &at, target + skip, length - skip);
    put_units(bytes, &at, nul, nul_units);
    put_units(bytes, &at, target, length);
    put_units(bytes, &at, nul, nul_units);
    return size;
}
