/*
 * Files that are hard links to each other in SOURCE: with -H they are in DEST,
 * too; without it, or where that cannot be, each is a file of its own.
 */
#include <string.h>

#include "cli/options.h"
#include "cli/run_files.h"
#include "core/errors.h"
#include "world.h"

TestSuite(hard_links, .timeout = 120);

enum { ARGUMENTS = 12, SIZE = 5000 };

static char bytes[SIZE];

static int run(const wchar_t *const *words)
{
    wchar_t *argv[ARGUMENTS] = {L"reflink"};
    int argc = 1;
    struct options options;
    struct text error = {0};
    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = (wchar_t *)words[argc - 1];
    cr_assert(options_parse(argc, argv, &options, &error));
    int code = run_files(&options);
    options_free(&options);
    text_free(&error);
    return code;
}

#define RUN(...) run((const wchar_t *const[]){__VA_ARGS__, NULL})

static bool printed(const wchar_t *text)
{
    return wcsstr(sim_printed(OS_STDOUT), text) != NULL;
}

/* R:\src with one file of three names, in two directories, and another file. */
static struct world make_source(const char *profile)
{
    struct world w = world_make(profile);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 7 + 1);
    sim_mkdir(L"R:\\src");
    sim_mkdir(L"R:\\src\\sub");
    sim_write_file(L"R:\\src\\a", bytes, SIZE);
    cr_assert_eq(sim_link(L"R:\\src\\a", L"R:\\src\\b"), 0);
    cr_assert_eq(sim_link(L"R:\\src\\a", L"R:\\src\\sub\\c"), 0);
    sim_write_file(L"R:\\src\\other", "other", 5);
    return w;
}

static const wchar_t *const names[] = {L"a", L"b", L"sub\\c"};

static const wchar_t *path_of(const wchar_t *directory, size_t i)
{
    static wchar_t path[64];
    swprintf(path, 64, L"%ls\\%ls", directory, names[i]);
    return path;
}

/* Each name has SOURCE's bytes, and the file this many names. */
static void expect_links(const wchar_t *directory, size_t links)
{
    for (size_t i = 0; i < 3; i++) {
        const wchar_t *path = path_of(directory, i);
        cr_expect(sim_holds(path, bytes, SIZE), "%ls", path);
        cr_expect_eq(sim_links(path), links, "%ls: %zu", path, sim_links(path));
    }
}

Test(hard_links, kept)
{
    static const wchar_t *const jobs[] = {L"-j1", L"-j8"};
    static const wchar_t *const dest[] = {L"R:\\dst", L"S:\\dst"};
    for (size_t i = 0; i < 4; i++) {
        struct world w = make_source("refs-4k");
        cr_expect_eq(RUN(L"-rHT", jobs[i % 2], L"R:\\src", dest[i / 2]), 0);
        expect_links(dest[i / 2], 3);
        cr_expect(printed(L"4 files: "));
        cr_expect(printed(L", 2 hard links, 0 failed\n"), "%ls",
                  sim_printed(OS_STDOUT));
        cr_expect_not(printed(L"of its own"));
        world_end(&w);
    }
}

Test(hard_links, split_and_counted_without_the_option)
{
    static const wchar_t *const jobs[] = {L"-j1", L"-j8"};
    for (size_t i = 0; i < 2; i++) {
        struct world w = make_source("refs-4k");
        cr_expect_eq(RUN(L"-rT", jobs[i], L"R:\\src", L"R:\\dst"), 0);
        expect_links(L"R:\\dst", 1);
        cr_expect(printed(L"2 files are hard links to files copied before; "
                          L"each became a file of its own (-H keeps"));
        cr_expect_eq(sim_calls(SIM_OP_HARD_LINK), 0);
        world_end(&w);
    }
}

/* A list without -r cannot keep them: -H needs -r. */
Test(hard_links, not_counted_in_a_list)
{
    struct world w = make_source("refs-4k");
    sim_mkdir(L"R:\\dst");
    cr_expect_eq(RUN(L"R:\\src\\a", L"R:\\src\\b", L"R:\\dst"), 0);
    cr_expect_not(printed(L"hard link"));
    world_end(&w);
}

