/*
 * The generator's cases for the real reflink.exe: two small files to be made,
 * one command line, and what DEST must hold afterwards. No core and no
 * simulator is linked; only bytes, sizes and exit codes are known here.
 */
#ifndef REFLINK_TESTS_MODEL_E2E_H
#define REFLINK_TESTS_MODEL_E2E_H

#include "model.h"

/* Files are no longer than this. */
#define MODEL_CASE_MOST (UINT64_C(2) << 20)

/* A file to be made before the run: blocks of bytes, some left out. */
struct model_content {
    bool exists;
    bool sparse; /* blocks that are left out are to be holes */
    uint64_t size;
    uint64_t seed;
    uint64_t block; /* bytes, a cluster */
    uint64_t holes; /* bit i % 64: block i is left out, and reads as zeros */
};

struct model_case {
    uint64_t seed;
    uint64_t index;
    uint32_t cluster;
    bool same_file; /* DEST is SOURCE; `dest` is the same then */
    struct model_content source;
    struct model_content dest;
    struct operation operation; /* a FILE or RANGE from file 0 to 0 or 1 */
    uint64_t spelling;          /* of the command line */
};

/*
 * Case `index` of a seed, for a volume of this cluster size. With
 * REFLINK_ALWAYS only such cases are made whose exit code the contract fixes
 * on a volume that clones.
 */
void model_case_make(uint64_t seed, uint64_t index, uint32_t cluster,
                     struct model_case *model_case);

/*
 * The next run of bytes to be written at `at` or behind it: [*from, *to), cut
 * at a block's end. False: there is none.
 */
bool model_content_next(const struct model_content *content, uint64_t at,
                        uint64_t *from, uint64_t *to);

/* All of its bytes, zeros where blocks are left out. The caller frees. */
uint8_t *model_content_bytes(const struct model_content *content);

enum { MODEL_ARGUMENTS = 16, MODEL_ARGUMENT_SIZE = 64 };

struct model_arguments {
    const char *list[MODEL_ARGUMENTS + 1]; /* NULL behind the last */
    size_t count;
    char text[MODEL_ARGUMENTS][MODEL_ARGUMENT_SIZE];
};

/* The command line, without the program. The names stay the caller's; `dest`
   is not looked at if the case has one file. */
void model_case_arguments(const struct model_case *model_case,
                          const char *source, const char *dest,
                          struct model_arguments *arguments);

/*
 * What DEST must hold after the run; the caller frees `*bytes`. False: there
 * must be no DEST, and `*bytes` is NULL. `clones`: the volume can clone, else
 * REFLINK_ALWAYS is refused where there is anything to clone.
 */
bool model_case_expected(const struct model_case *model_case, bool clones,
                         uint8_t **bytes, uint64_t *size);

/* The exit code, or -1 where the contract leaves it open; DEST's bytes are
   then old if it is 3, and new if it is 0. */
int model_case_exit(const struct model_case *model_case, bool clones);

/* One line without a line end: what it starts from and what is asked. */
void model_case_print(const struct model_case *model_case, char *text,
                      size_t size);

#endif
