/* --security: owner, group and permissions. */
#include "e2e.h"
#include "security.h"

TestSuite(security, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

/* What Wine by itself would return as something else. */
static const char *const descriptors[] = {
    "O:S-1-5-21-1-2-3-1001G:S-1-5-21-1-2-3-513"
    "D:P(A;;0x12019f;;;S-1-5-21-1-2-3-1001)",
    "O:S-1-5-21-1-2-3-1001G:S-1-5-32-545"
    "D:AI(D;;0x2;;;S-1-5-21-1-2-3-1002)(A;ID;0x1200a9;;;S-1-5-32-545)",
    "O:S-1-5-18G:S-1-5-18D:P",
    "O:S-1-5-18G:S-1-5-18D:NO_ACCESS_CONTROL",
};

ParameterizedTestParameters(security, is_kept_exactly)
{
    return e2e_numbers(ROWS(descriptors));
}

ParameterizedTest(int *number, security, is_kept_exactly)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    e2e_set_security("a", descriptors[*number]);
    struct result *result = RUN("--security", "a", "b");
    e2e_expect_cloned(result, "a", "b", "a b");
    EXPECT(result, e2e_is(e2e_security("b"), descriptors[*number]));
    EXPECT(result, e2e_same_dacl("a", "b"));
}

/* Without it a file has what its folder gives it. */
Test(security, is_inherited)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    e2e_set_security("a", descriptors[0]);
    struct result *result = RUN("a", "b");
    EXPECT(result, e2e_is(e2e_security("b"), ""));
    e2e_make_folder("folder");
    e2e_set_security("folder", "O:S-1-5-18G:S-1-5-18"
                               "D:P(A;OICI;0x1200a9;;;S-1-5-32-545)");
    result = RUN("a", "folder/b");
    EXPECT(result, e2e_like(e2e_security("folder/b"),
                            "O:*G:*D:AI(A;ID;0x1200a9;;;S-1-5-32-545)"));
}
