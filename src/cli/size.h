/* Parses a SIZE of the command line. All options use the same strict rules. */
#ifndef REFLINK_CLI_SIZE_H
#define REFLINK_CLI_SIZE_H

#include <stdbool.h>
#include <stdint.h>
#include <wchar.h>

/*
 * Parses decimal digits, or hexadecimal ones after 0x, with an optional suffix
 * in either case: K M G T P and KiB MiB GiB TiB PiB are powers of 1024, and
 * KB MB GB TB PB are powers of 1000. Sets `*size` in bytes. Returns false and
 * leaves `*size` alone for anything else: a sign, blanks, no digits, text after
 * it, or more than 2^64 - 1.
 */
bool size_parse(const wchar_t *string, uint64_t *size);

/* Whether the string follows these rules, no matter how large the number is. */
bool size_has_syntax(const wchar_t *string);

#endif
