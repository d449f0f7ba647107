/*
 * What a file has beside its bytes, read and set by Win32's own means: its
 * permissions, extended attributes, integrity setting, times and reparse point.
 *
 * Names are those of files.h. A function that sets something returns false if
 * the system refused it.
 */
#ifndef CHECK_META_H
#define CHECK_META_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

/* The user who runs this, as S-1-...; "" if nobody knows. */
const wchar_t *meta_user(void);

/* The DACL in SDDL form, in one of two places that are used in turn. "" if it
   cannot be read. */
const wchar_t *meta_dacl(const wchar_t *name);

/* Whether both are protected, or neither, and have the same entries. A flag
   that says how they were inherited decides nothing. */
bool meta_same_dacl(const wchar_t *a, const wchar_t *b);

/* Sets the DACL from its SDDL form, "D:...". */
bool meta_set_dacl(const wchar_t *name, const wchar_t *sddl);

/* One extended attribute with a value of a few characters. */
bool meta_set_ea(const wchar_t *name, const char *ea, const char *value);
bool meta_has_ea(const wchar_t *name, const char *ea, const char *value);

enum meta_integrity {
    META_INTEGRITY_OFF,
    META_INTEGRITY_ON,
    META_NO_INTEGRITY
};

/* Of a file of a volume with integrity streams; else META_NO_INTEGRITY. */
enum meta_integrity meta_integrity(const wchar_t *name);
bool meta_set_integrity(const wchar_t *name, bool on);

/* Sets both times to the first second of a year; 0 leaves one as it is. */
bool meta_set_years(const wchar_t *name, int created, int written);
int meta_created_year(const wchar_t *name);
int meta_written_year(const wchar_t *name);

/* Makes the junction `name` to the directory `target`, a full path. */
bool meta_make_junction(const wchar_t *name, const wchar_t *target);

/* Whether both names are links of one kind to the same target. */
bool meta_same_link(const wchar_t *a, const wchar_t *b);

/* Bytes that the file takes on the volume; FILES_NONE if nobody knows. */
uint64_t meta_allocated(const wchar_t *name);

uint32_t meta_attributes(const wchar_t *name);

#endif
