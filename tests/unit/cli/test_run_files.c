/* Lists and trees as the command line runs them: what is printed, in which
   order, and the exit code. */
#include <stdlib.h>

#include "cli/options.h"
#include "core/errors.h"
#include "cli/run_files.h"
#include "world.h"

TestSuite(run_files, .timeout = 120);

enum { DIRECTORIES = 12, FILES = 12, ARGUMENTS = 12 };

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

static struct world make_tree(void)
{
    struct world w = world_make("refs-4k");
    wchar_t path[64];
    sim_mkdir(L"R:\\t");
    for (int d = 0; d < DIRECTORIES; d++) {
        swprintf(path, 64, L"R:\\t\\d%02d", d);
        sim_mkdir(path);
        for (int f = 0; f < FILES; f++) {
            swprintf(path, 64, L"R:\\t\\d%02d\\f%02d", d, f);
            sim_fill_pattern(path, 0, (uint64_t)f * 3000, (uint64_t)d);
        }
    }
    return w;
}

static void expect_tree(const wchar_t *root)
{
    for (int d = 0; d < DIRECTORIES; d++) {
        for (int f = 0; f < FILES; f++) {
            wchar_t source[64];
            wchar_t dest[64];
            swprintf(source, 64, L"R:\\t\\d%02d\\f%02d", d, f);
            swprintf(dest, 64, L"%ls\\d%02d\\f%02d", root, d, f);
            cr_expect(sim_same_bytes(source, dest), "%ls", dest);
        }
    }
}

/* How often `what` stands in what was printed. */
static size_t count_of(enum os_stream stream, const wchar_t *what)
{
    size_t count = 0;
    const wchar_t *at = sim_printed(stream);
    while ((at = wcsstr(at, what)) != NULL) {
        count++;
        at += wcslen(what);
    }
    return count;
}

/* What was printed, without what depends on time. */
static wchar_t *without_times(enum os_stream stream)
{
    wchar_t *text = calloc(wcslen(sim_printed(stream)) + 1, sizeof *text);
    wchar_t *to = text;
    bool inside = false;
    for (const wchar_t *at = sim_printed(stream); *at != L'\0'; at++) {
        inside = (inside && *at != L'\n') || wcsncmp(at, L"  (", 3) == 0;
        if (!inside)
            *to++ = *at;
    }
    return text;
}

/* Whatever the number of jobs: the same lines in the same order. */
Test(run_files, order_is_that_of_the_walk)
{
    static const wchar_t *const jobs[] = {L"1", L"2", L"7"};
    wchar_t *first_out = NULL;
    wchar_t *first_err = NULL;
    struct os_file *held[FILES];
    for (size_t i = 0; i < 3; i++) {
        struct world w = make_tree();
        for (int f = 0; f < FILES; f += 3) { /* some fail */
            wchar_t path[64];
            swprintf(path, 64, L"R:\\t\\d05\\f%02d", f);
            held[f / 3] = sim_open_as(path, SIM_READ, 0);
        }
        cr_expect_eq(RUN(L"-rv", L"-j", jobs[i], L"R:\\t", L"R:\\u"), 1);
        wchar_t *out = without_times(OS_STDOUT);
        wchar_t *err = without_times(OS_STDERR);
        if (i == 0) {
            first_out = out;
            first_err = err;
            cr_expect_eq(count_of(OS_STDOUT, L"->"),
                         DIRECTORIES * FILES - FILES / 3);
            cr_expect_eq(count_of(OS_STDERR, L"reflink: R:\\t\\d05\\f"),
                         FILES / 3);
        } else {
            cr_expect_eq(wcscmp(out, first_out), 0, "%ls", out);
            cr_expect_eq(wcscmp(err, first_err), 0, "%ls", err);
            free(out);
            free(err);
        }
        for (int f = 0; f < FILES; f += 3)
            os_close(held[f / 3]);
        world_end(&w);
    }
    free(first_out);
    free(first_err);
}

/* A build's tree: what is small is counted, and what a volume cannot do has one
   line. */
Test(run_files, a_tree_has_few_lines)
{
    struct world w = make_tree(); /* of 12, one is empty and one small */
    cr_expect_eq(RUN(L"-r", L"R:\\t", L"R:\\u"), 0);
    cr_expect_eq(count_of(OS_STDOUT, L"\n"), 1, "%ls", sim_printed(OS_STDOUT));
    cr_expect_eq(count_of(OS_STDOUT, L"24 copied (35.1 KiB: 12 empty, 12 "
                                     L"smaller than a cluster), 0 failed"),
                 1, "%ls", sim_printed(OS_STDOUT));
    cr_expect_eq(RUN(L"-rv", L"R:\\t", L"R:\\v"), 0);
    cr_expect_eq(count_of(OS_STDOUT, L"->"), DIRECTORIES * FILES);
    world_end(&w);
    w = make_tree();
    cr_expect_eq(RUN(L"-r", L"R:\\t", L"S:\\u"), 0);
    cr_expect_eq(count_of(OS_STDOUT, L"\n"), 2, "%ls", sim_printed(OS_STDOUT));
    cr_expect_eq(count_of(OS_STDOUT, L"so its files are copied\n"), 1, "%ls",
                 sim_printed(OS_STDOUT));
    world_end(&w);
}

