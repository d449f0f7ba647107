/* Trees, lists and wildcards on the simulated volume. */
#include <stdlib.h>
#include <string.h>

#include "core/errors.h"
#include "core/file/file.h"
#include "core/tree/directory.h"
#include "core/tree/link.h"
#include "core/tree/operands.h"
#include "world.h"

TestSuite(tree, .timeout = 120);

struct seen {
    struct world *world;
    size_t files;
    size_t failed;
    size_t misused;
    size_t passed_over[TREE_PASSED_OVER_COUNT];
    unsigned lost;
    bool follow;                 /* links below DEST */
    bool exact;                  /* DEST is no link */
    struct reflink_outcome last; /* failure */
};

static void on_failed(void *context, const struct reflink_outcome *outcome)
{
    struct seen *seen = context;
    seen->failed++;
    seen->last = *outcome;
}

static void on_file(void *context, const wchar_t *source,
                    struct held_directory *directory, const wchar_t *dest,
                    uint64_t size)
{
    struct seen *seen = context;
    cr_expect_eq(size, sim_size(source));
    file_run(seen->world->session, &seen->world->policy, source, directory,
             dest, &seen->world->outcome);
    seen->files++;
    if (seen->world->outcome.status != REFLINK_OK &&
        seen->world->outcome.status != REFLINK_SKIPPED)
        on_failed(context, &seen->world->outcome);
}

static void conclude(struct seen *seen, const struct reflink_outcome *outcome)
{
    if (outcome->status != REFLINK_OK)
        on_failed(seen, outcome);
}

static void on_link(void *context, const struct tree_link *link)
{
    struct seen *seen = context;
    struct reflink_outcome outcome;
    struct link_result result;
    link_recreate(&seen->world->policy, link, false, &outcome, &result);
    conclude(context, &outcome);
}

static bool on_enter(void *context, const wchar_t *source,
                     struct held_directory *directory, const wchar_t *dest,
                     struct held_directory **opened)
{
    const struct seen *seen = context;
    struct reflink_outcome outcome;
    directory_make(source, directory, dest,
                   directory != NULL ? seen->follow : !seen->exact, opened,
                   &outcome);
    conclude(context, &outcome);
    return outcome.status == REFLINK_OK;
}

static void on_leave(void *context, const wchar_t *source,
                     struct held_directory *opened, const wchar_t *dest)
{
    struct seen *seen = context;
    struct reflink_outcome outcome;
    (void)dest;
    if (!opened->created)
        return;
    directory_copy_metadata(seen->world->session, &seen->world->policy, source,
                            opened, &outcome);
    seen->lost |= outcome.lost;
    conclude(seen, &outcome);
}

static void on_misused(void *context, const struct reflink_outcome *outcome)
{
    struct seen *seen = context;
    seen->misused++;
    on_failed(context, outcome);
}

static void on_passed_over(void *context, enum tree_passed_over why,
                           const wchar_t *source)
{
    struct seen *seen = context;
    (void)source;
    seen->passed_over[why]++;
}

static bool on_stopped(void *context)
{
    (void)context;
    return false;
}

static struct seen run(struct world *w, bool recursive, const wchar_t *dest,
                       const wchar_t *const *sources, int count)
{
    struct seen seen = {.world = w};
    const struct tree_visitor visitor = {.file = on_file,
                                         .link = on_link,
                                         .enter = on_enter,
                                         .leave = on_leave,
                                         .failed = on_failed,
                                         .misused = on_misused,
                                         .passed_over = on_passed_over,
                                         .stopped = on_stopped,
                                         .context = &seen};
    struct operands many = {
        .sources = sources,
        .count = count,
        .dest = dest,
        .recursive = recursive,
    };
    if (operands_begin(&many, &visitor))
        operands_visit(&many, &visitor);
    operands_end(&many);
    return seen;
}

#define RUN(world, recursive, dest, ...)                                       \
    run(world, recursive, dest, (const wchar_t *const[]){__VA_ARGS__},         \
        (int)(sizeof((const wchar_t *const[]){__VA_ARGS__}) /                  \
              sizeof(wchar_t *)))

