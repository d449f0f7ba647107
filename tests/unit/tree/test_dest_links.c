/*
 * Links to directories below DEST: nothing is written through them, unless the
 * user asked for it. And what a directory keeps that was there before.
 */
#include <string.h>

#include "cli/options.h"
#include "cli/run_files.h"
#include "core/errors.h"
#include "core/tree/directory.h"
#include "world.h"

TestSuite(dest_links, .timeout = 120);

#define ARGUMENTS 12

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

static bool said(const wchar_t *text)
{
    return wcsstr(sim_printed(OS_STDERR), text) != NULL;
}

enum kind { SYMLINK, JUNCTION, MOUNT_POINT, KINDS };

/* R:\src with files on three levels. */
static struct world make_source(void)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\src");
    sim_mkdir(L"R:\\src\\sub");
    sim_mkdir(L"R:\\src\\sub\\deep");
    sim_write_file(L"R:\\src\\after", "after", 5);
    sim_write_file(L"R:\\src\\sub\\f", "evil", 4);
    sim_write_file(L"R:\\src\\sub\\new", "evil", 4);
    sim_write_file(L"R:\\src\\sub\\deep\\g", "evil", 4);
    sim_mkdir(L"R:\\dst");
    return w;
}

/* Makes `path` lead to a directory with one file; returns that directory. */
static const wchar_t *make_link(enum kind kind, const wchar_t *path)
{
    const wchar_t *there = kind == MOUNT_POINT ? path : L"S:\\elsewhere";
    wchar_t file[64];
    if (kind == MOUNT_POINT)
        sim_mount(path, "refs-4k");
    else
        sim_mkdir(there);
    if (kind == SYMLINK)
        sim_symlink(there, path);
    else if (kind == JUNCTION)
        sim_junction(there, path);
    cr_assert(sim_is_link(path));
    swprintf(file, 64, L"%ls\\f", there);
    sim_write_file(file, "precious", 8);
    return there;
}

static void expect_untouched(const wchar_t *there)
{
    wchar_t file[64];
    swprintf(file, 64, L"%ls\\f", there);
    cr_expect(sim_holds(file, "precious", 8));
    cr_expect_eq(sim_file_count(there), 1);
}

Test(dest_links, not_followed)
{
    static const wchar_t *const jobs[] = {L"-j1", L"-j8"};
    static const wchar_t *const existing[] = {L"-r", L"-rf", L"-rn"};
    for (enum kind kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < 6; i++) {
            struct world w = make_source();
            const wchar_t *there = make_link(kind, L"R:\\dst\\sub");
            int code =
                RUN(existing[i % 3], jobs[i / 3], L"R:\\src\\*", L"R:\\dst");
            cr_expect_eq(code, 1, "kind %d, row %zu: %d", (int)kind, i, code);
            cr_expect(said(L"R:\\dst\\sub: ") && said(L"a link is in the way"));
            cr_expect_not(said(L"deep"));
            expect_untouched(there);
            cr_expect(sim_is_link(L"R:\\dst\\sub"));
            cr_expect(sim_holds(L"R:\\dst\\after", "after", 5));
            world_end(&w);
        }
    }
}

Test(dest_links, not_followed_on_a_deeper_level)
{
    for (enum kind kind = 0; kind < KINDS; kind++) {
        struct world w = make_source();
        sim_mkdir(L"R:\\dst\\src");
        sim_mkdir(L"R:\\dst\\src\\sub");
        const wchar_t *there = make_link(kind, L"R:\\dst\\src\\sub\\deep");
        cr_expect_eq(RUN(L"-rf", L"R:\\src", L"R:\\dst"), 1);
        cr_expect(said(L"a link is in the way"));
        expect_untouched(there);
        cr_expect(sim_holds(L"R:\\dst\\src\\sub\\f", "evil", 4));
        world_end(&w);
    }
}

