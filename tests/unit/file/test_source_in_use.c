/*
 * A SOURCE that another program has open for writing: what is seen of its
 * changes, and what is said where they cannot be seen.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "core/errors.h"
#include "win32/usn.h"
#include "cli/run_files.h"
#include "world.h"

TestSuite(source_in_use, .timeout = 120);

#define WARNING                                                                \
    L"warning: another program has it open for writing; the copy may mix old " \
    L"and new data\n"
#define WARNING_JSON                                                           \
    L"\"warnings\":[{\"reason\":\"source-in-use\",\"text\":\"another program " \
    L"has it open for writing; the copy may mix old and new data\"}]"

enum { SIZE = 1 << 20, ARGUMENTS = 12 };

static int run(const wchar_t *const *words)
{
    wchar_t *argv[ARGUMENTS] = {L"reflink"};
    struct options options;
    struct text error = {0};
    int argc = 1;
    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = (wchar_t *)words[argc - 1];
    cr_assert(options_parse(argc, argv, &options, &error), "%ls",
              text_words(&error));
    int code = run_files(&options);
    options_free(&options);
    text_free(&error);
    return code;
}

#define RUN(...) run((const wchar_t *const[]){__VA_ARGS__, NULL})

static struct os_file *open_writer(const wchar_t *path)
{
    struct os_file *writer = sim_open_as(path, SIM_READ | SIM_WRITE,
                                         SIM_READ | SIM_WRITE | SIM_DELETE);
    cr_assert_not_null(writer);
    return writer;
}

/* R:\a, and in R:\t the files f and g. */
static struct world make_files(const char *profile)
{
    struct world w = world_make(profile);
    sim_mkdir(L"R:\\t");
    sim_fill_pattern(L"R:\\a", 0, SIZE, 9);
    sim_fill_pattern(L"R:\\t\\f", 0, SIZE, 10);
    sim_fill_pattern(L"R:\\t\\g", 0, SIZE, 11);
    return w;
}

/* --- what is said --------------------------------------------------------- */

static void expect_warned(const wchar_t *words, const wchar_t *path)
{
    wchar_t line[200];
    swprintf(line, 200, L"reflink: %ls: " WARNING, path);
    cr_expect_not_null(wcsstr(sim_printed(OS_STDERR), line), "%ls: %ls", words,
                       sim_printed(OS_STDERR));
}

Test(source_in_use, a_file_is_warned_of_once)
{
    struct world w = make_files("refs-4k");
    struct os_file *writer = open_writer(L"R:\\a");
    cr_expect_eq(RUN(L"R:\\a", L"R:\\b"), 0);
    cr_expect_eq(wcscmp(sim_printed(OS_STDERR), L"reflink: R:\\a: " WARNING), 0,
                 "%ls", sim_printed(OS_STDERR));
    cr_expect_eq(wcsncmp(sim_printed(OS_STDOUT), L"cloned  R:\\a -> R:\\b", 20),
                 0);
    os_close(writer);
    world_end(&w);
}

/* As every warning, it is not for -q. */
Test(source_in_use, q_says_nothing)
{
    struct world w = make_files("refs-4k");
    struct os_file *writer = open_writer(L"R:\\a");
    cr_expect_eq(RUN(L"-q", L"R:\\a", L"R:\\b"), 0);
    cr_expect_eq(wcscmp(sim_printed(OS_STDERR), L""), 0);
    os_close(writer);
    world_end(&w);
}

static void expect_each_warns(const wchar_t *profile_words,
                              const wchar_t *const *words, const wchar_t *path)
{
    for (int json = 0; json < 2; json++) {
        const wchar_t *with[ARGUMENTS] = {json ? L"--json" : L"-v"};
        struct world w = make_files("refs-4k");
        struct os_file *writer = open_writer(path);
        for (int i = 0; words[i] != NULL; i++)
            with[i + 1] = words[i];
        sim_write_file(L"R:\\there", "there", 5);
        sim_mkdir(L"R:\\d");
        cr_expect_eq(run(with), 0, "%ls", profile_words);
        expect_warned(profile_words, path);
        if (json)
            cr_expect_not_null(wcsstr(sim_printed(OS_STDOUT), WARNING_JSON),
                               "%ls: %ls", profile_words,
                               sim_printed(OS_STDOUT));
        os_close(writer);
        world_end(&w);
    }
}

