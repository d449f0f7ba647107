/* Trees, lists and wildcards on real volumes. */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "e2e.h"
#include "trees.h"

TestSuite(tree, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

static void make_tree(void)
{
    e2e_make_folder("tree");
    e2e_make_folder("tree/empty");
    e2e_make_folder("tree/sub");
    e2e_make_folder("tree/sub/deep");
    e2e_make("tree/one.bin", 200 * KIB);
    e2e_make("tree/two words.bin", 300 * KIB + 7);
    e2e_make("tree/sub/three.bin", 100 * KIB);
    e2e_make("tree/sub/deep/zero", 0);
    e2e_make("tree/sub/deep/tiny", 5);
    cr_assert_eq(
        tree_shell("touch -d '2020-01-02 03:04:05' tree/sub tree/empty "
                   "tree/one.bin tree"),
        0);
}

ParameterizedTestParameters(tree, whole)
{
    return e2e_numbers(VOLUME_COUNT - 2);
}

ParameterizedTest(int *number, tree, whole)
{
    e2e_enter((enum volume) * number);
    make_tree();
    struct result *result = RUN("-r", "tree", "new");
    EXPECT(result, result->exit_code == 0);
    tree_expect_equal(result, "tree", "new");
    if (*number < CLONING_VOLUMES) {
        EXPECT(result, e2e_like(result->out,
                                "5 files: 3 cloned (*), 2 copied (5 bytes: "
                                "1 empty, 1 smaller than a cluster), "
                                "0 failed\n"));
        EXPECT(result,
               e2e_same_extents("tree/sub/three.bin", "new/sub/three.bin"));
    }
    /* an existing DEST takes the tree in */
    result = RUN("-r", "tree/", "new");
    EXPECT(result, result->exit_code == 0);
    tree_expect_equal(result, "tree", "new/tree");
}

Test(tree, merging_goes_file_by_file)
{
    e2e_enter(XFS4K);
    make_tree();
    struct result *result = RUN("-r", "tree", "new");
    cr_assert_eq(unlink("new/one.bin"), 0);
    e2e_make("new/sub/three.bin", 10);
    uint64_t changed = e2e_hash("new/sub/three.bin");
    e2e_make_folder("into");
    cr_assert_eq(rename("new", "into/tree"), 0);
    result = RUN("-r", "tree", "into");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result,
           e2e_like(result->out, "*5 files: 1 cloned (*), *4 failed\n"));
    EXPECT(result, e2e_hash("into/tree/sub/three.bin") == changed);
    result = RUN("-rn", "tree", "into");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_hash("into/tree/sub/three.bin") == changed);
    result = RUN("-rf", "tree", "into");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, tree_shell("diff -r tree into/tree") == 0);
}

/* A directory that is there keeps its times; a new one gets SOURCE's. */
Test(tree, merging_leaves_directories_as_they_are)
{
    e2e_enter(XFS4K);
    make_tree();
    e2e_make_folder("into");
    e2e_make_folder("into/sub");
    cr_assert_eq(tree_shell("touch -d 2019-01-01 tree/sub/deep && "
                            "mkdir into/empty && touch -d 2010-01-01 "
                            "into/empty"),
                 0);
    struct result *result = RUN("-r", "tree\\*", "into");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, tree_shell("diff -r tree into") == 0);
    EXPECT(result, tree_shell("[ \"$(date -r into/empty +%Y)\" = 2010 ]") == 0);
    EXPECT(result, tree_shell("[ \"$(date -r into/sub +%Y)\" != 2020 ]") == 0);
    EXPECT(result,
           tree_shell("[ \"$(date -r into/sub/deep +%Y)\" = 2019 ]") == 0);
}

/* Nothing is written through a link below DEST, on no level. */
Test(tree, a_link_in_the_way)
{
    static const char *const links[] = {"dst/sub", "dst/sub/deep"};
    for (size_t i = 0; i < ROWS(links); i++) {
        e2e_enter(XFS4K);
        make_tree();
        cr_assert_eq(tree_shell("mkdir -p dst/sub elsewhere && "
                                "echo precious >elsewhere/tiny"),
                     0);
        if (i == 0)
            cr_assert_eq(rmdir("dst/sub"), 0);
        cr_assert_eq(
            tree_shell(e2e_text("ln -s \"$PWD/elsewhere\" %s", links[i])), 0);
        const char *before = e2e_text("%s", e2e_snapshot());
        struct result *result = RUN("--dry-run", "-rf", "tree\\*", "dst");
        EXPECT(result, result->exit_code == 1);
        EXPECT(result, e2e_has(result->err, "a link is in the way"));
        EXPECT(result, e2e_is(e2e_snapshot(), before));
        result = RUN("-rf", "tree\\*", "dst");
        EXPECT(result, result->exit_code == 1);
        EXPECT(result, e2e_has(result->err, "a link is in the way"));
        EXPECT(result, tree_shell("[ \"$(ls elsewhere)\" = tiny ] && "
                                  "grep -q precious elsewhere/tiny") == 0);
        EXPECT(result, e2e_same_bytes("tree/one.bin", "dst/one.bin"));
        EXPECT(result, tree_shell(e2e_text("[ -L %s ]", links[i])) == 0);
        result = RUN("--keep-directory-symlink", "-rf", "tree\\*", "dst");
        EXPECT(result, result->exit_code == 0);
        EXPECT(result, tree_shell("diff -r tree dst | grep -v ': tiny$' | "
                                  "grep -q .") == 1);
        EXPECT(result, tree_shell(e2e_text("[ -L %s ]", links[i])) == 0);
        e2e_leave();
    }
}