Test(dest_links, followed_where_that_is_wanted)
{
    for (enum kind kind = 0; kind < KINDS; kind++) {
        for (int force = 0; force < 2; force++) {
            struct world w = make_source();
            make_link(kind, L"R:\\dst\\sub");
            int code = RUN(L"--keep-directory-symlink", force ? L"-rf" : L"-rn",
                           L"R:\\src\\*", L"R:\\dst");
            cr_expect_eq(code, 0);
            cr_expect(sim_holds(L"R:\\dst\\sub\\f", force ? "evil" : "precious",
                                force ? 4 : 8));
            cr_expect(sim_holds(L"R:\\dst\\sub\\deep\\g", "evil", 4));
            cr_expect(sim_is_link(L"R:\\dst\\sub"));
            world_end(&w);
        }
    }
}

/* The user named it. */
Test(dest_links, dest_itself)
{
    static const wchar_t *const rows[][2] = {{L"-r", L"R:\\src\\*"},
                                             {L"-rj8", L"R:\\src\\*"},
                                             {L"-q", L"R:\\src\\af*"},
                                             {L"-q", L"R:\\src\\after"}};
    for (size_t i = 0; i < 4; i++) {
        struct world w = make_source();
        sim_mkdir(L"S:\\there");
        sim_junction(L"S:\\there", L"R:\\alias");
        cr_expect_eq(RUN(rows[i][0], rows[i][1], L"R:\\alias"), 0, "row %zu",
                     i);
        cr_expect(sim_holds(L"S:\\there\\after", "after", 5), "row %zu", i);
        cr_expect_eq(sim_exists(L"S:\\there\\sub\\deep\\g"), i < 2);
        world_end(&w);
    }
}

/* A link without a target in a directory's place is one, too, and a link to a
   file is as much in the way as a file. */
Test(dest_links, links_that_lead_to_no_directory)
{
    for (int keep = 0; keep < 2; keep++) {
        const wchar_t *extra = keep ? L"--keep-directory-symlink" : L"-q";
        struct world w = make_source();
        sim_junction(L"S:\\nowhere", L"R:\\dst\\sub");
        cr_expect_eq(RUN(L"--dry-run", L"-r", extra, L"R:\\src\\*", L"R:\\dst"),
                     1);
        cr_expect_eq(said(L"a link is in the way"), !keep);
        cr_expect_eq(RUN(L"-r", extra, L"R:\\src\\*", L"R:\\dst"), 1);
        cr_expect_eq(said(L"a link is in the way"), !keep);
        cr_expect_not(sim_exists(L"S:\\nowhere"));
        world_end(&w);
        w = make_source();
        sim_write_file(L"S:\\file", "precious", 8);
        sim_symlink(L"S:\\file", L"R:\\dst\\sub");
        cr_expect_eq(RUN(L"-rf", extra, L"R:\\src\\*", L"R:\\dst"), 1);
        cr_expect_not(said(L"a link is in the way"));
        cr_expect(sim_holds(L"S:\\file", "precious", 8));
        world_end(&w);
    }
}

/* DEST as a name of its own (-T) is no link that is followed. */
Test(dest_links, dest_as_a_name)
{
    struct world w = make_source();
    struct held_directory *opened = NULL;
    struct reflink_outcome outcome;
    const wchar_t *there = make_link(JUNCTION, L"R:\\alias");
    directory_make(L"R:\\src", NULL, L"R:\\alias", false, &opened, &outcome);
    cr_expect_eq(outcome.error.code, CODE_ALREADY_EXISTS);
    cr_expect_eq(outcome.error.step, REFLINK_STEP_CREATE);
    cr_expect_eq(outcome.error.hint, REFLINK_HINT_LINK_IN_WAY);
    cr_expect(opened == NULL);
    cr_expect_not(directory_dry_run(L"R:\\src", L"R:\\alias", false, &outcome));
    cr_expect_eq(outcome.error.hint, REFLINK_HINT_LINK_IN_WAY);
    expect_untouched(there);
    world_end(&w);
}

