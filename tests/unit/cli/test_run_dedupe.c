/*
 * --dedupe as the command line runs it: which files are found, which of them is
 * kept, what is printed, and the exit code.
 */
#include "cli/run_dedupe.h"

#include <stdlib.h>

#include "cli/run_files.h"
#include "core/errors.h"
#include "world.h"

TestSuite(run_dedupe, .timeout = 120);

enum { SIZE = 200 * 1024 + 7, CLUSTER = 4096, ARGUMENTS = 12 };

static int run(const wchar_t *const *words)
{
    wchar_t *argv[ARGUMENTS] = {L"reflink", L"--dedupe"};
    struct options options;
    struct text error = {0};
    int argc = 2;
    for (; words[argc - 2] != NULL; argc++)
        argv[argc] = (wchar_t *)words[argc - 2];
    cr_assert(options_parse(argc, argv, &options, &error), "%ls",
              text_words(&error));
    cr_assert(run_files_check(&options, &error), "%ls", text_words(&error));
    int code = run_dedupe(&options);
    options_free(&options);
    text_free(&error);
    return code;
}

#define RUN(...) run((const wchar_t *const[]){__VA_ARGS__, NULL})

static bool is_printed(enum os_stream stream, const wchar_t *what)
{
    return wcsstr(sim_printed(stream), what) != NULL;
}

#define EXPECT_OUT(what)                                                       \
    cr_expect(is_printed(OS_STDOUT, what), "%ls", sim_printed(OS_STDOUT))
#define EXPECT_ERR(what)                                                       \
    cr_expect(is_printed(OS_STDERR, what), "%ls", sim_printed(OS_STDERR))

static struct world world_with_copies(void)
{
    struct world w = world_make("refs-4k");
    sim_fill_pattern(L"R:\\a", 0, SIZE, 3);
    sim_fill_pattern(L"R:\\b", 0, SIZE, 3);
    sim_fill_pattern(L"R:\\c", 0, SIZE, 3);
    return w;
}

/* --- a list --------------------------------------------------------------- */

Test(run_dedupe, a_list_shares_with_the_first)
{
    struct world w = world_with_copies();
    cr_expect_eq(RUN(L"R:\\a", L"R:\\b", L"R:\\c"), 0);
    EXPECT_OUT(L"shared  R:\\b with R:\\a  (200 KiB, 200 KiB freed)\n");
    EXPECT_OUT(L"shared  R:\\c with R:\\a  (200 KiB, 200 KiB freed)\n");
    EXPECT_OUT(L"3 files, 1 group: 0 bytes shared before, 400 KiB now, 400 KiB "
               L"freed, 0 failed\n");
    cr_expect_eq(sim_refs(L"R:\\a", 0), 3);
    world_end(&w);
}

Test(run_dedupe, wildcards_are_expanded)
{
    struct world w = world_with_copies();
    cr_expect_eq(RUN(L"R:\\*"), 0);
    cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\b"), SIZE);
    cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\c"), SIZE);
    world_end(&w);
}

Test(run_dedupe, a_dry_run_says_what_would_be_freed)
{
    struct world w = world_with_copies();
    cr_expect_eq(RUN(L"--dry-run", L"R:\\a", L"R:\\b"), 0);
    EXPECT_OUT(L"would share  R:\\b with R:\\a  (200 KiB, 200 KiB freed)\n");
    EXPECT_OUT(L"200 KiB after the run, 200 KiB freed");
    cr_expect_eq(world_requests(), 0);
    world_end(&w);
}

Test(run_dedupe, what_is_not_shared_has_a_reason)
{
    struct world w = world_with_copies();
    sim_set_attributes(L"R:\\b", OS_ATTRIBUTE_READONLY);
    cr_expect_eq(RUN(L"R:\\a", L"R:\\b"), 0);
    EXPECT_OUT(L"skipped R:\\b: it is read-only\n");
    cr_expect_eq(RUN(L"--reflink=always", L"R:\\a", L"R:\\b"), 3);
    EXPECT_ERR(L"reflink: R:\\b: it is read-only\n");
    sim_set_attributes(L"R:\\b", 0);
    sim_set_attributes(L"R:\\a", OS_ATTRIBUTE_READONLY);
    cr_expect_eq(RUN(L"R:\\a", L"R:\\b"), 0);
    EXPECT_OUT(L"skipped R:\\b: R:\\a is read-only\n");
    cr_expect_eq(world_requests(), 0);
    world_end(&w);
}

