/* Staging files: their names, and what becomes of them. */
#include <stdlib.h>

#include "core/errors.h"
#include "core/file/staging.h"
#include "world.h"

TestSuite(staging, .timeout = 120);

enum { NAMES = 200, DIGITS = 16 };

/* Later runs recognize each, and each digit depends on chance. */
Test(staging, names)
{
    struct world w = world_make("refs-4k");
    unsigned seen[DIGITS] = {0};
    for (int i = 0; i < NAMES; i++) {
        wchar_t *path = NULL;
        cr_assert_eq(staging_path(L"R:\\d\\a", &path), 0);
        cr_assert_eq(wcsncmp(path, L"R:\\d\\~reflink-", 14), 0, "%ls", path);
        cr_assert(staging_is_name(path + 5), "%ls", path);
        for (int k = 0; k < DIGITS; k++) {
            const wchar_t digit[] = {path[14 + k], 0};
            seen[k] |= 1u << wcstoul(digit, NULL, 16);
        }
        free(path);
    }
    for (int k = 0; k < DIGITS; k++)
        cr_expect_eq(seen[k], 0xFFFF, "digit %d: %x", k, seen[k]);
    world_end(&w);
}

Test(staging, names_of_other_files)
{
    static const wchar_t *const names[] = {
        L"~reflink-0123456789abcdef.tm",   L"~reflink-0123456789abcde.tmp",
        L"~reflink-0123456789abcdeF.tmp",  L"reflink-0123456789abcdef.tmp",
        L"~reflink-0123456789abcdef0.tmp", L"~reflink-0123456789abcdef.tmpx",
    };
    cr_expect(staging_is_name(L"~reflink-0123456789abcdef.tmp"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_expect_not(staging_is_name(names[i]), "%ls", names[i]);
}

/* --- the file ------------------------------------------------------------- */

static size_t count_staging(void)
{
    size_t count = 0;
    for (size_t i = 0; i < sim_file_count(L"R:\\"); i++)
        count += staging_is_name(sim_file_name(L"R:\\", i));
    return count;
}

static struct staging begin(struct world *w, unsigned extra)
{
    struct staging staging = {0};
    cr_assert(staging_begin(&staging, L"R:\\b", extra, &w->outcome));
    cr_assert(staging.made);
    cr_assert_eq(staging.marked, extra != 0);
    cr_assert_eq(count_staging(), 1);
    return staging;
}

/* Closes it; it must be gone, by so many requests to delete its name. */
static void expect_gone(struct world *w, struct staging *staging,
                        uint64_t removed)
{
    uint64_t before = sim_calls(SIM_OP_REMOVE);
    staging_end(staging, false);
    cr_expect_eq(count_staging(), 0);
    cr_expect_eq(sim_calls(SIM_OP_REMOVE) - before, removed);
    cr_expect_null(staging->file);
    cr_expect_null(staging->path);
    cr_expect_null(staging->stale);
    cr_expect_not(staging->made || staging->marked || staging->committed);
    staging_free(staging);
    world_end(w);
}

Test(staging, cannot_be_created)
{
    static const enum sim_op ops[] = {SIM_OP_RANDOM, SIM_OP_OPEN};
    for (size_t i = 0; i < 2; i++) {
        struct world w = world_make("refs-4k");
        struct staging staging = {0};
        sim_fault(ops[i], 1, CODE_DISK_FULL);
        cr_expect_not(staging_begin(&staging, L"R:\\b", 0, &w.outcome));
        cr_expect_eq(w.outcome.error.code, CODE_DISK_FULL);
        cr_expect_eq(w.outcome.error.step, REFLINK_STEP_CREATE);
        cr_expect_not(w.outcome.error.in_source);
        expect_gone(&w, &staging, 0);
    }
}

/* Deleted when it is closed, or by its name where it cannot be marked. */
Test(staging, is_gone_unless_committed)
{
    for (int i = 0; i < 5; i++) {
        struct world w = world_make("refs-4k");
        struct staging staging = begin(&w, i == 0 ? OS_TEMPORARY : 0);
        if (i == 4)
            sim_fault_always(SIM_OP_MARK_DELETED, CODE_ACCESS_DENIED);
        if (i == 2)
            cr_expect(staging_mark(&staging, &w.outcome));
        if (i == 3) {
            sim_fault(SIM_OP_MARK_DELETED, 1, CODE_ACCESS_DENIED);
            cr_expect_not(staging_mark(&staging, &w.outcome));
            cr_expect_eq(w.outcome.error.code, CODE_ACCESS_DENIED);
            cr_expect_eq(w.outcome.error.step, REFLINK_STEP_MARK_DELETED);
        }
        cr_expect_eq(staging.marked, i == 0 || i == 2);
        expect_gone(&w, &staging, i == 4);
    }
}

Test(staging, is_renamed)
{
    for (int marked = 0; marked < 2; marked++) {
        struct world w = world_make("refs-4k");
        struct staging staging = begin(&w, 0);
        if (marked)
            cr_expect(staging_mark(&staging, &w.outcome));
        uint64_t marks = sim_calls(SIM_OP_MARK_DELETED);
        sim_write_file(L"R:\\b", "old", 3);
        cr_expect(
            staging_name_is_taken(staging_commit(&staging, L"R:\\b", false)));
        cr_expect_not(staging.committed);
        cr_expect(staging.marked);
        cr_expect_eq(sim_calls(SIM_OP_MARK_DELETED) - marks, marked ? 2 : 1);
        cr_expect_eq(staging_commit(&staging, L"R:\\b", true), 0);
        cr_expect(staging.committed);
        cr_expect_not(staging.marked);
        cr_expect_eq(sim_size(L"R:\\b"), 0);
        expect_gone(&w, &staging, 0);
        cr_expect(sim_exists(L"R:\\b"));
    }
}

/* The mark that cannot be cleared, the rename that fails, and the mark that
   cannot be set again. */
Test(staging, cannot_be_renamed)
{
    for (int i = 0; i < 3; i++) {
        struct world w = world_make("refs-4k");
        struct staging staging = begin(&w, 0);
        cr_expect(staging_mark(&staging, &w.outcome));
        if (i == 0)
            sim_fault(SIM_OP_MARK_DELETED, 1, CODE_CRC);
        else
            sim_fault(SIM_OP_RENAME, 1, CODE_CRC);
        if (i == 2)
            sim_fault(SIM_OP_MARK_DELETED, 2, CODE_ACCESS_DENIED);
        cr_expect_eq(staging_commit(&staging, L"R:\\b", false), CODE_CRC);
        cr_expect_eq(sim_calls(SIM_OP_RENAME), i == 0 ? 0 : 1);
        cr_expect_eq(staging.marked, i != 2);
        cr_expect_not(staging.committed);
        expect_gone(&w, &staging, 0); /* marked once more */
        cr_expect_not(sim_exists(L"R:\\b"));
    }
}

Test(staging, errors_of_a_name_that_is_taken)
{
    cr_expect(staging_name_is_taken(CODE_ALREADY_EXISTS));
    cr_expect(staging_name_is_taken(CODE_FILE_EXISTS));
    cr_expect_not(staging_name_is_taken(CODE_ACCESS_DENIED));
    cr_expect_not(staging_name_is_taken(0));
}

/* --- a server that went away ---------------------------------------------- */

/* It may have forgotten the mark, so the file is deleted by its name when the
   server is back. */
Test(staging, a_mark_that_was_forgotten)
{
    for (int i = 0; i < 2; i++) {
        struct world w = world_make("refs-4k");
        struct staging staging = begin(&w, 0);
        cr_expect(staging_mark(&staging, &w.outcome));
        w.volume->forgets_deletions = true;
        sim_lose_handles(w.volume, CODE_NETNAME_DELETED);
        staging_end(&staging, true);
        cr_expect_eq(count_staging(), 1);
        cr_assert_not_null(staging.stale);
        if (i == 1) {
            /* not yet back; the name is kept, but not once it is refused */
            sim_fault(SIM_OP_REMOVE, 1, CODE_NETNAME_DELETED);
            staging_remove_stale(&staging);
            cr_assert_not_null(staging.stale);
        }
        staging_remove_stale(&staging);
        cr_expect_null(staging.stale);
        staging_remove_stale(&staging);
        cr_expect_eq(sim_calls(SIM_OP_REMOVE), 1 + (uint64_t)i);
        expect_gone(&w, &staging, 0);
    }
}

/* Of two attempts, the last one's name is kept; a name that may not be deleted
   is not tried again. */
Test(staging, names_of_earlier_attempts)
{
    struct world w = world_make("refs-4k");
    struct staging staging = begin(&w, 0);
    sim_fault_always(SIM_OP_MARK_DELETED, CODE_ACCESS_DENIED);
    sim_fault(SIM_OP_REMOVE, 1, CODE_NETNAME_DELETED);
    staging_end(&staging, false);
    cr_assert_not_null(staging.stale);
    cr_assert(staging_begin(&staging, L"R:\\b", 0, &w.outcome));
    wchar_t *path = staging.path;
    sim_fault(SIM_OP_REMOVE, 1, CODE_NETNAME_DELETED);
    staging_end(&staging, false);
    cr_expect_eq(staging.stale, path);
    sim_fault(SIM_OP_REMOVE, 1, CODE_ACCESS_DENIED);
    staging_remove_stale(&staging);
    cr_expect_null(staging.stale);
    /* and a third one, whose name is never needed */
    cr_assert(staging_begin(&staging, L"R:\\b", 0, &w.outcome));
    sim_fault(SIM_OP_REMOVE, 1, CODE_NETNAME_DELETED);
    staging_end(&staging, false);
    cr_assert_not_null(staging.stale);
    staging_free(&staging);
    cr_expect_eq(count_staging(), 3);
    while (count_staging() != 0) {
        wchar_t name[80];
        swprintf(name, 80, L"R:\\%ls", sim_file_name(L"R:\\", 0));
        cr_assert_eq(os_remove(NULL, name), 0);
    }
    world_end(&w);
}

/* One that was never made is not deleted, nor is its name kept. */
Test(staging, none_to_delete)
{
    struct world w = world_make("refs-4k");
    struct staging staging = {0};
    sim_fault(SIM_OP_OPEN, 1, CODE_NETNAME_DELETED);
    cr_expect_not(staging_begin(&staging, L"R:\\b", 0, &w.outcome));
    staging_end(&staging, true);
    cr_expect_null(staging.stale);
    expect_gone(&w, &staging, 0);
}

/* --- hard links ----------------------------------------------------------- */

Test(staging, a_link)
{
    struct world w = world_make("refs-4k");
    struct staging staging = {0};
    struct os_file *file = NULL;
    sim_write_file(L"R:\\a", "data", 4);
    cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &file), 0);
    cr_expect_eq(staging_link(&staging, L"R:\\b", file), 0);
    cr_expect_eq(sim_links(L"R:\\a"), 2);
    cr_expect_eq(staging_commit(&staging, L"R:\\b", false), 0);
    cr_expect(sim_is_same_file(L"R:\\a", L"R:\\b"));
    os_close(file);
    expect_gone(&w, &staging, 0);
}

/* Without a name, without a link, and with one that cannot be opened; after a
   lost connection there may be one. */
Test(staging, a_link_that_fails)
{
    static const struct {
        enum sim_op op;
        os_error code;
        bool made;
    } rows[] = {
        {SIM_OP_RANDOM, CODE_CRC, false},
        {SIM_OP_HARD_LINK, CODE_TOO_MANY_LINKS, false},
        {SIM_OP_HARD_LINK, CODE_NETNAME_DELETED, true},
        {SIM_OP_OPEN, CODE_SHARING_VIOLATION, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = world_make("refs-4k");
        struct staging staging = {0};
        struct os_file *file = NULL;
        sim_write_file(L"R:\\a", "data", 4);
        cr_assert_eq(os_open(L"R:\\a", OS_OPEN_SOURCE, &file), 0);
        sim_fault(rows[i].op, 1, rows[i].code);
        cr_expect_eq(staging_link(&staging, L"R:\\b", file), rows[i].code);
        cr_expect_eq(staging.made, rows[i].made, "row %zu", i);
        os_close(file);
        expect_gone(&w, &staging, rows[i].made);
        cr_expect_eq(sim_links(L"R:\\a"), 1);
    }
}