Test(hard_links, what_is_printed)
{
    struct world w = make_source("refs-4k");
    cr_expect_eq(RUN(L"-rHTv", L"-j1", L"R:\\src", L"R:\\dst"), 0);
    cr_expect(printed(L"\nhard link  R:\\src\\b -> R:\\dst\\b\n"), "%ls",
              sim_printed(OS_STDOUT));
    world_end(&w);
    w = make_source("refs-4k");
    cr_expect_eq(RUN(L"-rHT", L"--json", L"-j1", L"R:\\src", L"R:\\dst"), 0);
    cr_expect(printed(L"\"status\":\"ok\",\"method\":\"none\",\"bytes\":0,"));
    cr_expect(printed(L"\"hard_links\":2,"));
    world_end(&w);
    w = make_source("refs-4k");
    cr_expect_eq(RUN(L"-rT", L"--json", L"-j1", L"R:\\src", L"R:\\dst"), 0);
    cr_expect_not(printed(L"\"method\":\"none\""));
    cr_expect(printed(L"\"hard_links\":2,"));
    world_end(&w);
}

/* More files than the table begins with, each of four names. */
Test(hard_links, many)
{
    enum { FILES = 300 };
    static const wchar_t *const jobs[] = {L"-j1", L"-j8"};
    for (size_t i = 0; i < 2; i++) {
        struct world w = world_make("refs-4k");
        wchar_t path[32];
        wchar_t link[32];
        sim_mkdir(L"R:\\src");
        for (int n = 0; n < FILES; n++) {
            swprintf(path, 32, L"R:\\src\\%d", n);
            sim_write_file(path, &n, sizeof n);
            for (int k = 0; k < 3; k++) {
                swprintf(link, 32, L"R:\\src\\%d %d", k, n);
                sim_link(path, link);
            }
        }
        cr_expect_eq(RUN(L"-rHT", jobs[i], L"R:\\src", L"R:\\dst"), 0);
        cr_expect(printed(L"1200 files: "));
        cr_expect(printed(L", 900 hard links, 0 failed\n"));
        for (int n = 0; n < FILES; n++) {
            swprintf(path, 32, L"R:\\dst\\2 %d", n);
            cr_expect(sim_holds(path, &n, sizeof n));
            cr_expect_eq(sim_links(path), 4);
        }
        world_end(&w);
    }
}

/* Two SOURCEs, one run. */
Test(hard_links, across_operands)
{
    struct world w = make_source("refs-4k");
    sim_mkdir(L"R:\\two");
    sim_mkdir(L"R:\\dst");
    cr_assert_eq(sim_link(L"R:\\src\\a", L"R:\\two\\d"), 0);
    cr_expect_eq(RUN(L"-rH", L"R:\\src", L"R:\\two", L"R:\\dst"), 0);
    expect_links(L"R:\\dst\\src", 4);
    cr_expect(sim_is_same_file(L"R:\\dst\\two\\d", L"R:\\dst\\src\\a"));
    world_end(&w);
}

/* A name outside of SOURCE does not count. */
Test(hard_links, of_a_file_outside)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\src");
    sim_write_file(L"R:\\a", "a", 1);
    sim_link(L"R:\\a", L"R:\\src\\a");
    cr_expect_eq(RUN(L"-rHT", L"R:\\src", L"R:\\dst"), 0);
    cr_expect_eq(sim_links(L"R:\\dst\\a"), 1);
    cr_expect_eq(sim_links(L"R:\\a"), 2);
    cr_expect_not(printed(L"hard link"));
    world_end(&w);
}

/* What the first name was given, the others have, too. */
Test(hard_links, attributes)
{
    static const uint32_t rows[] = {OS_ATTRIBUTE_READONLY,
                                    OS_ATTRIBUTE_HIDDEN | OS_ATTRIBUTE_ARCHIVE};
    for (size_t i = 0; i < 4; i++) {
        struct world w = make_source("refs-4k");
        sim_set_attributes(L"R:\\src\\a", rows[i % 2]);
        sim_set_written(L"R:\\src\\a", 131000000000000000);
        if (i >= 2) {
            sim_mkdir(L"R:\\dst");
            sim_write_file(L"R:\\dst\\b", "old", 3);
        }
        cr_expect_eq(RUN(L"-rHTf", L"R:\\src", L"R:\\dst"), 0);
        expect_links(L"R:\\dst", 3);
        cr_expect_eq(sim_attributes(L"R:\\dst\\b"), rows[i % 2], "row %zu", i);
        cr_expect_eq(sim_written(L"R:\\dst\\b"), 131000000000000000);
        world_end(&w);
    }
}

