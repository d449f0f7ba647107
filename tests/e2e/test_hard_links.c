/* Files that are hard links to each other in SOURCE (-H), on real volumes. */
#include "e2e.h"
#include "trees.h"

TestSuite(hard_links, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

/* One file of three names in two directories, and one of another. */
static void make_tree(void)
{
    e2e_make_folder("tree");
    e2e_make_folder("tree/sub");
    e2e_make("tree/a", 200 * KIB + 7);
    e2e_make("tree/other", 100 * KIB);
    cr_assert_eq(tree_shell("ln tree/a tree/b && ln tree/a tree/sub/c && "
                            "touch -d '2020-01-02 03:04:05' tree/a"),
                 0);
}

/* Whether the three names in `folder` have so many links, and the same bytes
   and times as SOURCE's. */
static bool has_links(const char *folder, int links)
{
    return tree_shell(e2e_text("diff -r tree %s && for f in a b sub/c; do "
                               "[ \"$(stat -c '%%h %%Y' %s/$f)\" = "
                               "\"%d $(stat -c %%Y tree/a)\" ] || exit 1; done",
                               folder, folder, links)) == 0;
}

ParameterizedTestParameters(hard_links, kept)
{
    return e2e_numbers(VOLUME_COUNT - 2);
}

ParameterizedTest(int *number, hard_links, kept)
{
    e2e_enter((enum volume) * number);
    make_tree();
    struct result *result = RUN("-rHT", "tree", "new");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, has_links("new", 3));
    EXPECT(result, e2e_like(result->out, "*4 files: *, 2 hard links, 0 "
                                         "failed\n"));
    /* once more, with what is there replaced */
    result = RUN("-rHTf", "tree", "new");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, has_links("new", 3));
    EXPECT(result, e2e_is(e2e_files(), "new tree"));
}

ParameterizedTestParameters(hard_links, split)
{
    return e2e_numbers(VOLUME_COUNT - 2);
}

ParameterizedTest(int *number, hard_links, split)
{
    e2e_enter((enum volume) * number);
    make_tree();
    struct result *result = RUN("-rT", "tree", "new");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, has_links("new", 1));
    EXPECT(result, e2e_has(result->out,
                           "\n2 files are hard links to files copied before; "
                           "each became a file of its own (-H keeps hard "
                           "links)\n"));
}

/* In one step, whatever stands there; other names of it are not touched. */
Test(hard_links, replace)
{
    e2e_enter(XFS4K);
    make_tree();
    cr_assert_eq(tree_shell("mkdir -p new/sub && echo old >new/b && "
                            "ln new/b kept && echo old >new/sub/c && "
                            "chmod a-w new/sub/c"),
                 0);
    struct result *result = RUN("-rHT", "tree", "new");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_has(result->err, "it already exists"));
    EXPECT(result, e2e_is(e2e_read("new/b"), "old\n"));
    result = RUN("-rHTn", "tree", "new");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_is(e2e_read("new/b"), "old\n"));
    result = RUN("-rHTf", "tree", "new");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, has_links("new", 3));
    EXPECT(result, e2e_is(e2e_read("kept"), "old\n"));
    EXPECT(result, tree_shell("find new | grep -q reflink-") == 1);
}

/* A read-only file can be linked, too. */
Test(hard_links, read_only)
{
    e2e_enter(XFS4K);
    make_tree();
    cr_assert_eq(tree_shell("chmod a-w tree/a"), 0);
    struct result *result = RUN("-rHT", "tree", "new");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, has_links("new", 3));
    EXPECT(result,
           tree_shell("[ ! -w new/b ] || "
                      "[ \"$(stat -c %a new/b | tr -d 0145)\" = '' ]") == 0);
    result = RUN("-rHTf", "tree", "new");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, has_links("new", 3));
}

Test(hard_links, several_sources)
{
    e2e_enter(XFS4K);
    make_tree();
    e2e_make_folder("two");
    e2e_make_folder("into");
    cr_assert_eq(tree_shell("ln tree/a two/d"), 0);
    struct result *result = RUN("-rH", "tree", "two", "into");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, has_links("into/tree", 4));
    EXPECT(result, tree_shell("[ into/two/d -ef into/tree/a ]") == 0);
}

Test(hard_links, json)
{
    e2e_enter(XFS4K);
    make_tree();
    struct result *result = RUN("--json", "-rHT", "tree", "new");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, tree_summary(result, "hard_links") == 2);
    EXPECT(result, e2e_has(result->out, "\"method\":\"none\""));
    e2e_expect_json(result);
}

Test(hard_links, a_volume_without_them)
{
    e2e_enter(XFS4K);
    make_tree();
    const char *twin = e2e_twin(EXFAT);
    struct result *result = RUN("-rHT", "tree", e2e_text("%s\\new", twin));
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, tree_shell(e2e_text("diff -r tree '%s/new'",
                                       e2e_twin_folder(EXFAT))) == 0);
    EXPECT(result, e2e_has(result->out, "DEST could not be linked"));
}