/* What one file of a tree is refused says nothing of the next. */
Test(run_files, a_lack_of_resources_is_one_file_s)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\t");
    sim_fill_pattern(L"R:\\t\\a", 0, 65536, 1);
    sim_fill_pattern(L"R:\\t\\b", 0, 65536, 2);
    sim_fault(SIM_OP_CLONE, 1, CODE_NO_SYSTEM_RESOURCES);
    cr_expect_eq(RUN(L"-rv", L"-j1", L"R:\\t", L"R:\\u"), 0);
    cr_expect_eq(count_of(OS_STDOUT, L"copied  R:\\t\\a"), 1);
    cr_expect_eq(count_of(OS_STDOUT, L"lacks the resources"), 1);
    cr_expect_eq(count_of(OS_STDOUT, L"cloned  R:\\t\\b"), 1);
    sim_fault(SIM_OP_CLONE, 1, CODE_NO_SYSTEM_RESOURCES);
    cr_expect_eq(
        RUN(L"-rv", L"-j1", L"--reflink=always", L"--json", L"R:\\t", L"R:\\v"),
        3);
    cr_expect_eq(count_of(OS_STDOUT, L"\"reason\":\"volume-refused\""), 1);
    cr_expect_eq(count_of(OS_STDOUT, L"\"refusal_code\":1450"), 1);
    cr_expect_not(sim_exists(L"R:\\v\\a"));
    cr_expect(sim_same_bytes(L"R:\\t\\b", L"R:\\v\\b"));
    world_end(&w);
}

/* In a tree, whatever of it. */
Test(run_files, a_cloud_folder_is_named)
{
    static const wchar_t hint[] = L"(390): its folder is managed by a cloud "
                                  L"provider, such as OneDrive; check that "
                                  L"provider's status\n";
    static const enum sim_op ops[] = {SIM_OP_OPEN_DIRECTORY, SIM_OP_LIST_OPEN,
                                      SIM_OP_LIST_NEXT, SIM_OP_LIST_STREAMS,
                                      SIM_OP_COPY_LINK};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        struct world w = make_tree();
        sim_symlink(L"R:\\nowhere", L"R:\\t\\link");
        bool lists = ops[i] == SIM_OP_LIST_OPEN || ops[i] == SIM_OP_LIST_NEXT;
        sim_fault(ops[i], lists ? 2 : 1, 390); /* is SOURCE a link? */
        cr_expect_eq(RUN(L"-r", L"-j1", L"R:\\t", L"R:\\u"), 1);
        cr_expect_eq(count_of(OS_STDERR, hint), 1, "%s: %ls",
                     sim_op_name(ops[i]), sim_printed(OS_STDERR));
        world_end(&w);
    }
}

static void half_a_second(void *unused)
{
    (void)unused;
    sim_advance_us(3000000);
    sim_at_call(SIM_OP_CLONE, 1, half_a_second, NULL);
}

static int run_slowly(void)
{
    sim_at_call(SIM_OP_CLONE, 1, half_a_second, NULL);
    return RUN(L"-r", L"-j1", L"--progress=always", L"R:\\t", L"R:\\u");
}

Test(run_files, progress_is_of_all_files)
{
    struct world w = make_tree();
    sim_threads_at_once();
    cr_expect_eq(run_slowly(), 0);
    const wchar_t *err = sim_printed(OS_STDERR);
    cr_expect(wcsstr(err, L"R:\\u\\d11\\f07   95%  139 of 144 files  "), "%ls",
              err);
    cr_expect(wcsstr(err, L" of 2.2 MiB  "), "%ls", err);
    cr_expect_null(wcsstr(err, L"at least"), "%ls", err);
    expect_tree(L"R:\\u");
    world_end(&w);
}

/* How many threads are started for files; one more counts them. */
static uint64_t threads_with(unsigned processors, const wchar_t *jobs)
{
    struct world w = make_tree();
    sim_set_processors(processors);
    if (jobs != NULL)
        cr_expect_eq(RUN(L"-r", jobs, L"R:\\t", L"R:\\u"), 0);
    else
        cr_expect_eq(RUN(L"-r", L"R:\\t", L"R:\\u"), 0);
    uint64_t threads = sim_calls(SIM_OP_THREAD);
    world_end(&w);
    return threads;
}

Test(run_files, as_many_jobs_as_processors)
{
    uint64_t one = threads_with(1, L"-j1");
    cr_expect_eq(threads_with(64, L"-j1"), one);
    cr_expect_eq(threads_with(1, NULL), one + 4);
    cr_expect_eq(threads_with(4, NULL), one + 4);
    cr_expect_eq(threads_with(6, NULL), one + 6);
    cr_expect_eq(threads_with(16, NULL), one + 16);
    cr_expect_eq(threads_with(200, NULL), one + 16);
    cr_expect_eq(threads_with(200, L"-j20"), one + 20);
}

/* What is not counted is at least what is done. */
Test(run_files, progress_before_the_count)
{
    struct world w = make_tree();
    sim_fault_always(SIM_OP_THREAD, CODE_NOT_ENOUGH_MEMORY);
    cr_expect_eq(run_slowly(), 0);
    const wchar_t *err = sim_printed(OS_STDERR);
    cr_expect(wcsstr(err, L"R:\\u\\d11\\f07  139 of at least 139 files  "),
              "%ls", err);
    cr_expect_null(wcsstr(err, L"left"), "%ls", err);
    world_end(&w);
}

/* Beside the run, and for real: it ends with it. */
Test(run_files, counting_beside_the_run)
{
    for (int i = 0; i < 20; i++) {
        struct world w = make_tree();
        sim_at_call(SIM_OP_CLONE, 1 + (uint64_t)i * 7, half_a_second, NULL);
        cr_expect_eq(
            RUN(L"-r", L"-j2", L"--progress=always", L"R:\\t", L"R:\\u"), 0);
        expect_tree(L"R:\\u");
        world_end(&w);
    }
}