Test(hard_links, a_volume_without_them)
{
    struct world w = make_source("refs-4k");
    struct sim_volume *exfat = sim_mount(L"X:", "exfat");
    cr_assert_not(exfat->hard_links);
    cr_expect_eq(RUN(L"-rHT", L"-j1", L"R:\\src", L"X:\\dst"), 0);
    expect_links(L"X:\\dst", 1);
    cr_expect(printed(L"2 files are hard links to files copied before; each "
                      L"became a file of its own, because DEST could not be "
                      L"linked\n"));
    /* it is asked once */
    cr_expect_eq(sim_calls(SIM_OP_HARD_LINK), 1);
    world_end(&w);
}

/* The codes that say so, of which one is a share's. */
Test(hard_links, refused)
{
    static const os_error codes[] = {1, 5, 17, 50, 87, 1142};
    static const wchar_t *const options[] = {L"-rHT", L"-rHTf"};
    for (size_t i = 0; i < 12; i++) {
        struct world w = make_source("refs-4k");
        if (i >= 6) {
            sim_mkdir(L"R:\\dst");
            sim_write_file(L"R:\\dst\\b", "old", 3);
        }
        sim_fault_always(SIM_OP_HARD_LINK, codes[i % 6]);
        cr_expect_eq(RUN(options[i / 6], L"R:\\src", L"R:\\dst"), 0, "row %zu",
                     i);
        expect_links(L"R:\\dst", 1);
        cr_expect(printed(L"could not be linked"));
        world_end(&w);
    }
}

/* The file that is copied then is the one that the next are linked to. */
Test(hard_links, a_limit_of_links)
{
    struct world w = make_source("refs-4k");
    w.other->link_limit = 2;
    sim_link(L"R:\\src\\a", L"R:\\src\\sub\\d");
    sim_link(L"R:\\src\\a", L"R:\\src\\sub\\e");
    cr_expect_eq(RUN(L"-rHT", L"-j1", L"R:\\src", L"S:\\dst"), 0);
    cr_expect_eq(sim_links(L"S:\\dst\\a"), 2);
    cr_expect_eq(sim_links(L"S:\\dst\\sub\\c"), 2);
    cr_expect_eq(sim_links(L"S:\\dst\\sub\\e"), 1);
    cr_expect(printed(L", 2 hard links, 0 failed\n2 files are hard links"),
              "%ls", sim_printed(OS_STDOUT));
    world_end(&w);
}

/* A volume is mounted in DEST. */
Test(hard_links, another_volume_in_dest)
{
    struct world w = make_source("refs-4k");
    sim_mkdir(L"R:\\dst");
    sim_mount(L"R:\\dst\\sub", "refs-4k");
    cr_expect_eq(RUN(L"-rHT", L"-j1", L"--keep-directory-symlink", L"R:\\src",
                     L"R:\\dst"),
                 0, "%ls", sim_printed(OS_STDERR));
    cr_expect_eq(sim_links(L"R:\\dst\\a"), 2);
    cr_expect_eq(sim_links(L"R:\\dst\\sub\\c"), 1);
    cr_expect(printed(L"1 file is a hard link"));
    world_end(&w);
}

/* --- DEST exists ---------------------------------------------------------- */

static struct world make_both(void)
{
    struct world w = make_source("refs-4k");
    sim_mkdir(L"S:\\dst");
    sim_write_file(L"S:\\dst\\b", "old", 3);
    sim_mkdir(L"R:\\dst");
    sim_write_file(L"R:\\dst\\b", "old", 3);
    sim_set_written(L"R:\\dst\\b", 131000000000000000);
    return w;
}

