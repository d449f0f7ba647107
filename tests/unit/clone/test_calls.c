/*
 * What one more file costs: calls of os.h, each of which is one call of the
 * system on Windows, or a few. The table in tests/bench/README.md has the same
 * numbers. Whoever raises one of them sees by name what came.
 */
#include <stdio.h>
#include <wchar.h>

#include "cli/options.h"
#include "cli/run_files.h"
#include "world.h"

TestSuite(calls, .timeout = 120);

enum { ARGUMENTS = 10, FILES = 3 };

static int run(const wchar_t *const *words)
{
    wchar_t *argv[ARGUMENTS] = {L"reflink"};
    struct options options;
    struct text error = {0};
    int argc = 1;
    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = (wchar_t *)words[argc - 1];
    cr_assert(options_parse(argc, argv, &options, &error));
    int code = run_files(&options);
    options_free(&options);
    text_free(&error);
    return code;
}

/* --- groups of calls ------------------------------------------------------ */

enum group { OPEN, CLOSE, QUERY, SET, FSCTL, READ, WRITE, FLUSH, GROUPS };

static const char *const group_names[] = {"open",  "close", "query", "set",
                                          "fsctl", "read",  "write", "flush"};

/* GROUPS: neither a call for one file nor a call of the file system. */
static enum group group_of(enum sim_op op)
{
    switch (op) {
    case SIM_OP_OPEN:
    case SIM_OP_OPEN_DIRECTORY:
        return OPEN;
    case SIM_OP_CLOSE:
        return CLOSE;
    case SIM_OP_QUERY:
    case SIM_OP_QUERY_VOLUME:
    case SIM_OP_VOLUME_ROOT:
    case SIM_OP_ALLOCATION_UNIT:
    case SIM_OP_FREE_BYTES:
    case SIM_OP_IS_REMOTE:
    case SIM_OP_LIST_STREAMS:
    case SIM_OP_GET_EA:
    case SIM_OP_GET_SECURITY:
    case SIM_OP_QUERY_NAME:
        return QUERY;
    case SIM_OP_SET_SIZE:
    case SIM_OP_SET_EA:
    case SIM_OP_COPY_SECURITY:
    case SIM_OP_SET_SECURITY:
    case SIM_OP_SET_METADATA:
    case SIM_OP_MARK_DELETED:
    case SIM_OP_RENAME:
    case SIM_OP_HARD_LINK:
    case SIM_OP_REMOVE:
        return SET;
    case SIM_OP_CHANGE_NUMBER:
    case SIM_OP_GET_INTEGRITY:
    case SIM_OP_SET_INTEGRITY:
    case SIM_OP_SET_SPARSE:
    case SIM_OP_ZERO:
    case SIM_OP_ALLOCATED:
    case SIM_OP_EXTENTS:
    case SIM_OP_EXTENTS_COUNTED:
    case SIM_OP_COPY_LINK:
    case SIM_OP_LINK_TARGET:
    case SIM_OP_SET_LINK:
        return FSCTL;
    case SIM_OP_READ:
        return READ;
    case SIM_OP_WRITE:
        return WRITE;
    case SIM_OP_FLUSH:
    case SIM_OP_FLUSH_PATH:
        return FLUSH;
    default:
        return GROUPS;
    }
}

struct counts {
    uint64_t of[SIM_OP_COUNT];
};

static struct counts count_calls(void)
{
    struct counts now;
    for (int op = 0; op < SIM_OP_COUNT; op++)
        now.of[op] = sim_calls((enum sim_op)op);
    return now;
}

/* --- one more file -------------------------------------------------------- */

struct row {
    const char *name;
    const char *profile;
    const wchar_t *words[ARGUMENTS]; /* of the command line */
    uint64_t size;                   /* of each file */
    bool replaces;                   /* DEST has these files already */
    unsigned expected[GROUPS];
};

/* The calls of a run with so many files in R:\t. */
static struct counts count_run(const struct row *row, unsigned files)
{
    struct world w = world_make(row->profile);
    wchar_t path[64];
    sim_mkdir(L"R:\\t");
    sim_mkdir(L"R:\\there");
    for (unsigned i = 0; i < files; i++) {
        swprintf(path, 64, L"R:\\t\\%u", i);
        sim_fill_pattern(path, 0, row->size, i);
        sim_settle(path);
        swprintf(path, 64, L"R:\\there\\%u", i);
        if (row->replaces)
            sim_fill_pattern(path, 0, row->size, i + 7);
    }
    struct counts before = count_calls();
    cr_expect_eq(run(row->words), 0, "%s", row->name);
    struct counts after = count_calls();
    for (int op = 0; op < SIM_OP_COUNT; op++)
        after.of[op] -= before.of[op];
    world_end(&w);
    return after;
}