Test(run_dedupe, failures_do_not_stop_the_others)
{
    struct world w = world_with_copies();
    sim_mkdir(L"R:\\d");
    cr_expect_eq(RUN(L"R:\\a", L"R:\\none", L"R:\\d", L"R:\\c"), 1);
    EXPECT_ERR(L"reflink: R:\\none: opening it for writing: ");
    EXPECT_ERR(L"reflink: R:\\d: it is a directory, not a file\n");
    cr_expect_eq(sim_shared_bytes(L"R:\\a", L"R:\\c"), SIZE);
    world_end(&w);
}

/* Without the first file there is nothing to do, which is said once. */
Test(run_dedupe, without_the_first_file)
{
    struct world w = world_with_copies();
    cr_expect_eq(RUN(L"R:\\none", L"R:\\b", L"R:\\c"), 1);
    const wchar_t *found =
        wcsstr(sim_printed(OS_STDERR), L"reflink: R:\\none: ");
    cr_assert(found != NULL);
    cr_expect_null(wcsstr(found + 1, L"reflink: R:\\none: "));
    world_end(&w);
}

static void cancel(void *arg)
{
    (void)arg;
    sim_cancel();
}

Test(run_dedupe, is_interrupted)
{
    for (uint64_t nth = 1; nth < 60; nth += 3) {
        struct world w = world_with_copies();
        sim_at_call(SIM_OP_ANY, nth, cancel, NULL);
        int code = RUN(L"R:\\a", L"R:\\b", L"R:\\c");
        cr_expect_eq(code, 130, "%llu: %d", (unsigned long long)nth, code);
        EXPECT_ERR(L"interrupted");
        cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
        world_end(&w);
    }
}

Test(run_dedupe, a_range_that_was_written_back_is_reported)
{
    struct world w = world_with_copies();
    w.volume->lie = SIM_LIE_ZEROS;
    w.volume->lie_skip = 2;
    w.volume->lie_times = 1;
    cr_expect_eq(RUN(L"--json", L"R:\\a", L"R:\\b"), 0);
    EXPECT_ERR(L"reflink: R:\\b: warning: the volume changed a part of it");
    EXPECT_OUT(L"\"ranges_written_back\":1");
    EXPECT_OUT(L"\"reason\":\"proof-failed\"");
    cr_expect(sim_same_bytes(L"R:\\a", L"R:\\b"));
    world_end(&w);
}

/* --- trees ---------------------------------------------------------------- */

/* Copies in two directories, and what is left alone. */
static struct world make_tree(void)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\t");
    sim_mkdir(L"R:\\t\\x");
    sim_mkdir(L"R:\\t\\y");
    sim_fill_pattern(L"R:\\t\\x\\1", 0, SIZE, 3);
    sim_fill_pattern(L"R:\\t\\x\\2", 0, SIZE, 3);
    sim_fill_pattern(L"R:\\t\\y\\1", 0, SIZE, 3);
    sim_fill_pattern(L"R:\\t\\y\\other", 0, SIZE, 4); /* of the same size */
    sim_fill_pattern(L"R:\\t\\y\\small", 0, 300, 3);
    sim_fill_pattern(L"R:\\t\\y\\small2", 0, 300, 3);
    sim_write_file(L"R:\\t\\y\\empty", "", 0);
    sim_fill_pattern(L"R:\\t\\x\\pair", 0, 50000, 5);
    sim_fill_pattern(L"R:\\t\\y\\pair", 0, 50000, 5);
    return w;
}

