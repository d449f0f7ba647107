#include "sources.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_BYTES = 1 << 20 };

char *sources_read(const char *path)
{
    char whole[1024];
    snprintf(whole, sizeof whole, "%s/%s", UNIT_SOURCES, path);
    /* As text: Git for Windows may have made each \n a \r\n. */
    FILE *file = fopen(whole, "r");
    cr_assert(file != NULL, "%s", whole);
    char *text = calloc(MOST_BYTES, 1);
    cr_assert(text != NULL);
    size_t got = fread(text, 1, MOST_BYTES - 1, file);
    cr_assert(got > 0 && got < MOST_BYTES - 1, "%s", whole);
    fclose(file);
    return text;
}
