/* Reading a Windows program from outside, as far as its test needs. */
#ifndef PE_H
#define PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pe {
    uint8_t *bytes;
    size_t size;
    size_t header;   /* where "PE" stands */
    size_t sections; /* the section table */
    unsigned section_count;
};

enum {
    PE_X86_64 = 0x8664,
    PE_HIGH_ENTROPY = 0x0020,
    PE_DYNAMIC_BASE = 0x0040,
    PE_NX = 0x0100
};

/* False if the file is not a PE32+ program. */
bool pe_open(struct pe *pe, const char *path);
void pe_close(struct pe *pe);

uint16_t pe_machine(const struct pe *pe);
uint16_t pe_flags(const struct pe *pe); /* DllCharacteristics */
bool pe_has_relocations(const struct pe *pe);
bool pe_has_debug(const struct pe *pe); /* a COFF symbol table */

/* The name of the n-th imported DLL, or NULL. */
const char *pe_import(const struct pe *pe, size_t n);

/* The file version in VS_FIXEDFILEINFO, four numbers; false if none. */
bool pe_version(const struct pe *pe, unsigned version[4]);

/* Whether a text stands in the file, as bytes or as UTF-16. */
bool pe_has_bytes(const struct pe *pe, const char *text);
bool pe_has_wide(const struct pe *pe, const char *text);

#endif
