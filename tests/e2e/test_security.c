/* --security: owner, group and permissions. */
#include <fcntl.h>
#include <sys/stat.h>

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

/* --- what a replaced file keeps ------------------------------------------- */

/* The user may give a file to the administrators, and to no stranger. */
static const char restricted[] =
    "O:S-1-5-32-544G:S-1-5-32-544D:P(A;;0x1f01ff;;;S-1-5-21-1-2-3-1001)";
static const char strangers[] = "O:S-1-5-21-1-2-3-1001G:S-1-5-21-1-2-3-513"
                                "D:P(A;;0x1f01ff;;;S-1-5-21-1-2-3-1001)";

static void set_old(const char *name)
{
    const struct timespec times[2] = {{1000000000, 0}, {1000000000, 0}};
    cr_assert_eq(utimensat(AT_FDCWD, name, times, 0), 0);
}

/* With -f and -u, as after copy /Y: the name's permissions stay. */
Test(security, a_replaced_file_keeps_its_dacl)
{
    static const char *const options[] = {"-f", "-u"};
    static const enum volume volumes[] = {XFS4K, BTRFS};
    for (size_t v = 0; v < 2; v++) {
        for (size_t i = 0; i < 2; i++) {
            e2e_enter(volumes[v]);
            e2e_make("b", MIB);
            e2e_make("a", MIB + 5);
            set_old("b");
            e2e_set_security("b", restricted);
            struct result *result = RUN("-v", options[i], "a", "b");
            EXPECT(result, result->exit_code == 0);
            EXPECT(result, e2e_same_bytes("a", "b"));
            EXPECT(result, e2e_is(e2e_security("b"), restricted));
            e2e_leave();
        }
    }
}

/* A DACL that is inherited has not to be set: no right is asked for. */
Test(security, an_inherited_dacl_is_not_set)
{
    e2e_enter(XFS4K);
    e2e_set("REFLINK_BRIDGE_SECURITY", "change");
    e2e_make_folder("folder");
    e2e_set_security("folder",
                     "O:S-1-5-18G:S-1-5-18D:P(A;OICI;0x1301bf;;;S-1-1-0)");
    e2e_make("a", MIB);
    struct result *result = RUN("a", "folder/b");
    EXPECT(result, result->exit_code == 0);
    e2e_make("a", 2 * MIB);
    result = RUN("-f", "a", "folder/b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_bytes("a", "folder/b"));
    EXPECT(result, e2e_like(e2e_security("folder/b"),
                            "*D:AI(A;ID;0x1301bf;;;S-1-1-0)"));
}

/* Where it cannot be set, the old file stays. */
Test(security, a_share_that_grants_change_only)
{
    e2e_enter(XFS4K);
    e2e_set("REFLINK_BRIDGE_SECURITY", "change");
    e2e_make("a", MIB);
    e2e_make("b", 3 * MIB);
    e2e_make("old", 3 * MIB);
    e2e_set_security("b", restricted);
    struct result *result = RUN("-f", "a", "b");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_like(result->err,
                            "reflink: b: keeping the permissions of the file "
                            "it replaces: *(5)*permissions*"));
    EXPECT(result, e2e_size("b") == 3 * MIB);
    EXPECT(result, e2e_is(e2e_security("b"), restricted));
    EXPECT(result, e2e_is(e2e_files(), "a b old"));
}

Test(security, a_volume_without_permissions)
{
    e2e_enter(XFS4K);
    e2e_set("REFLINK_BRIDGE_SECURITY", "none");
    e2e_make("a", MIB);
    e2e_make("b", 3 * MIB);
    struct result *result = RUN("-f", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_is(result->err, ""));
    EXPECT(result, e2e_same_bytes("a", "b"));
}

/* The owner needs a privilege: the DACL is kept, and a warning says so. */
Test(security, the_owner_of_a_strangers_file)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    e2e_make("b", 3 * MIB);
    e2e_make("old", 3 * MIB);
    e2e_set_security("b", strangers);
    e2e_set_security("old", strangers);
    struct result *result = RUN("-f", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_bytes("a", "b"));
    EXPECT(result, e2e_same_dacl("b", "old"));
    EXPECT(result, e2e_like(e2e_security("b"), "O:*"));
    EXPECT(result, !e2e_like(e2e_security("b"), "O:S-1-5-21-1-2-3-1001*"));
    EXPECT(result, e2e_like(result->err, "reflink: b: warning: it belongs to "
                                         "you now*"));
}
