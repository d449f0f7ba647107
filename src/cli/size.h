/* SIZE on the command line: strict, and the same for every option. */
#ifndef REFLINK_CLI_SIZE_H
#define REFLINK_CLI_SIZE_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

/*
 * Reads decimal or 0x hexadecimal digits with an optional suffix, in either
 * case: K M G T P and KiB MiB GiB TiB PiB are powers of 1024, KB MB GB TB PB
 * powers of 1000. False, and `*size` untouched, for anything else: a sign,
 * blanks, no digits, text after it, or more than 2^64 - 1.
 */
bool size_parse(const wchar_t *words, uint64_t *size);

/* Whether it is written like a size, though none may be that large. */
bool size_has_form(const wchar_t *words);

#endif
