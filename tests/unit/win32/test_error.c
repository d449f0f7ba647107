/* Each code of core/errors.h is held against the SDK's in win32/message.c. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sources.h"

TestSuite(error, .timeout = 120);

enum { NAME = 64 };

/* Success is no error, and 134 has another name in the SDK: early versions of
   Windows 10 said it where later ones say 347. */
static bool has_no_twin(const char *name)
{
    return strcmp(name, "SUCCESS") == 0 ||
           strcmp(name, "TOO_MANY_LINKS_EARLY") == 0;
}

Test(error, every_code_is_held_against_the_sdk)
{
    char *codes = sources_read("src/core/errors.h");
    char *checks = sources_read("src/win32/message.c");
    unsigned count = 0;
    for (char *at = codes; (at = strstr(at, "    CODE_")) != NULL; at++) {
        char name[NAME];
        char check[NAME + 8];
        cr_assert_eq(sscanf(at, " CODE_%63[A-Z0-9_]", name), 1);
        snprintf(check, sizeof check, "SAME(%s);", name);
        cr_expect(has_no_twin(name) || strstr(checks, check) != NULL,
                  "CODE_%s is not in src/win32/message.c", name);
        count++;
    }
    cr_expect_gt(count, 50);
    free(codes);
    free(checks);
}
