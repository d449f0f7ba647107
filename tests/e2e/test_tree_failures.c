/*
 * A tree in which every tenth file fails, each in one of four ways, and Ctrl-C
 * in the middle of one.
 */
#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "e2e.h"
#include "trees.h"

TestSuite(tree_failures, .fini = e2e_leave, .timeout = E2E_TEST_SECONDS);

enum { FILES = 60, FOLDERS = 6, TENTH = 10 };

static const char *file_name(unsigned i)
{
    return e2e_text("part %u/file %03u.bin", i % FOLDERS, i);
}

static bool fails(unsigned i)
{
    return i % TENTH == 3;
}

/* --- every tenth ---------------------------------------------------------- */

enum way {
    HELD,       /* SOURCE: open elsewhere, for nobody else */
    UNREADABLE, /* SOURCE: its permissions */
    EXISTS,     /* DEST: there, and no -f */
    IS_FOLDER,  /* DEST: there, and of the other kind */
    WAYS
};

/* One program holds one file. */
static enum way way_of(unsigned i)
{
    unsigned number = i / TENTH;
    return number == 0 ? HELD : (enum way)(1 + number % (WAYS - 1));
}

static void make_source(void)
{
    e2e_make_folder("tree");
    for (unsigned i = 0; i < FOLDERS; i++)
        e2e_make_folder(e2e_text("tree/part %u", i));
    for (unsigned i = 0; i < FILES; i++) {
        const char *name = e2e_text("tree/%s", file_name(i));
        e2e_make(name, 2000 + 100 * i);
        if (fails(i) && way_of(i) == UNREADABLE)
            cr_assert_eq(chmod(name, 0), 0);
    }
    e2e_hold(e2e_text("tree/%s", file_name(3)), "rw", "");
}

static void make_dest(const char *dest)
{
    e2e_make_folder(dest);
    e2e_make_folder(e2e_text("%s/tree", dest));
    for (unsigned i = 0; i < FOLDERS; i++)
        e2e_make_folder(e2e_text("%s/tree/part %u", dest, i));
    for (unsigned i = 0; i < FILES; i++) {
        const char *name = e2e_text("%s/tree/%s", dest, file_name(i));
        if (fails(i) && way_of(i) == EXISTS)
            e2e_write(name, "as it was");
        else if (fails(i) && way_of(i) == IS_FOLDER)
            e2e_make_folder(name);
    }
}

static bool is_as_it_was(const char *name, enum way way)
{
    struct stat status;
    switch (way) {
    case EXISTS:
        return e2e_is(e2e_read(name), "as it was");
    case IS_FOLDER:
        return stat(name, &status) == 0 && S_ISDIR(status.st_mode);
    default:
        return access(name, F_OK) != 0;
    }
}

/* How often the part is in the text. */
static unsigned count(const char *text, const char *part)
{
    unsigned found = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        found++;
    return found;
}

/* The path as an error names it: SOURCE's or DEST's, with backslashes. */
static const char *named(unsigned i, const char *dest)
{
    bool source = way_of(i) == HELD || way_of(i) == UNREADABLE;
    return e2e_text("reflink: %s%stree\\part %u\\file %03u.bin: ",
                    source ? "" : dest, source ? "" : "\\", i % FOLDERS, i);
}

static void judge_files(struct result *result, const char *dest)
{
    for (unsigned i = 0; i < FILES; i++) {
        const char *from = e2e_text("tree/%s", file_name(i));
        const char *to = e2e_text("%s/tree/%s", dest, file_name(i));
        const char *what = e2e_text("%s as it is to be", to);
        bool well =
            fails(i) ? is_as_it_was(to, way_of(i)) : e2e_same_bytes(from, to);
        if (!well)
            cr_expect(false, "%s", e2e_story(result, what));
        if (fails(i))
            EXPECT(result, count(result->err, named(i, dest)) == 1);
    }
    EXPECT(result, count(result->err, "\n") == FILES / TENTH);
}

static struct result *run(const char *dest, const char *style, unsigned jobs)
{
    const char *words[8] = {"-r", style, "tree", dest};
    tree_add_jobs(words + 4, jobs);
    make_dest(dest);
    struct result *result = e2e_run(words);
    EXPECT(result, result->exit_code == 1);
    judge_files(result, dest);
    return result;
}