static struct world make_tree(void)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\t");
    sim_mkdir(L"R:\\t\\empty");
    sim_mkdir(L"R:\\t\\s");
    sim_mkdir(L"R:\\t\\s\\d");
    sim_fill_pattern(L"R:\\t\\1", 0, 100000, 1);
    sim_fill_pattern(L"R:\\t\\2", 0, 8192, 2);
    sim_fill_pattern(L"R:\\t\\s\\3", 0, 8192, 3);
    sim_fill_pattern(L"R:\\t\\s\\d\\4", 0, 10, 4);
    return w;
}

Test(tree, all_of_it)
{
    struct world w = make_tree();
    sim_set_written(L"R:\\t\\s", 131000000000000000);
    sim_set_written(L"R:\\t\\empty", 131000000000000001);
    sim_set_attributes(L"R:\\t\\s", OS_ATTRIBUTE_HIDDEN);
    struct seen seen = RUN(&w, true, L"R:\\new", L"R:\\t");
    cr_expect_eq(seen.files, 4);
    cr_expect_eq(seen.failed, 0);
    cr_expect(sim_same_bytes(L"R:\\t\\1", L"R:\\new\\1"));
    cr_expect(sim_same_bytes(L"R:\\t\\s\\d\\4", L"R:\\new\\s\\d\\4"));
    cr_expect_eq(sim_shared_bytes(L"R:\\t\\s\\3", L"R:\\new\\s\\3"), 8192);
    cr_expect(sim_exists(L"R:\\new\\empty"));
    cr_expect_eq(sim_written(L"R:\\new\\s"), 131000000000000000);
    cr_expect_eq(sim_written(L"R:\\new\\empty"), 131000000000000001);
    cr_expect(sim_attributes(L"R:\\new\\s") & OS_ATTRIBUTE_HIDDEN);
    world_end(&w);
}

Test(tree, into_an_existing_directory)
{
    struct world w = make_tree();
    sim_mkdir(L"R:\\old");
    struct seen seen = RUN(&w, true, L"R:\\old", L"R:\\t\\");
    cr_expect_eq(seen.failed, 0);
    cr_expect(sim_same_bytes(L"R:\\t\\1", L"R:\\old\\t\\1"));
    seen = RUN(&w, true, L"R:\\old", L"R:\\t");
    cr_expect_eq(seen.failed, 4); /* they are there already */
    cr_expect_eq(seen.last.error.code, CODE_FILE_EXISTS);
    w.policy.existing = REFLINK_EXISTING_KEEP;
    seen = RUN(&w, true, L"R:\\old", L"R:\\t");
    cr_expect_eq(seen.failed, 0);
    world_end(&w);
}

Test(tree, links_are_made_anew_and_never_followed)
{
    struct world w = make_tree();
    sim_symlink(L"R:\\t\\1", L"R:\\t\\to-file");
    sim_symlink(L"R:\\t", L"R:\\t\\s\\loop");
    sim_symlink(L"R:\\nowhere", L"R:\\t\\dangling");
    struct seen seen = RUN(&w, true, L"R:\\new", L"R:\\t");
    cr_expect_eq(seen.files, 4);
    cr_expect_eq(seen.failed, 0);
    cr_expect(sim_exists(L"R:\\new\\to-file"));
    cr_expect(sim_exists(L"R:\\new\\s\\loop"));
    cr_expect(sim_exists(L"R:\\new\\dangling"));
    cr_expect_not(sim_exists(L"R:\\new\\s\\loop\\s\\loop\\none"));
    world_end(&w);
}

Test(tree, a_missing_right_to_links_fails_those_only)
{
    static const os_error codes[] = {CODE_PRIVILEGE_NOT_HELD,
                                     CODE_ACCESS_DENIED};
    for (int i = 0; i < 2; i++) {
        struct world w = make_tree();
        w.volume->copy_link = codes[i];
        sim_symlink(L"R:\\t\\1", L"R:\\t\\to-file");
        struct seen seen = RUN(&w, true, L"R:\\new", L"R:\\t");
        cr_expect_eq(seen.files, 4);
        cr_expect_eq(seen.failed, 1);
        cr_expect_eq(seen.last.error.code, codes[i]);
        cr_expect_eq(seen.last.error.hint, REFLINK_HINT_LINK_RIGHT);
        world_end(&w);
    }
}