Test(tree, dest_is_a_link)
{
    e2e_enter(XFS4K);
    make_tree();
    cr_assert_eq(tree_shell("mkdir there && ln -s there alias"), 0);
    struct result *result = RUN("-r", "tree\\*", "alias");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, tree_shell("diff -r tree there") == 0);
    result = RUN("-f", "tree\\*.bin", "alias");
    EXPECT(result, result->exit_code == 0);
}

Test(tree, into_itself_is_refused)
{
    e2e_enter(XFS4K);
    make_tree();
    const char *before = e2e_snapshot();
    static const char *const dests[] = {"tree", "tree/sub", "tree/sub/new",
                                        "tree/x/../sub/new", "TREE/sub"};
    for (size_t i = 0; i < ROWS(dests); i++) {
        struct result *result = RUN("-r", "tree", dests[i]);
        EXPECT(result, result->exit_code == 1);
        EXPECT(result, e2e_has(result->err, "within SOURCE"));
        EXPECT(result, e2e_is(e2e_snapshot(), before));
    }
    struct result *result =
        RUN("-r", "tree", e2e_text("%s/sub/new", e2e_windows_alias("tree")));
    EXPECT(result, e2e_has(result->err, "within SOURCE"));
    EXPECT(result, e2e_is(e2e_snapshot(), before));
}

Test(tree, lists_and_wildcards)
{
    e2e_enter(XFS4K);
    e2e_make_folder("into");
    e2e_make("a1.img", 64 * KIB);
    e2e_make("a2.img", 64 * KIB);
    e2e_make("b1.img", 64 * KIB);
    struct result *result = RUN("a?.img", "into");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, e2e_like(result->out, "2 files: 2 cloned (128 KiB), *\n"));
    EXPECT(result, e2e_same_extents("a1.img", "into/a1.img"));
    result = RUN("-f", "*.img", "into\\");
    EXPECT(result, e2e_like(result->out, "3 files: 3 cloned (192 KiB), *\n"));
    result = RUN("-f", "-t", "into", "a1.img", "b1.img");
    EXPECT(result, e2e_like(result->out, "2 files: 2 cloned (128 KiB), *\n"));
    result = RUN("-v", "-f", "a1.img", "a2.img", "b1.img", "into");
    EXPECT(result, e2e_like(result->out, "cloned *\ncloned *\ncloned *\n3 *"));
    result = RUN("none*.img", "into");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_like(result->err, "reflink: none?.img: *(2)\n"));
    result = RUN("a1.img", "gone", "a2.img", "into", "-fq");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_like(result->err, "reflink: gone: *(2)\n"));
    EXPECT(result, result->granted == 2);
}

/* Wine, as NTFS, gives base.vhdx an alias that ends in .VHD. */
Test(tree, wildcards_mean_whole_names)
{
    e2e_enter(XFS4K);
    e2e_make_folder("into");
    e2e_make("base.vhd", 64 * KIB);
    e2e_make("base.vhdx", 64 * KIB);
    e2e_make_folder("old.vhdx");
    struct result *result = RUN("-v", "*.vhd", "into");
    EXPECT(result, e2e_like(result->out, "cloned  base.vhd -> *\n1 file: *"));
    EXPECT(result, result->exit_code == 0);
    result = RUN("*.vhdx", "into");
    EXPECT(result, e2e_like(result->out, "1 file: 1 cloned (64 KiB), *\n"));
    result = RUN("*~1.vhd", "into");
    EXPECT(result, result->exit_code == 1 && e2e_has(result->err, "(2)"));
    result = RUN("-f", "*.*", "into");
    EXPECT(result, e2e_like(result->out, "2 files: 2 cloned (128 KiB), *\n"));
}

/* Checked before anything is made. */
Test(tree, refused_before_anything_is_made)
{
    e2e_enter(XFS4K);
    make_tree();
    e2e_make_folder("into");
    e2e_make("ONE.bin", 10);
    const char *before = e2e_snapshot();
    struct result *result = RUN("tree/one.bin", "ONE.bin", "into");
    EXPECT(result, result->exit_code == 2);
    EXPECT(result, e2e_has(result->err, "two sources would get this name"));
    EXPECT(result, e2e_has(result->err, "reflink: nothing was copied\n"));
    EXPECT(result, e2e_is(e2e_snapshot(), before));
    result = RUN("tree/one.bin", "ONE.bin", "nowhere");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_is(e2e_snapshot(), before));
    result = RUN("tree", "into");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_has(result->err, "use -r to copy it"));
    EXPECT(result, e2e_is(e2e_snapshot(), before));
}

/* A name that is taken by the other kind fails alone; the rest goes on. */
Test(tree, one_failure_does_not_stop_the_rest)
{
    e2e_enter(XFS4K);
    make_tree();
    e2e_make_folder("into");
    e2e_make_folder("into/tree");
    e2e_make_folder("into/tree/one.bin");
    e2e_make("into/tree/sub", 10);
    struct result *result = RUN("-rf", "tree", "into");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result,
           e2e_same_bytes("tree/two words.bin", "into/tree/two words.bin"));
    EXPECT(result, e2e_has(result->err, "one.bin"));
    EXPECT(result, e2e_has(result->err, "sub"));
    EXPECT(result, e2e_like(result->out, "*2 failed\n"));
}

/* A deep tree, beyond MAX_PATH many times over. */
Test(tree, deep)
{
    const char *part = "a-name-of-some-length-for-a-folder";
    e2e_enter(XFS4K);
    e2e_make_folder("deep");
    const char *path = "deep";
    for (int i = 0; i < 60; i++) {
        path = e2e_text("%s/%s", path, part);
        e2e_make_folder(path);
    }
    e2e_make(e2e_text("%s/file", path), 8192);
    struct result *result = RUN("-r", "deep", "copy");
    EXPECT(result, result->exit_code == 0);
    tree_expect_equal(result, "deep", "copy");
}