/* Nothing shown, nothing counted. */
Test(run_files, no_second_walk_without_progress)
{
    struct world w = make_tree();
    cr_expect_eq(RUN(L"-r", L"-j1", L"R:\\t", L"R:\\u"), 0);
    cr_expect_eq(sim_calls(SIM_OP_THREAD), 0);
    cr_expect_eq(wcscmp(sim_printed(OS_STDERR), L""), 0);
    world_end(&w);
}

Test(run_files, dry_run_of_a_tree)
{
    struct world w = make_tree();
    sim_symlink(L"R:\\nowhere", L"R:\\t\\link");
    sim_mkdir(L"R:\\u");
    sim_mkdir(L"R:\\u\\t");
    sim_mkdir(L"R:\\u\\t\\d03");
    sim_fill_pattern(L"R:\\u\\t\\d03\\f07", 0, 10, 1);
    size_t before = sim_count_below(L"R:\\");
    cr_expect_eq(RUN(L"-r", L"--dry-run", L"R:\\t", L"R:\\u"), 1);
    cr_expect_eq(sim_count_below(L"R:\\"), before);
    cr_expect_eq(sim_calls(SIM_OP_CLONE), 0);
    cr_expect_eq(count_of(OS_STDOUT, L"plan "),
                 DIRECTORIES * FILES - 1 + DIRECTORIES - 1 + 1);
    cr_expect_eq(count_of(OS_STDOUT, L"  directory  create"), DIRECTORIES - 1);
    cr_expect_eq(count_of(OS_STDOUT, L"  link       recreate"), 1);
    cr_expect_eq(count_of(OS_STDOUT, L"  clone "),
                 DIRECTORIES * (FILES - 2) - 1);
    cr_expect_eq(count_of(OS_STDERR, L"d03\\f07: it already exists"), 1);
    /* and is what a run then does */
    cr_expect_eq(RUN(L"-rv", L"R:\\t", L"R:\\u"), 1);
    cr_expect_eq(sim_calls(SIM_OP_CLONE), DIRECTORIES * (FILES - 2) - 1);
    world_end(&w);
}

Test(run_files, dry_run_where_an_entry_stands_in_the_way)
{
    struct world w = make_tree();
    sim_symlink(L"R:\\nowhere", L"R:\\t\\link");
    sim_mkdir(L"R:\\u");
    sim_fill_pattern(L"R:\\u\\d03", 0, 10, 1); /* a file */
    sim_mkdir(L"R:\\u\\link");
    cr_expect_eq(RUN(L"-r", L"--dry-run", L"-t", L"R:\\u", L"R:\\t\\d03",
                     L"R:\\t\\link"),
                 1);
    cr_expect_eq(count_of(OS_STDOUT, L"plan "), 0);
    cr_expect_eq(count_of(OS_STDERR, L"(183)"), 2, "%ls",
                 sim_printed(OS_STDERR));
    world_end(&w);
}

/* Links are made anew, told with -v in their turn, and left alone with -n. */
Test(run_files, links)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\t");
    sim_fill_pattern(L"R:\\t\\a", 0, 5000, 1);
    sim_fill_pattern(L"R:\\t\\c", 0, 5000, 2);
    sim_symlink(L"R:\\nowhere", L"R:\\t\\b");
    cr_expect_eq(RUN(L"-r", L"--dry-run", L"--json", L"R:\\t", L"R:\\u"), 0);
    cr_expect_eq(count_of(OS_STDOUT, L"\"method\":\"none\""), 2);
    cr_expect_eq(RUN(L"-r", L"R:\\t", L"R:\\u"), 0);
    cr_expect_eq(count_of(OS_STDOUT, L"linked"), 0);
    cr_expect_eq(RUN(L"-rv", L"R:\\t", L"R:\\v"), 0);
    const wchar_t *line = L"\nlinked  R:\\t\\b -> R:\\v\\b\ncloned  R:\\t\\c";
    cr_expect_eq(count_of(OS_STDOUT, line), 1, "%ls", sim_printed(OS_STDOUT));
    cr_expect_eq(count_of(OS_STDOUT, L"2 files: 2 cloned"), 2);
    cr_expect_eq(RUN(L"-rv", L"--json", L"R:\\t", L"R:\\w"), 0);
    cr_expect_eq(count_of(OS_STDOUT, L"\"type\":\"file\""), 2);
    cr_expect_eq(count_of(OS_STDOUT, L"linked"), 1);
    cr_expect_eq(RUN(L"-rn", L"-t", L"R:\\v", L"R:\\t\\*"), 0);
    cr_expect_eq(count_of(OS_STDOUT, L"3 skipped, 0 failed\n"), 1);
    line = L"skipped R:\\t\\b -> R:\\v\\b: already exists\n";
    cr_expect_eq(RUN(L"-rnv", L"--dry-run", L"-t", L"R:\\v", L"R:\\t\\*"), 0);
    cr_expect_eq(count_of(OS_STDOUT, line), 1, "%ls", sim_printed(OS_STDOUT));
    cr_expect_eq(RUN(L"-rnv", L"-t", L"R:\\v", L"R:\\t\\*"), 0);
    cr_expect_eq(count_of(OS_STDOUT, line), 2);
    cr_expect_eq(RUN(L"-r", L"-t", L"R:\\v", L"R:\\t\\b"), 1);
    cr_expect_eq(count_of(OS_STDERR, L"R:\\v\\b: creating the link: "), 1);
    cr_expect_eq(RUN(L"-rf", L"-t", L"R:\\v", L"R:\\t\\*"), 0);
    world_end(&w);
}

