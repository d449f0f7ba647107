/*
 * Links that a tree contains: what they replace in DEST, and where they lead
 * if they led into SOURCE.
 */
#include <string.h>

#include "cli/options.h"
#include "cli/run_files.h"
#include "core/errors.h"
#include "world.h"

TestSuite(links, .timeout = 120);

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

static bool said(enum os_stream stream, const wchar_t *text)
{
    return wcsstr(sim_printed(stream), text) != NULL;
}

/* What can have a name; the first three are links. */
enum kind {
    FILE_LINK,
    DIRECTORY_LINK,
    JUNCTION,
    LINKS,
    A_FILE = LINKS,
    A_DIRECTORY,
    A_VOLUME,
    KINDS
};

/* Makes `path` this; a link leads to a file or directory on S:. */
static void make(enum kind kind, const wchar_t *path, const wchar_t *target)
{
    if (kind == FILE_LINK) {
        sim_write_file(target, "target", 6);
        sim_symlink(target, path);
    } else if (kind == DIRECTORY_LINK) {
        sim_mkdir(target);
        sim_symlink(target, path);
    } else if (kind == JUNCTION) {
        sim_junction(target, path);
    } else if (kind == A_FILE) {
        sim_write_file(path, "precious", 8);
    } else if (kind == A_VOLUME) {
        sim_mount(path, "refs-4k");
    } else {
        sim_mkdir(path);
    }
}

static bool leads_to(const wchar_t *path, const wchar_t *target)
{
    return sim_is_link(path) && wcscmp(sim_link_target(path), target) == 0;
}

/* R:\src with a link that leads to S:\new, and R:\dst with something there. */
static struct world make_both(enum kind kind, enum kind there)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\src");
    make(kind, L"R:\\src\\link", L"S:\\new");
    sim_mkdir(L"R:\\dst");
    make(there, L"R:\\dst\\link", L"S:\\old");
    return w;
}

static void expect_old(enum kind there)
{
    const wchar_t *path = L"R:\\dst\\link";
    if (there < LINKS)
        cr_expect(leads_to(path, L"S:\\old"));
    else if (there == A_FILE)
        cr_expect(sim_holds(path, "precious", 8));
    else if (there == A_DIRECTORY)
        cr_expect(sim_is_directory(path) && !sim_is_link(path));
    else
        cr_expect(leads_to(path, path)); /* as the simulator has it */
    cr_expect_eq(sim_file_count(L"R:\\dst"), 1);
}

static bool is_replaced(enum kind kind, enum kind there)
{
    return kind == there || (kind == FILE_LINK && there == A_FILE);
}

Test(links, force_replaces_the_same_kind)
{
    for (int row = 0; row < LINKS * KINDS * 2; row++) {
        enum kind kind = row % LINKS;
        enum kind there = row / LINKS % KINDS;
        const wchar_t *option = row < LINKS * KINDS ? L"-rf" : L"-rfj8";
        bool replaced = is_replaced(kind, there);
        struct world w = make_both(kind, there);
        int code = RUN(L"--dry-run", option, L"R:\\src\\*", L"R:\\dst");
        cr_expect_eq(code, !replaced, "dry run %d", row);
        cr_expect_eq(said(OS_STDOUT, L"relink"), replaced && there != A_FILE);
        cr_expect_eq(said(OS_STDOUT, L"replace the existing file"),
                     replaced && there == A_FILE);
        cr_expect_eq(said(OS_STDERR, L"of another kind"), !replaced);
        expect_old(there);
        code = RUN(option, L"R:\\src\\*", L"R:\\dst");
        cr_expect_eq(code, !replaced, "row %d: %ls", row,
                     sim_printed(OS_STDERR));
        cr_expect_eq(sim_file_count(L"R:\\dst"), 1);
        cr_expect_eq(said(OS_STDOUT, L"linked  R:\\src\\link -> R:\\dst\\link, "
                                     L"in place of a file\n"),
                     replaced && there == A_FILE);
        if (replaced) {
            cr_expect(leads_to(L"R:\\dst\\link", L"S:\\new"), "row %d", row);
            cr_expect_eq(sim_is_junction(L"R:\\dst\\link"), kind == JUNCTION);
        } else {
            expect_old(there);
        }
        world_end(&w);
    }
}

