/*
 * What the fuzz targets share. Each target defines libFuzzer's
 * LLVMFuzzerTestOneInput; what it finds wrong ends the process, and libFuzzer
 * prints the input.
 */
#ifndef REFLINK_TESTS_FUZZ_H
#define REFLINK_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes of an input, as they are used up. */
struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

/* The next byte; 0 after the last. */
uint8_t fuzz_byte(struct fuzz_input *input);

/* The next `bytes` bytes as a number, little-endian. */
uint64_t fuzz_number(struct fuzz_input *input, size_t bytes);

/* A number of 64 bits, more often a small one or one at a limit. */
uint64_t fuzz_uint64(struct fuzz_input *input);

/*
 * Up to `most` UTF-16 units, until a zero, with a NUL after them. Returns their
 * number.
 */
size_t fuzz_units(struct fuzz_input *input, wchar_t *units, size_t most);

/*
 * The same with one byte for a unit: ASCII and, from 128 on, what is special
 * in a path or on a console.
 */
size_t fuzz_text(struct fuzz_input *input, wchar_t *text, size_t most);

/* Ends the process, unless `right`. */
void fuzz_expect(bool right, const char *what);

/*
 * Encodes UTF-16 as UTF-8, as MS-UCODEREF does: an unpaired surrogate becomes
 * U+FFFD. The caller frees; `*size` is without the NUL.
 */
char *fuzz_utf8(const wchar_t *units, size_t *size);

/*
 * Has yajl, a parser that others wrote, read a line. `callbacks` are of its
 * type, or NULL. False: it is not valid JSON and UTF-8, or a callback refuses.
 */
bool fuzz_read_json(const char *line, size_t size, const void *callbacks,
                    void *context);

/* Ends the process, unless each line is a JSON object with a "type". */
void fuzz_expect_json_lines(const wchar_t *lines);

#endif