static void cancel(void *unused)
{
    (void)unused;
    sim_cancel();
}

Test(run_files, an_end_is_wanted)
{
    static const wchar_t *const jobs[] = {L"-j1", L"-j3"};
    for (size_t i = 0; i < 2; i++) {
        struct world w = make_tree();
        sim_at_call(SIM_OP_CLONE, 40, cancel, NULL);
        cr_expect_eq(RUN(L"-r", L"--json", jobs[i], L"R:\\t", L"R:\\u"), 130);
        size_t told = count_of(OS_STDOUT, L"\"status\":\"interrupted\"");
        cr_expect_geq(told, 1);
        cr_expect_leq(told, 4); /* those in flight, and the tree */
        cr_expect_eq(count_of(OS_STDOUT, L"\"exit_code\":130}\n"), 1);
        for (int d = 0; d < DIRECTORIES; d++) {
            for (int f = 0; f < FILES; f++) {
                wchar_t source[64];
                wchar_t dest[64];
                swprintf(source, 64, L"R:\\t\\d%02d\\f%02d", d, f);
                swprintf(dest, 64, L"R:\\u\\d%02d\\f%02d", d, f);
                cr_expect(!sim_exists(dest) || sim_same_bytes(source, dest));
            }
        }
        world_end(&w);
    }
}

/* --- interrupted at every call ----------------------------------------------
 */

static const wchar_t *const few[][2] = {{L"R:\\t\\a", L"R:\\u\\a"},
                                        {L"R:\\t\\b", L"R:\\u\\b"},
                                        {L"R:\\t\\d\\c", L"R:\\u\\d\\c"}};

static struct world make_few(void)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\t");
    sim_mkdir(L"R:\\t\\d");
    sim_mkdir(L"R:\\t\\d\\empty");
    sim_mkdir(L"R:\\u");
    sim_mkdir(L"R:\\u\\d");
    for (int i = 0; i < 3; i++)
        sim_fill_pattern(few[i][0], 0, 5000, (uint64_t)i + 1);
    sim_set_written(L"R:\\t\\d\\empty", 131000000000000000);
    return w;
}

static void cancel_and_note(void *reached)
{
    *(bool *)reached = true;
    sim_cancel();
}

struct cut_row {
    const wchar_t *arguments[8];
    int files; /* how many of `few` a whole run makes */
    bool tree;
    bool dry;
};

static const struct cut_row cut_rows[] = {
    {{L"-j1", L"R:\\t\\*", L"R:\\u"}, 2, false, false},
    {{L"-j3", L"R:\\t\\*", L"R:\\u"}, 2, false, false},
    {{L"-j1", L"R:\\t\\a", L"R:\\t\\b", L"R:\\u"}, 2, false, false},
    {{L"-j3", L"R:\\t\\a", L"R:\\t\\b", L"R:\\u"}, 2, false, false},
    {{L"-rj1", L"R:\\t\\*", L"R:\\u"}, 3, true, false},
    {{L"-rj3", L"R:\\t\\*", L"R:\\u"}, 3, true, false},
    {{L"--dry-run", L"R:\\t\\*", L"R:\\u"}, 2, false, true},
    {{L"--dry-run", L"-r", L"R:\\t\\*", L"R:\\u"}, 3, true, true},
};

static bool is_whole(const struct cut_row *row)
{
    size_t objects = (size_t)row->files + (row->dry && row->tree);
    bool whole = !row->dry || count_of(OS_STDOUT, L"\"plan\"") == objects;
    for (int i = 0; i < row->files && !row->dry; i++)
        whole = whole && sim_exists(few[i][1]) &&
                sim_same_bytes(few[i][0], few[i][1]);
    if (row->tree && !row->dry)
        whole = whole && sim_exists(L"R:\\u\\d\\empty") &&
                sim_written(L"R:\\u\\d\\empty") == 131000000000000000;
    return whole;
}

/* All is done, or 130 says that it is not, wherever the end is wanted. */
static void expect_cut(const struct cut_row *row, int code, uint64_t nth)
{
    const wchar_t *const *words = row->arguments;
    wchar_t last[32];
    swprintf(last, 32, L"\"exit_code\":%d}\n", code);
    cr_expect(code == 130 || (code == 0 && is_whole(row)),
              "%ls %ls, call %llu: %d\n%ls", words[0], words[1],
              (unsigned long long)nth, code, sim_printed(OS_STDOUT));
    cr_expect_eq(count_of(OS_STDOUT, last), 1);
    cr_expect_eq(count_of(OS_STDOUT, L"\"interrupted\"") != 0, code == 130);
    cr_expect(!row->dry || count_of(OS_STDOUT, L"\"file\"") == 0);
}

Test(run_files, interrupted_at_every_call)
{
    for (size_t i = 0; i < sizeof cut_rows / sizeof cut_rows[0]; i++) {
        const struct cut_row *row = &cut_rows[i];
        const wchar_t *words[ARGUMENTS] = {L"--json"};
        bool reached = true;
        for (size_t word = 0; row->arguments[word] != NULL; word++)
            words[word + 1] = row->arguments[word];
        for (uint64_t nth = 1; reached; nth++) {
            struct world w = make_few();
            reached = false;
            sim_at_call(SIM_OP_ANY, nth, cancel_and_note, &reached);
            expect_cut(row, run(words), nth);
            world_end(&w);
        }
    }
}