Test(run_dedupe, equal_files_of_a_tree_share)
{
    struct world w = make_tree();
    cr_expect_eq(RUN(L"-r", L"R:\\t"), 0);
    cr_expect_eq(sim_shared_bytes(L"R:\\t\\x\\1", L"R:\\t\\x\\2"), SIZE);
    cr_expect_eq(sim_shared_bytes(L"R:\\t\\x\\1", L"R:\\t\\y\\1"), SIZE);
    cr_expect_eq(sim_shared_bytes(L"R:\\t\\x\\pair", L"R:\\t\\y\\pair"), 50000);
    cr_expect_eq(sim_refs(L"R:\\t\\y\\other", 0), 1);
    EXPECT_OUT(L"9 files, 2 groups: 0 bytes shared before, 448.8 KiB now, "
               L"448.8 KiB freed, 0 failed\n"
               L"3 passed over: 1 empty, 2 smaller than a cluster\n");
    world_end(&w);
}

/* By the clusters alone: not a byte of any file is read. */
Test(run_dedupe, a_second_run_reads_nothing)
{
    struct world w = make_tree();
    cr_expect_eq(RUN(L"-r", L"R:\\t"), 0);
    uint64_t reads = sim_calls(SIM_OP_READ);
    size_t requests = world_requests();
    cr_expect_eq(RUN(L"-r", L"R:\\t"), 0);
    /* the ends of the two different ones that have the same size */
    cr_expect_leq(sim_calls(SIM_OP_READ) - reads, 4);
    cr_expect_eq(world_requests(), requests);
    EXPECT_OUT(L"9 files, 2 groups: 448.8 KiB shared before, 448.8 KiB now, 0 "
               L"bytes freed, 0 failed\n");
    world_end(&w);
}

Test(run_dedupe, verbose_names_groups_and_what_is_passed_over)
{
    struct world w = make_tree();
    sim_link(L"R:\\t\\x\\1", L"R:\\t\\y\\name");
    sim_symlink(L"R:\\t\\x\\1", L"R:\\t\\y\\link");
    sim_set_attributes(L"R:\\t\\x\\2", OS_ATTRIBUTE_READONLY);
    sim_fill_pattern(L"R:\\t\\e", 0, SIZE, 3);
    sim_set_attributes(L"R:\\t\\e", OS_ATTRIBUTE_ENCRYPTED);
    sim_fill_pattern(L"R:\\t\\k", 0, SIZE, 3);
    sim_set_attributes(L"R:\\t\\k", OS_ATTRIBUTE_COMPRESSED);
    sim_fill_pattern(L"R:\\t\\p", 0, SIZE, 3);
    sim_set_attributes(L"R:\\t\\p", OS_ATTRIBUTE_RECALL_ON_DATA_ACCESS);
    struct os_file *writer = NULL;
    sim_fill_pattern(L"R:\\t\\w", 0, SIZE, 3);
    writer = sim_open_as(L"R:\\t\\w", SIM_WRITE, SIM_READ | SIM_WRITE);
    cr_expect_eq(RUN(L"-rv", L"R:\\t"), 0);
    EXPECT_OUT(L"shared  R:\\t\\x\\1  (2 files of 200 KiB: 200 KiB, 200 KiB "
               L"freed)\n");
    EXPECT_OUT(L"passed over R:\\t\\x\\2: it is read-only\n");
    EXPECT_OUT(L"passed over R:\\t\\e: it is encrypted\n");
    EXPECT_OUT(L"passed over R:\\t\\k: it is compressed\n");
    EXPECT_OUT(L"passed over R:\\t\\p: the data of it are not in");
    EXPECT_OUT(L"passed over R:\\t\\w: another program has it open\n");
    EXPECT_OUT(L"passed over R:\\t\\y\\name: it is another name of a file");
    EXPECT_OUT(L"passed over R:\\t\\y\\link: a link, which is not followed\n");
    EXPECT_OUT(
        L"passed over R:\\t\\y\\small: it is smaller than one cluster\n");
    cr_expect_eq(RUN(L"-r", L"--json", L"R:\\t"), 0);
    EXPECT_OUT(L"\"passed_over\":{\"link\":1,\"empty\":1,\"below-cluster\":2,"
               L"\"encrypted\":1,\"data-elsewhere\":1,\"compressed\":1,"
               L"\"read-only\":1,\"in-use\":1,\"hard-link\":1}");
    os_close(writer);
    world_end(&w);
}