Test(links, without_force_nothing_is_replaced)
{
    static const wchar_t *const options[] = {L"-r", L"-rn"};
    for (int row = 0; row < LINKS * KINDS * 2; row++) {
        bool keep = row >= LINKS * KINDS;
        enum kind there = row / LINKS % KINDS;
        struct world w = make_both(row % LINKS, there);
        for (int dry = 0; dry < 2; dry++) {
            int code = RUN(options[keep], dry ? L"--dry-run" : L"-v",
                           L"R:\\src\\*", L"R:\\dst");
            cr_expect_eq(code, !keep, "row %d", row);
            cr_expect_eq(said(OS_STDERR, L"(183)"), !keep);
            expect_old(there);
        }
        world_end(&w);
    }
}

/* A link is as old as it is itself. */
Test(links, update_compares_the_links)
{
    for (enum kind kind = 0; kind < LINKS; kind++) {
        for (int later = 0; later < 2; later++) {
            struct world w = world_make("refs-4k");
            sim_mkdir(L"R:\\src");
            sim_mkdir(L"R:\\dst");
            if (!later)
                make(kind, L"R:\\src\\link", L"S:\\new");
            sim_advance_us(10000000);
            make(kind, L"R:\\dst\\link", L"S:\\old");
            sim_advance_us(10000000);
            if (later)
                make(kind, L"R:\\src\\link", L"S:\\new");
            cr_expect_eq(RUN(L"-ru", L"R:\\src\\*", L"R:\\dst"), 0);
            cr_expect(
                leads_to(L"R:\\dst\\link", later ? L"S:\\new" : L"S:\\old"));
            world_end(&w);
        }
    }
}

/* The only copy of the data would be replaced by a link to itself. */
Test(links, never_in_place_of_their_own_target)
{
    for (int dry = 0; dry < 2; dry++) {
        struct world w = world_make("refs-4k");
        sim_mkdir(L"R:\\src");
        sim_mkdir(L"R:\\dst");
        sim_write_file(L"R:\\dst\\link", "precious", 8);
        sim_symlink(L"R:\\dst\\link", L"R:\\src\\link");
        cr_expect_eq(
            RUN(dry ? L"--dry-run" : L"-v", L"-rf", L"R:\\src\\*", L"R:\\dst"),
            1);
        cr_expect(said(OS_STDERR, L"SOURCE and DEST are the same file"));
        expect_old(A_FILE);
        world_end(&w);
    }
}

Test(links, a_read_only_file_is_replaced_too)
{
    struct world w = make_both(FILE_LINK, A_FILE);
    sim_set_attributes(L"R:\\dst\\link", OS_ATTRIBUTE_READONLY);
    w.volume->rename_over_readonly = true;
    cr_expect_eq(RUN(L"-rfq", L"R:\\src\\*", L"R:\\dst"), 0);
    cr_expect(leads_to(L"R:\\dst\\link", L"S:\\new"));
    cr_expect_eq(wcscmp(sim_printed(OS_STDOUT), L""), 0);
    world_end(&w);
}

Test(links, a_missing_right_leaves_the_old_one)
{
    static const os_error codes[] = {CODE_PRIVILEGE_NOT_HELD,
                                     CODE_ACCESS_DENIED};
    for (enum kind kind = 0; kind < LINKS; kind++) {
        for (int i = 0; i < 2; i++) {
            struct world w = make_both(kind, kind);
            w.volume->copy_link = codes[i];
            cr_expect_eq(RUN(L"-rf", L"R:\\src\\*", L"R:\\dst"), 1);
            cr_expect(said(OS_STDERR, L"Developer Mode"));
            expect_old(kind);
            world_end(&w);
        }
    }
}