#define EACH_WARNS(what, path, ...)                                            \
    expect_each_warns(what, (const wchar_t *const[]){__VA_ARGS__, NULL}, path)

Test(source_in_use, every_form_warns)
{
    EACH_WARNS(L"file", L"R:\\a", L"R:\\a", L"R:\\b");
    EACH_WARNS(L"replace", L"R:\\a", L"-f", L"R:\\a", L"R:\\there");
    EACH_WARNS(L"copy", L"R:\\a", L"--reflink=never", L"R:\\a", L"R:\\b");
    EACH_WARNS(L"always", L"R:\\a", L"--reflink=always", L"R:\\a", L"R:\\b");
    EACH_WARNS(L"range", L"R:\\a", L"--length=64K", L"R:\\a", L"R:\\there");
    EACH_WARNS(L"new range", L"R:\\a", L"--length=64K", L"R:\\a", L"R:\\b");
    EACH_WARNS(L"list", L"R:\\t\\g", L"R:\\a", L"R:\\t\\g", L"R:\\d");
    EACH_WARNS(L"wildcard", L"R:\\t\\f", L"R:\\t\\*", L"R:\\d");
    EACH_WARNS(L"tree", L"R:\\t\\f", L"-r", L"R:\\t", L"R:\\u");
    EACH_WARNS(L"dry run", L"R:\\a", L"--dry-run", L"R:\\a", L"R:\\b");
    EACH_WARNS(L"dry tree", L"R:\\t\\f", L"--dry-run", L"-r", L"R:\\t",
               L"R:\\u");
}

Test(source_in_use, nothing_to_warn_of_is_an_empty_array)
{
    struct world w = make_files("refs-4k");
    cr_expect_eq(RUN(L"--json", L"R:\\a", L"R:\\b"), 0);
    cr_expect_eq(RUN(L"--json", L"--dry-run", L"R:\\a", L"R:\\c"), 0);
    cr_expect_eq(RUN(L"--json", L"R:\\none", L"R:\\c"), 1);
    const wchar_t *at = sim_printed(OS_STDOUT);
    for (int i = 0; i < 3; i++) {
        at = wcsstr(at, L"\"warnings\":[]");
        cr_assert_not_null(at, "%ls", sim_printed(OS_STDOUT));
        at++;
    }
    cr_expect_eq(sim_calls(SIM_OP_CHANGE_NUMBER), 0);
    world_end(&w);
}

/* What is left alone or refused is no copy that could mix anything. */
Test(source_in_use, no_copy_no_warning)
{
    struct world w = make_files("ntfs");
    struct os_file *writer = open_writer(L"R:\\a");
    sim_write_file(L"R:\\there", "there", 5);
    cr_expect_eq(RUN(L"--json", L"-n", L"R:\\a", L"R:\\there"), 0);
    cr_expect_eq(RUN(L"--json", L"--reflink=always", L"R:\\a", L"R:\\b"), 3);
    cr_expect_null(wcsstr(sim_printed(OS_STDERR), L"warning"));
    cr_expect_null(wcsstr(sim_printed(OS_STDOUT), L"source-in-use"));
    os_close(writer);
    world_end(&w);
}

Test(source_in_use, of_a_named_stream)
{
    struct world w = make_files("refs-4k");
    sim_set_stream(L"R:\\a", L"s", "stream", 6);
    struct os_file *writer = open_writer(L"R:\\a:s");
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.warnings, REFLINK_WARNING_SOURCE_IN_USE);
    os_close(writer);
    world_end(&w);
}