/* The same lines and requests for every number of jobs. */
Test(run_dedupe, jobs_do_not_matter)
{
    static const wchar_t *const jobs[] = {L"1", L"2", L"7", L"64"};
    wchar_t *first = NULL;
    for (size_t i = 0; i < 4; i++) {
        struct world w = make_tree();
        cr_expect_eq(RUN(L"-rv", L"-j", jobs[i], L"R:\\t"), 0);
        if (first == NULL) {
            first = calloc(wcslen(sim_printed(OS_STDOUT)) + 1, sizeof *first);
            wcscpy(first, sim_printed(OS_STDOUT));
        }
        cr_expect_eq(wcscmp(first, sim_printed(OS_STDOUT)), 0, "%ls",
                     sim_printed(OS_STDOUT));
        world_end(&w);
    }
    free(first);
}

/* KEEP is the one with most clusters that are shared already. */
Test(run_dedupe, the_file_that_shares_most_is_kept)
{
    struct world w = make_tree();
    world_run_paths(&w, L"R:\\t\\y\\1", L"R:\\t\\y\\2");
    cr_expect_eq(RUN(L"-rv", L"R:\\t"), 0);
    EXPECT_OUT(L"shared  R:\\t\\y\\1  (4 files of 200 KiB: 600 KiB, 200 KiB of "
               L"it before, 400 KiB freed)\n");
    cr_expect_eq(sim_refs(L"R:\\t\\y\\1", 0), 4);
    world_end(&w);
}

/* A sparse file could only be shared with sparse ones. */
Test(run_dedupe, a_sparse_file_is_not_kept)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\t");
    sim_fill_pattern(L"R:\\t\\a", 0, SIZE, 3);
    sim_set_sparse(L"R:\\t\\a", true);
    world_run_paths(&w, L"R:\\t\\a", L"R:\\t\\b"); /* sparse, too */
    sim_fill_pattern(L"R:\\t\\c", 0, SIZE, 3);
    sim_fill_pattern(L"R:\\t\\d", 0, SIZE, 3);
    cr_expect_eq(RUN(L"-r", L"R:\\t"), 0);
    for (const wchar_t *path = L"abd"; *path != L'\0'; path++) {
        wchar_t other[] = {L'R', L':', L'\\', L't', L'\\', *path, L'\0'};
        cr_expect_eq(sim_shared_bytes(L"R:\\t\\c", other), SIZE, "%ls", other);
    }
    world_end(&w);
}

/* Their digests are equal, too, but no one trusts these. */
Test(run_dedupe, directories_and_files_can_be_mixed)
{
    struct world w = make_tree();
    sim_fill_pattern(L"R:\\f", 0, SIZE, 3);
    cr_expect_eq(RUN(L"-r", L"R:\\f", L"R:\\t\\x", L"R:\\t", L"R:\\none"), 1);
    EXPECT_ERR(L"reflink: R:\\none: opening it for reading: ");
    cr_expect_eq(sim_refs(L"R:\\f", 0), 4);
    world_end(&w);
}

Test(run_dedupe, two_volumes_share_nothing)
{
    struct world w = make_tree();
    sim_mkdir(L"S:\\t");
    sim_fill_pattern(L"S:\\t\\1", 0, SIZE, 3);
    sim_fill_pattern(L"S:\\t\\2", 0, SIZE, 3);
    cr_expect_eq(RUN(L"-r", L"R:\\t", L"S:\\t"), 0);
    EXPECT_OUT(L"11 files, 3 groups: ");
    cr_expect_eq(sim_refs(L"S:\\t\\1", 0), 2);
    world_end(&w);
}

/* What holds for a volume is said once. */
Test(run_dedupe, a_volume_that_cannot_clone)
{
    struct world w = world_make("ntfs");
    sim_mkdir(L"R:\\t");
    for (int i = 0; i < 5; i++) {
        wchar_t path[16];
        swprintf(path, 16, L"R:\\t\\%d", i);
        sim_fill_pattern(path, 0, SIZE, 3);
    }
    cr_expect_eq(RUN(L"-r", L"R:\\t"), 0);
    const wchar_t *found =
        wcsstr(sim_printed(OS_STDOUT), L"cannot clone blocks");
    cr_assert(found != NULL);
    cr_expect_null(wcsstr(found + 1, L"cannot clone blocks"));
    EXPECT_OUT(L"4 skipped, 0 failed\n");
    cr_expect_eq(RUN(L"-r", L"--reflink=always", L"R:\\t"), 3);
    world_end(&w);
}