Test(tree, never_into_itself_by_any_name)
{
    static const wchar_t *const dests[] = {
        L"R:\\t",      L"R:\\t\\s",  L"R:\\t\\s\\new",
        L"r:/T/s/d/x", L"R:\\alias", L"R:\\t\\s\\..\\new"};
    for (size_t i = 0; i < sizeof dests / sizeof dests[0]; i++) {
        struct world w = make_tree();
        sim_symlink(L"R:\\t\\s", L"R:\\alias");
        size_t before = sim_count_below(L"R:\\");
        struct seen seen = RUN(&w, true, dests[i], L"R:\\t");
        cr_expect_eq(seen.failed, 1, "row %zu", i);
        cr_expect_eq(seen.last.error.hint, REFLINK_HINT_INSIDE, "row %zu", i);
        cr_expect_eq(seen.files, 0);
        cr_expect_eq(sim_count_below(L"R:\\"), before);
        world_end(&w);
    }
}

Test(tree, collisions_are_refused_before_anything_is_made)
{
    struct world w = make_tree();
    sim_mkdir(L"R:\\into");
    sim_fill_pattern(L"R:\\T2", 0, 10, 1);
    sim_fill_pattern(L"R:\\t\\t2", 0, 10, 1);
    struct seen seen =
        RUN(&w, false, L"R:\\into", L"R:\\t\\1", L"R:\\T2", L"R:\\t\\t2");
    cr_expect_eq(seen.files, 0);
    cr_expect_eq(seen.failed, 1);
    cr_expect_eq(seen.last.error.hint, REFLINK_HINT_COLLISION);
    cr_expect_eq(sim_file_count(L"R:\\into"), 0);
    world_end(&w);
}

/* A server lists the two far from one another: `B`, `a`, `b`. Only the first
   has been made by then. */
static struct world make_unsorted(void)
{
    struct world w = world_make("samba");
    sim_mkdir(L"R:\\t");
    sim_fill_pattern(L"R:\\t\\a", 0, 0, 1);
    sim_fill_pattern(L"R:\\t\\b", 0, 0, 1);
    sim_fill_pattern(L"R:\\t\\c", 0, 10, 1);
    sim_list_name(L"R:\\t", L"B", OS_ATTRIBUTE_NORMAL);
    return w;
}

Test(tree, names_that_differ_in_case_in_an_unsorted_listing)
{
    for (int force = 0; force < 2; force++) {
        struct world w = make_unsorted();
        if (force)
            w.policy.existing = REFLINK_EXISTING_REPLACE;
        struct seen seen = RUN(&w, true, L"R:\\d", L"R:\\t");
        cr_expect_eq(seen.failed, 1);
        cr_expect_eq(seen.last.error.hint, REFLINK_HINT_COLLISION);
        cr_expect_eq(seen.files, 3);
        cr_expect_eq(sim_calls(SIM_OP_RENAME), 3);
        world_end(&w);
    }
}

/* Whatever the second listing fails with: nothing is replaced unseen. */
Test(tree, an_unsorted_listing_that_cannot_be_read_again)
{
    static const struct {
        enum sim_op op;
        uint64_t nth;
    } rows[] = {{SIM_OP_LIST_OPEN, 3}, {SIM_OP_LIST_NEXT, 5}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = make_unsorted();
        w.policy.existing = REFLINK_EXISTING_REPLACE;
        sim_fault(rows[i].op, rows[i].nth, CODE_ACCESS_DENIED);
        struct seen seen = RUN(&w, true, L"R:\\d", L"R:\\t");
        cr_expect_eq(seen.failed, 1);
        cr_expect_eq(seen.last.error.code, CODE_ACCESS_DENIED);
        cr_expect_eq(seen.files, 1);
        world_end(&w);
    }
}

