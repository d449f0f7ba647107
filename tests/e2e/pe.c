/* The layout is that of Microsoft's "PE Format". */
#include "pe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t read_number(const struct pe *pe, size_t at, size_t bytes)
{
    uint32_t value = 0;
    for (size_t i = 0; i < bytes && at + i < pe->size; i++)
        value |= (uint32_t)pe->bytes[at + i] << (8 * i);
    return value;
}

static uint16_t read16(const struct pe *pe, size_t at)
{
    return (uint16_t)read_number(pe, at, 2);
}

static uint32_t read32(const struct pe *pe, size_t at)
{
    return read_number(pe, at, 4);
}

static bool read_all(struct pe *pe, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        return false;
    pe->size = (size_t)ftell(file);
    pe->bytes = malloc(pe->size + 1);
    rewind(file);
    bool done =
        pe->bytes != NULL && fread(pe->bytes, 1, pe->size, file) == pe->size;
    if (done)
        pe->bytes[pe->size] = 0;
    fclose(file);
    return done;
}

bool pe_open(struct pe *pe, const char *path)
{
    memset(pe, 0, sizeof *pe);
    if (!read_all(pe, path) || pe->size < 64)
        return false;
    pe->header = read32(pe, 60);
    pe->section_count = read16(pe, pe->header + 6);
    pe->sections = pe->header + 24 + read16(pe, pe->header + 20);
    return read32(pe, pe->header) == 0x4550 &&
           read16(pe, pe->header + 24) == 0x20b;
}

void pe_close(struct pe *pe)
{
    free(pe->bytes);
    memset(pe, 0, sizeof *pe);
}

uint16_t pe_machine(const struct pe *pe)
{
    return read16(pe, pe->header + 4);
}

uint16_t pe_flags(const struct pe *pe)
{
    return read16(pe, pe->header + 24 + 70);
}

/* Address and size of a data directory of the optional header. */
static uint32_t directory(const struct pe *pe, unsigned number, size_t *size)
{
    size_t at = pe->header + 24 + 112 + 8 * number;
    *size = read32(pe, at + 4);
    return read32(pe, at);
}

bool pe_has_relocations(const struct pe *pe)
{
    size_t size = 0;
    return directory(pe, 5, &size) != 0 && size != 0;
}

bool pe_has_debug(const struct pe *pe)
{
    return read32(pe, pe->header + 12) != 0;
}

/* The place in the file of an address in memory; the size if it has none. */
static size_t place_of(const struct pe *pe, uint32_t address)
{
    for (unsigned i = 0; i < pe->section_count; i++) {
        size_t row = pe->sections + 40 * i;
        uint32_t start = read32(pe, row + 12);
        uint32_t length = read32(pe, row + 16);
        if (address >= start && address - start < length)
            return read32(pe, row + 20) + (address - start);
    }
    return pe->size;
}

const char *pe_import(const struct pe *pe, size_t n)
{
    size_t size = 0;
    size_t at = place_of(pe, directory(pe, 1, &size));
    for (size_t i = 0; i <= n; i++) {
        if (at + 20 * (i + 1) > pe->size || read32(pe, at + 20 * i + 12) == 0)
            return NULL;
    }
    return (const char *)pe->bytes + place_of(pe, read32(pe, at + 20 * n + 12));
}

bool pe_version(const struct pe *pe, unsigned version[4])
{
    static const uint8_t sign[] = {0xbd, 0x04, 0xef, 0xfe};
    const uint8_t *found = memmem(pe->bytes, pe->size, sign, sizeof sign);
    if (found == NULL)
        return false;
    size_t at = (size_t)(found - pe->bytes);
    version[0] = read16(pe, at + 10);
    version[1] = read16(pe, at + 8);
    version[2] = read16(pe, at + 14);
    version[3] = read16(pe, at + 12);
    return true;
}

bool pe_has_bytes(const struct pe *pe, const char *text)
{
    return memmem(pe->bytes, pe->size, text, strlen(text)) != NULL;
}

bool pe_has_wide(const struct pe *pe, const char *text)
{
    size_t length = strlen(text);
    char *wide = calloc(length, 2);
    for (size_t i = 0; wide != NULL && i < length; i++)
        wide[2 * i] = text[i];
    bool found =
        wide != NULL && memmem(pe->bytes, pe->size, wide, 2 * length) != NULL;
    free(wide);
    return found;
}
