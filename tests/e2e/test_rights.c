/* What src/win32 does about privileges (rights.c). */
#include "e2e_internal.h"

TestSuite(rights, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

Test(rights, links_and_tokens)
{
    e2e_enter(PLAIN);
    const char *const words[] = {getenv("E2E_WINE"), getenv("E2E_RIGHTS"),
                                 NULL};
    const char *out = e2e_text("%s/rights.out", e2e_desk());
    int code = e2e_wait(e2e_spawn(words, out, "/dev/null"), 60);
    cr_expect_eq(code, 0, "%s", e2e_slurp(out));
    cr_expect(e2e_is(e2e_files(), ""), "%s", e2e_files());
}