/* One that is in order is read once; the operand itself is looked for, too. */
Test(tree, a_sorted_listing_is_read_once)
{
    struct world w = make_unsorted();
    sim_list_name(L"R:\\t", L"A", OS_ATTRIBUTE_NORMAL);
    struct seen seen = RUN(&w, true, L"R:\\d", L"R:\\t");
    cr_expect_eq(seen.failed, 1);
    cr_expect_eq(seen.last.error.hint, REFLINK_HINT_COLLISION);
    cr_expect_eq(sim_calls(SIM_OP_LIST_OPEN), 2);
    world_end(&w);
}

Test(tree, wildcards)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\into");
    sim_mkdir(L"R:\\a9.d");
    sim_fill_pattern(L"R:\\a1.x", 0, 10, 1);
    sim_fill_pattern(L"R:\\A2.X", 0, 10, 2);
    sim_fill_pattern(L"R:\\b1.x", 0, 10, 3);
    cr_expect_eq(RUN(&w, false, L"R:\\into", L"R:\\a?.x").files, 2);
    cr_expect_eq(sim_file_count(L"R:\\into"), 2);
    w.policy.existing = REFLINK_EXISTING_REPLACE;
    /* directories are no files: without -r they are passed over */
    cr_expect_eq(RUN(&w, false, L"R:\\into", L"R:\\*").files, 3);
    /* which is said where there is nothing else */
    struct seen seen = RUN(&w, false, L"R:\\into", L"R:\\a9*");
    cr_expect_eq(seen.files, 0);
    cr_expect_eq(seen.failed, 1);
    cr_expect_eq(seen.last.error.hint, REFLINK_HINT_RECURSIVE);
    seen = RUN(&w, false, L"R:\\into", L"R:\\c*", L"R:\\b1.x");
    cr_expect_eq(seen.failed, 1);
    cr_expect_eq(seen.last.error.code, CODE_FILE_NOT_FOUND);
    cr_expect_eq(seen.files, 1);
    world_end(&w);
}

Test(tree, bad_destinations)
{
    struct world w = make_tree();
    struct seen seen = RUN(&w, false, L"R:\\no", L"R:\\t\\1", L"R:\\t\\2");
    cr_expect_eq(seen.failed, 1);
    cr_expect_eq(seen.last.error.hint, REFLINK_HINT_MISSING_DIRECTORY);
    seen = RUN(&w, true, L"R:\\no", L"R:\\t\\1", L"R:\\t\\2");
    cr_expect_eq(seen.last.error.hint, REFLINK_HINT_MISSING_TREE);
    seen = RUN(&w, true, L"R:\\t\\1", L"R:\\t\\1", L"R:\\t\\2");
    cr_expect_eq(seen.last.error.hint, REFLINK_HINT_NOT_DIRECTORY);
    seen = RUN(&w, false, L"R:\\t\\s", L"R:\\t\\1", L"R:\\t\\empty");
    cr_expect_eq(seen.failed, 1);
    cr_expect_eq(seen.last.error.hint, REFLINK_HINT_RECURSIVE);
    cr_expect_eq(seen.files, 1);
    world_end(&w);
}

/* Its name is known in full only; what is the matter then is told as it is. */
Test(tree, a_dot_whose_full_path_cannot_be_had)
{
    struct world w = make_tree();
    sim_fault(SIM_OP_FULL_PATH, 1, CODE_BAD_NETPATH);
    struct seen seen = RUN(&w, false, L"R:\\t\\s", L"R:\\t\\empty\\.");
    cr_expect_eq(seen.failed, 1);
    cr_expect_eq(seen.last.error.code, CODE_BAD_NETPATH);
    cr_expect_eq(seen.last.error.step, REFLINK_STEP_PATH);
    cr_expect(seen.last.error.in_source);
    world_end(&w);
}

