/* What users of other tools met, and what works here: it must stay so. */
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "e2e.h"
#include "trees.h"

TestSuite(field, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

/* One of them wins, and none is left half done. */
Test(field, twelve_processes_race_for_one_dest)
{
    enum { PROCESSES = 12 };
    pid_t children[PROCESSES];
    unsigned done = 0;
    e2e_enter(XFS4K);
    e2e_make("a", 3 * MIB + 5);
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        cr_assert_geq(children[i], 0);
        if (children[i] == 0)
            _exit(RUN("a", "b")->exit_code);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;
        cr_assert_eq(waitpid(children[i], &status, 0), children[i]);
        cr_assert(WIFEXITED(status));
        cr_expect(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 1);
        done += WEXITSTATUS(status) == 0;
    }
    cr_expect_eq(done, 1, "%u", done);
    cr_expect(e2e_same_bytes("a", "b"));
    cr_expect(e2e_is(e2e_files(), "a b"), "%s", e2e_files());
}

Test(field, force_replaces_hidden_and_system_files)
{
    e2e_enter(XFS4K);
    e2e_make("a", 70000);
    e2e_make("b", 5000);
    cr_assert_eq(setxattr("b", "user.DOSATTRIB", "0x26", 4, 0), 0);
    cr_assert_eq(chmod("b", 0444), 0);
    struct result *result = RUN("-f", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_extents("a", "b"));
}

/* Their extents are shorter on the volume than in the file. */
Test(field, compressed_extents_are_cloned)
{
    e2e_enter(BTRFS);
    cr_assert_eq(tree_shell("touch a && chattr +c a && yes reflink | "
                            "head -c 4000000 >a && sync a"),
                 0);
    struct result *result = RUN("--reflink=always", "--verify", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_same_bytes("a", "b"));
}

Test(field, a_file_shares_all_with_its_hard_link)
{
    e2e_enter(XFS4K);
    e2e_make("a", MIB);
    cr_assert_eq(link("a", "b"), 0);
    struct result *result = RUN("--shared", "a", "b");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_has(result->out, "1 MiB"));
}

/* Directories keep SOURCE's times, whoever finishes first. */
Test(field, directory_times_with_many_workers)
{
    e2e_enter(XFS4K);
    for (int d = 0; d < 20; d++) {
        const char *folder = e2e_text("d%d", d);
        e2e_make_folder(folder);
        for (int f = 0; f < 5; f++)
            e2e_make(e2e_text("%s/%d", folder, f), (uint64_t)f * 3000);
    }
    e2e_make_folder("tree");
    cr_assert_eq(tree_shell("mv d* tree && touch -d '2001-02-03 04:05:06' "
                            "tree/d* tree"),
                 0);
    struct result *result = RUN("-r", "-j", "8", "tree", "new");
    EXPECT(result, result->exit_code == 0);
    tree_expect_equal(result, "tree", "new");
}