/* Streams that DEST's volume cannot hold: a warning, no failure. */
Test(run_files, what_is_lost_of_a_directory_is_warned_of)
{
    struct world w = make_tree();
    w.other->streams = false;
    sim_set_stream(L"R:\\t\\d01", L"note", "x", 1);
    cr_expect_eq(RUN(L"-r", L"R:\\t", L"S:\\u"), 0);
    cr_expect_eq(count_of(OS_STDERR, L"S:\\u\\d01: "), 1, "%ls",
                 sim_printed(OS_STDERR));
    cr_expect_eq(count_of(OS_STDERR, L"named streams"), 1, "%ls",
                 sim_printed(OS_STDERR));
    world_end(&w);
}

/* A name that no stream can have: whole files, trees, and before a run. */
Test(run_files, a_hostile_stream_is_warned_of)
{
    static const wchar_t *const forms[][5] = {
        {L"-q", L"--json", L"R:\\a", L"R:\\b"},
        {L"-v", L"--json", L"R:\\a", L"R:\\b"},
        {L"-v", L"R:\\a", L"R:\\b"},
        {L"-r", L"R:\\d", L"R:\\e"},
        {L"-n", L"--dry-run", L"R:\\a", L"R:\\b"},
        {L"--json", L"--dry-run", L"R:\\a", L"R:\\b"},
        {L"-r", L"--dry-run", L"R:\\d", L"R:\\e"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct world w = world_make("refs-4k");
        sim_mkdir(L"R:\\d");
        sim_fill_pattern(L"R:\\a", 0, 8192, 1);
        sim_fill_pattern(L"R:\\d\\a", 0, 8192, 1);
        sim_list_stream(L"R:\\a", L":\\..\\evil:$DATA");
        sim_list_stream(L"R:\\d\\a", L":\\..\\evil:$DATA");
        cr_expect_eq(run(forms[i]), 0, "row %zu", i);
        cr_expect_eq(count_of(OS_STDERR, L"warning: its volume did not keep: "
                                         L"named streams\n"),
                     i != 0, "row %zu: %ls", i, sim_printed(OS_STDERR));
        world_end(&w);
    }
}

/* --- JSON ------------------------------------------------------------------
 */

/* One object a line, and nothing else. */
static void expect_objects(const wchar_t *form)
{
    const wchar_t *line = sim_printed(OS_STDOUT);
    while (*line != L'\0') {
        size_t length = wcscspn(line, L"\n");
        cr_expect_eq(line[length], L'\n', "%ls", form);
        cr_expect_eq(wcsncmp(line, L"{\"type\":\"", 9), 0, "%ls: %.*ls", form,
                     (int)length, line);
        cr_expect(length != 0 && line[length - 1] == L'}', "%ls", form);
        line += length + (line[length] == L'\n');
    }
}

/* What is there already, what fails, what is a link, what is refused. */
static struct world make_mixture(void)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\t");
    sim_mkdir(L"R:\\t\\s");
    sim_mkdir(L"R:\\u");
    sim_mkdir(L"R:\\u\\t");
    sim_mkdir(L"S:\\u");
    sim_fill_pattern(L"R:\\t\\a1", 0, 8192, 1);
    sim_fill_pattern(L"R:\\t\\a2", 0, 8000, 1);
    sim_fill_pattern(L"R:\\t\\s\\a3", 0, 100, 2);
    sim_symlink(L"R:\\nowhere", L"R:\\t\\link");
    sim_symlink(L"R:\\nowhere", L"R:\\u\\t\\link");
    sim_fill_pattern(L"R:\\u\\t\\a1", 0, 10, 1);
    sim_fill_pattern(L"R:\\u\\a1", 0, 10, 1);
    sim_fill_pattern(L"S:\\u\\a1", 0, 10, 1);
    sim_set_stream(L"R:\\t\\a2", L"x", "y", 1);
    return w;
}

static void run_as_json(const wchar_t *const *form, unsigned flags)
{
    static const wchar_t *const all[] = {L"--dry-run", L"-v", L"-n", L"-q",
                                         L"--progress=always"};
    const wchar_t *words[ARGUMENTS] = {L"--json"};
    size_t count = 1;
    struct world w = make_mixture();
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (flags >> i & 1)
            words[count++] = all[i];
    }
    for (; *form != NULL; form++)
        words[count++] = *form;
    run(words);
    expect_objects(words[count - 1]);
    world_end(&w);
}