/* The next attempt finds out for itself. */
Test(source_in_use, that_went_before_the_file_was_retried)
{
    struct world w = make_files("refs-4k");
    struct os_file *writer = open_writer(L"R:\\a");
    sim_at_call(SIM_OP_SLEEP_MS, 1, (void (*)(void *))os_close, writer);
    sim_fault(SIM_OP_CLONE, 1, CODE_NETNAME_DELETED);
    world_run(&w);
    cr_expect_eq(w.outcome.retries, 1);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(w.outcome.warnings, 0);
    world_end(&w);
}

/* --- what is seen --------------------------------------------------------- */

static void write_through(void *writer)
{
    sim_advance_us(5000000);
    cr_expect_eq(os_write(writer, 5, "x", 1), 0);
}

struct change {
    bool journal;
    bool before; /* the writer has been writing for long */
    bool closes; /* meanwhile */
    const char *profile;
    bool range;
};

static enum reflink_status run_change(const struct change *change)
{
    struct world w = make_files(change->profile);
    struct os_file *writer = open_writer(L"R:\\a");
    w.volume->journal = change->journal;
    w.policy.verify = REFLINK_VERIFY_NONE;
    if (change->before)
        write_through(writer);
    sim_at_call(SIM_OP_CLONE, 1,
                change->closes ? (void (*)(void *))os_close : write_through,
                writer);
    if (change->range) {
        const struct reflink_range range = {.length = SIZE / 2};
        reflink_range(w.session, &w.policy, L"R:\\a", L"R:\\b", &range,
                      &w.outcome);
    } else {
        world_run(&w);
    }
    enum reflink_status status = w.outcome.status;
    if (status == REFLINK_FAILED) {
        cr_expect_eq(w.outcome.error.hint, REFLINK_HINT_SOURCE_CHANGED);
        cr_expect_not(sim_exists(L"R:\\b"));
    } else {
        cr_expect_eq(w.outcome.warnings, REFLINK_WARNING_SOURCE_IN_USE);
    }
    if (!change->closes)
        os_close(writer);
    world_end(&w);
    return status;
}

/* ReFS: a file's times move when the writer closes it, so nothing is seen. */
Test(source_in_use, a_write_does_not_show_in_times_on_refs)
{
    struct change change = {.profile = "refs-4k"};
    for (int range = 0; range < 2; range++) {
        change.range = range != 0;
        change.profile = "refs-4k";
        cr_expect_eq(run_change(&change), REFLINK_OK);
        change.profile = "winbtrfs";
        cr_expect_eq(run_change(&change), REFLINK_FAILED);
    }
}

Test(source_in_use, the_change_journal_shows_a_first_write)
{
    struct change change = {.profile = "refs-4k", .journal = true};
    cr_expect_eq(run_change(&change), REFLINK_FAILED);
    change.range = true;
    cr_expect_eq(run_change(&change), REFLINK_FAILED);
}

/* It has one record for each kind of change since the file was opened. */
Test(source_in_use, the_journal_does_not_show_another_write)
{
    struct change change = {
        .profile = "refs-4k", .journal = true, .before = true};
    cr_expect_eq(run_change(&change), REFLINK_OK);
    change.range = true;
    cr_expect_eq(run_change(&change), REFLINK_OK);
}

Test(source_in_use, the_journal_shows_that_the_writer_is_done)
{
    struct change change = {
        .profile = "refs-4k", .journal = true, .before = true, .closes = true};
    cr_expect_eq(run_change(&change), REFLINK_FAILED);
}

/* Asked before and after, and only of what another program has open. */
Test(source_in_use, the_journal_is_asked_twice)
{
    struct world w = make_files("refs-4k");
    w.volume->journal = true;
    world_run_paths(&w, L"R:\\t\\f", L"R:\\c");
    cr_expect_eq(sim_calls(SIM_OP_CHANGE_NUMBER), 0);
    struct os_file *writer = open_writer(L"R:\\a");
    world_run(&w);
    cr_expect_eq(w.outcome.status, REFLINK_OK);
    cr_expect_eq(sim_calls(SIM_OP_CHANGE_NUMBER), 2);
    os_close(writer);
    world_end(&w);
}