static void check_row(const struct row *row)
{
    struct counts few = count_run(row, FILES);
    struct counts more = count_run(row, FILES + 1);
    unsigned groups[GROUPS] = {0};
    unsigned sum = 0;
    printf("%s:", row->name);
    for (int op = SIM_OP_ANY + 1; op < SIM_OP_COUNT; op++) {
        unsigned calls = (unsigned)(more.of[op] - few.of[op]);
        enum group group = group_of((enum sim_op)op);
        if (group == GROUPS || calls == 0)
            continue;
        printf(" %s %u", sim_op_name((enum sim_op)op), calls);
        groups[group] += calls;
        sum += calls;
    }
    printf(", %u in all\n", sum);
    for (int group = 0; group < GROUPS; group++)
        cr_expect_eq(groups[group], row->expected[group], "%s: %s %u",
                     row->name, group_names[group], groups[group]);
}

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static const struct row rows[] = {
    /*                        open close query set fsctl read write flush */
    {"clone of 1 GiB, local",
     "refs-4k",
     {L"-j1", L"R:\\t\\*", L"R:\\there"},
     GIB,
     false,
     {3, 2, 4, 5, 4, 2, 0, 0}},
    {"clone of 1 GiB, local, --verify=none",
     "refs-4k",
     {L"-j1", L"--verify=none", L"R:\\t\\*", L"R:\\there"},
     GIB,
     false,
     {3, 2, 4, 5, 2, 0, 0, 0}},
    {"clone of 1 GiB that replaces a file, local",
     "refs-4k",
     {L"-fj1", L"R:\\t\\*", L"R:\\there"},
     GIB,
     true,
     {3, 3, 9, 5, 4, 2, 0, 1}},
    {"clone of 1 GiB, on a server",
     "samba",
     {L"-j1", L"R:\\t\\*", L"R:\\there"},
     GIB,
     false,
     {3, 2, 5, 5, 3, 6, 0, 0}},
    {"clone of 1 GiB, on a server, --verify=none",
     "samba",
     {L"-j1", L"--verify=none", L"R:\\t\\*", L"R:\\there"},
     GIB,
     false,
     {3, 2, 4, 5, 2, 0, 0, 0}},
    {"clone of 1 GiB that replaces a file, on a server",
     "samba",
     {L"-fj1", L"R:\\t\\*", L"R:\\there"},
     GIB,
     true,
     {3, 3, 10, 5, 3, 6, 0, 1}},
    {"copy of 10 KB, local",
     "ntfs",
     {L"-j1", L"R:\\t\\*", L"R:\\there"},
     10000,
     false,
     {3, 2, 3, 4, 0, 1, 1, 0}},
    {"copy of 10 KB in a tree, local",
     "ntfs",
     {L"-rj1", L"R:\\t", L"R:\\new"},
     10000,
     false,
     {2, 2, 3, 4, 0, 1, 1, 0}},
    {"copy of 10 KB that replaces a file in a tree, local",
     "ntfs",
     {L"-rfj1", L"-T", L"R:\\t", L"R:\\there"},
     10000,
     true,
     {3, 3, 8, 4, 0, 1, 1, 1}},
    {"clone of 10 KB in a tree, local",
     "refs-4k",
     {L"-rj1", L"R:\\t", L"R:\\new"},
     10000,
     false,
     {2, 2, 4, 5, 4, 2, 0, 0}},
    {"clone of 10 KB in a tree, on a server",
     "samba",
     {L"-rj1", L"R:\\t", L"R:\\new"},
     10000,
     false,
     {2, 2, 5, 5, 3, 4, 0, 0}},
    {"clone of 10 KB that replaces a file in a tree, on a server",
     "samba",
     {L"-rfj1", L"-T", L"R:\\t", L"R:\\there"},
     10000,
     true,
     {3, 3, 10, 5, 3, 4, 0, 1}},
    {"clone of 1 MiB in a tree, local",
     "refs-4k",
     {L"-rj1", L"R:\\t", L"R:\\new"},
     MIB,
     false,
     {2, 2, 4, 5, 4, 2, 0, 0}},
};

Test(calls, one_more_file)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&rows[i]);
}