Test(dest_links, a_dry_run_foresees_them)
{
    for (enum kind kind = 0; kind < KINDS; kind++) {
        for (int keep = 0; keep < 2; keep++) {
            struct world w = make_source();
            sim_mkdir(L"R:\\dst\\src");
            const wchar_t *there = make_link(kind, L"R:\\dst\\src\\sub");
            uint64_t made = sim_count_below(L"R:\\");
            int code = RUN(keep ? L"--keep-directory-symlink" : L"-f",
                           L"--dry-run", L"-rf", L"R:\\src", L"R:\\dst");
            cr_expect_eq(code, keep ? 0 : 1);
            cr_expect_eq(said(L"a link is in the way"), !keep);
            cr_expect_eq(sim_count_below(L"R:\\"), made);
            expect_untouched(there);
            world_end(&w);
        }
    }
}

/* --- a directory that becomes a link during the run ----------------------- */

static bool reached;

static void turn(void *path)
{
    reached = true;
    if (sim_is_directory(path) && sim_file_count(path) == 0)
        sim_turn_into_link(path, L"R:\\elsewhere");
}

static void put(void *path)
{
    reached = true;
    if (sim_is_directory(path))
        sim_put_link(path, L"R:\\elsewhere");
}

/* A file to replace, and what else is opened or created by name. */
static void make_more(bool there)
{
    sim_set_stream(L"R:\\src\\sub", L"note", "evil", 4);
    sim_set_stream(L"R:\\src\\sub\\deep", L"note", "evil", 4);
    sim_set_stream(L"R:\\src\\sub\\f", L"note", "evil", 4);
    sim_set_written(L"R:\\src\\sub\\deep", 131000000000000000);
    sim_symlink(L"f", L"R:\\src\\sub\\link");
    sim_mkdir(L"R:\\elsewhere");
    sim_mkdir(L"R:\\elsewhere\\deep");
    if (!there)
        return;
    sim_mkdir(L"R:\\dst\\sub");
    sim_mkdir(L"R:\\dst\\sub\\deep");
}

/* Whenever that happens, and whether the directory was there before. */
static void expect_no_race(void (*change)(void *path), const wchar_t *jobs,
                           const wchar_t *path, bool there)
{
    reached = true;
    for (uint64_t nth = 1; reached; nth++) {
        struct world w = make_source();
        make_more(there);
        int64_t written = sim_written(L"R:\\elsewhere\\deep");
        reached = false;
        sim_at_call(SIM_OP_ANY, nth, change, (void *)path);
        (void)RUN(L"-rf", jobs, L"R:\\src\\*", L"R:\\dst");
        cr_expect_eq(sim_count_below(L"R:\\elsewhere"), 1, "call %llu",
                     (unsigned long long)nth);
        cr_expect_eq(sim_stream_count(L"R:\\elsewhere"), 0);
        cr_expect_eq(sim_stream_count(L"R:\\elsewhere\\deep"), 0);
        cr_expect_eq(sim_written(L"R:\\elsewhere\\deep"), written);
        world_end(&w);
    }
}

Test(dest_links, no_race)
{
    expect_no_race(turn, L"-j1", L"R:\\dst\\sub", false);
    expect_no_race(turn, L"-j1", L"R:\\dst\\sub\\deep", false);
    expect_no_race(turn, L"-j1", L"R:\\dst\\sub\\deep", true);
    expect_no_race(turn, L"-j8", L"R:\\dst\\sub", false);
    expect_no_race(turn, L"-j8", L"R:\\dst\\sub\\deep", true);
}

Test(dest_links, no_race_with_a_link_in_its_place)
{
    expect_no_race(put, L"-j1", L"R:\\dst\\sub", false);
    expect_no_race(put, L"-j1", L"R:\\dst\\sub", true);
    expect_no_race(put, L"-j1", L"R:\\dst\\sub\\deep", false);
    expect_no_race(put, L"-j8", L"R:\\dst\\sub", true);
}

/* --- a DEST that becomes a link during the run ---------------------------- */

/* Whatever has the name R:\\d\\b goes, if it may, and a link comes. */
static void become_link(void *to_directory)
{
    reached = true;
    if (sim_exists(L"R:\\d\\b") && os_remove(NULL, L"R:\\d\\b") != 0)
        return;
    if (*(bool *)to_directory)
        sim_junction(L"R:\\private", L"R:\\d\\b");
    else
        sim_symlink(L"R:\\private\\b", L"R:\\d\\b");
}