/* A journal that is deleted meanwhile tells nothing; another error is one. */
Test(source_in_use, the_journal_can_fail)
{
    static const struct {
        uint64_t nth;
        os_error code;
        enum reflink_status status;
        unsigned restarts;
    } rows[] = {
        {1, CODE_ACCESS_DENIED, REFLINK_OK, 0},
        {2, CODE_NOT_SUPPORTED, REFLINK_OK, 0},
        {2, CODE_NETNAME_DELETED, REFLINK_OK, 1},
        {2, CODE_IO_DEVICE, REFLINK_FAILED, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w = make_files("refs-4k");
        struct os_file *writer = open_writer(L"R:\\a");
        w.volume->journal = true;
        sim_fault(SIM_OP_CHANGE_NUMBER, rows[i].nth, rows[i].code);
        world_run(&w);
        cr_expect_eq(w.outcome.status, rows[i].status, "row %zu", i);
        cr_expect_eq(w.outcome.retries, rows[i].restarts, "row %zu", i);
        os_close(writer);
        world_end(&w);
    }
}

/* --- records of the journal ----------------------------------------------- */

static const uint64_t NUMBER = UINT64_C(0x0123456789abcdef);

struct record {
    uint32_t length;
    uint16_t major;
    uint16_t minor;
    uint8_t rest[128];
};

static struct record make_record(uint16_t version, uint32_t length)
{
    struct record record = {.length = length, .major = version};
    memset(record.rest, 0x55, sizeof record.rest);
    memcpy((uint8_t *)&record + (version == 2 ? 24 : 40), &NUMBER,
           sizeof NUMBER);
    return record;
}

Test(source_in_use, records_of_both_versions)
{
    for (uint16_t version = 2; version <= 3; version++) {
        struct record record = make_record(version, 96);
        uint64_t number = 0;
        cr_expect(usn_read(&record, 96, &number));
        cr_expect_eq(number, NUMBER, "version %u", version);
        cr_expect(usn_read(&record, sizeof record, &number));
    }
}

/* Each length that is too short, in a block of just that size. */
Test(source_in_use, records_that_are_none)
{
    uint64_t number = 0;
    for (uint16_t version = 0; version <= 5; version++) {
        for (size_t size = 0; size <= 64; size++) {
            struct record record = make_record(version, (uint32_t)size);
            uint8_t *block = malloc(size + 1);
            memcpy(block, &record, size);
            bool whole =
                (version == 2 && size >= 32) || (version == 3 && size >= 48);
            cr_expect_eq(usn_read(block, size, &number), whole,
                         "version %u, %zu bytes", version, size);
            free(block);
        }
    }
    struct record longer = make_record(2, 97);
    cr_expect_not(usn_read(&longer, 96, &number));
    struct record shorter = make_record(3, 40);
    cr_expect_not(usn_read(&shorter, 96, &number));
}

/* --- what it cuts off ----------------------------------------------------- */

static void cut_source(void *arg)
{
    (void)arg;
    sim_set_size(L"R:\\a", 3);
}

/* Cut below a cluster just before the request, which Btrfs for Windows does not
   survive: the request is not made. */
Test(source_in_use, a_source_that_was_cut_is_not_asked_for)
{
    for (int range = 0; range < 2; range++) {
        struct world w = make_files("winbtrfs");
        sim_fill_pattern(L"R:\\a", 0, 4096, 9);
        sim_set_size(L"R:\\a", 4096);
        struct os_file *writer = open_writer(L"R:\\a");
        sim_at_call(SIM_OP_SET_SIZE, 1, cut_source, NULL);
        int code = range ? RUN(L"--length=4K", L"R:\\a", L"R:\\b")
                         : RUN(L"R:\\a", L"R:\\b");
        cr_expect_eq(code, 1);
        cr_expect_eq(sim_calls(SIM_OP_CLONE), 0);
        cr_expect_not(sim_crashed);
        cr_expect_not(sim_exists(L"R:\\b"));
        cr_expect_not_null(wcsstr(sim_printed(OS_STDERR), L"R:\\a"));
        os_close(writer);
        world_end(&w);
    }
}