/* Thousands of levels, and nearly as long a path as Windows takes: 32,767. */
Test(tree, deep)
{
    enum { LEVELS = 2000 };
    static wchar_t path[LEVELS * 16 + 100];
    struct world w = world_make("refs-4k");
    wcscpy(path, L"R:\\t");
    sim_mkdir(path);
    for (int i = 0; i < LEVELS; i++) {
        wcscat(path, L"\\level-15-chars_");
        sim_mkdir(path);
    }
    wcscat(path, L"\\file");
    sim_fill_pattern(path, 0, 8192, 1);
    struct seen seen = RUN(&w, true, L"R:\\u", L"R:\\t");
    cr_expect_eq(seen.files, 1);
    cr_expect_eq(seen.failed, 0);
    path[3] = L'u';
    cr_expect_eq(sim_size(path), 8192);
    world_end(&w);
}

/* Every call of a walk fails in turn: the rest goes on, nothing is left open.
 */
Test(tree, every_call_fails_in_turn)
{
    static const enum sim_op ops[] = {
        SIM_OP_LIST_OPEN,  SIM_OP_LIST_NEXT, SIM_OP_OPEN_DIRECTORY,
        SIM_OP_COPY_LINK,  SIM_OP_FULL_PATH, SIM_OP_SET_METADATA,
        SIM_OP_LINK_TARGET};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        bool met = true;
        for (uint64_t nth = 1; met; nth++) {
            struct world w = make_tree();
            sim_symlink(L"R:\\t\\1", L"R:\\t\\to-file");
            sim_fault(ops[i], nth, CODE_IO_DEVICE);
            struct seen seen = RUN(&w, true, L"R:\\new", L"R:\\t");
            met = sim_faults_met() != 0;
            if (met && ops[i] != SIM_OP_FULL_PATH &&
                !(i < 2 && nth == 1)) /* asks if SOURCE is a link */ {
                cr_expect_eq(seen.failed, 1, "%s %llu: %zu",
                             sim_op_name(ops[i]), (unsigned long long)nth,
                             seen.failed);
                cr_expect_eq(seen.last.error.code, CODE_IO_DEVICE);
            }
            world_end(&w);
        }
    }
}

/* --- what rides on directories -------------------------------------------- */

Test(tree, directories_keep_what_rides_on_them)
{
    struct world w = make_tree();
    w.policy.security = true;
    sim_set_stream(L"R:\\t\\s", L"note", "of the directory", 16);
    sim_set_stream(L"R:\\t", L"empty", "", 0);
    sim_set_ea(L"R:\\t\\s\\d", "attribute", 9);
    sim_set_security(L"R:\\t\\s", 7);
    sim_advance_us(1000000);
    int64_t before = sim_file_time();
    struct seen seen = RUN(&w, true, L"R:\\new", L"R:\\t");
    cr_expect_eq(seen.failed, 0);
    cr_expect_eq(seen.lost, 0);
    cr_expect(sim_stream_holds(L"R:\\new\\s", L"note", "of the directory", 16));
    cr_expect(sim_stream_holds(L"R:\\new", L"empty", "", 0));
    cr_expect_eq(sim_stream_count(L"R:\\new\\s\\d"), 0);
    cr_expect(sim_ea_holds(L"R:\\new\\s\\d", "attribute", 9));
    cr_expect_eq(sim_security(L"R:\\new\\s"), 7);
    cr_expect_eq(sim_written(L"R:\\new\\s"), sim_written(L"R:\\t\\s"));
    /* but not when it was created */
    cr_expect_geq(sim_created(L"R:\\new\\s"), before);
    world_end(&w);
}

Test(tree, what_a_volume_cannot_hold_of_a_directory_is_lost)
{
    struct world w = make_tree();
    w.other->streams = false;
    w.other->eas = false;
    sim_set_stream(L"R:\\t\\s", L"note", "x", 1);
    sim_set_ea(L"R:\\t", "attribute", 9);
    w.other->no_attributes = OS_ATTRIBUTE_HIDDEN;
    sim_set_attributes(L"R:\\t", OS_ATTRIBUTE_HIDDEN);
    struct seen seen = RUN(&w, true, L"S:\\new", L"R:\\t");
    cr_expect_eq(seen.failed, 0);
    cr_expect_eq(seen.lost, REFLINK_LOST_STREAMS | REFLINK_LOST_EA |
                                REFLINK_LOST_ATTRIBUTES);
    world_end(&w);
}