/* The same with the directory that DEST is in. */
static void become_other_directory(void *unused)
{
    struct os_file *file = NULL;
    (void)unused;
    reached = true;
    os_error error = os_open(L"R:\\d", OS_OPEN_DELETE, &file);
    if (error == 0)
        error = os_rename(file, NULL, L"R:\\moved", false);
    os_close(file);
    if (error == 0)
        sim_junction(L"R:\\private", L"R:\\d");
}

static struct world make_dest(const char *profile, bool there)
{
    struct world w = world_make(profile);
    sim_fill_pattern(L"R:\\a", 0, 100000, 1);
    sim_set_stream(L"R:\\a", L"note", "public", 6);
    sim_mkdir(L"R:\\d");
    sim_mkdir(L"R:\\private");
    sim_write_file(L"R:\\private\\b", "precious", 8);
    if (there)
        sim_write_file(L"R:\\d\\b", "old", 3);
    return w;
}

/* No staging file stays there, wherever the directory is by now. */
static void expect_no_more_than_b(const wchar_t *directory)
{
    if (!sim_is_directory(directory))
        return;
    cr_expect_leq(sim_file_count(directory), 1);
    if (sim_file_count(directory) == 1)
        cr_expect_eq(wcscmp(sim_file_name(directory, 0), L"b"), 0);
}

static uint64_t expect_private_kept(const char *profile, const wchar_t *option,
                                    bool there, void (*act)(void *),
                                    bool to_directory)
{
    uint64_t points = 0;
    reached = true;
    for (uint64_t nth = 1; reached; nth++) {
        struct world w = make_dest(profile, there);
        reached = false;
        sim_at_call(SIM_OP_ANY, nth, act, &to_directory);
        int code = RUN(L"-T", option, L"R:\\a", L"R:\\d\\b");
        cr_assert(code == 0 || code == 1);
        cr_assert(sim_holds(L"R:\\private\\b", "precious", 8) ||
                      (to_directory && act != become_link &&
                       sim_same_bytes(L"R:\\private\\b", L"R:\\a")),
                  "%s %ls: call %llu", profile, option,
                  (unsigned long long)nth);
        cr_assert_eq(sim_stream_count(L"R:\\private"), 0);
        expect_no_more_than_b(L"R:\\private");
        expect_no_more_than_b(L"R:\\moved");
        if (!sim_is_link(L"R:\\d"))
            expect_no_more_than_b(L"R:\\d");
        world_end(&w);
        points += reached;
    }
    return points;
}

/* A link that is in the name's place is replaced itself, or is in the way.
   Where the directory of DEST is a link by then, a user who replaces (-f)
   replaces what is there, in one step. */
Test(dest_links, a_dest_that_becomes_a_link)
{
    static const char *const profiles[] = {"refs-4k", "ntfs", "refs-ws2016",
                                           "samba"};
    uint64_t points = 0;
    for (size_t i = 0; i < 4; i++) {
        for (int row = 0; row < 4; row++) {
            const wchar_t *option = row % 2 == 0 ? L"-f" : L"--verify";
            bool there = row == 0;
            points += expect_private_kept(profiles[i], option, there,
                                          become_link, row >= 2);
            points += expect_private_kept(profiles[i], option, there,
                                          become_other_directory, row % 2 == 0);
        }
    }
    cr_expect_gt(points, 500);
}

/* --- lost connections ----------------------------------------------------- */

static void lose(void *world)
{
    reached = true;
    sim_lose_handles(((struct world *)world)->other, CODE_NETNAME_DELETED);
}

/* The directories are opened again, too, whatever was being done. */
Test(dest_links, all_handles_are_lost)
{
    static const enum sim_op ops[] = {SIM_OP_WRITE, SIM_OP_RENAME,
                                      SIM_OP_OPEN_DIRECTORY, SIM_OP_OPEN};
    for (int row = 0; row < 8; row++) {
        reached = true;
        for (uint64_t nth = 1; reached; nth++) {
            struct world w = make_source();
            reached = false;
            sim_at_call(ops[row % 4], nth, lose, &w);
            int code = RUN(L"-r", row < 4 ? L"-j1" : L"-j8", L"--retries=9",
                           L"R:\\src\\*", L"S:\\");
            /* with threads, it may happen while a directory gets its times */
            cr_expect(code == 0 || row >= 4, "%s %llu: %ls",
                      sim_op_name(ops[row % 4]), (unsigned long long)nth,
                      sim_printed(OS_STDERR));
            cr_expect(sim_holds(L"S:\\after", "after", 5));
            cr_expect(sim_holds(L"S:\\sub\\f", "evil", 4));
            cr_expect(sim_holds(L"S:\\sub\\new", "evil", 4));
            cr_expect(sim_holds(L"S:\\sub\\deep\\g", "evil", 4));
            world_end(&w);
        }
    }
}