Test(hard_links, replace)
{
    static const wchar_t *const options[] = {L"-rHTf", L"-rHTu"};
    for (size_t i = 0; i < 4; i++) {
        struct world w = make_both();
        sim_link(L"R:\\dst\\b", L"R:\\kept");
        sim_set_attributes(L"R:\\kept", i < 2 ? OS_ATTRIBUTE_ARCHIVE
                                              : OS_ATTRIBUTE_READONLY);
        w.volume->rename_over_readonly = true;
        cr_expect_eq(RUN(options[i % 2], L"R:\\src", L"R:\\dst"), 0);
        expect_links(L"R:\\dst", 3);
        cr_expect(sim_holds(L"R:\\kept", "old", 3));
        cr_expect_eq(sim_links(L"R:\\kept"), 1);
        cr_expect_eq(sim_count_below(L"R:\\dst"), 5);
        world_end(&w);
    }
}

/* Once more: what is linked already stays, and is done. */
Test(hard_links, again)
{
    struct world w = make_source("refs-4k");
    cr_expect_eq(RUN(L"-rHT", L"-j1", L"R:\\src", L"R:\\dst"), 0);
    cr_expect_eq(RUN(L"-rHTf", L"-j1", L"R:\\src", L"R:\\dst"), 0);
    expect_links(L"R:\\dst", 3);
    cr_expect_eq(RUN(L"-rHTu", L"-j1", L"R:\\src", L"R:\\dst"), 0);
    expect_links(L"R:\\dst", 3);
    cr_expect_eq(sim_count_below(L"R:\\dst"), 5);
    world_end(&w);
}

/* Somebody else makes the same link just before. */
static void link_it(void *path)
{
    cr_assert_eq(sim_link(L"R:\\dst\\a", path), 0);
}

static void lead_to_it(void *path)
{
    cr_assert_eq(sim_symlink(L"R:\\dst\\a", path), 0);
}

Test(hard_links, dest_is_the_same_file)
{
    static const wchar_t *const options[] = {L"-rHT", L"-rHTf", L"-rHTu",
                                             L"-rHTn"};
    for (size_t i = 0; i < 4; i++) {
        struct world w = make_source("refs-4k");
        sim_at_call(SIM_OP_HARD_LINK, 1, link_it, L"R:\\dst\\b");
        cr_expect_eq(RUN(options[i], L"-j1", L"R:\\src", L"R:\\dst"), 0);
        expect_links(L"R:\\dst", 3);
        cr_expect(printed(L", 2 hard links, 0 failed"));
        world_end(&w);
    }
}

Test(hard_links, dest_is_a_link_to_the_file)
{
    struct world w = make_source("refs-4k");
    sim_at_call(SIM_OP_HARD_LINK, 1, lead_to_it, L"R:\\dst\\b");
    cr_expect_eq(RUN(L"-rHTf", L"-j1", L"R:\\src", L"R:\\dst"), 0);
    cr_expect_not(sim_is_link(L"R:\\dst\\b"));
    expect_links(L"R:\\dst", 3);
    world_end(&w);
}

Test(hard_links, dest_exists)
{
    struct world w = make_both();
    cr_expect_eq(RUN(L"-rHTn", L"-j1", L"R:\\src", L"R:\\dst"), 0);
    cr_expect(sim_holds(L"R:\\dst\\b", "old", 3));
    cr_expect_eq(sim_links(L"R:\\dst\\a"), 2);
    cr_expect(printed(L", 1 hard link, 1 skipped, 0 failed\n"));
    world_end(&w);
    w = make_both();
    cr_expect_eq(RUN(L"-rHT", L"-j1", L"R:\\src", L"R:\\dst"), 1);
    cr_expect(sim_holds(L"R:\\dst\\b", "old", 3));
    cr_expect_not_null(
        wcsstr(sim_printed(OS_STDERR), L"R:\\dst\\b: it already exists"));
    cr_expect_eq(sim_links(L"R:\\dst\\a"), 2);
    world_end(&w);
    w = make_both();
    sim_set_written(L"R:\\dst\\b", INT64_MAX / 2);
    cr_expect_eq(RUN(L"-rHTu", L"-j1", L"R:\\src", L"R:\\dst"), 0);
    cr_expect(sim_holds(L"R:\\dst\\b", "old", 3));
    cr_expect(printed(L"1 skipped"));
    world_end(&w);
}