/* A name that no stream can have; see test_metadata.c. */
Test(tree, a_hostile_stream_of_a_directory_is_lost)
{
    struct world w = make_tree();
    sim_set_stream(L"R:\\t\\s", L"note", "of the directory", 16);
    sim_list_stream(L"R:\\t\\s", L":\\..\\..\\evil.txt:$DATA");
    sim_write_file(L"R:\\evil.txt", "evil", 4);
    sim_write_file(L"S:\\evil.txt", "mine", 4);
    struct seen seen = RUN(&w, true, L"S:\\new", L"R:\\t");
    cr_expect_eq(seen.failed, 0);
    cr_expect_eq(seen.lost, REFLINK_LOST_STREAMS);
    cr_expect(sim_stream_holds(L"S:\\new\\s", L"note", "of the directory", 16));
    cr_expect_eq(sim_stream_count(L"S:\\new\\s"), 1);
    cr_expect(sim_holds(L"S:\\evil.txt", "mine", 4));
    world_end(&w);
}

/* A stream that is too long is no failure either, nor left half. */
Test(tree, a_stream_of_a_directory_that_does_not_fit_is_lost)
{
    static char big[128 * 1024 + 1];
    struct world w = make_tree();
    w.volume->stream_limit = 0;
    sim_set_stream(L"R:\\t\\s", L"big", big, sizeof big);
    sim_set_stream(L"R:\\t\\s", L"note", "x", 1);
    struct seen seen = RUN(&w, true, L"S:\\new", L"R:\\t");
    cr_expect_eq(seen.failed, 0);
    cr_expect_eq(seen.lost, REFLINK_LOST_STREAMS);
    cr_expect(sim_stream_holds(L"S:\\new\\s", L"big", "", 0));
    cr_expect(sim_stream_holds(L"S:\\new\\s", L"note", "x", 1));
    world_end(&w);
}

/* Far below the levels that are listed at a time: siblings on each of them are
   neither lost nor done twice. */
Test(tree, deep_and_bushy)
{
    enum { LEVELS = 60 };
    static wchar_t path[LEVELS * 2 + 100];
    struct world w = world_make("refs-4k");
    wcscpy(path, L"R:\\t");
    sim_mkdir(path);
    for (int i = 0; i < LEVELS; i++) {
        size_t length = wcslen(path);
        static const wchar_t *const siblings[] = {L"\\a", L"\\z", L"\\m"};
        for (size_t j = 0; j < 3; j++) {
            wcscpy(path + length, siblings[j]);
            sim_mkdir(path);
            wcscat(path, L"\\f");
            sim_fill_pattern(path, 0, 10, 1);
        }
        wcscpy(path + length, L"\\m");
    }
    struct seen seen = RUN(&w, true, L"R:\\u", L"R:\\t");
    cr_expect_eq(seen.files, 3 * LEVELS);
    cr_expect_eq(seen.failed, 0);
    cr_expect_eq(sim_count_below(L"R:\\u"), sim_count_below(L"R:\\t"));
    world_end(&w);
}

static size_t most_open;

static void note_open(void *unused)
{
    (void)unused;
    size_t open = sim_open_handles();
    if (open > most_open)
        most_open = open;
    sim_at_call(SIM_OP_LIST_NEXT, 1, note_open, NULL);
}

/* However deep it goes, no more than some directories are listed at a time.
   Those on the way are all open, in SOURCE and in DEST. */
Test(tree, few_listings_at_a_time)
{
    enum { LEVELS = 200 };
    static wchar_t path[LEVELS * 2 + 100];
    struct world w = world_make("refs-4k");
    wcscpy(path, L"R:\\t");
    sim_mkdir(path);
    for (int i = 0; i < LEVELS; i++) {
        wcscat(path, L"\\d");
        sim_mkdir(path);
    }
    most_open = 0;
    sim_at_call(SIM_OP_LIST_NEXT, 1, note_open, NULL);
    struct seen seen = RUN(&w, true, L"R:\\u", L"R:\\t");
    cr_expect_eq(seen.failed, 0);
    cr_expect_leq(most_open, 2 * LEVELS + 40, "%zu", most_open);
    cr_expect_geq(most_open, 2 * LEVELS + 30, "%zu", most_open);
    world_end(&w);
}