static void judge_json(struct result *result)
{
    unsigned bad = FILES / TENTH;
    EXPECT(result, tree_summary(result, "files") == FILES);
    EXPECT(result, tree_summary(result, "failed") == (long)bad);
    EXPECT(result, tree_summary(result, "exit_code") == 1);
    EXPECT(result, count(result->out, "\"status\":\"ok\"") == FILES - bad);
    EXPECT(result, count(result->out, "\"status\":\"failed\"") == bad);
    EXPECT(result, count(result->out, "\"type\":\"file\"") == FILES);
    EXPECT(result, tree_summary(result, "cloned") +
                           tree_summary(result, "copied") +
                           tree_summary(result, "mixed") ==
                       (long)(FILES - bad));
    e2e_expect_json(result);
}

Test(tree_failures, every_tenth_file)
{
    e2e_enter(XFS4K);
    make_source();
    judge_json(run("into", "--json", 4));
    struct result *result = run("also", "-v", 1);
    EXPECT(result, e2e_like(result->out, "*\n60 files: * 6 failed\n"));
    EXPECT(result, count(result->out, "\n") == FILES - FILES / TENTH + 1);
}

/* Without what differs from run to run: times, and DEST's name. */
static const char *without_times(const char *text)
{
    e2e_write("text", text);
    int code = tree_shell("sed -E 's/, (< )?[0-9.]+ (ms|s)\\)/)/; "
                          "s/\"elapsed_ms\":[0-9]+//; s/dest [0-9]/dest/g' "
                          "text >plain");
    cr_assert_eq(code, 0);
    return e2e_read("plain");
}

/* Whatever is in flight at once, results come in the order of the walk. */
Test(tree_failures, order_is_stable)
{
    static const char *const styles[] = {"-v", "--json"};
    e2e_enter(XFS4K);
    make_source();
    for (size_t i = 0; i < ROWS(styles); i++) {
        struct result *one = run(e2e_text("dest %zu", 2 * i), styles[i], 1);
        struct result *many =
            run(e2e_text("dest %zu", 2 * i + 1), styles[i], 8);
        EXPECT(many, e2e_is(without_times(one->out), without_times(many->out)));
        EXPECT(many, e2e_is(without_times(one->err), without_times(many->err)));
    }
}

/* A folder that cannot be listed, and one that cannot be written to: each
   fails once, for all that is below it. */
Test(tree_failures, closed_folders)
{
    e2e_enter(XFS4K);
    make_source();
    e2e_release();
    cr_assert_eq(chmod("tree/part 2", 0311), 0);
    e2e_make_folder("into");
    e2e_make_folder("into/tree");
    e2e_make_folder("into/tree/part 4");
    cr_assert_eq(chmod("into/tree/part 4", 0555), 0);
    struct result *result = RUN("-rv", "--json", "tree", "into");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, count(result->err, "reflink: tree\\part 2: ") == 1);
    EXPECT(result, count(result->err, "reflink: tree\\part 2\\") == 0);
    EXPECT(result, count(result->err, "reflink: into\\tree\\part 4\\") ==
                       FILES / FOLDERS);
    EXPECT(result, e2e_same_bytes("tree/part 5/file 005.bin",
                                  "into/tree/part 5/file 005.bin"));
    EXPECT(result,
           tree_summary(result, "failed") == (long)count(result->err, "\n"));
}

/* Two that differ in case only, as a volume with such rights holds them: one
   of them is done, and DEST is one or the other. */
Test(tree_failures, names_in_both_cases)
{
    e2e_enter(XFS4K);
    e2e_make_folder("tree");
    e2e_make("tree/Name", 5000);
    e2e_make("tree/name", 6000);
    struct result *result = RUN("-r", "--json", "tree", "new");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, tree_summary(result, "failed") == 1);
    EXPECT(result, e2e_same_bytes("tree/Name", "new/Name") ||
                       e2e_same_bytes("tree/name", "new/name"));
    EXPECT(result, tree_shell("[ \"$(ls new | wc -l)\" = 1 ]") == 0);
    /* never one over the other, and never in silence */
    e2e_make_folder("tree/sub");
    e2e_make_folder("tree/SUB");
    result = RUN("-rf", "-j1", "tree", "forced");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result,
           e2e_like(result->err, "reflink: forced\\?ame: two sources *\n"
                                 "reflink: forced\\*: two sources *\n"));
    EXPECT(result, e2e_has(result->out, " 1 cloned"));
    EXPECT(result, tree_shell("[ \"$(ls forced | wc -l)\" = 2 ]") == 0);
}

/* What Win32 would make of a name is another file's: each is taken as it
   stands, in trees and by wildcards. */