/* Whatever the form and the options: a line of text would break a script. */
Test(run_files, json_and_nothing_else_on_stdout)
{
    static const wchar_t *const forms[][6] = {
        {L"R:\\t\\a1", L"R:\\u\\a1"},
        {L"R:\\t\\a1", L"R:\\new"},
        {L"R:\\t\\a1", L"S:\\u\\a1", L"--reflink=always"},
        {L"R:\\t\\none", L"R:\\new"},
        {L"-t", L"R:\\u", L"R:\\t\\a1", L"R:\\t\\a2"},
        {L"R:\\t\\a?", L"R:\\u"},
        {L"R:\\t\\a1", L"R:\\t\\s", L"R:\\u"},
        {L"-r", L"R:\\t", L"R:\\u"},
        {L"-r", L"-t", L"S:\\u", L"R:\\t", L"R:\\t\\link"},
        {L"-r", L"R:\\t\\link", L"R:\\u\\t"},
        {L"--offset=0", L"--length=4096", L"R:\\t\\a1", L"R:\\u\\a1"},
        {L"--dest-offset=8192", L"R:\\t\\a1", L"R:\\new"},
        {L"R:\\t\\a1", L"R:\\u\\a1", L"0", L"0", L"4096"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        for (unsigned flags = 0; flags < 1 << 5; flags++) {
            if ((flags & 2) == 0 || (flags & 8) == 0) /* not -v and -q */
                run_as_json(forms[i], flags);
        }
    }
}

/* --- names that a hostile volume may list ----------------------------------
 */

static const wchar_t *const no_names[] = {
    L"..\\evil.txt", L"../evil.txt",         L"..", L".",  L"",
    L"\\",           L"C:\\evil.txt",        L"/",  L"a:", L"a:evil",
    L"evil\\..\\a1", L"x\\..\\..\\evil.txt",
};

static struct world make_hostile(const wchar_t *name, uint32_t attributes)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\t");
    sim_mkdir(L"R:\\t\\s");
    sim_mkdir(L"S:\\into");
    sim_fill_pattern(L"R:\\evil.txt", 0, 100, 6);
    sim_fill_pattern(L"R:\\t\\a1", 0, 8192, 1);
    sim_fill_pattern(L"R:\\t\\s\\a2", 0, 8192, 2);
    sim_list_name(L"R:\\t", name, attributes);
    sim_list_name(L"R:\\t\\s", name, attributes);
    sim_trace(true);
    return w;
}

/* Nothing was done with a path that has one of them in it. */
static void expect_no_odd_path(const wchar_t *const *form, size_t row)
{
    const struct sim_trace_entry *entries;
    size_t count;
    sim_trace_entries(&entries, &count);
    for (size_t i = 0; i < count; i++) {
        const wchar_t *path = entries[i].path;
        size_t length = wcslen(path);
        bool odd =
            wcsstr(path, L"..") != NULL || wcschr(path, L'/') != NULL ||
            wcsstr(path, L"evil") != NULL || wcsstr(path, L"\\\\") != NULL ||
            (length > 3 &&
             (wcschr(path + 3, L':') != NULL || path[length - 1] == L'.'));
        cr_expect_not(odd, "%ls, row %zu: %ls", form[0], row, path);
    }
    cr_expect_not(sim_exists(L"S:\\evil.txt"));
}

/* Errors of these entries alone: the line names each, the exit code is 1. */
static void run_hostile(const wchar_t *const *form, const wchar_t *made,
                        size_t lines, size_t done)
{
    static const uint32_t attributes[] = {OS_ATTRIBUTE_NORMAL,
                                          OS_ATTRIBUTE_DIRECTORY};
    enum { NAMES = sizeof no_names / sizeof no_names[0] };
    for (size_t i = 0; i < NAMES * 2; i++) {
        const wchar_t *name = no_names[i / 2];
        wchar_t line[128];
        struct world w = make_hostile(name, attributes[i % 2]);
        swprintf(line, 128, L"reflink: R:\\t\\%ls: its volume lists it", name);
        cr_expect_eq(run(form), 1, "%ls, row %zu", form[0], i);
        cr_expect_eq(count_of(OS_STDERR, line), 1, "%ls, row %zu: %ls", form[0],
                     i, sim_printed(OS_STDERR));
        cr_expect_eq(count_of(OS_STDERR, L": its volume lists it under a "
                                         L"name that is not valid on "
                                         L"Windows\n"),
                     lines, "%ls, row %zu: %ls", form[0], i,
                     sim_printed(OS_STDERR));
        cr_expect_eq(count_of(OS_STDERR, L"\n"), lines);
        cr_expect_eq(sim_count_below(L"S:\\"), 1 + done, "%ls, row %zu",
                     form[0], i);
        cr_expect(made == NULL || sim_same_bytes(L"R:\\t\\a1", made));
        expect_no_odd_path(form, i);
        world_end(&w);
    }
}

#define RUN_HOSTILE(made, lines, done, ...)                                    \
    run_hostile((const wchar_t *const[]){__VA_ARGS__, NULL}, made, lines, done)

Test(run_files, names_that_no_file_can_have_in_trees)
{
    RUN_HOSTILE(L"S:\\new\\a1", 2, 4, L"-r", L"R:\\t", L"S:\\new");
    RUN_HOSTILE(L"S:\\new\\a1", 2, 4, L"-rq", L"-j1", L"R:\\t\\", L"S:\\new");
    RUN_HOSTILE(L"S:\\new\\a1", 2, 4, L"-rf", L"--json", L"R:\\t", L"S:\\new");
    RUN_HOSTILE(NULL, 2, 0, L"-r", L"--dry-run", L"R:\\t", L"S:\\new");
    RUN_HOSTILE(NULL, 2, 0, L"-r", L"--dry-run", L"--json", L"-t", L"S:\\into",
                L"R:\\t");
}

Test(run_files, names_that_no_file_can_have_in_lists)
{
    RUN_HOSTILE(L"S:\\into\\a1", 1, 1, L"R:\\t\\*", L"S:\\into");
    RUN_HOSTILE(L"S:\\into\\a1", 1, 1, L"--json", L"-t", L"S:\\into",
                L"R:\\t\\*");
    RUN_HOSTILE(L"S:\\into\\a1", 2, 3, L"-r", L"R:\\t\\*", L"S:\\into");
    RUN_HOSTILE(NULL, 1, 0, L"--dry-run", L"R:\\t\\*", L"S:\\into");
    RUN_HOSTILE(NULL, 2, 0, L"-r", L"--dry-run", L"R:\\t\\*", L"S:\\into");
}