/* Whatever fails, there is the old link or the new one, and nothing besides. */
static void expect_one(enum kind kind, enum kind there, enum sim_op op)
{
    bool met = true;
    for (uint64_t nth = 1; met; nth++) {
        struct world w = make_both(kind, there);
        sim_fault(op, nth, CODE_IO_DEVICE);
        int code = RUN(L"-rf", L"R:\\src\\*", L"R:\\dst");
        met = sim_faults_met() != 0;
        cr_expect(code == 0 || code == 1 || code == 2);
        bool new_link = leads_to(L"R:\\dst\\link", L"S:\\new");
        if (!new_link)
            expect_old(there);
        cr_expect(new_link || code != 0, "%s %llu", sim_op_name(op),
                  (unsigned long long)nth);
        cr_expect_eq(sim_file_count(L"R:\\dst"), 1, "%s %llu", sim_op_name(op),
                     (unsigned long long)nth);
        world_end(&w);
    }
}

Test(links, every_call_fails_in_turn)
{
    for (enum sim_op op = 0; op < SIM_OP_COUNT; op++) {
        if (op == SIM_OP_CLOSE || op == SIM_OP_CLOCK_US ||
            op == SIM_OP_SLEEP_MS || op == SIM_OP_MESSAGE ||
            op == SIM_OP_PRINT || op == SIM_OP_MONITOR)
            continue;
        for (enum kind kind = 0; kind < LINKS; kind++)
            expect_one(kind, kind, op);
        expect_one(FILE_LINK, A_FILE, op);
    }
}

/* --- links into SOURCE ---------------------------------------------------- */

/* R:\src with directories and a file; R:\alias leads to R:\src\sub. */
static struct world make_tree(void)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\src");
    sim_mkdir(L"R:\\src\\sub");
    sim_mkdir(L"R:\\src\\sub\\deep");
    sim_write_file(L"R:\\src\\sub\\f", "data", 4);
    sim_junction(L"R:\\src\\sub", L"R:\\alias");
    sim_mkdir(L"R:\\source");
    return w;
}

