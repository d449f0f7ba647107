/*
 * Prints cases for the real program, a line each, with what is expected:
 *
 *   model_cases [SEED [COUNT [CLUSTER]]]
 */
#include <stdio.h>
#include <stdlib.h>

#include "model_e2e.h"

/* FNV-1a */
static uint64_t hash(const uint8_t *bytes, uint64_t size)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (uint64_t i = 0; i < size; i++)
        sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
    return sum;
}

static void print(const struct model_case *c)
{
    char line[600];
    uint8_t *bytes;
    uint64_t size;
    struct model_arguments arguments;
    bool exists = model_case_expected(c, true, &bytes, &size);
    model_case_print(c, line, sizeof line);
    model_case_arguments(c, "a", "b", &arguments);
    printf("%s; reflink", line);
    for (size_t i = 0; i < arguments.count; i++)
        printf(" %s", arguments.list[i]);
    printf("; exit %d", model_case_exit(c, true));
    if (exists)
        printf(", %llu bytes, fnv1a %016llx\n", (unsigned long long)size,
               (unsigned long long)hash(bytes, size));
    else
        printf(", no DEST\n");
    free(bytes);
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 0) : 100;
    uint32_t cluster = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 0) : 4096;
    for (uint64_t i = 0; i < count; i++) {
        struct model_case model_case;
        model_case_make(seed, i, cluster, &model_case);
        print(&model_case);
    }
    return ferror(stdout) ? 1 : 0;
}