/* A pattern that matches nothing else. */
Test(run_files, only_a_name_that_no_file_can_have)
{
    struct world w = make_hostile(L"..\\evil.txt", OS_ATTRIBUTE_NORMAL);
    cr_expect_eq(RUN(L"R:\\t\\*evil*", L"S:\\into"), 1);
    cr_expect_eq(count_of(OS_STDERR, L"reflink: "), 1);
    cr_expect_eq(count_of(OS_STDERR, L"evil.txt: its volume lists it under"), 1,
                 "%ls", sim_printed(OS_STDERR));
    cr_expect_eq(sim_count_below(L"S:\\"), 1);
    world_end(&w);
}

/* What a server calls its file system: in a run, before one, and of a tree. */
Test(run_files, names_of_volumes_are_shown_only)
{
    static const wchar_t *const forms[][5] = {
        {L"R:\\t\\a1", L"R:\\b"},
        {L"--dry-run", L"R:\\t\\a1", L"R:\\b"},
        {L"-r", L"R:\\t\\s", L"R:\\u"},
        {L"--reflink=always", L"R:\\t\\a1", L"R:\\b"},
        {L"-r", L"--dry-run", L"R:\\t\\s", L"R:\\u"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct world w = world_make("ntfs");
        w.volume->fs_name = L"\x1b]0;x\x07\x202e";
        sim_mkdir(L"R:\\t");
        sim_mkdir(L"R:\\t\\s");
        sim_fill_pattern(L"R:\\t\\a1", 0, 8192, 1);
        sim_fill_pattern(L"R:\\t\\s\\a2", 0, 8192, 2);
        run(forms[i]);
        enum os_stream stream = i == 3 ? OS_STDERR : OS_STDOUT;
        cr_expect_eq(
            count_of(stream, L"(<U+001B>]0;x<U+0007><U+202E>) cannot clone"), 1,
            "row %zu: %ls", i, sim_printed(stream));
        cr_expect_null(wcspbrk(sim_printed(stream), L"\x1b\x07\x202e"));
        world_end(&w);
    }
}

Test(run_files, no_memory_to_begin)
{
    struct world w = make_tree();
    sim_fault_always(SIM_OP_MONITOR, CODE_NOT_ENOUGH_MEMORY);
    cr_expect_eq(RUN(L"-r", L"R:\\t", L"R:\\u"), 1);
    cr_expect_eq(RUN(L"R:\\t\\d01\\f03", L"R:\\u"), 1);
    cr_expect_eq(count_of(OS_STDERR, L"reflink: not enough memory\n"), 2);
    cr_expect_not(sim_exists(L"R:\\u"));
    world_end(&w);
}

/* Only files are counted; directories and links have a plan, too. */
Test(run_files, dry_run_counts_files)
{
    struct world w = make_tree();
    cr_expect_eq(RUN(L"-r", L"--dry-run", L"--json", L"R:\\t", L"R:\\u"), 0);
    cr_expect_eq(count_of(OS_STDOUT, L"{\"type\":\"plan\""),
                 DIRECTORIES * FILES + DIRECTORIES + 1);
    cr_expect_eq(count_of(OS_STDOUT, L"{\"type\":\"summary\",\"files\":144,"),
                 1);
    world_end(&w);
}

/* As typed, but where Win32 would change the name. */
Test(run_files, paths_of_matches)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\x");
    sim_mkdir(L"R:\\y");
    sim_fill_pattern(L"R:\\x\\plain", 0, 5000, 1);
    sim_fill_pattern(L"R:\\x\\dot.", 0, 5000, 1);
    cr_expect_eq(RUN(L"-v", L"-j1", L"r:/x/*", L"r:/y"), 0);
    cr_expect_eq(count_of(OS_STDOUT, L"r:/x/plain -> r:/y\\plain  ("), 1, "%ls",
                 sim_printed(OS_STDOUT));
    cr_expect_eq(count_of(OS_STDOUT, L"\\x\\dot. -> "), 1);
    cr_expect_eq(count_of(OS_STDOUT, L"r:/x/dot."), 0);
    world_end(&w);
}

/* The system's own code, not one of reflink's. */
Test(run_files, a_path_that_cannot_be_had)
{
    struct world w = world_make("refs-4k");
    sim_mkdir(L"R:\\x");
    sim_mkdir(L"R:\\y");
    sim_fill_pattern(L"R:\\x\\dot.", 0, 5000, 1);
    sim_fault_always(SIM_OP_FULL_PATH, CODE_ACCESS_DENIED);
    cr_expect_eq(RUN(L"-j1", L"R:\\x\\*", L"R:\\y"), 1);
    cr_expect_eq(count_of(OS_STDERR, L"(5)"), 1, "%ls", sim_printed(OS_STDERR));
    world_end(&w);
}

/* --- what needs the file system to be a mistake ----------------------------
 */

static void expect_check(const wchar_t *const *words, const wchar_t *wanted)
{
    wchar_t *argv[ARGUMENTS] = {L"reflink"};
    struct options options;
    struct text error = {0};
    int argc = 1;
    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = (wchar_t *)words[argc - 1];
    bool accepted = options_parse(argc, argv, &options, &error) &&
                    run_files_check(&options, &error);
    cr_expect_eq(accepted, wanted[0] == L'\0', "%ls", text_words(&error));
    cr_expect_eq(wcscmp(text_words(&error), wanted), 0, "%ls",
                 text_words(&error));
    options_free(&options);
    text_free(&error);
}