/* A link without a target takes the name, too. */
Test(hard_links, dest_is_a_link_without_a_target)
{
    static const wchar_t *const options[] = {L"-rHT", L"-rHTn", L"-rHTf"};
    for (int i = 0; i < 3; i++) {
        struct world w = make_source("refs-4k");
        sim_mkdir(L"R:\\dst");
        sim_symlink(L"R:\\nowhere", L"R:\\dst\\b");
        int code = RUN(options[i], L"-j1", L"R:\\src", L"R:\\dst");
        cr_expect_eq(code, i == 0);
        cr_expect_eq(sim_links(L"R:\\dst\\a"), i == 2 ? 3 : 2);
        cr_expect_eq(sim_is_link(L"R:\\dst\\b"), i != 2);
        cr_expect_not(sim_exists(L"R:\\nowhere"));
        world_end(&w);
    }
}

/* A file that may be replaced by a link is on the disk by then. */
Test(hard_links, flushed_before_they_replace)
{
    struct world w = make_both();
    cr_expect_eq(RUN(L"-rHTf", L"-j1", L"R:\\src", L"R:\\dst"), 0);
    cr_expect_eq(sim_calls(SIM_OP_FLUSH), 1);
    world_end(&w);
    w = make_source("refs-4k");
    cr_expect_eq(RUN(L"-rHT", L"-j1", L"R:\\src", L"R:\\dst"), 0);
    cr_expect_eq(sim_calls(SIM_OP_FLUSH), 0);
    world_end(&w);
}

/* --- what goes wrong ------------------------------------------------------ */

/* The second name is copied, and is what the third is linked to. */
Test(hard_links, the_first_fails)
{
    struct world w = make_source("refs-4k");
    sim_fault(SIM_OP_CLONE, 1, CODE_IO_DEVICE);
    cr_expect_eq(RUN(L"-rHT", L"-j1", L"R:\\src", L"R:\\dst"), 1);
    cr_expect_not(sim_exists(L"R:\\dst\\a"));
    cr_expect(sim_holds(L"R:\\dst\\b", bytes, SIZE));
    cr_expect(sim_is_same_file(L"R:\\dst\\b", L"R:\\dst\\sub\\c"));
    cr_expect(printed(L"1 hard link,"));
    world_end(&w);
}

static void replace_first(void *unused)
{
    (void)unused;
    sim_mkdir(L"R:\\elsewhere");
    sim_write_file(L"R:\\elsewhere\\a", "evil", 4);
    os_remove(NULL, L"R:\\dst\\a");
    sim_symlink(L"R:\\elsewhere\\a", L"R:\\dst\\a");
}

static void remove_first(void *unused)
{
    (void)unused;
    os_remove(NULL, L"R:\\dst\\a");
}

static void write_source(void *unused)
{
    (void)unused;
    sim_write_file(L"R:\\src\\a", "new", 3);
}

/* Which call of os_open of the traced run opens this file. */
static uint64_t opens_until(const wchar_t *path)
{
    const struct sim_trace_entry *entries = NULL;
    size_t count = 0;
    uint64_t opens = 0;
    sim_trace_entries(&entries, &count);
    for (size_t i = 0; i < count; i++) {
        opens += entries[i].op == SIM_OP_OPEN;
        if (entries[i].op == SIM_OP_OPEN && wcscmp(entries[i].path, path) == 0)
            return opens;
    }
    cr_assert_fail("not opened");
    return 0;
}

/* What is in its place is not linked to, nor what SOURCE was before. */
Test(hard_links, the_first_is_gone)
{
    void (*const changes[])(void *) = {replace_first, remove_first,
                                       write_source};
    for (size_t i = 0; i < 3; i++) {
        struct world w = make_source("refs-4k");
        sim_trace(true);
        /* the change comes as the second SOURCE is opened */
        cr_expect_eq(RUN(L"-rHT", L"-j1", L"R:\\src", L"R:\\dry"), 0);
        uint64_t opens = opens_until(L"R:\\src\\b");
        world_end(&w);
        w = make_source("refs-4k");
        sim_at_call(SIM_OP_OPEN, opens, changes[i], NULL);
        cr_expect_eq(RUN(L"-rHT", L"-j1", L"R:\\src", L"R:\\dst"), 0);
        cr_expect_eq(sim_links(L"R:\\dst\\b"), 2);
        cr_expect(sim_is_same_file(L"R:\\dst\\b", L"R:\\dst\\sub\\c"));
        cr_expect(sim_same_bytes(L"R:\\dst\\b", L"R:\\src\\a"));
        cr_expect(printed(L"1 file is a hard link to a file copied before"));
        world_end(&w);
    }
}