Test(tree_failures, names_that_win32_changes)
{
    static const char *const names[] = {"t",   "t.",      "t ",   "t..",
                                        "con", "aux.txt", "COM1", "nul .x"};
    e2e_enter(XFS4K);
    e2e_make_folder("tree");
    e2e_make_folder("tree/d");
    e2e_make_folder("tree/d.");
    for (size_t i = 0; i < ROWS(names); i++) {
        e2e_make(e2e_text("tree/%s", names[i]), 5000 + i);
        e2e_make(e2e_text("tree/d./%s", names[i]), 6000 + i);
    }
    struct result *result = RUN("-r", "tree", "new");
    EXPECT(result, result->exit_code == 0);
    tree_expect_equal(result, "tree", "new");
    e2e_make_folder("into");
    result = RUN("-r", "tree\\*", "into");
    EXPECT(result, result->exit_code == 0);
    EXPECT(result, tree_shell("diff -r tree into") == 0);
    result = RUN("-rf", "tree", "new");
    EXPECT(result, result->exit_code == 0);
    tree_expect_equal(result, "tree", "new/tree");
}

/* A link to a folder is shown by Wine 8 as a folder with a reparse point that
   nobody can name: it fails alone, and nothing of it is walked into. */
Test(tree_failures, links_to_folders)
{
    e2e_enter(XFS4K);
    e2e_make_folder("elsewhere");
    e2e_make("elsewhere/file", 5000);
    e2e_make_folder("tree");
    e2e_make("tree/zz", 5000);
    cr_assert_eq(symlink(".", "tree/itself"), 0);
    cr_assert_eq(symlink("..", "tree/up"), 0);
    cr_assert_eq(symlink("../elsewhere", "tree/there"), 0);
    struct result *result = RUN("-r", "--json", "tree", "new");
    EXPECT(result, result->exit_code == 1);
    EXPECT(result, e2e_has(result->err, "tree\\itself: ") ||
                       e2e_has(result->err, "new\\itself: "));
    EXPECT(result, count(result->err, "\n") == 3);
    EXPECT(result, tree_summary(result, "failed") == 3);
    EXPECT(result, e2e_same_bytes("tree/zz", "new/zz"));
    EXPECT(result, tree_shell("[ \"$(ls new)\" = zz ]") == 0);
}

/* --- Ctrl-C --------------------------------------------------------------- */

enum { LONG_FILES = 40, LONG_SIZE = 4 * 1024 * 1024 };

static const char *long_name(const char *folder, unsigned i)
{
    return e2e_text("%s/%u/file %u", folder, i / 10, i);
}

static void make_long_tree(void)
{
    e2e_make_folder("tree");
    for (unsigned i = 0; i < LONG_FILES; i++) {
        if (i % 10 == 0)
            e2e_make_folder(e2e_text("tree/%u", i / 10));
        e2e_make(long_name("tree", i), LONG_SIZE);
    }
}

static unsigned names_there(const char *folder)
{
    unsigned there = 0;
    for (unsigned i = 0; i < LONG_FILES; i++)
        there += access(long_name(folder, i), F_OK) == 0;
    return there;
}

static void interrupt_at(unsigned done, unsigned jobs)
{
    const char *words[10] = {"-r", "--json", "--reflink=never", "tree", "new"};
    tree_add_jobs(words + 5, jobs);
    e2e_begin(words);
    for (int waited = 0; names_there("new") < done && waited < 20000; waited++)
        usleep(500);
    e2e_signal(SIGINT);
    struct result *result = e2e_finish();
    EXPECT(result, result->exit_code == 130);
    EXPECT(result, names_there("new") >= done);
    EXPECT(result, names_there("new") < LONG_FILES);
    for (unsigned i = 0; i < LONG_FILES; i++) {
        if (access(long_name("new", i), F_OK) == 0)
            EXPECT(result,
                   e2e_same_bytes(long_name("tree", i), long_name("new", i)));
    }
    EXPECT(result, tree_shell("! find new | grep '~reflink'") == 0);
    EXPECT(result, e2e_has(result->err, ": interrupted;"));
    EXPECT(result, tree_summary(result, "exit_code") == 130);
    EXPECT(result,
           count(result->out, "\"status\":\"ok\"") == names_there("new"));
    /* what was in flight, and the walk; what only waited is not told */
    unsigned told = count(result->out, "\"status\":\"interrupted\"");
    EXPECT(result, told >= 1 && told <= jobs + 1);
    e2e_expect_json(result);
    cr_assert_eq(tree_shell("rm -r new"), 0);
}

Test(tree_failures, interrupted)
{
    e2e_enter(PLAIN);
    make_long_tree();
    interrupt_at(1, 1);
    interrupt_at(9, 4);
    interrupt_at(22, 8);
}