/* Names that differ only in what the system holds for one. */
Test(tree, many_collisions_are_each_told)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\into");
    sim_mkdir(L"R:\\x");
    sim_mkdir(L"R:\\y");
    wchar_t path[32];
    for (int i = 0; i < 50; i++) {
        swprintf(path, 32, L"R:\\x\\Name%d", i);
        sim_fill_pattern(path, 0, 10, 1);
        swprintf(path, 32, L"R:\\y\\%ls%d", i % 5 == 0 ? L"nAME" : L"other", i);
        sim_fill_pattern(path, 0, 10, 1);
    }
    struct seen seen =
        RUN(&w, false, L"R:\\into", L"R:\\x\\*", L"R:\\y\\*", L"R:\\X\\name7");
    /* R:\\X\\name7 is the same file as R:\\x\\Name7 */
    cr_expect_eq(seen.misused, 10);
    cr_expect_eq(seen.last.error.hint, REFLINK_HINT_COLLISION);
    cr_expect_eq(seen.files, 0);
    cr_expect_eq(sim_file_count(L"R:\\into"), 0);
    world_end(&w);
}

/* Entries whose names need a path of another form, between others that do
   not, on several levels. */
Test(tree, literal_names)
{
    static const wchar_t *const directories[] = {
        L"R:\\t", L"R:\\t\\d.", L"R:\\t\\d.\\aux", L"R:\\t\\d.\\plain",
        L"R:\\t\\e"};
    static const wchar_t *const names[] = {L"a", L"b.", L"c", L"con", L"z "};
    struct world w = world_make("refs-4k");
    wchar_t path[64];
    for (size_t i = 0; i < 5; i++) {
        sim_mkdir(directories[i]);
        for (size_t j = 0; j < 5; j++) {
            swprintf(path, 64, L"%ls\\%ls", directories[i], names[j]);
            sim_fill_pattern(path, 0, 10, i * 5 + j);
        }
    }
    struct seen seen = RUN(&w, true, L"R:\\u", L"r:/t");
    cr_expect_eq(seen.files, 25);
    cr_expect_eq(seen.failed, 0);
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++) {
            wchar_t copy[64];
            swprintf(path, 64, L"%ls\\%ls", directories[i], names[j]);
            wcscpy(copy, path);
            copy[3] = L'u';
            cr_expect(sim_same_bytes(path, copy), "%ls", path);
        }
    }
    world_end(&w);
}

/* Where paths do not tell, the directory itself does: no walk without end. */
Test(tree, into_itself_unseen)
{
    struct world w = make_tree();
    sim_fault_always(SIM_OP_FULL_PATH, CODE_ACCESS_DENIED);
    struct seen seen = RUN(&w, true, L"R:\\t\\s\\new", L"R:\\t");
    cr_expect_eq(seen.failed, 1);
    cr_expect_eq(seen.last.error.hint, REFLINK_HINT_INSIDE);
    cr_expect_eq(seen.files, 4);
    cr_expect_not(sim_exists(L"R:\\t\\s\\new\\s\\new"));
    world_end(&w);
}

/* A file stands where a directory is to be: what goes there fails with it. */
Test(tree, a_file_in_the_way_of_a_directory)
{
    struct world w = make_tree();
    sim_mkdir(L"R:\\u");
    sim_mkdir(L"R:\\u\\t");
    sim_fill_pattern(L"R:\\u\\t\\s", 0, 100, 9);
    struct seen seen = RUN(&w, true, L"R:\\u", L"R:\\t");
    cr_expect_eq(seen.failed, 1);
    cr_expect_eq(seen.last.error.code, CODE_ALREADY_EXISTS);
    cr_expect_eq(seen.last.error.step, REFLINK_STEP_CREATE);
    cr_expect_eq(sim_size(L"R:\\u\\t\\s"), 100);
    cr_expect(sim_same_bytes(L"R:\\t\\1", L"R:\\u\\t\\1"));
    world_end(&w);
}