/* --- what a directory keeps ----------------------------------------------- */

enum { OLD = 1, NEW = 2 };

static void mark(const wchar_t *path, unsigned number, const char *text)
{
    sim_set_stream(path, L"note", text, 4);
    sim_set_ea(path, text, 4);
    sim_set_security(path, number);
    sim_set_attributes(path, number == OLD ? OS_ATTRIBUTE_HIDDEN
                                           : OS_ATTRIBUTE_READONLY);
    sim_set_created(path, 131000000000000000 + number);
    sim_set_written(path, 132000000000000000 + number);
}

static void expect_marked(const wchar_t *path, unsigned number,
                          const char *text)
{
    cr_expect(sim_stream_holds(path, L"note", text, 4), "%ls", path);
    cr_expect_eq(sim_stream_count(path), 1);
    cr_expect(sim_ea_holds(path, text, 4), "%ls", path);
    cr_expect_eq(
        sim_attributes(path),
        (unsigned)(number == OLD ? OS_ATTRIBUTE_HIDDEN : OS_ATTRIBUTE_READONLY),
        "%ls", path);
}

Test(dest_links, a_directory_that_is_there_keeps_what_it_has)
{
    static const wchar_t *const options[] = {L"-rn", L"-rf", L"-ru", L"-rnj8"};
    for (size_t i = 0; i < 8; i++) {
        struct world w = make_source();
        sim_mkdir(L"R:\\dst\\sub");
        sim_mkdir(L"R:\\dst\\sub\\deep");
        mark(L"R:\\src\\sub", NEW, "new.");
        mark(L"R:\\src\\sub\\deep", NEW, "new.");
        sim_write_file(L"R:\\dst\\sub\\deep\\g", "x", 1);
        mark(L"R:\\dst\\sub", OLD, "old.");
        mark(L"R:\\dst\\sub\\deep", OLD, "old.");
        RUN(options[i % 4], i < 4 ? L"-q" : L"--security", L"R:\\src\\*",
            L"R:\\dst");
        cr_expect(sim_exists(L"R:\\dst\\sub\\new"));
        expect_marked(L"R:\\dst\\sub", OLD, "old.");
        expect_marked(L"R:\\dst\\sub\\deep", OLD, "old.");
        cr_expect_eq(sim_security(L"R:\\dst\\sub"), OLD);
        cr_expect_eq(sim_created(L"R:\\dst\\sub"), 131000000000000000 + OLD);
        /* entries that are added set the last-write time */
        cr_expect_neq(sim_written(L"R:\\dst\\sub"), 132000000000000000 + NEW);
        world_end(&w);
    }
}

Test(dest_links, a_new_one_gets_what_source_has)
{
    for (int writable = 0; writable < 2; writable++) {
        struct world w = make_source();
        mark(L"R:\\src\\sub", NEW, "new.");
        RUN(L"-r", writable ? L"--writable" : L"-q", L"--security",
            L"R:\\src\\*", L"R:\\dst");
        cr_expect(sim_stream_holds(L"R:\\dst\\sub", L"note", "new.", 4));
        cr_expect_eq(sim_written(L"R:\\dst\\sub"), 132000000000000000 + NEW);
        cr_expect_eq(sim_security(L"R:\\dst\\sub"), NEW);
        cr_expect_eq(sim_attributes(L"R:\\dst\\sub") & OS_ATTRIBUTE_READONLY,
                     writable ? 0 : OS_ATTRIBUTE_READONLY);
        world_end(&w);
    }
}
