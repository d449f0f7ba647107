/*
 * A SOURCE tree that another program changes while it is copied: a link takes
 * the place of a directory or file, or a directory gets another name, at each
 * call of the walk. Nothing that is outside of SOURCE gets into DEST, and an
 * exit code of 0 means that DEST is complete.
 */
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/run_files.h"
#include "core/errors.h"
#include "world.h"

TestSuite(source_links, .timeout = 300);

#define ARGUMENTS 8

static const wchar_t *const commands[][ARGUMENTS] = {
    {L"-r", L"-j1", L"R:\\src", L"R:\\dst"},
    {L"-r", L"-j4", L"-H", L"--verify", L"R:\\src", L"R:\\dst"},
    {L"-r", L"-j1", L"--reflink=never", L"R:\\src\\.", L"R:\\dst"},
    {L"-r", L"-j1", L"--security", L"R:\\src\\*", L"R:\\dst\\"},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static int run(const wchar_t *const *words)
{
    wchar_t *argv[ARGUMENTS + 1] = {L"reflink"};
    struct options options;
    struct text error = {0};
    int argc = 1;
    for (; argc <= ARGUMENTS && words[argc - 1] != NULL; argc++)
        argv[argc] = (wchar_t *)words[argc - 1];
    cr_assert(options_parse(argc, argv, &options, &error));
    int code = run_files(&options);
    options_free(&options);
    text_free(&error);
    return code;
}

/* What is in SOURCE, from its directory on. */
static const wchar_t *const files[] = {L"after", L"sub\\f", L"sub\\new",
                                       L"sub\\deep\\g"};

enum { FILES = sizeof files / sizeof files[0], ROOM = 64 };

static const wchar_t *in(const wchar_t *directory, const wchar_t *name)
{
    static wchar_t paths[4][ROOM];
    static unsigned next;
    wchar_t *path = paths[next++ % 4];
    swprintf(path, ROOM, L"%ls\\%ls", directory, name);
    return path;
}

static void make_tree(const wchar_t *root, const char *bytes)
{
    sim_mkdir(root);
    sim_mkdir(in(root, L"sub"));
    sim_mkdir(in(root, L"sub\\deep"));
    for (size_t i = 0; i < FILES; i++) {
        sim_write_file(in(root, files[i]), bytes, 6);
        sim_set_stream(in(root, files[i]), L"note", bytes, 6);
    }
    sim_set_stream(in(root, L"sub\\deep"), L"note", bytes, 6);
}

/* Beside SOURCE is a tree of the same names, which has a secret. */
static struct world make_world(void)
{
    struct world w = world_make("refs-4k");
    make_tree(L"R:\\src", "public");
    make_tree(L"R:\\private", "secret");
    sim_write_file(L"R:\\private\\sub\\only", "secret", 6);
    sim_write_file(L"R:\\private\\sub\\deep\\only", "secret", 6);
    return w;
}

/* --- what the other program does ------------------------------------------ */

static bool reached;
static const wchar_t *attacked; /* below SOURCE */

/* On a server, say: whoever has it open. */
static void put_link(void *unused)
{
    (void)unused;
    reached = true;
    if (sim_is_directory(in(L"R:\\src", attacked)))
        sim_put_link(in(L"R:\\src", attacked), in(L"R:\\private", attacked));
}

static bool move_away(void)
{
    struct os_file *file = NULL;
    os_error error = os_open(in(L"R:\\src", attacked), OS_OPEN_DELETE, &file);
    if (error == 0)
        error = os_rename(file, NULL, L"R:\\moved", false);
    os_close(file);
    return error == 0;
}

static void rename_it(void *unused)
{
    (void)unused;
    reached = true;
    (void)move_away();
}

static void rename_and_link(void *unused)
{
    (void)unused;
    reached = true;
    if (move_away())
        sim_junction(in(L"R:\\private", attacked), in(L"R:\\src", attacked));
}

/* The directory stays, without what is in it, and becomes a link. */
static void empty_and_turn(void *unused)
{
    wchar_t path[ROOM];
    (void)unused;
    reached = true;
    swprintf(path, ROOM, L"R:\\src\\%ls", attacked);
    if (!sim_is_directory(path))
        return;
    while (sim_file_count(path) != 0) {
        if (os_remove(NULL, in(path, sim_file_name(path, 0))) != 0)
            return;
    }
    sim_turn_into_link(path, in(L"R:\\private", attacked));
}

static void file_to_link(void *unused)
{
    (void)unused;
    reached = true;
    if (os_remove(NULL, in(L"R:\\src", attacked)) == 0)
        sim_symlink(in(L"R:\\private", attacked), in(L"R:\\src", attacked));
}

static const struct {
    const char *name;
    void (*act)(void *unused);
    const wchar_t *path;
} attacks[] = {
    {"a link is put there", put_link, L"sub"},
    {"a link is put there", put_link, L"sub\\deep"},
    {"renamed", rename_it, L"sub"},
    {"renamed", rename_it, L"sub\\deep"},
    {"renamed, and a link", rename_and_link, L"sub"},
    {"renamed, and a link", rename_and_link, L"sub\\deep"},
    {"emptied, and a link", empty_and_turn, L"sub\\deep"},
    {"a file becomes a link", file_to_link, L"sub\\f"},
    {"a file becomes a link", file_to_link, L"sub\\deep\\g"},
};

enum { ATTACKS = sizeof attacks / sizeof attacks[0] };

/* --- what may be found afterwards ----------------------------------------- */

static bool is_below_link(const wchar_t *name)
{
    return sim_is_link(L"R:\\dst\\sub") || sim_is_link(in(L"R:\\dst", name)) ||
           (wcsncmp(name, L"sub\\deep", 8) == 0 &&
            sim_is_link(L"R:\\dst\\sub\\deep"));
}

/* Whether DEST has it as SOURCE had it at first; a link that was there when the
   walk came by is recreated. */
static void expect_file(const wchar_t *name, int code, size_t attack,
                        size_t command, uint64_t nth)
{
    const wchar_t *dest = in(L"R:\\dst", name);
    if (is_below_link(name))
        return;
    bool there = sim_exists(dest);
    cr_assert(!there || (sim_holds(dest, "public", 6) &&
                         !sim_stream_holds(dest, L"note", "secret", 6)),
              "%s: command %zu, call %llu: %ls", attacks[attack].name, command,
              (unsigned long long)nth, dest);
    /* what was renamed before the walk came by is not there */
    bool gone = !sim_exists(in(L"R:\\src", name));
    cr_assert(there || code == 1 || gone, "%s: command %zu, call %llu: %ls",
              attacks[attack].name, command, (unsigned long long)nth, dest);
}

static void expect_nothing_private(int code, size_t attack, size_t command,
                                   uint64_t nth)
{
    cr_assert(code == 0 || code == 1);
    for (size_t i = 0; i < FILES; i++)
        expect_file(files[i], code, attack, command, nth);
    if (!sim_is_link(L"R:\\dst\\sub")) {
        cr_assert_not(sim_exists(L"R:\\dst\\sub\\only"));
        if (!sim_is_link(L"R:\\dst\\sub\\deep")) {
            cr_assert_not(sim_exists(L"R:\\dst\\sub\\deep\\only"));
            cr_assert_not(
                sim_stream_holds(L"R:\\dst\\sub\\deep", L"note", "secret", 6));
        }
    }
    cr_assert_eq(sim_count_below(L"R:\\private"), 8, "it has changed");
}

Test(source_links, no_race)
{
    uint64_t points = 0;
    uint64_t failed = 0;
    for (size_t command = 0; command < COMMANDS; command++) {
        for (size_t attack = 0; attack < ATTACKS; attack++) {
            attacked = attacks[attack].path;
            reached = true;
            for (uint64_t nth = 1 + attack % world_step(); reached;
                 nth += world_step()) {
                struct world w = make_world();
                reached = false;
                sim_at_call(SIM_OP_ANY, nth, attacks[attack].act, NULL);
                int code = run(commands[command]);
                expect_nothing_private(code, attack, command, nth);
                world_end(&w);
                points += reached;
                failed += code != 0;
            }
        }
    }
    printf("source links: %llu attacks, %llu commands failed\n",
           (unsigned long long)points, (unsigned long long)failed);
    cr_assert_gt(points, 2000);
    cr_assert_gt(failed, 100);
}

/* --- lost connections ----------------------------------------------------- */

static void lose(void *world)
{
    reached = true;
    sim_lose_handles(((struct world *)world)->volume, CODE_NETNAME_DELETED);
}

/* The directories of SOURCE are opened again, too; a listing is not, and what a
   directory has beside its entries is not tried again. */
Test(source_links, all_handles_are_lost)
{
    static const enum sim_op ops[] = {SIM_OP_READ, SIM_OP_OPEN};
    for (size_t op = 0; op < 2; op++) {
        reached = true;
        for (uint64_t nth = 1; reached; nth++) {
            struct world w = make_world();
            static const wchar_t *const words[ARGUMENTS] = {
                L"-r", L"-j1", L"--retries=9", L"R:\\src", L"S:\\dst"};
            reached = false;
            sim_at_call(ops[op], nth, lose, &w);
            int code = run(words);
            bool of_directory = wcsstr(sim_printed(OS_STDERR), L"listing") ||
                                wcsstr(sim_printed(OS_STDERR), L"streams");
            cr_expect(code == 0 || of_directory, "%s %llu: %ls",
                      sim_op_name(ops[op]), (unsigned long long)nth,
                      sim_printed(OS_STDERR));
            for (size_t i = 0; i < FILES; i++)
                cr_expect(of_directory ||
                              sim_holds(in(L"S:\\dst", files[i]), "public", 6),
                          "%s %llu: %ls", sim_op_name(ops[op]),
                          (unsigned long long)nth, files[i]);
            world_end(&w);
        }
    }
}