static const struct {
    const wchar_t *target;
    bool junction;
    const wchar_t *retargeted; /* NULL: it does not lead into SOURCE */
} rows[] = {
    {L"R:\\src\\sub\\f", false, L"R:\\new\\sub\\f"},
    {L"R:\\src\\sub", true, L"R:\\new\\sub"},
    {L"R:\\src\\sub\\", true, L"R:\\new\\sub\\"},
    {L"r:\\SRC\\sub\\missing\\too", true, L"R:\\new\\sub\\missing\\too"},
    {L"R:\\src", true, L"R:\\new"},
    {L"R:\\src\\", false, L"R:\\new"},
    {L"R:\\alias\\deep", true, L"R:\\new\\sub\\deep"},
    {L"R:\\alias", false, L"R:\\new\\sub"},
    {L"R:\\alias\\deep\\missing", false, L"R:\\new\\sub\\deep\\missing"},
    {L"sub\\f", false, NULL},
    {L"R:\\source", true, NULL},
    {L"R:\\source\\missing", true, NULL},
    {L"R:\\src2", true, NULL},
    {L"R:\\", true, NULL},
    {L"S:\\src\\sub", true, NULL},
    {L"X:\\src\\sub", true, NULL},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void make_row(size_t i, const wchar_t *path)
{
    if (rows[i].junction)
        sim_junction(rows[i].target, path);
    else
        sim_symlink(rows[i].target, path);
}

Test(links, into_source)
{
    const wchar_t *line = L"1 link points back into SOURCE";
    for (size_t i = 0; i < ROWS * 2; i++) {
        bool inside = rows[i % ROWS].retargeted != NULL;
        bool retarget = i >= ROWS;
        const wchar_t *option = retarget ? L"--retarget-links" : L"-j8";
        struct world w = make_tree();
        make_row(i % ROWS, L"R:\\src\\link");
        cr_expect_eq(
            RUN(L"--dry-run", L"--json", L"-r", option, L"R:\\src", L"R:\\new"),
            0);
        cr_expect_eq(said(OS_STDOUT, L"\"links_into_source\":1"),
                     inside && !retarget, "dry run %zu", i);
        cr_expect_eq(RUN(L"-r", option, L"R:\\src", L"R:\\new"), 0);
        cr_expect_eq(said(OS_STDOUT, line), inside && !retarget, "row %zu: %ls",
                     i, sim_printed(OS_STDOUT));
        cr_expect(leads_to(L"R:\\new\\link", inside && retarget
                                                 ? rows[i % ROWS].retargeted
                                                 : rows[i % ROWS].target),
                  "row %zu: %ls", i, sim_link_target(L"R:\\new\\link"));
        cr_expect_eq(sim_is_junction(L"R:\\new\\link"),
                     rows[i % ROWS].junction);
        cr_expect(leads_to(L"R:\\src\\link", rows[i % ROWS].target));
        world_end(&w);
    }
}

/* Whatever the tree is called on the command line. */
Test(links, into_source_in_all_forms)
{
    static const wchar_t *const forms[][3] = {
        {L"R:\\src\\*", L"R:\\into", L"R:\\into"},
        {L"R:\\src\\*.*", L"R:\\into", L"R:\\into"},
        {L"R:\\src\\.", L"R:\\into", L"R:\\into"},
        {L"R:\\src", L"R:\\into", L"R:\\into\\src"},
        {L"R:\\src\\", L"R:\\fresh\\", L"R:\\fresh\\src"},
        {L"r:/Src", L"S:\\fresh", L"S:\\fresh"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct world w = make_tree();
        wchar_t path[64];
        wchar_t target[64];
        sim_mkdir(L"R:\\into");
        sim_junction(L"R:\\src\\sub", L"R:\\src\\sub\\deep\\up");
        sim_symlink(L"R:\\src\\sub\\f", L"R:\\src\\top");
        cr_expect_eq(RUN(L"-r", L"--retarget-links", forms[i][0], forms[i][1]),
                     0);
        cr_expect_not(said(OS_STDOUT, L"back into SOURCE"));
        swprintf(path, 64, L"%ls\\sub\\deep\\up", forms[i][2]);
        swprintf(target, 64, L"%ls\\sub", forms[i][2]);
        cr_expect(leads_to(path, target), "form %zu: %ls", i,
                  sim_link_target(path));
        swprintf(path, 64, L"%ls\\top", forms[i][2]);
        swprintf(target, 64, L"%ls\\sub\\f", forms[i][2]);
        cr_expect(leads_to(path, target), "form %zu: %ls", i,
                  sim_link_target(path));
        world_end(&w);
    }
}

Test(links, in_no_tree)
{
    struct world w = make_tree();
    sim_mkdir(L"R:\\into");
    sim_junction(L"R:\\src\\sub", L"R:\\src\\link");
    /* what else is in R:\src is not copied */
    cr_expect_eq(RUN(L"-r", L"--retarget-links", L"R:\\src\\link", L"R:\\into"),
                 0);
    cr_expect(said(OS_STDOUT, L"linked  R:\\src\\link -> R:\\into\\link\n"));
    cr_expect_eq(RUN(L"-rf", L"R:\\src\\li*", L"R:\\into"), 0);
    cr_expect(leads_to(L"R:\\into\\link", L"R:\\src\\sub"));
    cr_expect_not(said(OS_STDOUT, L"back into SOURCE"));
    world_end(&w);
}

Test(links, a_mounted_volume_does_not_lead_into_source)
{
    for (int retarget = 0; retarget < 2; retarget++) {
        struct world w = make_tree();
        sim_mount(L"R:\\src\\mnt", "refs-4k");
        cr_expect_eq(RUN(L"-r", retarget ? L"--retarget-links" : L"-q",
                         L"R:\\src", L"R:\\new"),
                     0);
        cr_expect(sim_is_link(L"R:\\new\\mnt"));
        cr_expect_not(said(OS_STDOUT, L"back into SOURCE"));
        world_end(&w);
    }
}

/* Junctions cannot lead to a server, symbolic links can. */
Test(links, on_a_server)
{
    struct world w = make_tree();
    w.other->remote = true;
    sim_junction(L"R:\\src\\sub", L"R:\\src\\junction");
    sim_symlink(L"R:\\src\\sub", L"R:\\src\\symlink");
    cr_expect_eq(RUN(L"-r", L"--retarget-links", L"R:\\src", L"S:\\new"), 0);
    cr_expect(leads_to(L"S:\\new\\junction", L"R:\\src\\sub"));
    cr_expect(leads_to(L"S:\\new\\symlink", L"S:\\new\\sub"));
    cr_expect(said(OS_STDOUT, L"1 link points back into SOURCE"));
    world_end(&w);
}

/* Once more into the same tree: what leads into SOURCE is changed in place. */
Test(links, retargeted_where_they_are)
{
    static const wchar_t *const options[] = {L"-r", L"-rn", L"-rf"};
    for (int i = 0; i < 3; i++) {
        struct world w = make_tree();
        sim_junction(L"R:\\src\\sub", L"R:\\src\\junction");
        sim_symlink(L"R:\\src\\sub\\f", L"R:\\src\\symlink");
        cr_expect_eq(RUN(L"-r", L"R:\\src", L"R:\\new"), 0);
        cr_expect(said(OS_STDOUT, L"2 links point back into SOURCE"));
        cr_expect_eq(
            RUN(options[i], L"--retarget-links", L"-T", L"R:\\src", L"R:\\new"),
            i == 0);
        cr_expect(leads_to(L"R:\\new\\junction",
                           i == 2 ? L"R:\\new\\sub" : L"R:\\src\\sub"));
        cr_expect(leads_to(L"R:\\new\\symlink",
                           i == 2 ? L"R:\\new\\sub\\f" : L"R:\\src\\sub\\f"));
        cr_expect_eq(sim_file_count(L"R:\\new"), 3);
        world_end(&w);
    }
}

/* A link fails with its target unread, and is never made to lead elsewhere. */
Test(links, every_call_fails_while_retargeting)
{
    static const enum sim_op ops[] = {SIM_OP_LINK_TARGET, SIM_OP_QUERY_NAME,
                                      SIM_OP_COPY_LINK, SIM_OP_IS_REMOTE};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        struct world w = make_tree();
        sim_junction(L"R:\\src\\sub", L"R:\\src\\link");
        sim_fault(ops[i], 1, CODE_IO_DEVICE);
        int code = RUN(L"-r", L"--retarget-links", L"R:\\src", L"R:\\new");
        cr_expect(sim_faults_met() == 1);
        cr_expect_eq(code, !sim_is_link(L"R:\\new\\link"));
        cr_expect(code == 1 || leads_to(L"R:\\new\\link", L"R:\\new\\sub"));
        world_end(&w);
    }
}

Test(links, in_json_they_are_counted_only)
{
    struct world w = make_tree();
    sim_junction(L"R:\\src\\sub", L"R:\\src\\link");
    cr_expect_eq(RUN(L"-r", L"--json", L"R:\\src", L"R:\\new"), 0);
    cr_expect(said(OS_STDOUT, L"\"links_into_source\":1"));
    cr_expect_not(said(OS_STDOUT, L"linked"));
    sim_write_file(L"R:\\new\\x", "precious", 8);
    sim_symlink(L"f", L"R:\\src\\x");
    RUN(L"-rf", L"--json", L"R:\\src\\*", L"R:\\new");
    cr_expect_not(said(OS_STDOUT, L"in place of"));
    world_end(&w);
}