#define EXPECT_CHECK(wanted, ...)                                              \
    expect_check((const wchar_t *const[]){__VA_ARGS__, NULL}, wanted)

/* The value of an option that takes one with `=` only. */
Test(run_files, a_stray_value)
{
    struct world w = make_tree();
    sim_write_file(L"R:\\a", "a", 1);
    EXPECT_CHECK(L"--reflink takes its value with '=': --reflink=never",
                 L"--reflink", L"never", L"R:\\a", L"R:\\t");
    EXPECT_CHECK(L"--verify takes its value with '=': --verify=none", L"-v",
                 L"--verify", L"none", L"R:\\a");
    EXPECT_CHECK(L"--reflink takes its value with '=': --reflink=always",
                 L"R:\\a", L"--reflink", L"always");
    /* a word of another option, one further on, and after the options */
    EXPECT_CHECK(L"", L"--reflink", L"none", L"R:\\a");
    EXPECT_CHECK(L"", L"--reflink", L"R:\\a", L"never");
    EXPECT_CHECK(L"", L"--reflink", L"-f", L"never", L"R:\\a");
    EXPECT_CHECK(L"", L"--reflink", L"--", L"never", L"R:\\a");
    /* a file of this name */
    sim_write_file(L"R:\\never", "a", 1);
    EXPECT_CHECK(L"", L"--reflink", L"never", L"R:\\a");
    world_end(&w);
}

/* Options of copy, xcopy and robocopy; but `/b` can be a file. */
Test(run_files, options_of_other_programs)
{
    struct world w = make_tree();
    sim_write_file(L"R:\\a", "a", 1);
    EXPECT_CHECK(L"'/y' does not exist; options begin with '-' here, and this "
                 L"one is -f",
                 L"R:\\a", L"R:\\b", L"/y");
    EXPECT_CHECK(L"'/MT:8' does not exist; options begin with '-' here, and "
                 L"this one is -j",
                 L"/MT:8", L"R:\\a", L"R:\\b");
    EXPECT_CHECK(L"'/MIR' does not exist; options begin with '-' here",
                 L"R:\\a", L"R:\\b", L"/MIR");
    EXPECT_CHECK(L"'/R:3' does not exist; options begin with '-' here",
                 L"R:\\a", L"/R:3", L"R:\\t");
    EXPECT_CHECK(L"'/b' does not exist; options begin with '-' here",
                 L"R:\\none", L"/b");
    EXPECT_CHECK(L"", L"R:\\a", L"/b");
    EXPECT_CHECK(L"", L"R:\\a", L"/a");
    EXPECT_CHECK(L"", L"R:\\a", L"/t");
    EXPECT_CHECK(L"", L"/a", L"R:\\b");
    EXPECT_CHECK(L"", L"R:\\none", L"/verylong");
    EXPECT_CHECK(L"", L"R:\\none", L"/1");
    EXPECT_CHECK(L"use --help to get help", L"help");
    EXPECT_CHECK(L"use --help to get help", L"/help");
    EXPECT_CHECK(L"use --help to get help", L"/h");
    EXPECT_CHECK(L"use --help to get help", L"-help");
    world_end(&w);
}

Test(run_files, wildcards_where_none_can_be)
{
    struct world w = make_tree();
    sim_write_file(L"R:\\a", "a", 1);
    EXPECT_CHECK(L"'R:\\t*\\a': wildcards work only in the last part of a path",
                 L"R:\\t*\\a", L"R:\\b");
    EXPECT_CHECK(L"DEST cannot contain wildcards: 'R:\\*.b'", L"R:\\a*",
                 L"R:\\*.b");
    EXPECT_CHECK(L"DEST cannot contain wildcards: 'R:\\?'", L"-t", L"R:\\?",
                 L"R:\\a");
    EXPECT_CHECK(L"'R:\\*' contains wildcards; name one file here",
                 L"--length=1", L"R:\\*", L"R:\\b");
    EXPECT_CHECK(L"'R:\\*' contains wildcards; name one file here", L"-rT",
                 L"R:\\*", L"R:\\b");
    EXPECT_CHECK(L"'R:\\*' contains wildcards; name one file here", L"--shared",
                 L"R:\\*", L"R:\\a");
    EXPECT_CHECK(L"'R:\\*' contains wildcards; name one file here", L"--shared",
                 L"R:\\a", L"R:\\*");
    EXPECT_CHECK(L"", L"R:\\*", L"R:\\t");
    EXPECT_CHECK(L"", L"\\\\?\\R:\\a", L"\\\\?\\R:\\b");
    EXPECT_CHECK(L"missing LENGTH after '0': a range needs SOURCE_OFFSET, "
                 L"DEST_OFFSET and LENGTH",
                 L"R:\\a", L"R:\\b", L"4K", L"0");
    EXPECT_CHECK(L"", L"-r", L"R:\\a", L"R:\\b", L"4K", L"0");
    world_end(&w);
}

/* Of a directory that is there already, a dry run says nothing. */
Test(run_files, dry_run_into_an_existing_tree)
{
    struct world w = make_tree();
    sim_mkdir(L"R:\\u");
    sim_mkdir(L"R:\\u\\t");
    sim_mkdir(L"R:\\u\\t\\d03");
    cr_expect_eq(RUN(L"-r", L"--dry-run", L"--json", L"R:\\t", L"R:\\u"), 0);
    cr_expect_eq(count_of(OS_STDOUT, L"\"directory\""), DIRECTORIES - 1, "%ls",
                 sim_printed(OS_STDOUT));
    world_end(&w);
}