Test(run_dedupe, a_tree_is_interrupted_at_any_call)
{
    uint64_t points = 0;
    for (uint64_t nth = 1; nth < 400; nth += 7) {
        struct world w = make_tree();
        sim_at_call(SIM_OP_ANY, nth, cancel, NULL);
        int code = RUN(L"-r", L"-j1", L"R:\\t");
        cr_expect(code == 130 || code == 0, "%llu: %d", (unsigned long long)nth,
                  code);
        points += code == 130;
        cr_expect(sim_same_bytes(L"R:\\t\\x\\1", L"R:\\t\\y\\1"));
        cr_expect(sim_same_bytes(L"R:\\t\\x\\pair", L"R:\\t\\y\\pair"));
        world_end(&w);
    }
    cr_expect_gt(points, 20);
}

/* Files that cannot be looked at or read fail; the rest goes on. */
Test(run_dedupe, faults_in_a_tree)
{
    static const enum sim_op ops[] = {SIM_OP_OPEN, SIM_OP_QUERY, SIM_OP_READ,
                                      SIM_OP_HASH, SIM_OP_LIST_NEXT};
    for (size_t i = 0; i < 5; i++) {
        bool met = true;
        for (uint64_t nth = 1; met && nth < 100; nth++) {
            struct world w = make_tree();
            sim_fault(ops[i], nth, CODE_IO_DEVICE);
            int code = RUN(L"-r", L"-j1", L"R:\\t");
            met = sim_faults_met() != 0;
            cr_expect(code == 0 || code == 1, "%zu: %d", i, code);
            cr_expect(sim_same_bytes(L"R:\\t\\x\\1", L"R:\\t\\y\\1"));
            cr_expect(sim_same_bytes(L"R:\\t\\x\\pair", L"R:\\t\\y\\pair"));
            sim_clear_faults();
            world_end(&w);
        }
    }
}

/* --- the command line ----------------------------------------------------- */

static void expect_usage_error(const wchar_t *const *words, const wchar_t *what)
{
    wchar_t *argv[ARGUMENTS] = {L"reflink", L"--dedupe"};
    struct options options;
    struct text error = {0};
    int argc = 2;
    for (; words[argc - 2] != NULL; argc++)
        argv[argc] = (wchar_t *)words[argc - 2];
    cr_expect_not(options_parse(argc, argv, &options, &error), "%ls", what);
    cr_expect(wcsstr(text_words(&error), what) != NULL, "%ls",
              text_words(&error));
    options_free(&options);
    text_free(&error);
}

#define USAGE(what, ...)                                                       \
    expect_usage_error((const wchar_t *const[]){__VA_ARGS__, NULL}, what)

Test(run_dedupe, every_other_policy_is_a_usage_error)
{
    static const wchar_t *const options[] = {L"--reflink=auto",
                                             L"--reflink=never",
                                             L"--verify",
                                             L"--force",
                                             L"--no-clobber",
                                             L"--update",
                                             L"--security",
                                             L"--writable",
                                             L"--no-target-directory",
                                             L"--keep-directory-symlink",
                                             L"--retarget-links",
                                             L"--hard-links",
                                             L"--flush=never",
                                             L"--retries=1",
                                             L"--offset=1",
                                             L"--source-offset=1",
                                             L"--dest-offset=1",
                                             L"--length=1",
                                             L"--target-directory=d"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        wchar_t name[64];
        swprintf(name, 64, L"%.*ls cannot be used with --dedupe",
                 (int)wcscspn(options[i], L"="), options[i]);
        USAGE(name, options[i], L"a", L"b");
    }
    USAGE(L"--force cannot be used", L"-f", L"a", L"b");
    USAGE(L"two files", L"-v");
    USAGE(L"missing second file after 'a'", L"a");
    USAGE(L"missing PATH", L"-r");
}