/* Whatever fails, DEST is old or complete, and no staging file is left. */
static void expect_whole(const wchar_t *directory, const char *what,
                         uint64_t nth)
{
    for (size_t i = 0; i < 3; i++) {
        const wchar_t *path = path_of(directory, i);
        bool old = i == 1 && sim_holds(path, "old", 3);
        cr_expect(!sim_exists(path) || old || sim_holds(path, bytes, SIZE),
                  "%s, call %llu: %ls", what, (unsigned long long)nth, path);
    }
    for (size_t i = 0; i < sim_file_count(directory); i++)
        cr_expect_neq(sim_file_name(directory, i)[0], L'~', "%s, call %llu",
                      what, (unsigned long long)nth);
}

Test(hard_links, each_call_fails)
{
    static const os_error codes[] = {5, 64, 112, 1117};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        uint64_t met = 1;
        for (uint64_t nth = 1; met != 0; nth++) {
            struct world w = make_both();
            sim_fault(SIM_OP_ANY, nth, codes[i]);
            (void)RUN(L"-rHTf", L"-j1", L"--retries=1", L"R:\\src", L"R:\\dst");
            met = sim_faults_met();
            if (sim_exists(L"R:\\dst"))
                expect_whole(L"R:\\dst", "once", nth);
            world_end(&w);
        }
    }
}

/* A link that cannot be renamed is removed, and its other names stay what they
   are. */
Test(hard_links, the_rename_fails)
{
    static const os_error codes[] = {CODE_SHARING_VIOLATION, CODE_IO_DEVICE};
    for (int i = 0; i < 2; i++) {
        struct world w = make_both();
        sim_set_attributes(L"R:\\src\\a", OS_ATTRIBUTE_READONLY);
        sim_fault(SIM_OP_RENAME, 2, codes[i]);
        cr_expect_eq(RUN(L"-rHTf", L"-j1", L"R:\\src", L"R:\\dst"), i);
        cr_expect_eq(sim_attributes(L"R:\\dst\\a"), OS_ATTRIBUTE_READONLY);
        cr_expect(i == 0 ? sim_holds(L"R:\\dst\\b", bytes, SIZE)
                         : sim_holds(L"R:\\dst\\b", "old", 3));
        cr_expect_not(sim_is_same_file(L"R:\\dst\\a", L"R:\\dst\\b"));
        cr_expect_eq(sim_count_below(L"R:\\dst"), 5);
        world_end(&w);
    }
}

/* The connection is lost: all is done again, and is a hard link then. */
static void lose(void *world)
{
    sim_lose_handles(((struct world *)world)->other, CODE_NETNAME_DELETED);
}

Test(hard_links, lost_connections)
{
    static const enum sim_op ops[] = {SIM_OP_HARD_LINK, SIM_OP_RENAME,
                                      SIM_OP_OPEN};
    for (size_t i = 0; i < 3; i++) {
        for (uint64_t nth = 1; nth <= 12; nth++) {
            struct world w = make_both();
            sim_at_call(ops[i], nth, lose, &w);
            (void)RUN(L"-rHTf", L"-j1", L"--retries=9", L"R:\\src", L"S:\\dst");
            expect_whole(L"S:\\dst", sim_op_name(ops[i]), nth);
            expect_links(L"S:\\dst", 3);
            world_end(&w);
        }
    }
}

/* The answer is lost, but not the link. */
static void link_and_lose(void *world)
{
    cr_assert_eq(sim_link(L"S:\\dst\\a", L"S:\\dst\\b"), 0);
    lose(world);
}

Test(hard_links, a_lost_answer)
{
    struct world w = make_source("refs-4k");
    sim_at_call(SIM_OP_HARD_LINK, 1, link_and_lose, &w);
    cr_expect_eq(RUN(L"-rHT", L"-j1", L"R:\\src", L"S:\\dst"), 0, "%ls",
                 sim_printed(OS_STDERR));
    expect_links(L"S:\\dst", 3);
    world_end(&w);
}
